// In the player's place: what the author warns of, and the reader's decision.
import type { VideoDetails } from '../api/types'
import { t } from '../lib/i18n'
import { Icon } from '../ui/Icon'

export function Sensitive({ video, show }: { video: VideoDetails; show: () => void }) {
  return (
    <div class="player making" data-theme="dark">
      {video.previewPath && <img class="making-still blurred" src={video.previewPath} alt="" />}
      <div>
        <Icon name="visibility_off" size={32} />
        <p>{video.nsfwSummary ? t('sensitive.why', { why: video.nsfwSummary }) : t('sensitive')}</p>
        <p class="acts"><button class="btn" onClick={show}>{t('sensitive.show')}</button><button class="btn" onClick={() => history.back()}>{t('sensitive.back')}</button></p>
      </div>
    </div>
  )
}
