package share

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
