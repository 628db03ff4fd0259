// Sentences with more than text in their slots.
import type { ComponentChildren } from 'preact'
import { lang, t, type Key } from './i18n'

/** rich is t with elements: names keep their own direction in a sentence of another. */
export function rich(key: Key, slots: Record<string, ComponentChildren>): ComponentChildren {
  return t(key).split(/\{(\w+)\}/).map((part, i) => (i % 2 ? <bdi key={i}>{slots[part] ?? part}</bdi> : part))
}

/** among writes "Bob, Alice and 8 others". */
export function among(names: string[], others: string): string {
  return new Intl.ListFormat(lang() === 'en' ? 'en-GB' : lang(), { type: 'conjunction' }).format(others ? [...names, others] : names)
}
