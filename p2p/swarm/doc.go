// Package swarm gives and takes the segments of files among those who watch
// them: browsers with P2P Media Loader, and nodes like this one.
//
//	trackers ── signal ──▶ offers, answers ──▶ rtc ──▶ one peer a connection
//
//	              ┌ announcement: what Segments holds, whenever it changes
//	a Swarm's peer┤ upload:   Request ─▶ Segments.Fetch ─▶ Gate.Wait ─▶ Data, bytes, Completed
//	              └ download: Fetch ─▶ Request ─▶ Data, bytes ─▶ Extent.Check
//
// What is sent was read from Segments, which verifies; what is received is
// verified before anybody sees it. A peer is a stranger: all that it can make
// us hold, send or wait for is bounded, and who sends wrong bytes is not met
// again. Every byte that leaves through a connection was counted by Gate.
//
// A Net runs all swarms; a Swarm with nobody in it costs a few hundred bytes
// and no goroutine.
package swarm
