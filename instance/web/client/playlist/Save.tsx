// In which of one's playlists a video is; each can take it or leave it.
import { useState } from 'preact/hooks'
import { accountPlaylists, addTo, ListKind, ListPrivacy, makePlaylist, takeFrom, whereIs, type PlaylistInfo } from '../api/playlists'
import { me } from '../api/session'
import type { Video } from '../api/types'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { use } from '../lib/store'
import { Dialog } from '../ui/Dialog'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'
import { PlaylistForm } from './Form'

const nameOf = (p: PlaylistInfo) => (p.type.id === ListKind.WatchLater ? t('playlist.later') : p.displayName)

interface Props { video: Video; close: () => void }

export function Save({ video, close }: Props) {
  const m = use(me)
  const [making, make] = useState(false)
  const name = m?.username ?? ''
  const { value, error, again, set } = useLoad(async () => {
    const [lists, where] = await Promise.all([accountPlaylists(name, 0, 100), whereIs(video.id)])
    return { lists: lists.data, where: where[video.id] ?? [] }
  }, name)
  const toggle = async (p: PlaylistInfo) => {
    const at = value!.where.find((w) => w.playlistId === p.id)
    try {
      if (at) {
        await takeFrom(p.id, at.playlistElementId)
        set({ ...value!, where: value!.where.filter((w) => w !== at) })
        say(t('playlist.unsaved', { name: nameOf(p) }))
      } else {
        const { videoPlaylistElement } = await addTo(p.id, video.id)
        set({ ...value!, where: [...value!.where, { playlistId: p.id, playlistElementId: videoPlaylistElement.id }] })
        say(t('playlist.saved', { name: nameOf(p) }))
      }
    } catch {
      say(t('error.server'), true)
    }
  }
  if (making) {
    return (
      <Dialog title={t('playlist.new')} close={close}>
        <PlaylistForm close={() => make(false)} save={async (e) => {
          const made = await makePlaylist(e)
          await addTo(made.videoPlaylist.id, video.id)
          again()
        }} />
      </Dialog>
    )
  }
  return (
    <Dialog title={t('playlist.save')} close={close}>
      {Boolean(error) && <ErrorBox error={error} retry={again} />}
      <div class="checks">
        {value?.lists.map((p) => (
          <label class="check" key={p.id}>
            <input type="checkbox" checked={value.where.some((w) => w.playlistId === p.id)} onChange={() => void toggle(p)} />
            <bdi>{nameOf(p)}</bdi>{p.privacy.id !== ListPrivacy.Public && <Icon name="lock" size={16} />}
          </label>
        ))}
      </div>
      <div class="actions">
        <button class="btn" onClick={() => make(true)}><Icon name="add" />{t('playlist.new')}</button>
        <button class="btn primary" onClick={close}>{t('done')}</button>
      </div>
    </Dialog>
  )
}
