// A page that plays one HLS playlist as PeerTube 8.2's player does: stock
// hls.js and p2p-media-loader 2.2.2, swarm id = the master playlist's URL,
// segments checked against the segment hash file.
// Query: master, sha256, tracker (may repeat), autoplay=0 to wait, live=1.
import Hls from 'hls.js'
import { HlsJsP2PEngine } from 'p2p-media-loader-hlsjs'

const query = new URLSearchParams(location.search)
const master = query.get('master')
const sha256 = query.get('sha256')
const trackers = query.getAll('tracker').filter((t) => t.startsWith('ws'))

// What a test reads.
const stats = { http: 0, p2p: 0, uploaded: 0, httpSegments: 0, p2pSegments: 0, stalls: 0, peers: [], left: [], errors: [], warnings: [], invalid: [] }
window.stats = stats

let hashes
async function hashList () {
  const res = await fetch(sha256)
  return await res.json()
}

async function wanted (url, range) {
  const name = new URL(url).pathname.split('/').pop()
  for (let tries = 0; tries < 10; tries++) {
    hashes ??= hashList()
    const entry = (await hashes)[name]
    const hash = range && typeof entry === 'object' ? entry[`${range.start}-${range.end}`] : entry
    if (typeof hash === 'string') return hash
    hashes = undefined
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function validate (url, range, data) {
  const want = await wanted(url, range)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data))
  const got = Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join('')
  if (got !== want) stats.invalid.push({ url, range, want, got })
  return got === want
}

async function request (url, segmentRange, signal, range) {
  const headers = new Headers()
  if (range) headers.set('Range', `bytes=${range.start}-${range.end ?? ''}`)
  return new Request(url, { headers, signal })
}

const Player = HlsJsP2PEngine.injectMixin(Hls)
const hls = new Player({
  ...(query.get('live') === '1' ? { liveSyncDurationCount: 5 } : {}),
  p2p: {
    core: {
      announceTrackers: trackers,
      rtcConfig: { iceServers: [] },
      swarmId: master,
      highDemandTimeWindow: query.get('live') === '1' ? 4 : 15,
      segmentMemoryStorageLimit: 1024,
      isP2PDisabled: query.get('p2p') === '0',
      validateP2PSegment: validate,
      validateHTTPSegment: validate,
      httpRequestSetup: request
    }
  }
})
window.hls = hls

const engine = hls.p2pEngine
engine.addEventListener('onChunkDownloaded', (bytes, source) => { stats[source] += bytes })
engine.addEventListener('onChunkUploaded', (bytes) => { stats.uploaded += bytes })
engine.addEventListener('onSegmentLoaded', (d) => { stats[`${d.downloadSource}Segments`]++ })
engine.addEventListener('onPeerConnect', (d) => stats.peers.push(d.peerId))
engine.addEventListener('onPeerClose', (d) => stats.left.push(d.peerId))
engine.addEventListener('onSegmentError', (d) => stats.errors.push(`${d.downloadSource}: ${d.error.type}`))
engine.addEventListener('onTrackerWarning', (d) => stats.warnings.push(String(d.warning)))
engine.addEventListener('onTrackerError', (d) => stats.warnings.push(String(d.error)))
hls.on(Hls.Events.ERROR, (_, d) => stats.errors.push(`hls: ${d.details}${d.fatal ? ' (fatal)' : ''}`))

const video = document.querySelector('video')
video.muted = true
// A stall is a picture that stands still though it was playing and nobody
// jumped: after a jump everyone waits.
let settled = false
video.addEventListener('playing', () => { settled = true })
video.addEventListener('seeking', () => { settled = false })
video.addEventListener('waiting', () => { if (settled && !video.seeking) stats.stalls++ })
hls.attachMedia(video)
hls.loadSource(master)
if (query.get('autoplay') !== '0') video.play().catch((err) => stats.errors.push(String(err)))
