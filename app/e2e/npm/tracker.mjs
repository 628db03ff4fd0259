// Other people's tracker servers: bittorrent-tracker's own, or, asked for by
// "peertube", the package that PeerTube runs. A port may follow. Prints its port.
const name = process.argv[2] === 'peertube' ? '@peertube/bittorrent-tracker-server' : 'bittorrent-tracker/server'
const { default: Server } = await import(name)

const server = new Server({ udp: false, http: true, ws: true, stats: false })
server.on('error', (err) => console.error(err.message))
server.on('warning', () => {})
server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => console.log(server.http.address().port))
