// Words of the interface. Whole sentences with named slots; both catalogues
// have the same keys, which a test compares.
import en from '../i18n/en.json'

export type Key = keyof typeof en
type Slots = Record<string, string | number>

let catalogue: Record<string, string> = en
let current = 'en'

/** lang is the language in use, as a tag for Intl. */
export const lang = () => current

/** speak loads a language. It is called once, before the first drawing. */
export async function speak(tag: string) {
  if (tag === 'fr') {
    catalogue = { ...en, ...(await import('../i18n/fr.json')).default }
    current = 'fr'
  }
  document.documentElement.lang = current
}

function fill(text: string, slots?: Slots): string {
  return slots ? text.replace(/\{(\w+)\}/g, (all, name) => String(slots[name] ?? all)) : text
}

export function t(key: Key, slots?: Slots): string {
  return fill(catalogue[key] ?? key, slots)
}

type Plural<K> = K extends `${infer Base}.other` ? Base : never

/** tn picks the sentence for a number; slot {n} is the number in the reader's format. */
export function tn(key: Plural<Key>, n: number, slots?: Slots): string {
  const category = new Intl.PluralRules(current).select(n)
  const text = catalogue[`${key}.${category}`] ?? catalogue[`${key}.other`] ?? key
  return fill(text, { n: new Intl.NumberFormat(current).format(n), ...slots })
}
