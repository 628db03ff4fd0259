// The pictures over the seek bar: media-chrome finds them as cues of a track called thumbnails.
import type { Storyboard } from '../api/parts'
import { own } from './captions'

const most = 2500 // cues, whatever the sheet says

/** pictures puts the tiles of a sheet on a video's timeline. It returns how to take them off. */
export function pictures(v: HTMLVideoElement, b: Storyboard): () => void {
  const columns = Math.floor(b.totalWidth / b.spriteWidth)
  const n = Math.min(most, columns * Math.floor(b.totalHeight / b.spriteHeight))
  const src = new URL(own(b.fileUrl), location.href).href
  const track = [...v.textTracks].find((x) => x.label === 'thumbnails') ?? v.addTextTrack('metadata', 'thumbnails')
  track.mode = 'hidden'
  for (let i = 0; i < n; i++) {
    const x = (i % columns) * b.spriteWidth
    const y = Math.floor(i / columns) * b.spriteHeight
    track.addCue(new VTTCue(i * b.spriteDuration, (i + 1) * b.spriteDuration, `${src}#xywh=${x},${y},${b.spriteWidth},${b.spriteHeight}`))
  }
  return () => {
    for (const c of [...(track.cues ?? [])]) track.removeCue(c)
  }
}
