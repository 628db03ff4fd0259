// bittorrent-tracker's own server, for the benchmark: prints its port.
import Server from 'bittorrent-tracker/server'

const server = new Server({ udp: false, http: true, ws: true, stats: false })
server.on('error', (err) => console.error(err.message))
server.on('warning', () => {})
server.listen(0, '127.0.0.1', () => console.log(server.http.address().port))
