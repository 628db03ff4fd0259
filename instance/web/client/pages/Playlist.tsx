// A playlist: what it is, and its videos in order. Its owner can change it here.
import { useState } from 'preact/hooks'
import { editPlaylist, ListKind, move, playlist as ask, playlistVideos, removePlaylist, takeFrom, type Element, type PlaylistInfo } from '../api/playlists'
import { me } from '../api/session'
import { t, tn } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { go } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { PlaylistForm } from '../playlist/Form'
import { actorPath, Avatar } from '../ui/Avatar'
import { Confirm, Dialog } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { ListPicture } from '../ui/PlaylistCard'
import { Prose } from '../ui/Prose'
import { say } from '../ui/Toast'
import { VideoRow } from '../ui/VideoCard'

interface RowProps { element: Element; last: boolean; mine: boolean; moved: (by: number) => void; remove: () => void }

function Row({ element: e, last, mine, moved, remove }: RowProps) {
  return (
    <li class="in-list">
      <span class="num quiet-text">{e.position}</span>
      {e.video ? <ul><VideoRow video={e.video} /></ul> : <p class="quiet-text">{t('playlist.gone')}</p>}
      {mine && (
        <Menu label={t('playlist.row', { n: e.position })} class="btn quiet icon-only" face={<Icon name="more_horiz" />}>
          {e.position > 1 && <button onClick={() => moved(-1)}><Icon name="arrow_upward" />{t('playlist.up')}</button>}
          {!last && <button onClick={() => moved(1)}><Icon name="arrow_downward" />{t('playlist.down')}</button>}
          <button onClick={remove}><Icon name="delete" />{t('playlist.take')}</button>
        </Menu>
      )}
    </li>
  )
}

function Videos({ list, mine }: { list: PlaylistInfo; mine: boolean }) {
  const { value, error, again, set } = useLoad(() => playlistVideos(list.shortUUID, 0), list.id)
  if (error) return <ErrorBox error={error} retry={again} />
  if (!value) return <div class="skeleton block" />
  if (!value.data.length) return <Empty icon="playlist_play" title={t('playlist.empty.title')} text={t('playlist.empty')} />
  const act = (what: Promise<unknown>) => what.then(again, () => say(t('error.server'), true))
  return (
    <ol class="list-rows">
      {value.data.map((e, i) => (
        <Row key={e.id} element={e} mine={mine} last={i === value.data.length - 1}
          moved={(by) => void act(move(list.shortUUID, e.position, by < 0 ? e.position - 2 : e.position + 1))}
          remove={() => {
            set({ total: value.total - 1, data: value.data.filter((x) => x.id !== e.id) })
            void act(takeFrom(list.shortUUID, e.id))
          }} />
      ))}
      {value.total > value.data.length && <li class="quiet-text">{tn('playlist.further', value.total - value.data.length)}</li>}
    </ol>
  )
}

export function PlaylistPage({ id }: { id: string }) {
  const { value: p, error, again } = useLoad(() => ask(id), id)
  const m = use(me)
  const [editing, edit] = useState(false)
  const [leaving, leave] = useState(false)
  useTitle(p?.displayName)
  if (error) return <ErrorBox error={error} retry={again} level={1} />
  if (!p) return <div class="page"><div class="skeleton block" /></div>
  const mine = Boolean(m && p.isLocal && m.account.id === p.ownerAccount.id)
  const by = p.videoChannel ?? p.ownerAccount
  const remove = async () => {
    try {
      await removePlaylist(p.shortUUID)
      go('/my/playlists', true)
    } catch {
      say(t('error.server'), true)
    }
  }
  return (
    <div class="page playlist">
      <header>
        <ListPicture playlist={p} n={p.videosLength} />
        <div>
          <h1><bdi>{p.displayName}</bdi></h1>
          <p class="meta"><a class="by-line" href={actorPath(p.videoChannel ? 'c' : 'a', by)}><Avatar actor={by} person={!p.videoChannel} size="s24" /><bdi>{by.displayName}</bdi></a> · {tn('videos', p.videosLength)}</p>
          {p.description && <Prose text={p.description} />}
          {mine && p.type.id === ListKind.Regular && (
            <div class="acts">
              <button class="btn" onClick={() => edit(true)}><Icon name="edit" />{t('edit')}</button>
              <button class="btn" onClick={() => leave(true)}><Icon name="delete" />{t('playlist.delete')}</button>
            </div>
          )}
        </div>
      </header>
      <h2 class="sr">{t('channel.videos')}</h2>
      <Videos key={p.updatedAt} list={p} mine={mine} />
      {editing && (
        <Dialog title={t('playlist.edit')} close={() => edit(false)}>
          <PlaylistForm start={p} close={() => edit(false)} save={async (e) => { await editPlaylist(p.shortUUID, e); again() }} />
        </Dialog>
      )}
      {leaving && <Confirm title={t('playlist.delete.title')} text={t('playlist.delete.text')} keep={t('keep.it')} verb={t('playlist.delete')} act={remove} close={() => leave(false)} />}
    </div>
  )
}
