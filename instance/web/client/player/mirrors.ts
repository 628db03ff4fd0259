// Other servers that keep a copy: each segment is asked of one of them or of the origin, by chance.
import { fileOf } from './validator'

interface Range { start: number; end?: number }

const keyOf = (url: string, range?: Range) => `${url}|${range?.start ?? 0}`

export class Mirrors {
  private bases: string[]
  private used = new Map<string, string>() // base that a segment was last asked of

  constructor(bases: string[]) {
    this.bases = bases.map((b) => b.replace(/\/$/, ''))
  }

  /** draw picks where to take a segment from. */
  draw(url: string, range?: Range): string {
    const i = Math.floor(Math.random() * (this.bases.length + 1))
    const base = this.bases[i]
    if (!base) {
      this.used.delete(keyOf(url, range))
      return url
    }
    this.used.set(keyOf(url, range), base)
    return `${base}/${fileOf(url)}`
  }

  /** host names the mirror that a segment was asked of; undefined for the origin. */
  host(url: string, range?: Range): string | undefined {
    const base = this.used.get(keyOf(url, range))
    return base && new URL(base, location.href).host
  }

  /** failed strikes out the mirror that a segment was asked of, for good. */
  failed(url: string, range?: Range) {
    const base = this.used.get(keyOf(url, range))
    if (base) this.bases = this.bases.filter((b) => b !== base)
  }
}
