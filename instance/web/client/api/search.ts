// Looking for videos, channels and playlists: words, or the address of one.
import { pageSize } from './calls'
import { call } from './http'
import type { Actor, List, Video } from './types'
import type { PlaylistInfo } from './playlists'

const ask = <T>(kind: string, text: string, start: number, more = '') =>
  call<List<T>>(`/search/${kind}?search=${encodeURIComponent(text)}&start=${start}&count=${pageSize}${more}`)

export const searchVideos = (text: string, start: number, sort: string) => ask<Video>('videos', text, start, `&sort=${sort}&nsfw=both`)
export const searchChannels = (text: string, start: number) => ask<Actor>('video-channels', text, start)
export const searchPlaylists = (text: string, start: number) => ask<PlaylistInfo>('video-playlists', text, start)
