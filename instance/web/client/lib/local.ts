// Small values kept in the browser. Storage may be forbidden or full: then a
// value lasts as long as the page.
const memory = new Map<string, string>()
const prefix = 'vidiverse.'

export function recall<T>(key: string): T | undefined {
  try {
    const raw = localStorage.getItem(prefix + key) ?? memory.get(key)
    return raw == null ? undefined : (JSON.parse(raw) as T)
  } catch {
    return undefined
  }
}

export function remember(key: string, value: unknown) {
  const raw = value === undefined ? undefined : JSON.stringify(value)
  try {
    if (raw === undefined) localStorage.removeItem(prefix + key)
    else localStorage.setItem(prefix + key, raw)
  } catch {
    if (raw === undefined) memory.delete(key)
    else memory.set(key, raw)
  }
}

/** setCookie tells the server a choice it needs for the first picture of the next page. */
export function setCookie(name: string, value: string | undefined) {
  const age = value ? 31536000 : 0
  document.cookie = `${name}=${value ?? ''}; Path=/; Max-Age=${age}; SameSite=Lax`
}
