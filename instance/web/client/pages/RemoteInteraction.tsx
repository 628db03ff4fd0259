// Somebody pressed "follow" or "answer" on another server: find that thing here and go to it.
import { useEffect, useState } from 'preact/hooks'
import { searchChannels, searchPlaylists, searchVideos } from '../api/search'
import { session } from '../api/session'
import { t } from '../lib/i18n'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { playlistPath } from '../ui/PlaylistCard'
import { watchPath } from '../ui/VideoCard'

async function find(uri: string): Promise<string | undefined> {
  if (/^https?:/.test(uri)) {
    const video = (await searchVideos(uri, 0, '-match')).data[0]
    if (video) return watchPath(video)
  }
  const channel = (await searchChannels(uri, 0)).data[0]
  if (channel) return actorPath('c', channel)
  const playlist = /^https?:/.test(uri) && (await searchPlaylists(uri, 0)).data[0]
  return playlist ? playlistPath(playlist) : undefined
}

export function RemoteInteraction() {
  const who = use(session)
  const uri = use(place).query.get('uri') ?? ''
  const [none, set] = useState(false)
  useTitle(t('remote.title'))
  useEffect(() => {
    if (!who || !uri) return
    find(uri).then((to) => (to ? go(to, true) : set(true)), () => set(true))
  }, [Boolean(who), uri])
  if (!who) {
    return (
      <Empty level={1} icon="open_in_new" title={t('remote.title')} text={t('remote.login', { uri })}>
        <a class="btn primary" href={`/login?to=${encodeURIComponent(`/remote-interaction?uri=${encodeURIComponent(uri)}`)}`}>{t('login')}</a>
      </Empty>
    )
  }
  if (none || !uri) return <Empty level={1} icon="search" title={t('search.none')} text={t('remote.none', { uri })} />
  return <Empty level={1} icon="hourglass_empty" title={t('remote.title')} text={t('remote.busy', { uri })} />
}
