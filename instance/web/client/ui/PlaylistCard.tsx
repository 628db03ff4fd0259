// A playlist in a grid: its picture, how many videos, whose it is.
import { ListKind, type PlaylistInfo } from '../api/playlists'
import { t, tn } from '../lib/i18n'
import { Icon } from './Icon'

export const playlistPath = (p: { shortUUID: string }) => `/w/p/${p.shortUUID}`

/** atPosition is where the video at a place of a playlist is watched, the others beside it. */
export const atPosition = (p: { shortUUID: string }, position: number) => `/w/p/${p.shortUUID}?playlistPosition=${position}`

/** ListPicture is a playlist's own picture, or the sign of one. */
export function ListPicture({ playlist: p, n }: { playlist: PlaylistInfo; n: number }) {
  return (
    <span class="thumb list-thumb">
      {p.thumbnailPath ? <img src={p.thumbnailPath} alt="" width={16} height={9} loading="lazy" decoding="async" /> : <Icon name="playlist_play" size={32} />}
      <span class="over num"><Icon name="playlist_play" size={16} />{n}</span>
    </span>
  )
}

export function PlaylistCard({ playlist: p }: { playlist: PlaylistInfo }) {
  const by = p.videoChannel ?? p.ownerAccount
  return (
    <li class="vcard">
      <ListPicture playlist={p} n={p.videosLength} />
      <div class="vcard-body alone">
        <div>
          <h3><a class="vcard-title" href={playlistPath(p)}><bdi>{p.isLocal && p.type.id === ListKind.WatchLater ? t('playlist.later') : p.displayName}</bdi></a></h3>
          <div class="vcard-meta">
            {!p.isLocal && <p><bdi>{p.ownerAccount.host}</bdi></p>}
            <p><bdi>{by.displayName}</bdi> · <bdi class="num">{tn('videos', p.videosLength)}</bdi></p>
            {p.privacy.id !== 1 && <p class="by-line"><Icon name="lock" size={16} />{t(p.privacy.id === 2 ? 'playlist.unlisted' : 'playlist.private')}</p>}
          </div>
        </div>
      </div>
    </li>
  )
}
