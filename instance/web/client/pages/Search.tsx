// What was found: videos, channels, playlists. The address of something elsewhere finds it there.
import { searchChannels, searchPlaylists, searchVideos } from '../api/search'
import { count } from '../lib/format'
import { t, tn, type Key } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath, Avatar, handle } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Follow } from '../ui/Follow'
import { PlaylistCard } from '../ui/PlaylistCard'
import { VideoGrid } from '../ui/VideoGrid'

const parts: { id: string; label: Key }[] = [
  { id: '', label: 'channel.videos' }, { id: 'channels', label: 'account.channels' }, { id: 'playlists', label: 'playlists' },
]

function Channels({ text }: { text: string }) {
  const { value, error, again } = useLoad(() => searchChannels(text, 0), text)
  if (error) return <ErrorBox error={error} retry={again} />
  if (!value) return <div class="skeleton block" />
  if (!value.data.length) return <Nothing />
  return (
    <ul class="rows card">
      {value.data.map((c) => (
        <li class="who-row" key={c.id}>
          <Avatar actor={c} size="s40" />
          <a class="names" href={actorPath('c', c)}><strong><bdi>{c.displayName}</bdi></strong>
            <small><bdi>{handle(c)}</bdi> · {tn('followers', c.followersCount, { n: count(c.followersCount) })}</small></a>
          <Follow channel={c} />
        </li>
      ))}
    </ul>
  )
}

function Playlists({ text }: { text: string }) {
  const { value, error, again } = useLoad(() => searchPlaylists(text, 0), text)
  if (error) return <ErrorBox error={error} retry={again} />
  if (!value) return <div class="skeleton block" />
  if (!value.data.length) return <Nothing />
  return <ul class="grid">{value.data.map((p) => <PlaylistCard key={p.id} playlist={p} />)}</ul>
}

const Nothing = () => <Empty icon="search" title={t('search.none')} text={t('search.none.hint')} />

export function Search() {
  const { query } = use(place)
  const text = (query.get('search') ?? '').trim()
  const show = query.get('show') ?? ''
  useTitle(text || t('search'))
  if (!text) return <Empty level={1} icon="search" title={t('search')} text={t('search.hint')} />
  const to = (id: string) => `/search?search=${encodeURIComponent(text)}${id && `&show=${id}`}`
  return (
    <div class="page">
      <h1 class="sr">{t('search.of', { text })}</h1>
      <nav class="chips" aria-label={t('search.parts')}>
        {parts.map((p) => <a key={p.id} class="chip" href={to(p.id)} aria-current={p.id === show ? 'page' : undefined}>{t(p.label)}</a>)}
      </nav>
      <h2 class="sr">{t(parts.find((p) => p.id === show)?.label ?? 'channel.videos')}</h2>
      {show === 'channels' ? <Channels text={text} /> : show === 'playlists' ? <Playlists text={text} /> : (
        <VideoGrid key={text} load={(start) => searchVideos(text, start, '-match')} empty={<Nothing />} />
      )}
    </div>
  )
}
