// After the last byte: what the server makes of the file, asked every two seconds.
import { freshVideo } from '../api/calls'
import { Problem } from '../api/http'
import { State, type Video } from '../api/types'
import { items, patch } from './queue'

/** resolutions of a video that can be watched, the highest first. */
export function resolutions(v: Video): string[] {
  const files = [...(v.files ?? []), ...(v.streamingPlaylists ?? []).flatMap((p) => p.files)]
  const seen = new Map(files.filter((f) => f.hasVideo || files.length === 1).map((f) => [f.resolution.id, f.resolution.label]))
  return [...seen].sort((a, b) => b[0] - a[0]).map(([, label]) => label)
}

/** making tells whether the server still works on a video. */
export const making = (v: Video) =>
  v.state?.id === State.ToTranscode || v.state?.id === State.ToMove || (v.state?.id === State.Published && v.transcodingProgress !== undefined && v.transcodingProgress < 100)

export const broken = (v: Video) => v.state?.id === State.TranscodingFailed || v.state?.id === State.MoveFailed

export async function follow(key: string) {
  for (;;) {
    const i = items.value.find((x) => x.key === key)
    if (!i?.video) return
    try {
      const v = await freshVideo(i.video.uuid)
      patch(key, { state: v, title: v.name, phase: broken(v) ? 'failed' : making(v) ? 'received' : 'done' })
      if (!making(v)) return
    } catch (e) {
      // Deleted meanwhile, or no longer ours to see: nothing more to follow.
      if (e instanceof Problem && e.status >= 400 && e.status < 500 && e.status !== 429) return
    }
    await new Promise((r) => setTimeout(r, 2000))
  }
}
