// Of a live: that it is one, and the way back to now.
import { useEffect, useState } from 'preact/hooks'
import { t } from '../lib/i18n'

const late = 30 // seconds behind what there is that are no longer called now

/** edge is the last moment that can be watched. */
const edge = (v: HTMLVideoElement) => (v.seekable.length ? v.seekable.end(v.seekable.length - 1) : 0)

export function Live({ video }: { video: () => HTMLVideoElement | null }) {
  const [behind, set] = useState(false)
  useEffect(() => {
    const v = video()
    if (!v) return
    const look = () => set(edge(v) - v.currentTime > late)
    v.addEventListener('timeupdate', look)
    return () => v.removeEventListener('timeupdate', look)
  }, [])
  const back = () => {
    const v = video()
    if (v) v.currentTime = Math.max(0, edge(v) - 8)
  }
  return (
    <button class={`pbtn live-now ${behind ? 'behind' : ''}`} onClick={back} title={t('live.edge')} aria-label={t(behind ? 'live.edge' : 'live.now')}>
      <i aria-hidden="true" />{t('live.now')}
    </button>
  )
}
