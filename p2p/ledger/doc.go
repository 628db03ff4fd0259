// Package ledger says where every byte that left went: by which transport, of
// which file, to which connection.
//
//	Open(Use) ─▶ Line ── Wait(n) ──▶ limit's gate ──▶ counted ──▶ may be sent
//	               ├─ Sent, Received: bytes of media among them
//	               └─ Refused, Close ──▶ events, the newest of them kept
//
// Whoever sends has a Line for each connection and waits at it instead of at the
// gate: so the sums here are those of the gate, and nothing is counted twice. A
// connection has a number that means nothing elsewhere; its address is shown
// while it lasts and forgotten with it. Nothing of this is ever written to disk
// but the bytes of a file, by whoever asks with Drain.
package ledger
