// The REST calls the pages make, by name.
import { call, get } from './http'
import type { Actor, Caption, Config, List, Me, Video, VideoDetails } from './types'

const enc = encodeURIComponent
export const pageSize = 24

export type Sort = '-publishedAt' | '-trending'

export const config = () => get<Config>('/config')

export function videosPath(start: number, sort: Sort, local: boolean): string {
  return `/videos?start=${start}&count=${pageSize}&sort=${sort}${local ? '&isLocal=true' : ''}`
}
export const videos = (start: number, sort: Sort, local: boolean) => get<List<Video>>(videosPath(start, sort, local))

export const videoPath = (id: string) => `/videos/${enc(id)}`
const withPassword = (password?: string) => (password ? { headers: { 'x-peertube-video-password': password } } : {})
export const video = (id: string, password?: string) => get<VideoDetails>(videoPath(id), withPassword(password))
export const freshVideo = (id: string, password?: string) => call<VideoDetails>(videoPath(id), withPassword(password))
export const captions = (id: string, password?: string) => get<List<Caption>>(`/videos/${enc(id)}/captions`, withPassword(password))
export const fileToken = (id: string, password?: string) =>
  call<{ files: { token: string; expires: string } }>(`/videos/${enc(id)}/token`, { method: 'POST', ...withPassword(password) })

export type Rating = 'like' | 'dislike' | 'none'
export const rating = (id: number) => call<{ rating: Rating }>(`/users/me/videos/${id}/rating`)
export const rate = (id: string, r: Rating) => call<void>(`/videos/${enc(id)}/rate`, { method: 'PUT', body: { rating: r } })

export const viewed = (id: string, currentTime: number, sessionId: string, viewEvent?: 'seek', password?: string) =>
  call<void>(`/videos/${enc(id)}/views`, { body: { currentTime, sessionId, viewEvent }, ...withPassword(password) })

export const channel = (name: string) => get<Actor>(`/video-channels/${enc(name)}`)
export const channelVideos = (name: string, start: number) =>
  call<List<Video>>(`/video-channels/${enc(name)}/videos?start=${start}&count=${pageSize}&sort=-publishedAt&includeScheduledLive=true`)
export const account = (name: string) => get<Actor>(`/accounts/${enc(name)}`)
export const accountVideos = (name: string, start: number) =>
  call<List<Video>>(`/accounts/${enc(name)}/videos?start=${start}&count=${pageSize}&sort=-publishedAt`)
export const accountChannels = (name: string) => call<List<Actor>>(`/accounts/${enc(name)}/video-channels?start=0&count=20`)

export const myVideos = (start: number) => call<List<Video>>(`/users/me/videos?start=${start}&count=${pageSize}&sort=-createdAt`)
export const myQuota = () => call<{ videoQuotaUsed: number; videoQuotaUsedDaily: number }>('/users/me/video-quota-used')
export const me = () => call<Me>('/users/me')
export interface About { instance: { name: string; shortDescription: string; description: string; terms: string } }
export const about = () =>
  get<About>('/config/about')

export const removeVideo = (id: string) => call<void>(`/videos/${enc(id)}`, { method: 'DELETE' })

export interface Edit {
  name?: string
  description?: string | null
  privacy?: number
  channelId?: number
  category?: number | null
  licence?: number | null
  language?: string | null
  tags?: string[]
  nsfw?: boolean
  downloadEnabled?: boolean
  videoPasswords?: string[]
}
export const editVideo = (id: string, e: Edit) => call<void>(`/videos/${enc(id)}`, { method: 'PUT', body: e })

export type Labels = Record<string, string>
export const labels = (kind: 'categories' | 'licences' | 'languages' | 'privacies') => get<Labels>(`/videos/${kind}`)
