// Numbers, times and sizes in the reader's locale.
import { lang, t, type Key } from './i18n'

// The language is the page's; whose days and commas it has, the browser says: British English, Swiss French.
const locale = () => navigator.languages.find((tag) => tag.split('-')[0] === lang()) ?? lang()

const cache = new Map<string, unknown>()
function once<T>(key: string, make: () => T): T {
  const k = lang() + key
  if (!cache.has(k)) cache.set(k, make())
  return cache.get(k) as T
}

export const count = (n: number) =>
  once('compact', () => new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 })).format(n)

export const whole = (n: number) => once('whole', () => new Intl.NumberFormat(locale())).format(n)

export const percent = (part: number) =>
  once('percent', () => new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 0 })).format(part)

/** clock writes seconds as 7:32 or 1:02:03. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  const h = Math.floor(s / 3600)
  const m = Math.floor(s / 60) % 60
  const two = (n: number) => String(n).padStart(2, '0')
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

const units: Key[] = ['unit.b', 'unit.kb', 'unit.mb', 'unit.gb', 'unit.tb']

/** bytes writes an amount in powers of 1000, with one decimal below 100 from gigabytes on. */
export function bytes(n: number): string {
  let i = 0
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000
    i++
  }
  const digits = i >= 3 && n < 100 ? 1 : i >= 2 && n < 10 ? 1 : 0
  const number = new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(n)
  return t(units[i]!, { n: number })
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31536000], ['month', 2592000], ['week', 604800], ['day', 86400], ['hour', 3600], ['minute', 60],
]

/** ago writes "3 days ago". */
export function ago(date: string): string {
  const past = (Date.now() - Date.parse(date)) / 1000
  const rtf = once('ago', () => new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }))
  for (const [unit, size] of steps) {
    if (past >= size) return rtf.format(-Math.floor(past / size), unit)
  }
  return t('time.now')
}

export const day = (date: string) =>
  once('day', () => new Intl.DateTimeFormat(locale(), { dateStyle: 'long' })).format(new Date(date))

export const moment = (date: string) =>
  once('moment', () => new Intl.DateTimeFormat(locale(), { dateStyle: 'full', timeStyle: 'short' })).format(new Date(date))

/** soon writes a moment to come, as short as it can be told: "3:00 PM", "Nov 30, 3:00 PM". */
export function soon(date: string): string {
  const at = new Date(date)
  const today = at.toDateString() === new Date().toDateString()
  const form: Intl.DateTimeFormatOptions = today ? { timeStyle: 'short' } : { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }
  return once(`soon${today}`, () => new Intl.DateTimeFormat(locale(), form)).format(at)
}

/** left writes how long something still takes: "32 s", "4 min", "1 h 20 min". */
export function left(seconds: number): string {
  const s = Math.ceil(seconds)
  if (s < 60) return t('unit.s', { n: s })
  if (s < 3600) return t('unit.min', { n: Math.ceil(s / 60) })
  return t('unit.h', { n: Math.floor(s / 3600) }) + ' ' + t('unit.min', { n: Math.floor((s % 3600) / 60) })
}
