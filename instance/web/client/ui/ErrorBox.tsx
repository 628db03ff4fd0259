// An error in the place of what failed: what happened, what it means, what to do.
import { Problem } from '../api/http'
import { session } from '../api/session'
import { t } from '../lib/i18n'
import { place } from '../lib/router'
import { Empty } from './Empty'

interface Told { icon: string; title: string; text: string; signIn?: boolean; again?: boolean }

export function explain(error: unknown): Told {
  const p = error instanceof Problem ? error : new Problem(-1, '', '')
  switch (p.status) {
    case 0: return { icon: 'wifi_off', title: t('error.offline.title'), text: t('error.offline'), again: true }
    case 401:
    case 403: return { icon: 'lock', title: t('error.private.title'), text: t('error.private'), signIn: !session.value }
    case 410: return { icon: 'movie', title: t('error.deleted.title'), text: t('error.deleted') }
    case 404: return { icon: 'movie', title: t('error.gone.title'), text: t('error.gone') }
    case 400: return { icon: 'movie', title: t('error.gone.title'), text: t('error.gone') }
    case 429: return { icon: 'schedule', title: t('error.many.title'), text: t('error.many'), again: true }
    default: return { icon: 'error-fill', title: t('error.server.title'), text: t('error.server'), again: true }
  }
}

export function ErrorBox({ error, retry, level = 2 }: { error: unknown; retry?: () => void; level?: 1 | 2 }) {
  const e = explain(error)
  return (
    <Empty icon={e.icon} title={e.title} text={e.text} level={level}>
      {e.signIn && <a class="btn primary" href={`/login?to=${encodeURIComponent(place.value.path)}`}>{t('login')}</a>}
      {e.again && retry && <button class="btn primary" onClick={retry}>{t('try.again')}</button>}
      {!e.again && <a class="btn" href="/">{t('go.home')}</a>}
    </Empty>
  )
}
