// A playlist being watched: one of its videos in the player, the others beside it.
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { playlist as ask, playlistVideos, type Element, type PlaylistInfo } from '../api/playlists'
import { me } from '../api/session'
import type { Config } from '../api/types'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { atPosition, playlistPath } from '../ui/PlaylistCard'
import { VideoRow } from '../ui/VideoCard'
import { typing } from '../ui/KeyHelp'
import { Ghost, Watch } from './Watch'

function Beside({ list, elements, now }: { list: PlaylistInfo; elements: Element[]; now: Element }) {
  const box = useRef<HTMLOListElement>(null)
  useEffect(() => {
    const row = box.current?.querySelector<HTMLElement>('[aria-current]')
    if (row) box.current!.scrollTop = row.offsetTop - box.current!.offsetTop - 40
  }, [now.id])
  return (
    <section class="beside card" aria-labelledby="beside">
      <header>
        <h2 id="beside"><a href={playlistPath(list)}><bdi>{list.displayName}</bdi></a></h2>
        <p class="quiet-text num"><bdi>{(list.videoChannel ?? list.ownerAccount).displayName}</bdi> · {now.position} / {list.videosLength}</p>
      </header>
      <ol ref={box}>
        {elements.map((e) => (
          <li key={e.id} aria-current={e.id === now.id ? 'true' : undefined}>
            <span class="num quiet-text">{e.id === now.id ? <Icon name="play_arrow-fill" size={16} /> : e.position}</span>
            {e.video ? <ul><VideoRow video={e.video} to={atPosition(list, e.position)} /></ul> : <p class="quiet-text in-gone">{t('playlist.gone')}</p>}
          </li>
        ))}
      </ol>
    </section>
  )
}

export function WatchList({ id, config }: { id: string; config?: Config }) {
  const { query } = use(place)
  const on = use(me)?.autoPlayNextVideoPlaylist ?? true
  const { value, error, again } = useLoad(async () => {
    const list = await ask(id)
    const elements: Element[] = []
    for (let more = true; more && elements.length < 1000;) {
      const page = await playlistVideos(id, elements.length)
      elements.push(...page.data)
      more = page.data.length > 0 && elements.length < page.total
    }
    return { list, elements }
  }, id)
  const position = Number(query.get('playlistPosition')) || 1
  const next = useMemo(() => value?.elements.find((e) => e.position > position && e.video), [value, position])
  const forward = useRef<() => void>(undefined)
  forward.current = next && value ? () => go(atPosition(value.list, next.position)) : undefined
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.key === 'n' && !typing(e) && !document.querySelector('dialog[open]')) forward.current?.()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  if (error) return <ErrorBox error={error} retry={again} level={1} />
  if (!value) return <Ghost />
  const now = value.elements.find((e) => e.position >= position && e.video) ?? value.elements.find((e) => e.video)
  if (!now) return <Empty level={1} icon="playlist_play" title={t('playlist.empty.title')} text={t('playlist.empty')} />
  return (
    <Watch key={now.id} id={now.video!.shortUUID} config={config} from={now.startTimestamp ?? undefined} until={now.stopTimestamp ?? undefined}
      beside={<Beside list={value.list} elements={value.elements} now={now} />} ended={() => on && forward.current?.()} />
  )
}
