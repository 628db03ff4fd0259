// What one can do with a video from its card.
import { useEffect, useRef } from 'preact/hooks'
import { me } from '../api/session'
import type { Video } from '../api/types'
import { t } from '../lib/i18n'
import { use } from '../lib/store'
import { useAgainst } from '../people/Against'
import { watchLater } from '../playlist/later'
import { Save } from '../playlist/Save'
import { ask } from './Ask'
import { Icon } from './Icon'
import { Origin } from './Origin'
import { say } from './Toast'

export function CardMenu({ video: v }: { video: Video }) {
  const m = use(me)
  const against = useAgainst(v.account, { video: { id: v.id } }, v.name)
  const copy = () => navigator.clipboard?.writeText(`${location.origin}/w/${v.shortUUID}`).then(() => say(t('copied')), () => undefined)
  const first = useRef<HTMLSpanElement>(null)
  // The menu opened before its entries were there.
  useEffect(() => first.current?.parentElement?.querySelector<HTMLElement>('button')?.focus(), [])
  return (
    <>
      <span ref={first} hidden />
      {m && <button onClick={() => void watchLater(v.id)}><Icon name="schedule" />{t('playlist.later')}</button>}
      {m && <button onClick={() => ask((close) => <Save video={v} close={close} />)}><Icon name="playlist_add" />{t('playlist.save')}</button>}
      <button onClick={copy}><Icon name="content_copy" />{t('copy.link')}</button>
      {!v.isLocal && <Origin url={v.url} host={v.channel.host} />}
      {against}
    </>
  )
}
