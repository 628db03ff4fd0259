// Looking for videos, channels and playlists: words, or the address of one.
import { pageSize } from './calls'
import { call } from './http'
import type { Actor, List, Video } from './types'
import type { PlaylistInfo } from './playlists'

/** Sieve narrows what is found; empty values leave it wide. */
export interface Sieve { sort: string; since: string; length: string; where: string }

const lengths: Record<string, string> = { short: '&durationMax=240', middle: '&durationMin=240&durationMax=1200', long: '&durationMin=1200' }

const ask = <T>(kind: string, text: string, start: number, more = '') =>
  call<List<T>>(`/search/${kind}?search=${encodeURIComponent(text)}&start=${start}&count=${pageSize}${more}`)

export function searchVideos(text: string, start: number, s?: Sieve) {
  const since = s?.since ? `&startDate=${new Date(new Date().setHours(0, 0, 0, 0) - (Number(s.since) - 1) * 86_400_000).toISOString()}` : ''
  return ask<Video>('videos', text, start, `&sort=${s?.sort || '-match'}${since}${lengths[s?.length ?? ''] ?? ''}${s?.where ? '&isLocal=true' : ''}`)
}
export const searchChannels = (text: string, start: number) => ask<Actor>('video-channels', text, start)
export const searchPlaylists = (text: string, start: number) => ask<PlaylistInfo>('video-playlists', text, start)
