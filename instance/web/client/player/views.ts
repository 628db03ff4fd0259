// Tells the server that a video is being watched, as PeerTube's player does:
// at the start, after a seek, and at intervals while it plays.
import { viewed } from '../api/calls'

const sessionId = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')

export function countViews(v: HTMLVideoElement, id: string, interval: number, password?: string): () => void {
  let sought: 'seek' | undefined
  let last = -Infinity
  const tell = () => {
    last = Date.now()
    // A view that is not counted must not disturb watching.
    viewed(id, Math.floor(v.currentTime), sessionId, sought, password).catch(() => undefined)
    sought = undefined
  }
  const playing = () => Date.now() - last > interval && tell()
  const seeked = () => {
    if (last === -Infinity) return
    sought = 'seek'
    tell()
  }
  v.addEventListener('playing', playing)
  v.addEventListener('timeupdate', playing)
  v.addEventListener('seeked', seeked)
  return () => {
    v.removeEventListener('playing', playing)
    v.removeEventListener('timeupdate', playing)
    v.removeEventListener('seeked', seeked)
  }
}
