// Package rtc makes WebRTC data channels to browsers and other nodes, many of
// them over one UDP port. It knows nothing of what is sent.
//
//	Offer ──▶ Attempt ── SDP ──▶ (signal) ──▶ browser
//	             ▲                               │
//	             └── Answer ◀── SDP ◀────────────┘    Attempt.Conn ──▶ Conn
//
//	browser ── SDP ──▶ Accept ──▶ Attempt ── SDP ──▶ browser
//
// One socket is bound to each local address, never to all of them at once:
// what is not bound appears in no description and sends nothing. Each socket
// looks at a packet before WebRTC does:
//
//	packet ─▶ binding request of a stranger? ─▶ answered here, at a bounded rate
//	       ─▶ answer to our own question?    ─▶ our address as others see it
//	       ─▶ too many handshakes from there? ─▶ dropped
//	       ─▶ the connection it belongs to: see mux.go
//
// A description of a stranger is taken apart, and a new one is written of the
// parts that are understood: see sdp.go. What bears a channel once there is a
// way to the peer is in stack.go; how much is sent at once, and how fast, in
// package flow, which paces what goes to those who are far and not what goes to
// those who are near. Sockets, goroutines and ports of routers exist only while
// Serve runs.
//
// A connection has one channel: channels share the window of their association,
// and a second one gains nothing. We make one connection to a peer for each swarm
// that both are in, and take as many as a browser offers. Several at once to one
// Chromium carry more where it is far: in their first six seconds 1, 2 and 4 of
// them got 151, 135, 141 Mbit/s together at 0 ms, 78, 111, 150 at 50 ms, 69, 104,
// 138 at 100 ms, and 73, 97, 125 with 0.1 % lost (over the roads of
// app/bench/edge). One is ten times what a video needs; each more costs 0.11 MB,
// and takes another share of a line that others use, too.
package rtc
