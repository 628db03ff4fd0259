// Package limit is the only way out: every byte that is given to others waits
// at its Gate first.
//
//	swarm ── Wait(n) ──▶ chosen? hours? cap? ──▶ counted on disk ──▶ rate ──▶ may be sent
//	                        └── no ──▶ *Closed{Reason, Until}, at once
//
// The month's bytes are on disk before they are sent, in steps of at most Step:
// whatever kills the process, the count is never too low and at most a step too
// high. Nothing that a clock does gives bytes back.
//
// Beside what the user set the gate gives way to the rest of the household: see
// Felt.
package limit
