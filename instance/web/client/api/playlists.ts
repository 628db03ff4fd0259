// Playlists and what is in them.
import { pageSize } from './calls'
import { call, get } from './http'
import type { ActorSummary, Label, List, Picture, Video } from './types'

const enc = encodeURIComponent
const all = '/video-playlists'

export interface PlaylistInfo {
  id: number
  uuid: string
  shortUUID: string
  isLocal: boolean
  url: string
  displayName: string
  description: string | null
  privacy: Label
  thumbnailPath: string | null
  thumbnails: Picture[]
  type: Label
  videosLength: number
  updatedAt: string
  ownerAccount: ActorSummary
  videoChannel: ActorSummary | null
}

export interface Element { id: number; position: number; startTimestamp: number | null; stopTimestamp: number | null; type: number; video: Video | null }

/** Privacy and kind of playlists, as PeerTube numbers them. */
export const ListPrivacy = { Public: 1, Unlisted: 2, Private: 3 } as const
export const ListKind = { Regular: 1, WatchLater: 2 } as const

export const playlist = (id: string) => get<PlaylistInfo>(`${all}/${enc(id)}`)
export const playlistVideos = (id: string, start: number) => call<List<Element>>(`${all}/${enc(id)}/videos?start=${start}&count=100`)
export const accountPlaylists = (name: string, start: number, count = pageSize) => call<List<PlaylistInfo>>(`/accounts/${enc(name)}/video-playlists?start=${start}&count=${count}&sort=-updatedAt`)
export const channelPlaylists = (name: string, start: number) => call<List<PlaylistInfo>>(`/video-channels/${enc(name)}/video-playlists?start=${start}&count=${pageSize}&sort=-updatedAt`)

export interface ListEdit { displayName: string; description?: string | null; privacy: number; videoChannelId?: number | null }

function form(e: ListEdit): FormData {
  const f = new FormData()
  f.set('displayName', e.displayName)
  if (e.description !== undefined) f.set('description', e.description ?? 'null')
  f.set('privacy', String(e.privacy))
  f.set('videoChannelId', e.videoChannelId ? String(e.videoChannelId) : 'null')
  return f
}

export const makePlaylist = (e: ListEdit) => call<{ videoPlaylist: { id: number; shortUUID: string } }>(all, { form: form(e) })
export const editPlaylist = (id: string, e: ListEdit) => call<void>(`${all}/${enc(id)}`, { method: 'PUT', form: form(e) })
export const removePlaylist = (id: string) => call<void>(`${all}/${enc(id)}`, { method: 'DELETE' })
export const addTo = (id: number, videoId: number) => call<{ videoPlaylistElement: { id: number } }>(`${all}/${id}/videos`, { body: { videoId } })
export const takeFrom = (id: number | string, element: number) => call<void>(`${all}/${enc(String(id))}/videos/${element}`, { method: 'DELETE' })
export const move = (id: string, startPosition: number, insertAfterPosition: number) =>
  call<void>(`${all}/${enc(id)}/videos/reorder`, { body: { startPosition, insertAfterPosition, reorderLength: 1 } })

export interface Where { playlistElementId: number; playlistId: number }
export const whereIs = (videoId: number) => call<Record<string, Where[]>>(`/users/me/video-playlists/videos-exist?videoIds=${videoId}`)
