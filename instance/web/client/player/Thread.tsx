// The thread under the seek bar: which moments are loaded, and where they came from.
import type { Store } from '../lib/store'
import { use } from '../lib/store'
import { merged, type Stats } from './stats'

export function Thread({ stats, duration }: { stats: Store<Stats>; duration: number }) {
  const { pieces } = use(stats)
  return (
    <div class="thread" aria-hidden="true">
      {duration > 0 && merged(pieces).map((p) => (
        <i key={`${p.start}${p.source}`} class={p.source}
          style={{ left: `${(p.start / duration) * 100}%`, width: `${(Math.min(p.end, duration) - p.start) / duration * 100}%` }} />
      ))}
    </div>
  )
}
