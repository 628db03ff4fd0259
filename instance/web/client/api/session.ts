// Who is signed in. Tokens stay in this browser until log-out.
import { recall, remember } from '../lib/local'
import { Store } from '../lib/store'
import { call, Problem, problem } from './http'
import type { Me } from './types'

interface Session {
  access: string
  refresh: string
  until: number // Unix ms at which access ends
}

interface Tokens {
  access_token: string
  refresh_token: string
  expires_in: number
}

export const session = new Store<Session | undefined>(recall<Session>('session'))
export const me = new Store<Me | undefined>(recall<Me>('me'))

export const expired = () => (session.value?.until ?? 0) < Date.now() + 30_000

async function token(grant: Record<string, string>, headers: Record<string, string> = {}): Promise<Tokens> {
  const client = await call<{ client_id: string; client_secret: string }>('/oauth-clients/local', { anonymous: true })
  let res: Response
  try {
    res = await fetch('/api/v1/users/token', {
      method: 'POST', body: new URLSearchParams({ ...client, ...grant }), headers, credentials: 'omit',
    })
  } catch {
    throw new Problem(0, 'offline', 'no answer')
  }
  if (!res.ok) throw await problem(res)
  return res.json()
}

function keep(t: Tokens | undefined) {
  const s = t && { access: t.access_token, refresh: t.refresh_token, until: Date.now() + t.expires_in * 1000 }
  remember('session', s)
  session.set(s)
}

/** logIn throws the server's Problem when it refuses. */
export async function logIn(username: string, password: string) {
  keep(await token({ grant_type: 'password', response_type: 'code', username, password }))
  await loadMe()
}

export async function loadMe() {
  const m = await call<Me>('/users/me')
  remember('me', m)
  me.set(m)
}

function forget() {
  keep(undefined)
  remember('me', undefined)
  me.set(undefined)
}

let renewing: Promise<boolean> | undefined

/** renew exchanges the refresh token, once however many ask. False: nobody is signed in any more. */
export function renew(): Promise<boolean> {
  renewing ??= alone(exchange).finally(() => (renewing = undefined))
  return renewing
}

/** alone runs one exchange at a time over all tabs: a refresh token used twice
 * looks stolen to the server, which then ends the session. Browsers lend locks
 * only to https and localhost. */
async function alone(f: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks ? await navigator.locks.request('vidiverse.session', f) : await f()
}

async function exchange(): Promise<boolean> {
  const old = session.value
  if (!old) return false
  // Another tab may have renewed it already: its token is newer than ours.
  const other = recall<Session>('session')
  if (other && other.access !== old.access) {
    session.set(other)
    return true
  }
  try {
    keep(await token({ grant_type: 'refresh_token', refresh_token: old.refresh }))
    return true
  } catch (e) {
    if (e instanceof Problem && e.status >= 400 && e.status < 500 && e.status !== 429) forget()
    return false
  }
}

export async function logOut() {
  const t = session.value?.access
  forget()
  if (t) {
    const headers = { Authorization: 'Bearer ' + t }
    // Signed out here in any case; a server that cannot be told lets the token run out.
    await fetch('/api/v1/users/revoke-token', { method: 'POST', headers, credentials: 'omit' }).catch(() => undefined)
  }
}

addEventListener('storage', (e) => {
  if (e.key === 'vidiverse.session') session.set(recall<Session>('session'))
  if (e.key === 'vidiverse.me') me.set(recall<Me>('me'))
})
