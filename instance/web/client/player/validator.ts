// Checks every segment against the origin's list of hashes before it is played or given to others.
interface Range { start: number; end: number }

type Listed = Record<string, string | Record<string, string>>

const tries = 10
const pause = 500 // ms between looks for a segment that is not listed yet

const hex = (b: ArrayBuffer) => Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, '0')).join('')

/** fileOf is the last element of a segment's address, under which the list names it. */
export const fileOf = (url: string) => new URL(url, location.href).pathname.split('/').pop() ?? ''

export class Validator {
  private list: Promise<Listed> | undefined

  constructor(
    private url: string,
    private headers: (url: string) => Promise<Record<string, string>>,
  ) {}

  /** moved names the list's new address, after renditions were added. */
  moved(url: string) {
    this.url = url
    this.list = undefined
  }

  /** valid is false for wrong bytes and for a segment nobody vouches for. */
  async valid(url: string, range: Range | undefined, data: ArrayBuffer): Promise<boolean> {
    const want = await this.wanted(fileOf(url), range)
    if (!want) return false
    return hex(await crypto.subtle.digest('SHA-256', data)) === want
  }

  private async wanted(file: string, range: Range | undefined): Promise<string | undefined> {
    for (let i = 0; i < tries; i++) {
      const entry = (await this.read().catch(() => ({}) as Listed))[file]
      const hash = typeof entry === 'string' ? entry : range && entry?.[`${range.start}-${range.end}`]
      if (hash) return hash
      await new Promise((r) => setTimeout(r, pause))
      this.list = undefined
    }
    return undefined
  }

  private read(): Promise<Listed> {
    this.list ??= this.headers(this.url).then((headers) => fetch(this.url, { headers, credentials: 'omit' })).then((r) => {
      if (!r.ok) throw new Error(`hash list: ${r.status}`)
      return r.json()
    })
    this.list.catch(() => (this.list = undefined))
    return this.list
  }
}
