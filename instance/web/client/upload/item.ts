// What is known of one file on its way: a value, replaced as it changes.
import type { Video } from '../api/types'

export type Phase =
  | 'waiting' // for its turn
  | 'checking' // the server is asked whether it takes this file
  | 'sending'
  | 'paused' // by the person
  | 'lost' // no connection; goes on by itself
  | 'again' // begun before the page was loaded anew: the file must be chosen again
  | 'refused' // by us or the server, with a reason
  | 'received' // all bytes are there; the server makes its renditions
  | 'done'
  | 'failed' // the server could not convert it

export interface Item {
  key: string
  file?: File
  name: string // of the file
  size: number
  sent: number // bytes the server has
  rate: number // bytes a second, smoothed
  phase: Phase
  reason?: string
  title: string
  channelId: number
  privacy: number
  uploadId?: string
  video?: { id: number; uuid: string; shortUUID: string }
  state?: Video // what the server said of it last
}

/** keyOf tells a file from others without reading it. */
export const keyOf = (f: { name: string; size: number; lastModified: number }) => `${f.name}|${f.size}|${f.lastModified}`

/** titleOf makes a first title from a file name: PeerTube wants 3 to 120 characters. */
export function titleOf(name: string): string {
  const plain = name.replace(/\.[^.]+$/, '').replace(/[_]+/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 120)
  return plain.length >= 3 ? plain : (plain + ' ' + 'video').trim()
}

export const running = (i: Item) => ['waiting', 'checking', 'sending', 'lost'].includes(i.phase)
export const finished = (i: Item) => ['done', 'failed', 'refused'].includes(i.phase)

const others = /\.(mkv|avi|mov|flv|wmv|mts|m2ts|ts|mxf|vob|nut|flac|ac3|m4b|qt)$/i

/** readable says whether a file looks like video or sound; the server looks into it. */
export function readable(f: File, extensions: string[]): boolean {
  const dot = f.name.lastIndexOf('.')
  const ending = dot < 0 ? '' : f.name.slice(dot).toLowerCase()
  if (extensions.length) return extensions.includes(ending)
  return /^(video|audio)\//.test(f.type) || others.test(f.name)
}
