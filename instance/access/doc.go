// Package access says who may see and who may change a video: its address in a
// request, its privacy, its passwords, and tokens for players that cannot send
// headers.
//
//	Ref ── Resolve ──▶ VideoID ── Head ──▶ {owner, privacy} ── MaySee, Manage ──▶ nil or a fault
//
// Nothing is remembered: a change of privacy holds from its commit on. It knows
// neither what a video shows nor where its files lie.
package access
