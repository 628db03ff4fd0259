// Choices of this browser: theme, language, P2P, volume. They need no account.
import { recall, remember, setCookie } from './local'
import { Store } from './store'

export type Theme = '' | 'light' | 'dark'

export interface Settings {
  theme: Theme
  p2p?: boolean // undefined: not asked yet, the operator's default holds
  volume: number
  muted: boolean
  theatre: boolean
  captions?: string // code of the language that is shown; empty: none
  captionsBefore?: string // the one before they were switched off
}

export const settings = new Store<Settings>({ theme: '', volume: 1, muted: false, theatre: false, ...recall<Partial<Settings>>('settings') })

export function change(part: Partial<Settings>) {
  settings.set({ ...settings.value, ...part })
  remember('settings', settings.value)
}

function showTheme(theme: Theme) {
  const root = document.documentElement
  if (theme) root.dataset.theme = theme
  else delete root.dataset.theme
}

export function setTheme(theme: Theme) {
  change({ theme })
  setCookie('theme', theme || undefined)
  showTheme(theme)
}

/** setLanguage loads the page anew in the other language. */
export function setLanguage(tag: string) {
  setCookie('lang', tag)
  location.reload()
}
