// The watch page: the player first, then what it is, then what to watch next.
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { captions as askCaptions, freshVideo, video as askVideo, videos } from '../api/calls'
import { Problem } from '../api/http'
import { me, session } from '../api/session'
import { Privacy, type Config, type VideoDetails } from '../api/types'
import { t } from '../lib/i18n'
import { lazy } from '../lib/lazy'
import * as live from '../lib/live'
import { useLoad } from '../lib/load'
import { useSensitive } from '../lib/facts'
import { place } from '../lib/router'
import { change, settings } from '../lib/settings'
import { Store, use } from '../lib/store'
import { useTitle } from '../lib/title'
import { Player } from '../player/Player'
import { Consent, Meter, SourcesPanel, chipText } from '../player/Sources'
import { nothing } from '../player/stats'
import { broken, making } from '../upload/progress'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { VideoRow } from '../ui/VideoCard'
import { AskPassword } from '../watch/AskPassword'
import { Making } from '../watch/Making'
import { Sensitive } from '../watch/Sensitive'
import { Story } from '../watch/Story'

/** allowed says whether P2P may be used for a video: the visitor's word, else the account's, else the operator's default. */
function p2pFor(v: VideoDetails, config: Config | undefined, said: boolean | undefined, account: boolean | undefined) {
  const able = 'RTCPeerConnection' in window && window.isSecureContext && Boolean(v.streamingPlaylists[0]?.segmentsSha256Url) &&
    v.privacy.id <= Privacy.Unlisted && // trackers turn away who asks for a video that is not for everybody
    v.trackerUrls.some((u) => u.startsWith('ws')) && !(v.isLocal && config?.tracker?.enabled === false)
  return { able, on: able && (said ?? account ?? config?.defaults.p2p.webapp.enabled ?? false) }
}

/** startAt is where to begin: the address says, else where one stopped. */
function startAt(v: VideoDetails, query: URLSearchParams): number {
  const asked = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(query.get('start') ?? '')
  if (query.get('start') && asked) return Number(asked[1] ?? 0) * 3600 + Number(asked[2] ?? 0) * 60 + Number(asked[3] ?? 0)
  const seen = v.userHistory?.currentTime ?? 0
  return seen < v.duration * 0.95 ? seen : 0
}

export function Ghost() {
  return (
    <div class="watch">
      <div class="watch-main">
        <div class="player" data-theme="dark" />
        <div class="late" aria-hidden="true"><div class="skeleton ghost-title" /><div class="skeleton ghost-line" /></div>
      </div>
    </div>
  )
}

function Next({ id }: { id: number }) {
  const { value } = useLoad(() => videos(0, '-publishedAt', false), '')
  const list = value?.data.filter((v) => v.id !== id).slice(0, 8) ?? []
  if (!list.length) return null
  return (
    <section class="next" aria-labelledby="next">
      <h2 id="next">{t('watch.next')}</h2>
      <ul>{list.map((v) => <VideoRow key={v.id} video={v} />)}</ul>
    </section>
  )
}

/** Within a playlist: where its part of the video begins and ends, what stands beside, what comes after. */
interface Within { from?: number; until?: number; beside?: ComponentChildren; ended?: () => void }

function Loaded({ video, config, password, from, until, beside, ended }: Within & { video: VideoDetails; config?: Config; password?: string }) {
  const stats = useMemo(() => new Store(nothing()), [])
  const s = use(stats)
  const { p2p: said, theatre } = use(settings)
  const account = use(me)
  const { able, on } = p2pFor(video, config, said, account?.p2pEnabled)
  const subtitles = useLoad(() => askCaptions(video.uuid, password), video.uuid).value?.data
  const element = useRef<HTMLVideoElement>(undefined)
  const panel = useRef<HTMLDivElement>(null)
  const [shown, show] = useState(false)
  const begin = useMemo(() => from ?? startAt(video, place.value.query), [])
  const sources = useMemo(() => () => {
    show((x) => !x)
    requestAnimationFrame(() => panel.current?.scrollIntoView({ block: 'nearest' }))
  }, [])
  const toTheatre = useMemo(() => () => change({ theatre: !settings.value.theatre }), [])
  const seek = (at: number) => {
    if (!element.current) return
    element.current.currentTime = at
    void element.current.play().catch(() => undefined)
    scrollTo({ top: 0 })
  }
  const policy = useSensitive()
  const [seen, look] = useState(false)
  const hidden = video.nsfw && policy !== 'display' && !seen && !(video.isLocal && account?.account.id === video.account.id)
  const playable = live.playable(video)
  return (
    <div class={`watch ${theatre ? 'theatre' : ''}`}>
      <div class="watch-main">
        {playable && hidden ? <Sensitive video={video} show={() => look(true)} /> : playable ? (
          <Player video={video} config={config} captions={subtitles ?? []} password={password} start={begin}
            autoplay={config?.defaults.player?.autoPlay ?? true} p2p={on} stats={stats} sources={sources} theatre={toTheatre}
            element={(v) => {
              element.current = v
              let over = false
              const end = () => { if (!over) { over = true; ended?.() } }
              v.addEventListener('ended', end)
              if (until) v.addEventListener('timeupdate', () => v.currentTime >= until && !over && (v.pause(), end()))
            }} />
        ) : <Making video={video} />}
        {able && !account && <Consent />}
        {playable && (
          <button class="meter-line" aria-expanded={shown} onClick={sources}>
            <Meter stats={s} large /><span class="num">{chipText(s)}</span><Icon name="chevron_right" />
          </button>
        )}
        <Story video={video} password={password} seek={seek} />
        <Comments video={video} password={password} seek={seek} />
      </div>
      <aside class="watch-side" aria-label={t('watch.side')}>
        {playable && <div ref={panel} class={`side-sources ${shown ? 'shown' : ''}`}><SourcesPanel stats={stats} able={able} /></div>}
        {beside ?? <Next id={video.id} />}
      </aside>
    </div>
  )
}

const Comments = lazy(() => import('../watch/Comments').then((m) => m.Comments))

export function Watch({ id, config, ...within }: Within & { id: string; config?: Config }) {
  const [password, setPassword] = useState<string>()
  const s = use(session)
  const { value: video, error, again, set } = useLoad(() => askVideo(id, password), `${password}${Boolean(s)}`)
  useTitle(video?.name)

  // While the server still makes renditions, look again: new ones are offered as they come.
  const busy = Boolean(video && !live.over(video) && (making(video) || (!video.streamingPlaylists.length && !video.files.length && !broken(video))))
  useEffect(() => {
    if (!busy) return
    const timer = setInterval(() => {
      if (!document.hidden) freshVideo(id, password).then(set, () => undefined) // the next look may succeed
    }, video?.isLive ? 10_000 : 3000)
    return () => clearInterval(timer)
  }, [busy, password])

  if (error instanceof Problem && (error.code === 'video_requires_password' || error.code === 'incorrect_video_password')) {
    return <AskPassword wrong={error.code === 'incorrect_video_password'} give={setPassword} />
  }
  if (error) return <ErrorBox error={error} retry={again} level={1} />
  if (!video) return <Ghost />
  return <Loaded {...within} video={video} config={config} password={video.privacy.id === Privacy.Password ? password : undefined} />
}
