// Opens the dialog for those who are at home elsewhere.
import { createElement } from 'preact'
import { t } from '../lib/i18n'
import { lazy } from '../lib/lazy'
import { ask } from '../ui/Ask'

const Elsewhere = lazy(() => import('../ui/dialogs').then((m) => m.Elsewhere))

/** away offers to go on with uri, signed in here or on one's own server. */
export const away = (why: 'follow' | 'comment' | 'like', uri: string) =>
  ask((close) => createElement(Elsewhere, { title: t(`elsewhere.${why}`), uri, close }))
