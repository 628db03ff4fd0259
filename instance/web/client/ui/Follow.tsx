// Follow a channel, or stop. Who is signed out may do it from their own server.
import { useEffect, useState } from 'preact/hooks'
import { askFollowing, follow, following, unfollow } from '../api/following'
import { me, session } from '../api/session'
import type { ActorSummary } from '../api/types'
import { t } from '../lib/i18n'
import { use } from '../lib/store'
import { away } from '../people/away'
import { handle } from './Avatar'
import { Icon } from './Icon'
import { say } from './Toast'

export function Follow({ channel }: { channel: ActorSummary }) {
  const who = use(session)
  const m = use(me)
  const known = use(following)[handle(channel)]
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    if (who && known === undefined) askFollowing(channel).catch(() => undefined) // it shows as not followed
  }, [Boolean(who), handle(channel)])
  if (m?.videoChannels?.some((c) => c.id === channel.id && channel.host === location.host)) return null
  const change = async (to: boolean) => {
    setBusy(true)
    try {
      await (to ? follow(channel) : unfollow(channel))
      if (!to) say(t('unfollowed', { name: channel.displayName }), false, () => void change(true))
    } catch {
      say(t('error.server'), true)
    } finally {
      setBusy(false)
    }
  }
  const press = () => (who ? void change(!known) : away('follow', handle(channel)))
  return (
    <button class={`btn ${known ? '' : 'outline'}`} aria-pressed={who ? Boolean(known) : undefined} disabled={busy} onClick={press} title={known ? t('unfollow') : undefined}>
      <Icon name={known ? 'check' : 'add'} />{known ? t('following') : t('follow')}
    </button>
  )
}
