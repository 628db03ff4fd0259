// Whom the signed-in person follows, and what they published.
import { pageSize } from './calls'
import { call } from './http'
import { handle } from '../ui/Avatar'
import { Store } from '../lib/store'
import type { Actor, ActorSummary, List, Video } from './types'

const enc = encodeURIComponent
const path = '/users/me/subscriptions'

export const followed = (start: number, search = '') =>
  call<List<Actor>>(`${path}?start=${start}&count=50&sort=-createdAt${search && `&search=${enc(search)}`}`)
export const followedVideos = (start: number) => call<List<Video>>(`${path}/videos?start=${start}&count=${pageSize}&sort=-publishedAt`)

/** known answers that pages got, so that a button does not ask again. */
export const following = new Store<Record<string, boolean>>({})

const note = (uri: string, yes: boolean) => following.update((now) => ({ ...now, [uri]: yes }))

export async function askFollowing(a: ActorSummary) {
  const uri = handle(a)
  const answer = await call<Record<string, boolean>>(`${path}/exist?uris=${enc(uri)}`)
  note(uri, Boolean(answer[uri]))
}

export async function follow(a: ActorSummary) {
  await call<void>(path, { body: { uri: handle(a) } })
  note(handle(a), true)
}

export async function unfollow(a: ActorSummary) {
  await call<void>(`${path}/${enc(handle(a))}`, { method: 'DELETE' })
  note(handle(a), false)
}
