// Where the bytes of this video came from, and of which moments they are.
import { Store } from '../lib/store'

export type Source = 'device' | 'people' | 'mirror' | 'server'

/** order of the parts wherever they are drawn. */
export const order: Source[] = ['device', 'people', 'mirror', 'server']

/** A piece is one verified segment, by its place in the video. */
export interface Piece { start: number; end: number; source: Source | 'refused' }

export interface Stats {
  bytes: Record<Source, number>
  sent: number // bytes given to others
  peers: number // connections in the swarms of the picture, one a person and quality
  givers: number // people who gave bytes
  mirrors: string[] // hosts that gave bytes
  pieces: Piece[]
  verified: number
  refused: number // pieces with wrong bytes
  p2p: boolean // allowed now
  checked: boolean // there is a list of hashes to check with
  home?: string // host of the video's own server, where that is another one
}

export const nothing = (): Stats => ({
  bytes: { device: 0, people: 0, mirror: 0, server: 0 }, sent: 0, peers: 0, givers: 0, mirrors: [], pieces: [], verified: 0, refused: 0, p2p: false, checked: false,
})

export const total = (s: Stats) => order.reduce((sum, k) => sum + s.bytes[k], 0)

/** shares are whole percentages that sum to 100: the largest remainders get what rounding left over. */
export function shares(s: Stats): Record<Source, number> {
  const all = total(s)
  const out = { device: 0, people: 0, mirror: 0, server: 0 }
  if (!all) return out
  const exact = order.map((k) => ({ k, x: (s.bytes[k] / all) * 100 }))
  let rest = 100
  for (const e of exact) rest -= out[e.k] = Math.floor(e.x)
  exact.sort((a, b) => (b.x % 1) - (a.x % 1))
  for (let i = 0; i < rest; i++) out[exact[i]!.k]++
  return out
}

/** merged joins neighbours of one source, so that a long video stays a few marks. */
export function merged(pieces: Piece[]): Piece[] {
  const out: Piece[] = []
  for (const p of [...pieces].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1)
    if (last && last.source === p.source && p.start - last.end < 0.2) last.end = Math.max(last.end, p.end)
    else out.push({ ...p })
  }
  return out
}

/** Ledger counts as pieces arrive, and tells watchers at most once a second. */
export class Ledger {
  readonly store = new Store<Stats>(nothing())
  private now = nothing()
  private timer = 0

  change(f: (s: Stats) => void) {
    f(this.now)
    this.timer ||= window.setTimeout(() => {
      this.timer = 0
      this.flush()
    }, 1000)
  }

  add(source: Source, bytes: number, at?: { start: number; end: number }, host?: string) {
    this.change((s) => {
      s.bytes[source] += bytes
      if (host && !s.mirrors.includes(host)) s.mirrors.push(host)
      if (at) this.place(s, { ...at, source })
    })
    if (total(this.now) === bytes) this.flush() // the first is worth showing at once
  }

  // A piece taken again, in another quality or after a refusal, takes the old one's place.
  private place(s: Stats, p: Piece) {
    const middle = (p.start + p.end) / 2
    s.pieces = [...s.pieces.filter((x) => middle < x.start || middle > x.end), p]
  }

  refuse(at?: { start: number; end: number }) {
    this.change((s) => {
      s.refused++
      if (at) this.place(s, { ...at, source: 'refused' })
    })
  }

  flush() {
    const { bytes, pieces, mirrors } = this.now
    this.store.set({ ...this.now, bytes: { ...bytes }, pieces: [...pieces], mirrors: [...mirrors] })
  }

  stop() {
    clearTimeout(this.timer)
    this.timer = 0
  }
}
