// Package wsock is a WebSocket server (RFC 6455) for very many connections
// that are silent nearly all the time, from strangers.
//
//	            epoll ── ready ──▶ worker ── bytes ──▶ frames ──▶ message
//	              ▲                  (one of 32)                     │
//	idle conn ────┘                                                  ▼
//	    ▲                                                    Handler.Message
//	    │                                                            │
//	    └── kernel ◀── queue (bounded) ◀── Conn.Send ◀───────────────┘
//	                                          ▲
//	                                 any other goroutine
//
// A connection ends in one of three ways, and its Handler sees the same:
//
//	open ── Close, or a broken frame ──▶ Leave ── their close frame, or late ──▶ Closed
//	open ── their close frame, an error, a limit, the end of Serve ──▶ Leave, Closed
//
// It is not a client, has no extensions (so no compression, whose memory a
// stranger could spend), does not tell text from binary, and checks no UTF-8
// and no Origin: its user does.
//
// The code is our own for two reasons. The libraries for Go give each
// connection a goroutine with its stack and buffers; here an idle one costs a
// few hundred bytes. And lxzan/gws 1.8.9, which costs less than others, takes
// a frame's 64-bit length for a signed one: a single frame with its top bit set
// panics and ends the process (hostile_test.go).
//
// On systems without epoll, and under TLS, a connection has a goroutine.
package wsock
