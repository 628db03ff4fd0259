// The player: a video element, media-chrome's controls, and our own for quality and sources.
// The engine behind it loads apart; until then the box shows the poster.
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { fileToken } from '../api/calls'
import { authorization } from '../api/http'
import { storyboards } from '../api/parts'
import { Privacy, type Caption, type Config, type VideoDetails } from '../api/types'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { change, settings } from '../lib/settings'
import { Store, use } from '../lib/store'
import { Icon } from '../ui/Icon'
import { nameOf, own, useCaptions } from './captions'
import { Controls } from './Controls'
import type { Engine, Quality } from './engine'
import type { Offer } from './Gear'
import { listenKeys } from './keys'
import { pictures } from './pictures'
import type { Stats } from './stats'
import { countViews } from './views'

interface Props {
  video: VideoDetails
  config?: Config
  captions: Caption[]
  password?: string
  start: number
  autoplay: boolean
  p2p: boolean
  stats: Store<Stats>
  sources: () => void
  theatre?: () => void
  element?: (v: HTMLVideoElement) => void
  children?: ComponentChildren // over the picture
}

/** headersFor gives our own server, and nobody else, the right to see a video that is not public. */
function headersFor(video: VideoDetails, password?: string) {
  const closed = video.privacy.id >= Privacy.Private
  return async (url: string): Promise<Record<string, string>> => {
    if (!closed || new URL(url, location.href).origin !== location.origin) return {}
    return { ...(await authorization()), ...(password ? { 'x-peertube-video-password': password } : {}) }
  }
}

/** plain is a whole file, for a video without HLS; its address carries the right to a closed one. */
async function plain(video: VideoDetails, password?: string) {
  const url = video.files[0]?.fileUrl ?? ''
  if (!url || video.privacy.id < Privacy.Private) return url
  return `${url}?videoFileToken=${encodeURIComponent((await fileToken(video.uuid, password)).files.token)}`
}

const offersOf = (have: Quality[], v: VideoDetails): Offer[] =>
  (v.streamingPlaylists[0]?.files ?? []).filter((f) => f.hasVideo && f.resolution.id > 0)
    .map((f) => ({ height: f.height ?? f.resolution.id, label: f.resolution.label.replace(/p\d+$/, 'p') }))
    .filter((o) => !have.some((q) => q.height === o.height || q.label === o.label))

export function Player(p: Props) {
  const box = useRef<HTMLDivElement>(null)
  const el = useRef<HTMLVideoElement>(null)
  const engine = useRef<Engine>(undefined)
  const [qualities, setQualities] = useState<{ list: Quality[]; current: number; auto: boolean }>({ list: [], current: -1, auto: true })
  const [broken, setBroken] = useState<'network' | 'media' | undefined>()
  const [duration, setDuration] = useState(p.video.duration)
  const [speed, setSpeed] = useState(1)
  const playlist = p.video.streamingPlaylists[0]
  const loaded = useRef(playlist?.playlistUrl)
  const video = useMemo(() => () => el.current, [])
  const captions = useCaptions(video, p.captions)
  const board = useLoad(() => storyboards(p.video.uuid, p.password), p.video.uuid).value?.storyboards[0]

  useEffect(() => {
    const v = el.current!
    let gone = false
    p.element?.(v)
    v.volume = settings.value.volume
    v.muted = settings.value.muted
    const begin = async () => {
      const lib = await import('./engine')
      if (gone) return
      if (playlist && lib.supported()) {
        const e = lib.open(v, {
          playlist, trackers: p.video.trackerUrls, stun: p.config?.webrtc?.stunServers ?? [], p2p: p.p2p, start: p.start, live: p.video.isLive,
          headers: headersFor(p.video, p.password), failed: setBroken,
          changed: (list, current, auto) => setQualities({ list, current, auto }),
        })
        engine.current = e
        const home = p.video.isLocal ? undefined : p.video.channel.host
        const show = () => p.stats.set({ ...e.ledger.store.value, home })
        e.ledger.store.watch(() => show())
        show()
      } else {
        const src = playlist?.playlistUrl ?? await plain(p.video, p.password)
        if (gone) return
        v.src = src
        if (p.start) v.currentTime = p.start
      }
      if (p.autoplay) v.play().catch(() => undefined) // the browser wants a gesture first: the button is there
    }
    begin().catch(() => setBroken('network'))
    const stopViews = countViews(v, p.video.uuid, p.config?.views?.videos.watchingInterval.anonymous ?? 5000, p.password)
    return () => {
      gone = true
      stopViews()
      engine.current?.destroy()
    }
  }, [p.video.uuid])

  useEffect(() => engine.current?.allow(p.p2p), [p.p2p])

  useEffect(() => {
    const fullscreen = () => box.current?.querySelector<HTMLElement>('media-fullscreen-button')?.click()
    return listenKeys({ video, fullscreen, captions: captions.toggle, sources: p.sources, theatre: p.theatre })
  }, [p.sources, p.theatre, captions.current, p.captions])

  useEffect(() => (board && el.current ? pictures(el.current, board) : undefined), [board])

  // Tests, and people who wonder, read what came from where.
  const stats = use(p.stats)
  useEffect(() => {
    const w = window as { vidiverse?: object }
    w.vidiverse = { ...w.vidiverse, player: { stats, element: el.current, qualities, engine: engine.current } }
  }, [stats, qualities])

  const take = (o: Offer) => {
    const v = el.current!
    loaded.current = playlist!.playlistUrl
    engine.current?.swap(playlist!, v.currentTime, o.height)
  }
  const stale = playlist && playlist.playlistUrl !== loaded.current
  const level = qualities.list.find((q) => q.index === qualities.current)
  return (
    <div class="player" ref={box} data-theme="dark" data-people={stats.bytes.people} data-server={stats.bytes.server} data-mirror={stats.bytes.mirror}
      data-sent={stats.sent} data-peers={stats.peers} data-verified={stats.verified} data-refused={stats.refused} data-quality={level?.label ?? ''}>
      <media-controller nohotkeys autohide="2.5" novolumepref nosubtitleslangpref>
        <video slot="media" ref={el} playsInline crossOrigin="anonymous" poster={p.video.previewPath || undefined} preload="metadata"
          aria-label={p.video.name}
          onDurationChange={(e) => Number.isFinite(e.currentTarget.duration) && setDuration(e.currentTarget.duration)}
          onRateChange={(e) => setSpeed(e.currentTarget.playbackRate)}
          onPlaying={() => setBroken(undefined)}
          onVolumeChange={(e) => change({ volume: e.currentTarget.volume, muted: e.currentTarget.muted })}>
          {p.captions.map((c) => <track key={c.language.id} kind="subtitles" srclang={c.language.id} label={nameOf(c)} src={own(c.fileUrl)} />)}
        </video>
        {p.children}
        <media-play-button slot="centered-chrome" class="first-play" notooltip>
          <span slot="play" class="glyph"><Icon name="play_arrow-fill" size={32} /></span><span slot="pause" class="glyph"><Icon name="pause-fill" size={32} /></span>
        </media-play-button>
        <media-loading-indicator slot="centered-chrome" noautohide loadingdelay="500" />
        <Controls stats={p.stats} duration={duration} live={p.video.isLive} video={video} captions={captions} sources={p.sources} theatre={p.theatre}
          qualities={qualities.list} current={qualities.current} auto={qualities.auto} offers={stale ? offersOf(qualities.list, p.video) : []} take={take}
          speed={speed} setSpeed={(s) => (el.current!.playbackRate = s)} choose={(i) => engine.current?.choose(i)} />
      </media-controller>
      {broken && (
        <div class="player-error" role="alert">
          <Icon name="error-fill" size={32} />
          <p>{t(broken === 'network' ? 'player.network' : 'player.media')}</p>
          <button class="btn" onClick={() => { setBroken(undefined); engine.current?.retry(); void el.current?.play().catch(() => undefined) }}>{t('try.again')}</button>
        </div>
      )}
    </div>
  )
}
