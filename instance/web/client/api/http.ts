// Requests to our server: the account's token, its renewal, and errors as values with PeerTube's code.
import { expired, renew, session } from './session'

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: no answer came
    readonly code: string,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly retryAfter = 0, // seconds
  ) {
    super(message)
  }
}

interface Ask {
  method?: string
  body?: unknown
  form?: FormData
  headers?: Record<string, string>
  signal?: AbortSignal
  anonymous?: boolean // without the account's token
}

// Answers that the page came with. Each serves once: a second look must be fresh.
let first: Record<string, unknown> = {}

export function readFirst() {
  try {
    first = JSON.parse(document.getElementById('first')?.textContent || '{}')
  } catch {
    first = {}
  }
}

/** known looks at an inlined answer without using it up. */
export function known<T>(path: string): T | undefined {
  return first['/api/v1' + path] as T | undefined
}

export function take<T>(path: string): T | undefined {
  const value = known<T>(path)
  delete first['/api/v1' + path]
  return value
}

/** authorization is the header that says who asks; empty when nobody is signed in. */
export async function authorization(): Promise<Record<string, string>> {
  if (session.value && expired()) await renew()
  return session.value ? { Authorization: 'Bearer ' + session.value.access } : {}
}

async function send(path: string, ask: Ask): Promise<Response> {
  const headers: Record<string, string> = { ...(ask.anonymous ? {} : await authorization()), ...ask.headers }
  if (ask.body !== undefined) headers['Content-Type'] = 'application/json'
  try {
    return await fetch('/api/v1' + path, {
      method: ask.method ?? (ask.body !== undefined || ask.form ? 'POST' : 'GET'),
      headers, body: ask.form ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body)),
      signal: ask.signal, credentials: 'omit',
    })
  } catch (e) {
    if ((e as Error).name === 'AbortError') throw e
    throw new Problem(0, 'offline', 'no answer')
  }
}

/** problem reads what the server said about a request it refused. */
export async function problem(res: Response): Promise<Problem> {
  const doc = await res.json().catch(() => ({}))
  const fields: Record<string, string> = {}
  for (const [name, f] of Object.entries(doc['invalid-params'] ?? {})) fields[name] = (f as { msg: string }).msg
  return new Problem(res.status, doc.code ?? '', doc.detail ?? doc.error ?? res.statusText, fields,
    Number(res.headers.get('Retry-After')) || 0)
}

export async function call<T>(path: string, ask: Ask = {}): Promise<T> {
  let res = await send(path, ask)
  // The token may have been revoked elsewhere: renew once, then ask as a guest.
  if (res.status === 401 && session.value && !ask.anonymous) {
    const doc = await res.clone().json().catch(() => ({}))
    if (doc.code === 'invalid_token' || doc.code === 'missing_token' || doc.code === undefined) {
      if (await renew()) res = await send(path, ask)
    }
  }
  if (!res.ok) throw await problem(res)
  if (res.status === 204 || res.headers.get('Content-Length') === '0') return undefined as T
  const text = await res.text()
  return (text && res.headers.get('Content-Type')?.includes('json') ? JSON.parse(text) : undefined) as T
}

export const get = async <T>(path: string, ask?: Ask): Promise<T> => take<T>(path) ?? call<T>(path, ask)
