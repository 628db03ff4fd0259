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
// package flow. Sockets, goroutines and ports of routers exist only while Serve
// runs.
package rtc
