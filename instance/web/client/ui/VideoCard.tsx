// A video in a grid (card) or beside another (row). The whole of it is one link; the channel is a second.
import type { Video } from '../api/types'
import { ago, count, moment } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { lazy } from '../lib/lazy'
import { actorPath, Avatar } from './Avatar'
import { Icon } from './Icon'
import { Menu } from './Menu'
import { Thumb } from './Thumb'

const CardMenu = lazy(() => import('./dialogs').then((m) => m.CardMenu))

export const watchPath = (v: { shortUUID: string }) => `/w/${v.shortUUID}`

function Views({ video }: { video: Video }) {
  return (
    <p>
      <bdi class="num">{tn('views', video.views, { n: count(video.views) })}</bdi>
      {' · '}
      <time dateTime={video.publishedAt} title={moment(video.publishedAt)}>{ago(video.publishedAt)}</time>
    </p>
  )
}

export function VideoCard({ video, eager }: { video: Video; eager?: boolean }) {
  return (
    <li class="vcard">
      <Thumb video={video} eager={eager} sizes="(max-width: 639px) 100vw, (max-width: 1023px) 45vw, 360px" />
      <div class="vcard-body">
        <Avatar actor={video.channel} />
        <div>
          <h3><a class="vcard-title" href={watchPath(video)}><bdi>{video.name}</bdi></a></h3>
          <div class="vcard-meta">
            <a class="channel" href={actorPath('c', video.channel)}><bdi>{video.channel.displayName}</bdi></a>
            {!video.isLocal && <p><bdi>{video.channel.host}</bdi></p>}
            <Views video={video} />
          </div>
        </div>
        <Menu label={t('card.acts', { name: video.name })} class="btn quiet icon-only card-menu" face={<Icon name="more_vert" />}><CardMenu video={video} /></Menu>
      </div>
    </li>
  )
}

export function VideoRow({ video, to = watchPath(video) }: { video: Video; to?: string }) {
  return (
    <li class="vrow">
      <Thumb video={video} sizes="168px" />
      <div>
        <h3><a class="vrow-title" href={to}><bdi>{video.name}</bdi></a></h3>
        <div class="vcard-meta"><p><bdi>{video.channel.displayName}</bdi></p><Views video={video} /></div>
      </div>
    </li>
  )
}

/** Ghosts have the geometry of cards that are still loading. */
export function Ghosts({ n }: { n: number }) {
  return (
    <>
      {Array.from({ length: n }, (_, i) => (
        <li class="vcard late" key={i} aria-hidden="true">
          <div class="thumb" />
          <div class="vcard-body"><span class="avatar skeleton" /><div class="lines"><i /><i /><i /></div></div>
        </li>
      ))}
    </>
  )
}
