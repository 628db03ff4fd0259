// Follow a channel, or stop. Signed out, the action asks to sign in and comes back here.
import { useEffect, useState } from 'preact/hooks'
import { askFollowing, follow, following, unfollow } from '../api/following'
import { me, session } from '../api/session'
import type { ActorSummary } from '../api/types'
import { t } from '../lib/i18n'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
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
  const press = async () => {
    if (!who) return go(`/login?to=${encodeURIComponent(place.value.path)}`)
    setBusy(true)
    try {
      await (known ? unfollow(channel) : follow(channel))
    } catch {
      say(t('error.server'), true)
    } finally {
      setBusy(false)
    }
  }
  return (
    <button class={`btn ${known ? '' : 'outline'}`} aria-pressed={Boolean(known)} disabled={busy} onClick={press}>
      <Icon name={known ? 'check' : 'add'} />{known ? t('following') : t('follow')}
    </button>
  )
}
