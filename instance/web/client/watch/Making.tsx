// In the player's place while nothing can be played yet.
import type { VideoDetails } from '../api/types'
import { percent } from '../lib/format'
import { t } from '../lib/i18n'
import { lazy } from '../lib/lazy'
import { broken } from '../upload/progress'
import { Icon } from '../ui/Icon'

const Waiting = lazy(() => import('./Waiting').then((m) => m.Waiting))

export function Making({ video }: { video: VideoDetails }) {
  if (video.isLive) return <Waiting video={video} />
  const part = video.transcodingProgress
  return (
    <div class="player making" data-theme="dark" data-state={video.state?.id}>
      {video.previewPath && <img class="making-still" src={video.previewPath} alt="" />}
      <div role="status">
        <Icon name={broken(video) ? 'error-fill' : 'hourglass_empty'} size={32} />
        <p>{broken(video) ? t('transcode.failed') : part ? t('transcode.first', { part: percent(part / 100) }) : t('transcode.start')}</p>
        {part !== undefined && !broken(video) && <div class="track"><i style={{ inlineSize: `${part}%` }} /></div>}
      </div>
    </div>
  )
}
