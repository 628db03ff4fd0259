// bittorrent-tracker's client, for a tracker to be met by: started with
// {infoHash, peerId, port, announce}, it prints what it hears, a JSON a line,
// and does what it reads: update, complete, scrape, stop. Over WebSocket it
// makes no offers: there is no WebRTC here, and the native module that would be
// one is not installed, so its import finds nothing in it.
import { createInterface } from 'node:readline'
import { register } from 'node:module'

const absent = 'export const RTCPeerConnection = undefined, RTCSessionDescription = undefined, RTCIceCandidate = undefined'
const hooks = `export const resolve = (name, context, next) => name === 'webrtc-polyfill'
  ? { url: ${JSON.stringify('data:text/javascript,' + encodeURIComponent(absent))}, shortCircuit: true } : next(name, context)`
register('data:text/javascript,' + encodeURIComponent(hooks))
const { default: Client } = await import('bittorrent-tracker/client')

const client = new Client({ ...JSON.parse(process.argv[2]), wrtc: {} })
const say = (event) => (value) => console.log(JSON.stringify({ event, value: value?.message ?? value }))
for (const event of ['update', 'peer', 'scrape', 'warning', 'error']) client.on(event, say(event))
client.start({ numwant: 0, left: 1000 })
createInterface({ input: process.stdin }).on('line', (line) => {
  const options = { numwant: line === 'update' ? 50 : 0, left: line === 'complete' ? 0 : 1000 }
  if (line === 'scrape') client.scrape()
  else client[line](options)
}).on('close', () => process.exit(0))
