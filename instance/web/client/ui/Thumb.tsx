// A video's picture in its box: the box never changes size.
import type { Video } from '../api/types'
import { useSensitive } from '../lib/facts'
import { clock, soon } from '../lib/format'
import { t } from '../lib/i18n'
import { onAir, over, startsAt } from '../lib/live'
import { Icon } from './Icon'

interface Props {
  video: Video
  sizes: string
  eager?: boolean
  bare?: boolean // without the marks on it
}

// Our own pictures by path, so that they come from where the page came from.
function source(url: string): string {
  try {
    const u = new URL(url, location.href)
    return u.pathname.startsWith('/lazy-static/') ? u.pathname : url
  } catch {
    return ''
  }
}

export function Thumb({ video, sizes, eager, bare }: Props) {
  const all = (video.thumbnails ?? []).filter((p) => p.aspectRatio !== '1:1' && p.width <= 1280).sort((a, b) => a.width - b.width)
  const middle = all.find((p) => p.width >= 800) ?? all.at(-1)
  const watched = video.userHistory && video.duration ? video.userHistory.currentTime / video.duration : 0
  const policy = useSensitive()
  const hidden = !bare && video.nsfw && policy !== 'display'
  const starts = startsAt(video)
  return (
    <div class={`thumb ${hidden ? 'sensitive' : ''}`}>
      {middle ? (
        <img src={source(middle.fileUrl)} srcset={all.map((p) => `${source(p.fileUrl)} ${p.width}w`).join(', ')} sizes={sizes}
          alt="" width={16} height={9} loading={eager ? 'eager' : 'lazy'} decoding="async" />
      ) : (
        <span class="none"><Icon name="movie" size={32} /></span>
      )}
      {hidden && <span class="over why"><Icon name="visibility_off" size={16} />{t('sensitive.short')}</span>}
      {!bare && video.isLive && <span class={`over ${onAir(video) ? 'live' : ''}`}>{onAir(video) ? t('live.now') : starts ? t('live.at', { at: soon(starts) }) : t(over(video) ? 'live.over' : 'live.waiting')}</span>}
      {!bare && !video.isLive && video.duration > 0 && <span class="over">{clock(video.duration)}</span>}
      {watched > 0.01 && <span class="resume"><i style={{ inlineSize: `${Math.min(100, watched * 100)}%` }} /></span>}
    </div>
  )
}
