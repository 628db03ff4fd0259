// What belongs to a video beside its files.
import { get } from './http'

/** A sheet of small pictures of a video, row by row. */
export interface Storyboard {
  fileUrl: string
  totalWidth: number
  totalHeight: number
  spriteWidth: number
  spriteHeight: number
  spriteDuration: number // seconds
}

export const storyboards = (id: string, password?: string) =>
  get<{ storyboards: Storyboard[] }>(`/videos/${encodeURIComponent(id)}/storyboards`, password ? { headers: { 'x-peertube-video-password': password } } : {})
