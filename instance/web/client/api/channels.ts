// One's own channels.
import { call } from './http'

const enc = encodeURIComponent
const all = '/video-channels'

export interface ChannelEdit { displayName: string; description: string | null; support: string | null }

export const makeChannel = (name: string, e: ChannelEdit) => call<{ videoChannel: { id: number } }>(all, { body: { name, ...e } })
export const editChannel = (name: string, e: ChannelEdit) => call<void>(`${all}/${enc(name)}`, { method: 'PUT', body: e })
export const removeChannel = (name: string) => call<void>(`${all}/${enc(name)}`, { method: 'DELETE' })

export type Face = 'avatar' | 'banner'
export function pickFace(name: string, kind: Face, file: File) {
  const form = new FormData()
  form.set(`${kind}file`, file)
  return call<unknown>(`${all}/${enc(name)}/${kind}/pick`, { form })
}
export const removeFace = (name: string, kind: Face) => call<void>(`${all}/${enc(name)}/${kind}`, { method: 'DELETE' })
