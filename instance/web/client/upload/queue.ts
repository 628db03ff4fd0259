// The uploads of this page. They go on while other pages are shown.
//
//	waiting → checking → sending ⇄ lost → received → done
//	             │          ⇅                  └→ failed
//	             └→ refused paused
import { Problem } from '../api/http'
import { Store } from '../lib/store'
import { t } from '../lib/i18n'
import { bytes } from '../lib/format'
import { keyOf, running, titleOf, type Item } from './item'
import { begun, forgetBegun, keepBegun } from './memory'
import { follow } from './progress'
import * as wire from './wire'

const atOnce = 2
const firstPart = 4 << 20
const largestPart = 64 << 20
const waits = [1, 2, 5, 10, 20, 30] // seconds between tries without a connection

export const items = new Store<Item[]>(begun().map((b) => ({
  ...b, sent: 0, rate: 0, phase: 'again' as const,
})))
let maxPart = largestPart
const stops = new Map<string, AbortController>()

export function patch(key: string, part: Partial<Item>) {
  items.update((all) => all.map((i) => (i.key === key ? { ...i, ...part } : i)))
}
const find = (key: string) => items.value.find((i) => i.key === key)

interface Defaults { channelId: number; privacy: number; maxChunk: number }

/** add takes files that passed readable; one known from before goes on where it was. */
export function add(files: File[], d: Defaults) {
  maxPart = d.maxChunk > 0 ? d.maxChunk : largestPart
  for (const file of files) {
    const key = keyOf(file)
    const old = find(key)
    if (old && old.phase === 'again') patch(key, { file, phase: 'waiting' })
    else if (!old || old.phase === 'refused') {
      drop(key)
      const { channelId, privacy } = d
      items.update((all) => [{ key, file, name: file.name, size: file.size, sent: 0, rate: 0, phase: 'waiting', title: titleOf(file.name), channelId, privacy }, ...all])
    }
  }
  next()
}

/** refuse shows a file that is not taken, with the reason. */
export function refuse(file: File, reason: string) {
  const key = keyOf(file)
  drop(key)
  items.update((all) => [{ key, name: file.name, size: file.size, sent: 0, rate: 0, phase: 'refused', reason, title: titleOf(file.name), channelId: 0, privacy: 1 }, ...all])
}

export function pause(key: string) {
  stops.get(key)?.abort()
  patch(key, { phase: 'paused', rate: 0 })
  next()
}

export function resume(key: string) {
  stops.get(key)?.abort()
  patch(key, { phase: 'waiting' })
  next()
}

/** drop takes an upload away; what the server has of it is given up. */
export function drop(key: string) {
  const i = find(key)
  stops.get(key)?.abort()
  if (i?.uploadId && !i.video) void wire.cancel(i.uploadId).catch(() => undefined) // else the server sweeps it
  forgetBegun(key)
  items.update((all) => all.filter((x) => x.key !== key))
  next()
}

/** next starts what waits longest, a few at once. */
function next() {
  const busy = items.value.filter((i) => ['checking', 'sending', 'lost'].includes(i.phase)).length
  const waiting = items.value.filter((i) => i.phase === 'waiting').reverse()
  for (const i of waiting.slice(0, Math.max(0, atOnce - busy))) {
    patch(i.key, { phase: 'checking' })
    void run(i.key)
  }
}

async function run(key: string) {
  const stop = new AbortController()
  stops.set(key, stop)
  for (let tries = 0; !stop.signal.aborted; tries++) {
    try {
      const video = await send(key, stop.signal, () => (tries = 0))
      forgetBegun(key)
      patch(key, { phase: 'received', video, sent: find(key)?.size ?? 0, rate: 0 })
      void follow(key)
      break
    } catch (e) {
      if (stop.signal.aborted) return
      if (!temporary(e)) {
        forgetBegun(key)
        patch(key, { phase: 'refused', reason: why(e, find(key)), uploadId: undefined })
        break
      }
      patch(key, { phase: 'lost', rate: 0 })
      await connection(waits[Math.min(tries, waits.length - 1)]!, stop.signal)
    }
  }
  next()
}

const temporary = (e: unknown) => e instanceof Problem && (e.status === 0 || e.status === 429 || e.status >= 502)

/** connection waits some seconds, less if the browser says it is back. */
function connection(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer)
      removeEventListener('online', end)
      signal.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, seconds * 1000)
    addEventListener('online', end)
    signal.addEventListener('abort', end)
  })
}

/** send brings one file to its end, from where the server has it. */
async function send(key: string, signal: AbortSignal, moved: () => void): Promise<wire.Created> {
  const i = find(key)!
  const file = i.file!
  let have = 0
  let id = i.uploadId
  if (id) {
    try {
      const a = await wire.status(id, file.size, signal)
      if ('video' in a) return a.video
      have = a.have
    } catch (e) {
      if (!(e instanceof Problem) || (e.status !== 404 && e.status !== 410)) throw e
      id = undefined // the server swept it: begin again
    }
  }
  if (!id) {
    const meta = { name: i.title, channelId: i.channelId, privacy: i.privacy, filename: file.name, waitTranscoding: true }
    id = await wire.begin(meta, file, signal)
    patch(key, { uploadId: id })
    keepBegun({ ...i, uploadId: id })
  }
  return parts(key, id, file, have, signal, moved)
}

async function parts(key: string, id: string, file: File, have: number, signal: AbortSignal, moved: () => void): Promise<wire.Created> {
  let size = Math.min(firstPart, maxPart)
  patch(key, { phase: 'sending', sent: have })
  const meter = new Meter(key)
  for (;;) {
    const from = have
    const began = performance.now()
    const a = await wire.part(id, file, from, Math.min(from + size, file.size), signal, (n) => meter.at(from + n))
    if ('video' in a) return a.video
    have = a.have
    moved()
    // Parts of some seconds: few requests on a fast line, little lost on a slow one.
    const took = (performance.now() - began) / 1000
    if (took < 2) size = Math.min(size * 2, maxPart, largestPart)
    if (took > 10) size = Math.max(256 << 10, size >> 1)
  }
}

/** Meter reports progress at most four times a second, with a smoothed rate. */
class Meter {
  private last = 0
  private bytes = -1
  private rate = 0
  constructor(private key: string) {}

  at(sent: number) {
    const now = performance.now()
    if (now - this.last < 250) return
    if (this.bytes >= 0) {
      const r = Math.max(0, sent - this.bytes) / ((now - this.last) / 1000)
      this.rate = this.rate ? this.rate * 0.7 + r * 0.3 : r
    }
    this.last = now
    this.bytes = sent
    patch(this.key, { sent, rate: this.rate })
  }
}

function why(e: unknown, i?: Item): string {
  if (!(e instanceof Problem)) return t('upload.refused.unknown')
  if (e.code === 'quota_reached') return t('upload.refused.quota', { size: bytes(i?.size ?? 0) })
  if (e.code === 'max_file_size_reached' || e.status === 413) return t('upload.refused.size', { size: bytes(i?.size ?? 0) })
  if (e.status === 401) return t('upload.refused.login')
  if (e.status === 415 || e.status === 422) return t('upload.refused.read')
  return e.message || t('upload.refused.unknown')
}

addEventListener('beforeunload', (e) => {
  if (items.value.some(running)) e.preventDefault()
})
