package swarm

import (
	"maps"
	"slices"
	"sync"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/signal"
)

// Segments is a file whose segments are given and, when lacking, taken. Its
// methods may be called from several goroutines.
type Segments interface {
	p2p.Source // verified at every read
	Len() int
	Extent(i int) (p2p.Extent, error)
	Has(i int) bool
	Held() []int
	// Notify calls fn after every change of what is held, until stop.
	Notify(fn func()) (stop func())
}

// Stream is what a swarm is about.
type Stream struct {
	Trackers []string // wss: addresses
	Hash     [20]byte
	Segments Segments
	File     p2p.FileID // for the ledger
}

// Swarm is one stream's. It may be used from several goroutines.
type Swarm struct {
	n      *Net
	stream Stream
	stop   func() // of Notify
	counts counters

	joining sync.Mutex // while member is changed

	mu      sync.Mutex
	member  *signal.Member // nil while there is nothing to give or to take
	self    string         // our peer id, "" without member
	left    bool
	wanted  bool
	hurried time.Time
	offers  map[string]*offer
	coming  map[string]*visitor // by id
	peers   []*peer
	avoided avoided
	reads   map[int]*read
	trust   trust
	loads   int         // downloads under way
	wishes  []*wish     // for whom there is no idle peer
	loading map[int]int // fetched elsewhere, by so many
}

// Join makes the stream's swarm. It may be called before and while Serve runs.
// Peers are looked for while there is something to give, or Want.
func (n *Net) Join(stream Stream) *Swarm {
	s := &Swarm{n: n, stream: stream}
	n.mu.Lock()
	n.swarms[s] = struct{}{}
	n.mu.Unlock()
	s.stop = stream.Segments.Notify(s.changed)
	s.enlist()
	return s
}

// Leave ends the swarm's part in it; its connections are closed soon.
func (s *Swarm) Leave() {
	s.stop()
	s.mu.Lock()
	s.left = true
	s.mu.Unlock()
	s.enlist()
	s.empty()
	s.n.mu.Lock()
	delete(s.n.swarms, s)
	s.n.mu.Unlock()
}

// Want says whether somebody waits for what is not held: then peers are looked
// for even with nothing to give.
func (s *Swarm) Want(active bool) {
	s.mu.Lock()
	s.wanted = active
	s.mu.Unlock()
	s.enlist()
	if active {
		s.hurry()
	}
}

// Has reports whether a peer said that it holds segment i, and it can be asked
// for it: nothing is whose digest is not known.
func (s *Swarm) Has(i int) bool {
	if s.sliding() {
		if _, err := s.extent(i); err != nil {
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	return slices.ContainsFunc(s.peers, func(p *peer) bool { return p.offers(i) && s.askable(p, now) })
}

// Holders is how many peers said that they hold segment i, and how many that
// they fetch it from the origin now: what nobody has is worth fetching there.
func (s *Swarm) Holders(i int) (hold, fetch int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.peers {
		if p.offers(i) {
			hold++
		} else if p.fetches(i) {
			fetch++
		}
	}
	return hold, fetch
}

// Fetching says that segment i is being fetched from the origin, or no more.
// Peers are told, who then do not fetch it there too: say it only of what will
// be held soon.
func (s *Swarm) Fetching(i int, on bool) {
	s.mu.Lock()
	if s.loading == nil {
		s.loading = map[int]int{}
	}
	switch {
	case on:
		s.loading[i]++
	case s.loading[i] > 1:
		s.loading[i]--
	default:
		delete(s.loading, i)
	}
	s.mu.Unlock()
	s.announce()
}

// underWay lists what is being fetched from the origin.
func (s *Swarm) underWay() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.loading))
}

// enlist joins the swarm at its trackers, or leaves it there. A browser with a
// peer that announced nothing fetches more from the origin than one with none:
// who has nothing to give and nothing to take stays away.
func (s *Swarm) enlist() {
	if s.n.cfg.Signal == nil {
		return
	}
	s.joining.Lock()
	defer s.joining.Unlock()
	held := len(s.stream.Segments.Held()) > 0
	s.mu.Lock()
	m, in := s.member, !s.left && (s.wanted || held)
	s.mu.Unlock()
	switch {
	case in && m == nil:
		m = s.n.cfg.Signal.Join(s.stream.Trackers, s.stream.Hash, door{s})
	case !in && m != nil:
		m.Vanish() // what is held no more has perhaps been withdrawn
		m = nil
	}
	self := ""
	if m != nil {
		self = m.PeerID()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.member, s.self = m, self
}

// hurry asks for peers now, once a minute at most.
func (s *Swarm) hurry() {
	s.mu.Lock()
	m, now := s.member, time.Now()
	if m == nil || now.Sub(s.hurried) < hurryTime {
		s.mu.Unlock()
		return
	}
	s.hurried = now
	s.mu.Unlock()
	m.Hurry()
}

// changed is called when something else is held than before.
func (s *Swarm) changed() {
	s.enlist()
	s.announce()
}

// announce tells all peers, soon.
func (s *Swarm) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.peers {
		p.announceSoon()
	}
}

// empty closes all connections and attempts.
func (s *Swarm) empty() {
	s.mu.Lock()
	offers, peers := s.offers, slices.Clone(s.peers)
	s.offers = nil
	s.mu.Unlock()
	for _, o := range offers {
		o.attempt.Close()
	}
	for _, p := range peers {
		p.cancel()
	}
}

const hurryTime = time.Minute
