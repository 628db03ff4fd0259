package node

import (
	"cmp"
	"context"
	"slices"

	"vidiverse/node/control"
	"vidiverse/p2p"
	"vidiverse/p2p/ledger"
)

// Most that an answer has.
const (
	mostVideos = 100
	mostEvents = 1000
	someEvents = 100
)

// Use tells what was given since the start.
func (s sharing) Use(context.Context) (control.Use, error) {
	u := control.Use{Since: s.n.started}
	by := s.n.ledger.ByTransport()
	for _, t := range ledger.Transports() {
		u.Transports = append(u.Transports, control.TransportUse{
			Transport: string(t), Given: given(by[t]), Connections: by[t].Opened, Open: by[t].Open,
		})
	}
	videos := map[control.Ref]*control.VideoUse{}
	for id, sums := range s.n.ledger.ByFile() {
		if id == (p2p.FileID{}) {
			continue // what was said before anybody named a file
		}
		k, _ := s.n.shelf.about(id)
		v := videos[k.ref]
		if v == nil {
			v = &control.VideoUse{Video: k.ref, Title: k.title}
			videos[k.ref] = v
		}
		g := given(sums)
		v.Line, v.Sent, v.Vain = v.Line+g.Line, v.Sent+g.Sent, v.Vain+g.Vain
		v.Received, v.Refused = v.Received+g.Received, v.Refused+g.Refused
	}
	for _, v := range videos {
		u.Videos = append(u.Videos, *v)
	}
	slices.SortFunc(u.Videos, func(a, b control.VideoUse) int {
		return cmp.Or(cmp.Compare(b.Sent, a.Sent), cmp.Compare(b.Refused, a.Refused), cmp.Compare(a.Video.Video, b.Video.Video))
	})
	u.Videos = u.Videos[:min(len(u.Videos), mostVideos)]
	return u, nil
}

func given(s ledger.Sums) control.Given {
	return control.Given{Line: s.Line, Sent: s.Sent, Vain: s.Vain, Received: s.Received, Refused: s.Refused}
}

// Events tells what a number is made of.
func (s sharing) Events(_ context.Context, q control.EventQuery) ([]control.Event, error) {
	count := min(cmp.Or(max(0, q.Count), someEvents), mostEvents)
	all := []control.Event{}
	for _, e := range s.n.ledger.Events(q.After, mostEvents) {
		if q.Peer != 0 && q.Peer != e.Peer || q.Transport != "" && q.Transport != string(e.Transport) {
			continue
		}
		one := control.Event{
			Number: e.Number, At: e.At, Kind: string(e.Kind), Peer: e.Peer, Transport: string(e.Transport),
			Bytes: e.Bytes, Took: e.Took, Reason: e.Reason, Times: e.Times,
		}
		if e.File != (p2p.FileID{}) {
			k, _ := s.n.shelf.about(e.File)
			one.Video, one.Title = k.ref, k.title
		}
		if q.Video == (control.Ref{}) || q.Video == one.Video {
			all = append(all, one)
		}
	}
	return all[max(0, len(all)-count):], nil
}

// Peers lists who is connected, by whatever transport, the latest first.
func (s sharing) Peers(context.Context) ([]control.Peer, error) {
	all := []control.Peer{}
	for _, c := range s.n.ledger.Lines() {
		k := known{}
		if c.File != (p2p.FileID{}) {
			k, _ = s.n.shelf.about(c.File)
		}
		all = append(all, control.Peer{
			ID: c.Number, Transport: string(c.Transport), Video: k.ref, Title: k.title,
			Sent: c.Sent, Received: c.Received, Since: c.Since, Address: c.Remote.String(),
		})
	}
	return all, nil
}

// why says what keeps the node from giving more while it may.
func (n *Node) why(st control.SharingState) string {
	switch rate := n.gate.Limits().Rate; {
	case st.Reason != "":
		return ""
	case rate > 0 && st.Rate >= rate*9/10:
		return control.WhyRate
	case st.People == 0:
		return control.WhyNobody
	case n.gate.Yields() > 0 && st.Rate >= n.gate.Yields()*3/4:
		return control.WhyHouse
	}
	return control.WhyViewers
}

// reasons are all for which nothing is shared.
var reasons = []string{
	control.ReasonUnasked, control.ReasonOff, control.ReasonPaused, control.ReasonCap, control.ReasonSchedule, control.ReasonMetered, control.ReasonOffline,
}
