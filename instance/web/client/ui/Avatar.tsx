// The face of an account (round) or a channel (rounded square); without a picture, its initial on a colour of its own.
import type { ActorSummary } from '../api/types'

export function Avatar({ actor, person, size = '' }: { actor: ActorSummary; person?: boolean; size?: '' | 's24' | 's32' | 's40' | 's80' }) {
  const want = size === 's80' ? 120 : 48
  const fit = [...(actor.avatars ?? [])].sort((a, b) => a.width - b.width)
  const picture = fit.find((p) => p.width >= want) ?? fit.at(-1)
  const label = actor.displayName || actor.name
  let sum = 0
  for (const c of actor.name) sum = (sum * 31 + c.codePointAt(0)!) >>> 0
  const shape = `avatar ${person ? 'person' : ''} ${size}`
  if (picture) {
    return <span class={shape}><img src={picture.path ?? picture.fileUrl} alt="" loading="lazy" decoding="async" /></span>
  }
  return <span class={`${shape} c${sum % 8}`} aria-hidden="true">{[...label][0]?.toUpperCase() ?? '?'}</span>
}

/** handle is how others address an actor: alice@tube.example */
export const handle = (a: ActorSummary) => `${a.name}@${a.host}`

/** ours tells whether an actor is of this server. */
export const ours = (a: ActorSummary) => a.host === location.host

/** address of an actor's page here: local ones without the host. */
export function actorPath(kind: 'c' | 'a', a: ActorSummary): string {
  return `/${kind}/${encodeURIComponent(ours(a) ? a.name : handle(a))}`
}
