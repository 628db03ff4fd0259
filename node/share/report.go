package share

import (
	"maps"
	"slices"

	"vidiverse/node/control"
)

// State is what goes on.
type State struct {
	Running   bool // sockets are open
	Peers     int  // connections
	Serving   int  // of them, being sent to now
	Swarms    int
	Addresses []string // where others reach us
}

// State reports it.
func (s *Share) State() (st State) {
	n := s.running()
	if n == nil {
		return st
	}
	st.Running = true
	numbers := n.swarms.Stats()
	st.Peers, st.Serving = numbers.Peers, numbers.Serving
	for _, a := range n.host.Addresses() {
		st.Addresses = append(st.Addresses, a.String())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range n.members {
		st.Swarms += len(m.swarms)
	}
	return st
}

// People lists who is connected, the latest first.
func (s *Share) People() []control.Peer {
	n := s.running()
	if n == nil {
		return nil
	}
	n.mu.Lock()
	members := slices.Collect(maps.Values(n.members))
	n.mu.Unlock()
	var all []control.Peer
	for _, m := range members {
		for _, one := range m.swarms {
			for _, p := range one.Peers() {
				all = append(all, control.Peer{
					Video: m.Ref, Title: m.Title, Sent: p.Sent, Received: p.Received, Since: p.Since, Address: p.Remote.String(),
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b control.Peer) int { return b.Since.Compare(a.Since) })
	return all
}

// Unwritten is what was sent of each video and not yet told to Config.Sent.
func (s *Share) Unwritten() map[control.Ref]int64 {
	if n := s.running(); n != nil {
		return n.pending()
	}
	return nil
}
