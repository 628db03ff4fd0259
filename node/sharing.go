package node

import (
	"context"
	"time"

	"vidiverse/node/control"
)

// sharing answers for consent and what follows from it. The gate keeps both.
type sharing struct{ n *Node }

func (s sharing) State(context.Context) (control.SharingState, error) {
	gate, now, limits := s.n.gate.State(), s.n.share.State(), s.n.limits()
	st := control.SharingState{
		On: limits.On, Reason: gate.Reason, Until: gate.Until, Rate: gate.Rate, Today: gate.Today, Month: gate.Month, MonthCap: limits.Month,
		Serving: s.n.ledger.Active(nil), Swarms: now.Swarms, Addresses: now.Addresses,
	}
	if gate.Open && (s.n.share.Fault() != nil || now.Running && len(now.Addresses) == 0) {
		st.Reason = control.ReasonOffline
	}
	videos := map[string]bool{}
	for _, f := range s.n.blocks.Files() {
		st.Bytes += f.Bytes
		if f.Bytes > 0 {
			videos[f.ID.Video] = true
		}
	}
	st.Videos = len(videos)
	for _, t := range s.n.ledger.ByTransport() {
		st.People += t.Open
	}
	if s.n.copies != nil {
		if at := s.n.copies.Addr(); at != nil {
			st.HTTP = at.String()
		}
	}
	st.Why = s.n.why(st)
	return st, nil
}

func (s sharing) Consent(_ context.Context, share bool) error {
	l := s.n.limits()
	l.Asked, l.On = true, share
	return say(s.n.gate.Set(l))
}

func (s sharing) Pause(_ context.Context, until time.Time) error {
	l := s.n.limits()
	l.PausedUntil = until
	return say(s.n.gate.Set(l))
}

// mirrors answers for what is kept.
type mirrors struct{ n *Node }

func (m mirrors) List(ctx context.Context) ([]control.Mirror, error) {
	all, err := m.n.mirror.List(ctx)
	return all, say(err)
}

func (m mirrors) Set(ctx context.Context, origin string, limit int64) error {
	return say(m.n.mirror.Set(ctx, origin, limit))
}

func (m mirrors) Holdings(ctx context.Context) ([]control.Holding, error) {
	all, err := m.n.mirror.Holdings(ctx)
	unwritten := m.n.book.unwritten()
	for i := range all {
		all[i].Sent += unwritten[all[i].Ref]
	}
	return all, say(err)
}
