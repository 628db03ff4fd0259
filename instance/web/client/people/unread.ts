// How many notices are unread, told by the server as they come.
import { countUnread } from '../api/people'
import { authorization } from '../api/http'
import { session } from '../api/session'
import { Store } from '../lib/store'

export const unread = new Store(0)

export const refresh = () => countUnread().then((n) => unread.set(n), () => undefined) // the next look may succeed

// Socket.IO over one WebSocket: "40/space," joins, "42/space,[…]" is news, "2" asks whether we are there.
const space = '/user-notifications'
const pause = 30_000

let socket: WebSocket | undefined
let later: ReturnType<typeof setTimeout> | undefined

async function connect() {
  const bearer = (await authorization()).Authorization
  if (!bearer || socket) return
  const s = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/socket.io/?EIO=4&transport=websocket`)
  socket = s
  s.onmessage = ({ data }) => {
    const text = String(data)
    if (text === '2') s.send('3')
    else if (text.startsWith('0')) s.send(`40${space},${JSON.stringify({ accessToken: bearer.slice('Bearer '.length) })}`)
    else if (text.startsWith(`42${space},`)) void refresh()
  }
  s.onclose = () => {
    if (socket !== s) return
    socket = undefined
    later = setTimeout(() => session.value && void connect(), pause)
  }
}

function disconnect() {
  clearTimeout(later)
  const s = socket
  socket = undefined
  s?.close()
  unread.set(0)
}

/** listen keeps the number true while somebody is signed in. */
export function listen() {
  const follow = () => {
    disconnect()
    if (!session.value) return
    void refresh()
    void connect()
  }
  let who = Boolean(session.value)
  session.watch(() => {
    if (who === Boolean(session.value)) return // only a fresh token
    who = Boolean(session.value)
    follow()
  })
  follow()
}
