// The embedded player: the same player to the edges, on other people's pages.
import { render } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import './styles/tokens.css'
import './styles/base.css'
import './styles/player.css'
import './styles/embed.css'
import { captions as askCaptions, config as askConfig, video as askVideo } from './api/calls'
import { Problem, readFirst, take } from './api/http'
import { Privacy, type Config } from './api/types'
import { soon } from './lib/format'
import { speak, t } from './lib/i18n'
import { over, playable, startsAt } from './lib/live'
import { useLoad } from './lib/load'
import { Store } from './lib/store'
import { Player } from './player/Player'
import { SourcesPanel } from './player/Sources'
import { nothing } from './player/stats'
import { explain } from './ui/ErrorBox'
import { Icon, Mark } from './ui/Icon'

function Sorry({ error }: { error: unknown }) {
  const locked = error instanceof Problem && error.code === 'video_requires_password'
  const e = explain(error)
  return (
    <div class="embed-sorry">
      <Icon name={e.icon} size={32} /><p>{locked ? t('password.title') : e.text}</p>
      <a class="btn" target="_blank" rel="noopener" href={location.pathname.replace('/videos/embed/', '/w/')}><Mark />{t('embed.open')}</a>
    </div>
  )
}

function Embed({ id, config }: { id: string; config?: Config }) {
  const query = useMemo(() => new URLSearchParams(location.search), [])
  const { value: video, error } = useLoad(() => askVideo(id), id)
  const subtitles = useLoad(() => askCaptions(id), id).value?.data
  const stats = useMemo(() => new Store(nothing()), [])
  const [shown, show] = useState(false)
  const sources = useMemo(() => () => show((x) => !x), [])
  useEffect(() => {
    if (video) document.title = video.name
  }, [video])
  if (error) return <Sorry error={error} />
  if (!video) return <div class="player" data-theme="dark" />
  const at = startsAt(video)
  if (!playable(video)) return <div class="embed-sorry"><p>{at ? t('live.at', { at: soon(at) }) : t(video.isLive ? over(video) ? 'live.over' : 'live.waiting' : 'transcode.start')}</p></div>
  const able = 'RTCPeerConnection' in window && window.isSecureContext && video.privacy.id <= Privacy.Unlisted && Boolean(video.streamingPlaylists[0]?.segmentsSha256Url) && video.trackerUrls.some((u) => u.startsWith('ws'))
  const asked = query.get('p2p')
  const on = able && (asked ? asked === '1' || asked === 'true' : config?.defaults.p2p.embed.enabled ?? false)
  return (
    <>
      <Player video={video} config={config} captions={subtitles ?? []} start={Number(query.get('start')) || 0}
        autoplay={query.get('autoplay') === '1' || query.get('autoplay') === 'true'} p2p={on} stats={stats} sources={sources}>
        <div slot="top-chrome" class="embed-top">
          <a href={`/w/${video.shortUUID}`} target="_blank" rel="noopener"><strong><bdi>{video.name}</bdi></strong><span><bdi>{video.channel.displayName}</bdi></span></a>
        </div>
      </Player>
      {shown && <div class="embed-panel" data-theme="dark"><SourcesPanel stats={stats} able={false} close={() => show(false)} /></div>}
    </>
  )
}

async function start() {
  readFirst()
  const config = take<Config>('/config') ?? (await askConfig().catch(() => undefined)) // without it PeerTube's defaults hold
  await speak(document.documentElement.lang)
  const root = document.getElementById('app')!
  root.replaceChildren()
  render(<Embed id={decodeURIComponent(location.pathname.split('/').pop() ?? '')} config={config} />, root)
}

void start()
