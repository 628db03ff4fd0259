// How lives stand: on air, yet to begin, over.
import { State, type Video, type VideoDetails } from '../api/types'

/** onAir says whether a live can be watched now. Lists hold no others, unless they say how a video stands. */
export const onAir = (v: Video) => v.isLive && (!v.state || v.state.id === State.Published)

export const over = (v: Video) => v.isLive && v.state?.id === State.LiveEnded

/** startsAt is when a live is to begin; undefined when nobody said, or it was to have begun. */
export const startsAt = (v: Video) =>
  v.isLive && !onAir(v) ? v.liveSchedules?.map((s) => s.startAt).filter((at) => Date.parse(at) > Date.now()).sort()[0] : undefined

/** playable says whether there is anything to play: a live has no files, but a playlist while it is on air. */
export const playable = (v: VideoDetails) =>
  v.files.length > 0 || v.streamingPlaylists.some((p) => p.files.length > 0 || onAir(v))
