// What was found: videos, channels, playlists. The address of something elsewhere finds it there.
import { useState } from 'preact/hooks'
import { searchChannels, searchPlaylists, searchVideos, type Sieve } from '../api/search'
import { count } from '../lib/format'
import { t, tn, type Key } from '../lib/i18n'
import { Pages, usePaged } from '../lib/paged'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath, Avatar, handle } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { Follow } from '../ui/Follow'
import { Icon } from '../ui/Icon'
import { PlaylistCard } from '../ui/PlaylistCard'
import { SearchBox } from '../ui/SearchBox'
import { VideoGrid } from '../ui/VideoGrid'

const parts: { id: string; label: Key }[] = [
  { id: '', label: 'channel.videos' }, { id: 'channels', label: 'account.channels' }, { id: 'playlists', label: 'playlists' },
]

/** remote tells whether words are the address of something that other servers may have. */
const remote = (text: string) => /^https?:\/\/\S+$/.test(text) || /^@?[\w.-]+@[\w.-]+(:\d+)?$/.test(text)

function Nothing({ text }: { text: string }) {
  return remote(text) ? <Empty icon="search" title={t('search.none')} text={t('search.none.remote', { text })} />
    : <Empty icon="search" title={t('search.none.of', { text })} text={t('search.none.hint')} />
}

function Channels({ text }: { text: string }) {
  const paged = usePaged((start) => searchChannels(text, start), text, (c) => c.id)
  return (
    <Pages of={paged} empty={<Nothing text={text} />}>
      {(list) => (
        <ul class="rows card">
          {list.map((c) => (
            <li class="who-row" key={c.id}>
              <Avatar actor={c} size="s40" />
              <a class="names" href={actorPath('c', c)}><strong><bdi>{c.displayName}</bdi></strong>
                <small><bdi>{handle(c)}</bdi> · {tn('followers', c.followersCount, { n: count(c.followersCount) })}</small></a>
              <Follow channel={c} />
            </li>
          ))}
        </ul>
      )}
    </Pages>
  )
}

function Playlists({ text }: { text: string }) {
  const paged = usePaged((start) => searchPlaylists(text, start), text, (p) => p.id)
  return <Pages of={paged} empty={<Nothing text={text} />}>{(list) => <ul class="grid">{list.map((p) => <PlaylistCard key={p.id} playlist={p} />)}</ul>}</Pages>
}

const choices: { name: keyof Sieve; label: Key; of: [string, Key][] }[] = [
  { name: 'sort', label: 'search.sort', of: [['', 'search.best'], ['-publishedAt', 'search.newest'], ['-views', 'search.views']] },
  { name: 'since', label: 'search.since', of: [['', 'search.any'], ['1', 'search.day'], ['7', 'search.week'], ['31', 'search.month'], ['365', 'search.year']] },
  { name: 'length', label: 'search.length', of: [['', 'search.any'], ['short', 'search.short'], ['middle', 'search.middle'], ['long', 'search.long']] },
  { name: 'where', label: 'search.where', of: [['', 'search.all'], ['here', 'search.here']] },
]

function Videos({ text }: { text: string }) {
  const { query } = use(place)
  const sieve = Object.fromEntries(choices.map((c) => [c.name, query.get(c.name) ?? ''])) as unknown as Sieve
  const used = choices.some((c) => sieve[c.name])
  const [open, show] = useState(used)
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(query)
    if (value) next.set(name, value)
    else next.delete(name)
    go(`/search?${next}`, true)
  }
  return (
    <>
      <div class="sieve">
        <button class="btn" aria-expanded={open} aria-controls="sieve" onClick={() => show(!open)}><Icon name="tune" />{t('search.sieve')}</button>
        {open && (
          <div class="card" id="sieve">
            {choices.map((c) => (
              <label key={c.name}>{t(c.label)}
                <select class="input" value={sieve[c.name]} onChange={(e) => choose(c.name, e.currentTarget.value)}>
                  {c.of.map(([id, label]) => <option key={id} value={id} selected={id === sieve[c.name]}>{t(label)}</option>)}
                </select>
              </label>
            ))}
          </div>
        )}
      </div>
      <VideoGrid key={text + JSON.stringify(sieve)} load={(start) => searchVideos(text, start, sieve)}
        empty={used ? <Empty icon="search" title={t('search.none')} text={t('search.none.sieve')}><a class="btn" href={`/search?search=${encodeURIComponent(text)}`}>{t('search.loose')}</a></Empty> : <Nothing text={text} />} />
    </>
  )
}

export function Search() {
  const { query } = use(place)
  const text = (query.get('search') ?? '').trim()
  const show = query.get('show') ?? (/^@?[\w.-]+@[\w.-]+(:\d+)?$/.test(text) ? 'channels' : '')
  useTitle(text || t('search'))
  if (!text) return <div class="page"><div class="search-here"><SearchBox autofocus /></div><Empty level={1} icon="search" title={t('search')} text={t('search.hint')} /></div>
  const to = (id: string) => `/search?search=${encodeURIComponent(text)}&show=${id}`
  return (
    <div class="page">
      <div class="search-here"><SearchBox /></div>
      <h1 class="sr">{t('search.of', { text })}</h1>
      <nav class="chips" aria-label={t('search.parts')}>
        {parts.map((p) => <a key={p.id} class="chip" href={to(p.id)} aria-current={p.id === show ? 'page' : undefined}>{t(p.label)}</a>)}
      </nav>
      <h2 class="sr">{t(parts.find((p) => p.id === show)?.label ?? 'channel.videos')}</h2>
      {show === 'channels' ? <Channels key={text} text={text} /> : show === 'playlists' ? <Playlists key={text} text={text} /> : <Videos text={text} />}
    </div>
  )
}
