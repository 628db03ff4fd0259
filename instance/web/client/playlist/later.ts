// Watch later: the playlist that every account has.
import { accountPlaylists, addTo, ListKind, takeFrom, whereIs } from '../api/playlists'
import { me } from '../api/session'
import { t } from '../lib/i18n'
import { say } from '../ui/Toast'

export async function watchLater(video: number) {
  try {
    const own = me.value?.specialPlaylists?.find((p) => p.type === ListKind.WatchLater)
      ?? (await accountPlaylists(me.value!.username, 0)).data.find((p) => p.type.id === ListKind.WatchLater)
    if (!own) return say(t('error.server'), true)
    const there = (await whereIs(video))[video]?.find((w) => w.playlistId === own.id)
    if (there) return say(t('playlist.later.already'))
    const { videoPlaylistElement: e } = await addTo(own.id, video)
    say(t('playlist.later.done'), false, () => takeFrom(own.id, e.id).catch(() => say(t('error.server'), true)))
  } catch {
    say(t('error.server'), true)
  }
}
