// Uploads that were begun, kept across page loads so that they can go on.
import { recall, remember } from '../lib/local'
import type { Item } from './item'

interface Begun { key: string; uploadId: string; name: string; size: number; title: string; channelId: number; privacy: number; at: number }

const lifetime = 24 * 3600_000 // the server sweeps unfinished uploads after about a day

export function begun(): Begun[] {
  return (recall<Begun[]>('uploads') ?? []).filter((b) => Date.now() - b.at < lifetime)
}

export function keepBegun(i: Item) {
  if (!i.uploadId) return
  const { key, uploadId, name, size, title, channelId, privacy } = i
  remember('uploads', [...begun().filter((b) => b.key !== key), { key, uploadId, name, size, title, channelId, privacy, at: Date.now() }])
}

export function forgetBegun(key: string) {
  const rest = begun().filter((b) => b.key !== key)
  remember('uploads', rest.length ? rest : undefined)
}
