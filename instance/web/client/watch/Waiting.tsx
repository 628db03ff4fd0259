// In the player's place while a live is not on air.
import type { VideoDetails } from '../api/types'
import { soon } from '../lib/format'
import { t } from '../lib/i18n'
import { over, startsAt } from '../lib/live'
import { Icon } from '../ui/Icon'

export function Waiting({ video }: { video: VideoDetails }) {
  const at = startsAt(video)
  return (
    <div class="player making" data-theme="dark" data-state={video.state.id}>
      {video.previewPath && <img class="making-still" src={video.previewPath} alt="" />}
      <div role="status">
        <Icon name={over(video) ? 'check' : 'schedule'} size={32} />
        <p>{t(over(video) ? 'live.over' : 'live.waiting')}</p>
        {at && <p><time dateTime={at}>{t('live.at', { at: soon(at) })}</time></p>}
      </div>
    </div>
  )
}
