// Which captions are shown. hls.js is kept from the tracks: it would add those of the playlist once more.
import { useEffect, useState } from 'preact/hooks'
import type { Caption } from '../api/types'
import { lang, t } from '../lib/i18n'
import { change, settings } from '../lib/settings'

export interface Captions {
  list: Caption[]
  current: string // code of the language; empty: none
  choose: (language: string) => void
  toggle: () => void
}

/** languageOf names a language in the reader's words, where the browser knows it. */
function languageOf(c: Caption): string {
  try {
    const name = new Intl.DisplayNames(lang(), { type: 'language', fallback: 'none' }).of(c.language.id)
    return name ? name[0]!.toLocaleUpperCase(lang()) + name.slice(1) : c.language.label
  } catch {
    return c.language.label
  }
}

export const nameOf = (c: Caption) => (c.automaticallyGenerated ? t('player.captions.automatic', { language: languageOf(c) }) : languageOf(c))

/** own is an address of this server by its path: the page may have come by another name of it. */
export function own(url: string): string {
  const u = new URL(url, location.href)
  return u.pathname.startsWith('/lazy-static/') ? u.pathname : url
}

const subtitles = (v: HTMLVideoElement) => [...v.textTracks].filter((x) => x.kind === 'subtitles')

/** useCaptions shows the language that was chosen last, in this video as in the one before. */
export function useCaptions(video: () => HTMLVideoElement | null, list: Caption[]): Captions {
  const [current, set] = useState(settings.value.captions ?? '')
  const have = list.some((c) => c.language.id === current)
  const choose = (language: string) => {
    set(language)
    change({ captions: language, captionsBefore: language || current || settings.value.captionsBefore })
  }
  const toggle = () => {
    const before = settings.value.captionsBefore
    const pages = navigator.language.split('-')[0]
    const wanted = list.find((c) => c.language.id === before) ?? list.find((c) => c.language.id.split('-')[0] === pages) ?? list[0]
    choose(have ? '' : wanted?.language.id ?? '')
  }
  useEffect(() => {
    const v = video()
    if (!v) return
    for (const x of subtitles(v)) x.mode = x.language === current ? 'showing' : 'disabled'
    // The browser has a menu of its own, in full screen on some phones.
    const changed = () => set(subtitles(v).find((x) => x.mode === 'showing')?.language ?? '')
    v.textTracks.addEventListener('change', changed)
    return () => v.textTracks.removeEventListener('change', changed)
  }, [current, list])
  return { list, current: have ? current : '', choose, toggle }
}
