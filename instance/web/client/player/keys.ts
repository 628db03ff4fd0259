// The player's keys. They work wherever the focus is on the page, except in fields.
import { speeds } from './Gear'
import { typing } from '../ui/KeyHelp'

export interface KeyActions {
  video: () => HTMLVideoElement | null
  fullscreen: () => void
  theatre?: () => void
  captions: () => void
  sources: () => void
}

const frame = 1 / 25

export function listenKeys(a: KeyActions): () => void {
  const press = (e: KeyboardEvent) => {
    const v = a.video()
    if (!v || typing(e) || document.querySelector('dialog[open]') || !act(e, v, a)) return
    e.preventDefault()
  }
  addEventListener('keydown', press)
  return () => removeEventListener('keydown', press)
}

const seek = (v: HTMLVideoElement, to: number) => {
  v.currentTime = Math.max(0, Math.min(to, Number.isFinite(v.duration) ? v.duration : to))
}
const louder = (v: HTMLVideoElement, by: number) => {
  v.volume = Math.max(0, Math.min(1, v.volume + by))
  v.muted = v.volume === 0
}
const faster = (v: HTMLVideoElement, by: number) => {
  const i = speeds.indexOf(v.playbackRate)
  v.playbackRate = speeds[Math.max(0, Math.min(speeds.length - 1, (i < 0 ? 2 : i) + by))]!
}
export const toggle = (v: HTMLVideoElement) => void (v.paused ? v.play().catch(() => undefined) : v.pause())

// Arrows and space belong to the control that has the focus: a slider, a button, a link, a menu.
const own = (e: KeyboardEvent) => e.composedPath().some((el) => el instanceof HTMLElement &&
  (/^(MEDIA-\w+-RANGE|MEDIA-\w+-BUTTON|BUTTON|A|SUMMARY)$/.test(el.tagName) || el.getAttribute('role') === 'menu'))

function act(e: KeyboardEvent, v: HTMLVideoElement, a: KeyActions): boolean {
  const k = e.key.length === 1 ? e.key.toLowerCase() : e.key
  if ((k === ' ' || k.startsWith('Arrow')) && own(e)) return false
  if (/^[0-9]$/.test(k)) {
    if (v.duration) seek(v, (v.duration * Number(k)) / 10)
    return true
  }
  const does: Record<string, () => void> = {
    ' ': () => toggle(v), k: () => toggle(v), f: a.fullscreen, m: () => (v.muted = !v.muted), c: a.captions, s: a.sources,
    j: () => seek(v, v.currentTime - 10), l: () => seek(v, v.currentTime + 10),
    ArrowLeft: () => seek(v, v.currentTime - 5), ArrowRight: () => seek(v, v.currentTime + 5),
    ArrowUp: () => louder(v, 0.05), ArrowDown: () => louder(v, -0.05),
    '<': () => faster(v, -1), '>': () => faster(v, 1),
    ',': () => { v.pause(); seek(v, v.currentTime - frame) }, '.': () => { v.pause(); seek(v, v.currentTime + frame) },
    i: () => void (document.pictureInPictureElement ? document.exitPictureInPicture() : v.requestPictureInPicture?.().catch(() => undefined)),
    ...(a.theatre ? { t: a.theatre } : {}),
  }
  does[k]?.()
  return k in does
}
