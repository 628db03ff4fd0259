// Addresses and history. A link is a plain <a href>; clicks on ours stay in the page.
import { Store } from './store'

export interface Place {
  path: string
  query: URLSearchParams
}

// Links of PeerTube's client carry facts behind semicolons: /w/id;threadId=12 is /w/id?threadId=12.
function here(): Place {
  const [path, ...facts] = location.pathname.split(';')
  const query = new URLSearchParams(location.search)
  for (const fact of facts) {
    const [name, value] = fact.split('=')
    if (name && value && !query.has(name)) query.set(name, value)
  }
  return { path: path!, query }
}

export const place = new Store<Place>(here())

/** back tells whether the present page was reached by going back: its lists may then be as they were left. */
export const back = { now: false }

/** guards may refuse to leave; each returns a question, or nothing. */
export const guards = new Set<() => string | undefined>()

function refused(): boolean {
  for (const guard of guards) {
    const question = guard()
    if (question && !confirm(question)) return true
  }
  return false
}

/** go shows another page of the client; with replace the present one leaves the history. */
export function go(to: string, replace = false) {
  if (refused()) return
  if (replace) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  back.now = false
  place.set(here())
  window.scrollTo(0, 0)
}

const ours = /^\/($|@|w\/|c\/|a\/|login$|upload$|my\/|about$|following$|search$|signup$|admin\/|remote-interaction$|videos\/browse$)/

/** follow makes links to our own pages change the page without loading it anew. */
export function follow() {
  history.scrollRestoration = 'auto'
  addEventListener('popstate', () => {
    back.now = true
    place.set(here())
  })
  document.addEventListener('click', (e) => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    const a = (e.target as Element).closest?.('a')
    if (!a || a.target || a.hasAttribute('download') || a.origin !== location.origin || !ours.test(a.pathname)) return
    e.preventDefault()
    if (a.href !== location.href) go(a.pathname + a.search)
  })
  addEventListener('beforeunload', (e) => {
    for (const guard of guards) if (guard()) e.preventDefault()
  })
}

/** match compares a path with a pattern such as /w/:id and returns its parts. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const want = pattern.split('/')
  const have = path.replace(/\/$/, '').split('/')
  if (path === '/') have.length = 2
  if (want.length !== have.length) return undefined
  const parts: Record<string, string> = {}
  for (let i = 0; i < want.length; i++) {
    const w = want[i]!
    const h = have[i] ?? ''
    if (!w.startsWith(':')) {
      if (w !== h) return undefined
      continue
    }
    try {
      parts[w.slice(1)] = decodeURIComponent(h)
    } catch {
      return undefined
    }
  }
  return parts
}
