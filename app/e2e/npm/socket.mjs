// Pages as PeerTube's own client opens them, over each transport: prints a line
// of JSON for each thing that happens, until stdin ends.
// Arguments: URL, access token.
import { io } from 'socket.io-client'

const [ url, accessToken ] = process.argv.slice(2)
const say = (name, what, more) => console.log(JSON.stringify({ name, what, ...more }))

function open (name, namespace, options) {
  const socket = io(url + namespace, { reconnection: false, forceNew: true, ...options })
  socket.on('connect', () => say(name, 'connect'))
  socket.on('connect_error', err => say(name, 'refused', { why: err.message }))
  socket.on('disconnect', why => say(name, 'disconnect', { why }))
  for (const event of [ 'new-notification', 'state-change', 'views-change', 'force-end' ]) {
    socket.on(event, data => say(name, event, { data }))
  }
  return socket
}

const query = { accessToken }
open('polling', '/user-notifications', { query, transports: [ 'polling' ] })
open('websocket', '/user-notifications', { query, transports: [ 'websocket' ] })
const upgraded = open('upgraded', '/user-notifications', { query })
upgraded.io.engine.on('upgrade', transport => say('upgraded', 'upgrade', { why: transport.name }))
open('auth', '/user-notifications', { auth: query })

open('nobody', '/user-notifications', {})
open('stranger', '/user-notifications', { query: { accessToken: 'bad_access_token' } })
open('nowhere', '/nowhere', { query })

// Two namespaces over one connection, as in a page.
const live = open('live', '/live-videos', { query, transports: [ 'websocket' ] })
live.on('connect', () => {
  live.emit('subscribe', { videoId: 7 })
  live.emit('unsubscribe', { videoId: 7 })
  live.emit('subscribe', { videoId: 'x' })
})
const second = live.io.socket('/user-notifications')
second.on('connect', () => say('second', 'connect'))
second.on('new-notification', data => say('second', 'new-notification', { data }))
second.on('disconnect', why => say('second', 'disconnect', { why }))
second.connect()

process.stdin.on('end', () => process.exit(0)).resume()
