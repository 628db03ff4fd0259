// A playlist: what it is, and its videos in order. Its owner can change it here.
import { useRef, useState } from 'preact/hooks'
import {
  addTo, editPlaylist, ListKind, move, playlist as ask, playlistVideos, removePlaylist, takeFrom, type Element, type PlaylistInfo,
} from '../api/playlists'
import { me } from '../api/session'
import { whole } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { plain } from '../lib/plain'
import { go } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { PlaylistForm } from '../playlist/Form'
import { useOrder } from '../playlist/order'
import { actorPath, Avatar } from '../ui/Avatar'
import { Confirm, Dialog } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { Origin } from '../ui/Origin'
import { atPosition, ListPicture } from '../ui/PlaylistCard'
import { Prose } from '../ui/Prose'
import { say } from '../ui/Toast'
import { VideoRow } from '../ui/VideoCard'

interface RowProps {
  element: Element; list: PlaylistInfo; index: number; last: boolean; mine: boolean
  carried?: 'up' | 'down' | 'self'; handle: object; moved: (to: number) => void; remove: () => void
}

function Row({ element: e, list, index, last, mine, carried, handle, moved, remove }: RowProps) {
  const press = (k: KeyboardEvent) => {
    const by = k.key === 'ArrowUp' ? -1 : k.key === 'ArrowDown' ? 1 : 0
    if (!by) return
    k.preventDefault()
    if (by < 0 ? index > 0 : !last) moved(index + by)
  }
  return (
    <li class={`in-list ${mine ? 'movable' : ''} ${carried ?? ''}`} data-element={e.id}>
      {mine && (
        <button class="btn quiet icon-only grip" aria-label={t('playlist.grip', { name: e.video?.name ?? t('playlist.gone') })} title={t('playlist.grip.hint')} onKeyDown={press} {...handle}>
          <Icon name="drag_indicator" />
        </button>
      )}
      <span class="num quiet-text">{e.position}</span>
      {e.video ? <ul><VideoRow video={e.video} to={atPosition(list, e.position)} /></ul> : <p class="quiet-text in-gone">{t('playlist.gone')}</p>}
      {mine && (
        <Menu label={t('playlist.row', { n: e.position })} class="btn quiet icon-only" face={<Icon name="more_horiz" />}>
          {index > 0 && <button onClick={() => moved(index - 1)}><Icon name="arrow_upward" />{t('playlist.up')}</button>}
          {!last && <button onClick={() => moved(index + 1)}><Icon name="arrow_downward" />{t('playlist.down')}</button>}
          {index > 0 && <button onClick={() => moved(0)}><Icon name="vertical_align_top" />{t('playlist.top')}</button>}
          <button onClick={remove}><Icon name="delete" />{t('playlist.take')}</button>
        </Menu>
      )}
    </li>
  )
}

const count = (list: Element[]) => list.map((e, i) => ({ ...e, position: i + 1 }))

function Videos({ list, mine }: { list: PlaylistInfo; mine: boolean }) {
  const { value, error, again, set } = useLoad(() => playlistVideos(list.shortUUID, 0), list.id)
  const [told, tell] = useState('')
  const queue = useRef<Promise<unknown>>(Promise.resolve())
  // One change after the other: each speaks of places that the one before left.
  const act = (what: () => Promise<unknown>) => {
    queue.current = queue.current.then(what).catch(() => { say(t('error.server'), true); again() })
    return queue.current
  }
  const moved = (from: number, to: number) => {
    const rows = [...value!.data]
    const [row] = rows.splice(from, 1)
    rows.splice(to, 0, row!)
    set({ ...value!, data: count(rows) })
    tell(t('playlist.moved', { name: row!.video?.name ?? '', n: to + 1 }))
    void act(() => move(list.shortUUID, from + 1, to > from ? to + 1 : to))
  }
  const order = useOrder(moved)
  if (error) return <ErrorBox error={error} retry={again} />
  if (!value) return <div class="skeleton block late" />
  if (!value.data.length) return <Empty icon="playlist_play" title={t('playlist.empty.title')} text={t('playlist.empty')} />
  const rows = value.data
  const remove = (e: Element, i: number) => {
    set({ total: value.total - 1, data: count(rows.filter((x) => x.id !== e.id)) })
    void act(() => takeFrom(list.shortUUID, e.id))
    const back = () => void act(async () => {
      await addTo(list.id, e.video!.id)
      if (i < value.total - 1) await move(list.shortUUID, value.total, i)
    }).then(again)
    say(t('playlist.taken'), false, e.video ? back : undefined)
  }
  const further = async () => {
    const page = await playlistVideos(list.shortUUID, rows.length).catch(() => undefined)
    if (page) set({ total: page.total, data: [...rows, ...page.data] })
    else say(t('error.server'), true)
  }
  const place = (i: number) => {
    const c = order.carried
    if (!c) return undefined
    if (c.from === i) return 'self' as const
    return c.to === i && c.to !== c.from + 1 ? 'up' as const : c.to === rows.length && i === rows.length - 1 ? 'down' as const : undefined
  }
  return (
    <>
      <ol class={`list-rows ${order.carried ? 'carrying' : ''}`} ref={order.list}>
        {rows.map((e, i) => (
          <Row key={e.id} element={e} list={list} index={i} mine={mine} last={i === rows.length - 1} handle={order.handle(i)} carried={place(i)}
            moved={(to) => moved(i, to)} remove={() => remove(e, i)} />
        ))}
      </ol>
      <p class="sr" role="status">{told}</p>
      {value.total > rows.length && (
        <div class="more-line">
          <button class="btn" onClick={() => void further()}>{t('notices.more', { n: Math.min(100, value.total - rows.length) })}</button>
          <span class="quiet-text num">{t('of.all', { n: whole(rows.length), all: whole(value.total) })}</span>
        </div>
      )}
    </>
  )
}

const titled = (p: PlaylistInfo) => (p.isLocal && p.type.id === ListKind.WatchLater ? t('playlist.later') : p.displayName)

export function PlaylistPage({ id }: { id: string }) {
  const { value: p, error, again } = useLoad(() => ask(id), id)
  const m = use(me)
  const [editing, edit] = useState(false)
  const [leaving, leave] = useState(false)
  useTitle(p && titled(p))
  if (error) return <ErrorBox error={error} retry={again} level={1} />
  if (!p) return <div class="page"><div class="skeleton block late" /></div>
  const mine = Boolean(m && p.isLocal && m.account.id === p.ownerAccount.id)
  const by = p.videoChannel ?? p.ownerAccount
  const remove = async () => {
    try {
      await removePlaylist(p.shortUUID)
      go('/my/playlists', true)
      say(t('playlist.deleted'))
    } catch {
      say(t('error.server'), true)
    }
  }
  const copy = () => navigator.clipboard?.writeText(`${location.origin}/w/p/${p.shortUUID}`).then(() => say(t('copied')), () => undefined)
  return (
    <div class="page playlist">
      <header>
        <ListPicture playlist={p} n={p.videosLength} />
        <div>
          <h1><bdi>{titled(p)}</bdi></h1>
          <p class="meta"><a class="by-line" href={actorPath(p.videoChannel ? 'c' : 'a', by)}><Avatar actor={by} person={!p.videoChannel} size="s24" /><bdi>{by.displayName}</bdi></a> · {tn('videos', p.videosLength)}
            {p.privacy.id !== 1 && <> · <span class="by-line"><Icon name="lock" size={16} />{t(p.privacy.id === 2 ? 'playlist.unlisted' : 'playlist.private')}</span></>}</p>
          {p.description && <Prose text={p.isLocal ? p.description : plain(p.description)} />}
          <div class="acts">
            {p.videosLength > 0 && <a class="btn primary" href={atPosition(p, 1)}><Icon name="play_arrow-fill" />{t('playlist.play')}</a>}
            {mine && p.type.id === ListKind.Regular && <button class="btn" onClick={() => edit(true)}><Icon name="edit" />{t('edit')}</button>}
            <Menu label={t('more')} class="btn icon-only" face={<Icon name="more_horiz" />}>
              <button onClick={copy}><Icon name="content_copy" />{t('copy.link')}</button>
              {!p.isLocal && <Origin url={p.url} host={p.ownerAccount.host} />}
              {mine && p.type.id === ListKind.Regular && <button onClick={() => leave(true)}><Icon name="delete" />{t('playlist.delete')}</button>}
            </Menu>
          </div>
        </div>
      </header>
      <h2 class="sr">{t('channel.videos')}</h2>
      <Videos key={p.updatedAt} list={p} mine={mine} />
      {editing && (
        <Dialog title={t('playlist.edit')} close={() => edit(false)}>
          <PlaylistForm start={p} close={() => edit(false)} save={async (e) => { await editPlaylist(p.shortUUID, e); again(); say(t('edit.saved')) }} />
        </Dialog>
      )}
      {leaving && <Confirm title={t('delete.named', { name: p.displayName })} text={t('playlist.delete.text')} keep={t('keep.it')} verb={t('playlist.delete')} act={remove} close={() => leave(false)} />}
    </div>
  )
}
