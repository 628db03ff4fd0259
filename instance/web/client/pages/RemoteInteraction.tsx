// Somebody pressed "follow" or "answer" on another server: find that thing here and go to it.
import { useEffect, useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { searchChannels, searchPlaylists, searchVideos } from '../api/search'
import { session } from '../api/session'
import { t } from '../lib/i18n'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { playlistPath } from '../ui/PlaylistCard'
import { watchPath } from '../ui/VideoCard'

const web = (uri: string) => /^https?:/.test(uri)

async function find(uri: string): Promise<string | undefined> {
  if (web(uri)) {
    const video = (await searchVideos(uri, 0)).data[0]
    if (video) return watchPath(video)
  }
  const channel = (await searchChannels(uri, 0)).data[0]
  if (channel) return actorPath('c', channel)
  const playlist = web(uri) && (await searchPlaylists(uri, 0)).data[0]
  return playlist ? playlistPath(playlist) : undefined
}

type State = 'busy' | 'none' | { error: unknown }

export function RemoteInteraction() {
  const who = use(session)
  const uri = (use(place).query.get('uri') ?? '').trim()
  const [state, set] = useState<State>('busy')
  const look = () => {
    set('busy')
    find(uri).then((to) => (to ? go(to, true) : set('none')), (error) => set(error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429 ? 'none' : { error }))
  }
  useTitle(t('remote.title'))
  useEffect(() => { if (who && uri) look() }, [Boolean(who), uri])
  if (!who) {
    return (
      <Empty level={1} icon="open_in_new" title={t('remote.title')} text={t('remote.login', { uri })}>
        <a class="btn primary" href={`/login?to=${encodeURIComponent(`/remote-interaction?uri=${encodeURIComponent(uri)}`)}`}>{t('login')}</a>
        <a class="btn" href="/signup">{t('signup')}</a>
      </Empty>
    )
  }
  if (!uri) return <Empty level={1} icon="search" title={t('remote.title')} text={t('remote.empty')}><a class="btn" href="/search">{t('search')}</a></Empty>
  if (state === 'none') {
    return (
      <Empty level={1} icon="search" title={t('search.none')} text={t('remote.none', { uri })}>
        <button class="btn primary" onClick={look}>{t('try.again')}</button>
        {web(uri) && <a class="btn" href={uri} rel="noopener">{t('remote.back')}</a>}
      </Empty>
    )
  }
  if (typeof state === 'object') return <ErrorBox error={state.error} retry={look} level={1} />
  return <div role="status"><Empty level={1} icon="hourglass_empty" title={t('remote.title')} text={t('remote.busy', { uri })} /></div>
}
