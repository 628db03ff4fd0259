package tracker

import "sync/atomic"

// refusal is why something was not done.
type refusal int

const (
	unknownHash refusal = iota
	blocked
	crowded
	full
	onRamp
	flood
	tooMany
	slowReader
	taken
	stray
	malformed
	badProof
	failed
	refusals
)

var refusalNames = [refusals]string{
	"unknown_hash", "blocked_address", "sockets_per_address", "sockets", "admission_ramp", "flood",
	"announce_rate", "slow_reader", "peer_id_taken", "stray_answer", "malformed", "bad_proof", "allow_list_error",
}

type counters struct {
	announces, answers, offers, relayed, scrapes atomic.Int64
	refused                                      [refusals]atomic.Int64
}

func (t *Tracker) refused(r refusal) { t.stats.refused[r].Add(1) }

// Stats are the tracker's numbers. Those up to Hosts are now; the rest counts
// since New.
type Stats struct {
	Sockets, Swarms int
	Members         int // peers over websocket: (hash, peer id) pairs
	Mirrors         int // of these, enrolled nodes that are introduced to everybody
	Hosts           int // peers over HTTP

	Announces int64 // of both sorts, without answers
	Answers   int64
	Offers    int64 // that came with announces
	Relayed   int64 // offers and answers that were passed on
	Scrapes   int64
	Refused   map[string]int64 // by reason
}

// Stats reports the numbers; it walks all swarms.
func (t *Tracker) Stats() Stats {
	st := Stats{
		Announces: t.stats.announces.Load(),
		Answers:   t.stats.answers.Load(),
		Offers:    t.stats.offers.Load(),
		Relayed:   t.stats.relayed.Load(),
		Scrapes:   t.stats.scrapes.Load(),
		Refused:   make(map[string]int64, refusals),
	}
	for i, name := range refusalNames {
		st.Refused[name] = t.stats.refused[i].Load()
	}
	st.Swarms, st.Members, st.Mirrors, st.Hosts = t.swarms.size()
	t.mu.Lock()
	defer t.mu.Unlock()
	st.Sockets = t.open
	return st
}
