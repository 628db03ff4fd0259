// Below the player: title, channel, actions, description.
import { useState } from 'preact/hooks'
import { me } from '../api/session'
import type { VideoDetails } from '../api/types'
import { count, day, moment } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { lazy } from '../lib/lazy'
import { use } from '../lib/store'
import { making, resolutions } from '../upload/progress'
import { actorPath, Avatar } from '../ui/Avatar'
import { Icon } from '../ui/Icon'
import { useAgainst } from '../people/Against'
import { Follow } from '../ui/Follow'
import { ask } from '../ui/Ask'
import { Menu } from '../ui/Menu'
import { Origin } from '../ui/Origin'
import { Prose } from '../ui/Prose'
import { Rate } from './Rate'

const Share = lazy(() => import('../ui/dialogs').then((m) => m.Share))
const Download = lazy(() => import('../ui/dialogs').then((m) => m.Download))
const Save = lazy(() => import('../ui/dialogs').then((m) => m.Save))

function Description({ video, seek }: { video: VideoDetails; seek: (at: number) => void }) {
  const text = video.description ?? ''
  const long = text.length > 280 || text.split('\n').length > 4
  const [open, set] = useState(!long)
  const facts = [
    tn('views', video.views), day(video.publishedAt), video.category.id ? video.category.label : '', video.licence.id ? video.licence.label : '',
    video.language.id ? video.language.label : '',
  ].filter(Boolean)
  return (
    <section class="describe">
      <h2 class="sr">{t('watch.description')}</h2>
      <p class="facts-line num" title={moment(video.publishedAt)}>{facts.join(' · ')}</p>
      {text && <div class={open ? '' : 'clamped'}><Prose text={text} seek={seek} /></div>}
      {open && video.tags.length > 0 && <p class="tags">{video.tags.map((tag) => <span class="badge" key={tag}><bdi>{tag}</bdi></span>)}</p>}
      {long && <button class="more-text" aria-expanded={open} onClick={() => set(!open)}>{open ? t('less') : t('more')}</button>}
    </section>
  )
}

export function Story({ video, password, seek }: { video: VideoDetails; password?: string; seek: (at: number) => void }) {
  const m = use(me)
  const mine = Boolean(m && video.isLocal && m.account.id === video.account.id)
  const against = useAgainst(video.account, { video: { id: video.id } }, video.name)
  const best = resolutions(video)[0]
  // Of two files with the same picture, the one that needs nothing else to play.
  const whole = new Set(video.files.map((f) => f.resolution.id))
  const files = [...video.files, ...video.streamingPlaylists.flatMap((p) => p.files).filter((f) => !whole.has(f.resolution.id))]
    .sort((a, b) => b.resolution.id - a.resolution.id)
  return (
    <>
      <h1 class="watch-title"><bdi>{video.name}</bdi></h1>
      <div class="watch-bar">
        <a class="by" href={actorPath('c', video.channel)}>
          <Avatar actor={video.channel} size="s40" />
          <span><strong><bdi>{video.channel.displayName}</bdi></strong><small class="num">{!video.isLocal && <><bdi>{video.channel.host}</bdi> · </>}{tn('followers', video.channel.followersCount ?? 0, { n: count(video.channel.followersCount ?? 0) })}</small></span>
        </a>
        <div class="acts">
          {!mine && <Follow channel={video.channel} />}
          {mine && <a class="btn outline" href={`/my/videos/${video.shortUUID}/edit`}><Icon name="edit" />{t('edit')}</a>}
          <Rate video={video} />
          <button class="btn" onClick={() => ask((close) => <Share video={video} close={close} />)}><Icon name="share" />{t('share')}</button>
          {m && <button class="btn" onClick={() => ask((close) => <Save video={video} close={close} />)}><Icon name="playlist_add" />{t('playlist.save.short')}</button>}
          {video.downloadEnabled && files.length > 0 && (
            <button class="btn icon-only" aria-label={t('download')} title={t('download')}
              onClick={() => ask((close) => <Download video={video} files={files} password={password} close={close} />)}><Icon name="download" /></button>
          )}
          {(against || !video.isLocal) && (
            <Menu label={t('more')} class="btn icon-only" face={<Icon name="more_horiz" />}>
              {!video.isLocal && <Origin url={video.url} host={video.channel.host} />}
              {against}
            </Menu>
          )}
        </div>
      </div>
      {making(video) && best && <p class="badge warn still"><Icon name="hourglass_empty" size={16} />{t('transcode.more', { best })}</p>}
      <Description video={video} seek={seek} />
    </>
  )
}
