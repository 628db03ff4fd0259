// The lazy part: hls.js over p2p-media-loader 2.2.2, set up as PeerTube's
// player is, so that both meet in the same swarms.
import Hls, { type Fragment } from 'hls.js'
import { HlsJsP2PEngine } from 'p2p-media-loader-hlsjs'
import 'media-chrome/dist/media-controller.js'
import 'media-chrome/dist/media-control-bar.js'
import 'media-chrome/dist/media-play-button.js'
import 'media-chrome/dist/media-mute-button.js'
import 'media-chrome/dist/media-volume-range.js'
import 'media-chrome/dist/media-time-range.js'
import 'media-chrome/dist/media-time-display.js'
import 'media-chrome/dist/media-pip-button.js'
import 'media-chrome/dist/media-fullscreen-button.js'
import 'media-chrome/dist/media-loading-indicator.js'
import 'media-chrome/dist/lang/fr.js'
import { setLanguage } from 'media-chrome/dist/utils/i18n.js'
import type { Playlist } from '../api/types'
import { Ledger } from './stats'
import { Mirrors } from './mirrors'
import { Validator } from './validator'

setLanguage(document.documentElement.lang)

export interface Quality { index: number; label: string; height: number }

export interface Plan {
  playlist: Playlist
  trackers: string[]
  stun: string[]
  p2p: boolean
  start: number // seconds
  live: boolean
  headers: (url: string) => Promise<Record<string, string>>
  changed: (qualities: Quality[], current: number, auto: boolean) => void
  failed: (kind: 'network' | 'media') => void
}

export interface Engine {
  ledger: Ledger
  choose: (index: number) => void // -1: automatic
  allow: (p2p: boolean) => void
  swap: (playlist: Playlist, at: number, height: number) => void
  retry: () => void
  destroy: () => void
}

// Typed as the plain class: the mixin's own type names a newer hls.js.
const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls as never) as unknown as new (config: object) => Hls & { p2pEngine: HlsJsP2PEngine }

const pick = (all: string[], n: number) => [...all].sort(() => Math.random() - 0.5).slice(0, n)

// Without https, and not on this computer, browsers lend no digests: then nothing can be checked, and peers are not asked.
const listOf = (plan: Plan) => (window.isSecureContext ? plan.playlist.segmentsSha256Url : '')

// On a phone's own connection nothing is sent: it may cost its owner.
const metered = () => (navigator as { connection?: { type?: string } }).connection?.type === 'cellular'

interface Range { start: number; end: number }

const key = (url: string, r?: Range) => `${url}|${r?.start ?? ''}-${r?.end ?? ''}`

function coreOf(plan: Plan, ledger: Ledger, mirrors: Mirrors, validator: Validator | undefined, times: Map<string, { start: number; end: number }>, counted: Set<string>) {
  const check = (source: 'people' | 'http') => async (url: string, range: Range | undefined, data: ArrayBuffer) => {
    const at = times.get(key(url, range))
    const host = source === 'http' ? mirrors.host(url, range) : undefined
    if (validator && !(await validator.valid(url, range, data))) {
      ledger.refuse(at)
      if (host) mirrors.failed(url, range)
      return false
    }
    counted.add(key(url, range))
    ledger.add(source === 'people' ? 'people' : host ? 'mirror' : 'server', data.byteLength, at, host)
    if (validator) ledger.change((s) => s.verified++)
    return true
  }
  return {
    announceTrackers: plan.trackers.filter((u) => u.startsWith('ws')),
    rtcConfig: { iceServers: pick(plan.stun, 2).map((urls) => ({ urls })) },
    swarmId: plan.playlist.playlistUrl,
    segmentMemoryStorageLimit: 1024,
    highDemandTimeWindow: 15,
    isP2PDisabled: !plan.p2p || !validator,
    isP2PUploadDisabled: metered(),
    validateP2PSegment: check('people'),
    validateHTTPSegment: check('http'),
    httpRequestSetup: async (url: string, range: Range | undefined, signal: AbortSignal, part: { start: number; end?: number } | undefined) => {
      const from = mirrors.draw(url, range)
      const headers = new Headers(await plan.headers(from))
      if (part) headers.set('Range', `bytes=${part.start}-${part.end ?? ''}`)
      return new Request(from, { headers, signal, credentials: 'omit' })
    },
  }
}

export function supported(): boolean {
  return Hls.isSupported()
}

/** open starts playing a playlist in a video element. */
export function open(el: HTMLVideoElement, plan: Plan): Engine {
  const ledger = new Ledger()
  let hls = create(el, plan, ledger)
  const current = () => hls
  return {
    ledger,
    choose: (index) => {
      current().nextLevel = index
      report(current(), plan)
    },
    allow: (p2p) => {
      plan.p2p = p2p
      current().p2pEngine.applyDynamicConfig({ core: { isP2PDisabled: !p2p || !listOf(plan) } })
      ledger.change((s) => { s.p2p = p2p; if (!p2p) s.peers = 0 })
      ledger.flush()
    },
    swap: (playlist, at, height) => {
      const playing = !el.paused
      hls.destroy()
      Object.assign(plan, { playlist, start: at })
      hls = create(el, plan, ledger, height)
      if (playing) void el.play().catch(() => undefined) // refused only before the first gesture
    },
    retry: () => {
      hls.startLoad()
      hls.recoverMediaError()
    },
    destroy: () => {
      ledger.stop()
      hls.destroy()
    },
  }
}

function create(el: HTMLVideoElement, plan: Plan, ledger: Ledger, height?: number) {
  const list = listOf(plan)
  const validator = list ? new Validator(list, plan.headers) : undefined
  const mirrors = new Mirrors(validator ? plan.playlist.redundancies.map((r) => r.baseUrl) : [])
  const times = new Map<string, { start: number; end: number }>()
  const counted = new Set<string>()
  const core = coreOf(plan, ledger, mirrors, validator, times, counted)
  ledger.change((s) => { s.p2p = !core.isP2PDisabled; s.checked = Boolean(validator); s.peers = 0 })
  ledger.flush()
  const peers = new Set<string>()
  const givers = new Map<string, Set<string>>()
  const hls = new HlsWithP2P({
    startPosition: plan.start > 0 ? plan.start : -1,
    backBufferLength: 90,
    capLevelToPlayerSize: false,
    ...(plan.live ? { liveSyncDurationCount: 5, liveDurationInfinity: true } : {}),
    // Captions are our own tracks.
    timelineController: undefined, subtitleTrackController: undefined, subtitleStreamController: undefined,
    xhrSetup: async (xhr: XMLHttpRequest, url: string) => {
      const headers = await plan.headers(url)
      if (!xhr.readyState) xhr.open('GET', url, true)
      for (const [k, v] of Object.entries(headers)) xhr.setRequestHeader(k, v)
    },
    p2p: {
      core,
      onHlsJsCreated: (h: { p2pEngine: HlsJsP2PEngine }) => {
        const e = h.p2pEngine
        e.addEventListener('onSegmentStart', (d) => times.set(key(d.segment.url, d.segment.byteRange), { start: d.segment.startTime, end: d.segment.endTime }))
        e.addEventListener('onSegmentError', (d) => d.downloadSource === 'http' && navigator.onLine && mirrors.failed(d.segment.url, d.segment.byteRange))
        e.addEventListener('onPeerConnect', (d) => d.streamType === 'main' && ledger.change((s) => (s.peers = peers.add(d.peerId).size)))
        e.addEventListener('onPeerClose', (d) => peers.delete(d.peerId) && ledger.change((s) => (s.peers = peers.size)))
        // A person has another name in the swarm of each quality: the most met in one is how many there are.
        e.addEventListener('onSegmentLoaded', (d) => {
          if (!d.peerId) return
          const here = givers.get(d.segmentUrl) ?? new Set<string>()
          givers.set(d.segmentUrl, here.add(d.peerId))
          ledger.change((s) => (s.givers = Math.max(s.givers, here.size)))
        })
        e.addEventListener('onChunkUploaded', (n) => ledger.change((s) => (s.sent += n)))
      },
    },
  })
  listen(hls, plan, ledger, counted, height)
  hls.loadSource(plan.playlist.playlistUrl)
  hls.attachMedia(el)
  return hls
}

function report(hls: Hls, plan: Plan) {
  const seen = hls.levels.map((l: { height?: number; name?: string }, index: number) => ({ index, height: l.height ?? 0, label: l.height ? `${Math.min(l.height, shortSide(l))}p` : '' }))
  plan.changed(seen.sort((a: Quality, b: Quality) => b.height - a.height), hls.autoLevelEnabled ? hls.currentLevel : hls.loadLevel, hls.autoLevelEnabled)
}

// A portrait video is named by its width, as PeerTube does.
const shortSide = (l: { width?: number; height?: number }) => l.width || l.height || 0

function listen(hls: Hls, plan: Plan, ledger: Ledger, counted: Set<string>, height?: number) {
  const tell = () => report(hls, plan)
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    if (height) {
      const i = hls.levels.findIndex((l: { height?: number }) => l.height === height)
      if (i >= 0) hls.nextLevel = i
    }
    tell()
  })
  hls.on(Hls.Events.LEVEL_SWITCHED, tell)
  // What p2p-media-loader did not fetch came past its checks: first parts of files, and everything while P2P is off.
  hls.on(Hls.Events.FRAG_LOADED, (_: unknown, d: { frag: Fragment; payload: ArrayBuffer }) => {
    const { frag } = d
    const init = frag.initSegment // of which hls.js tells nothing by itself
    if (init && !counted.has(key(init.url))) {
      counted.add(key(init.url))
      ledger.add('server', init.stats.loaded)
    }
    const from = frag.byteRangeStartOffset
    const range = frag.byteRangeEndOffset ? { start: from ?? 0, end: frag.byteRangeEndOffset - 1 } : undefined
    if (!counted.has(key(frag.url, range))) ledger.add('server', d.payload.byteLength, { start: frag.start, end: frag.start + frag.duration })
  })
  let recovered = 0
  hls.on(Hls.Events.ERROR, (_: unknown, d: { fatal: boolean; type: string }) => {
    if (!d.fatal) return
    if (d.type === Hls.ErrorTypes.MEDIA_ERROR && recovered++ < 2) hls.recoverMediaError()
    else plan.failed(d.type === Hls.ErrorTypes.NETWORK_ERROR ? 'network' : 'media')
  })
}
