package hls

import "slices"

// Generation numbers the ways in which players have named swarms: those who
// name one differently never meet in it.
type Generation int

// G2 is P2P Media Loader 2.0 to 2.2 (PeerTube 7.1 to 8.2), G3 is 2.3 and later
// as it comes, G4 what PeerTube's development branch makes of that.
const (
	G2 Generation = 2
	G3 Generation = 3
	G4 Generation = 4
)

// Playlist is what a scheme names swarms by.
type Playlist struct {
	URL    string // of the master, exactly as REST gives it
	Video  string // UUID, lower case
	Master Master
}

// Scheme names the swarms of one generation.
type Scheme interface {
	Generation() Generation
	// Hash names the swarm of the stream at a zero-based position: of variants
	// in file order for Main, of audio tracks for Secondary. ok is false if the
	// scheme cannot name it, or there is no such stream.
	Hash(p Playlist, kind Kind, index int) (hash [20]byte, ok bool)
}

// Schemes are all that are spoken here, the one of most viewers first.
func Schemes() []Scheme { return []Scheme{positions{}, properties{}, resolutions{}} }

// Federated are the swarms of one stream whose hashes its origin lists. A hash
// that it does not list is nobody's, and announcing it gets one blocked. A hash
// that two streams of the playlist share names neither: their bytes would mix.
func (p Playlist) Federated(kind Kind, index int, listed [][20]byte) (swarms []Swarm) {
	for _, s := range Schemes() {
		hash, ok := s.Hash(p, kind, index)
		if ok && slices.Contains(listed, hash) && p.count(s, hash) == 1 {
			swarms = append(swarms, Swarm{Scheme: s.Generation(), Hash: hash})
		}
	}
	return swarms
}

// count is how many streams have that name.
func (p Playlist) count(s Scheme, hash [20]byte) (n int) {
	for _, kind := range []Kind{Main, Secondary} {
		for i := range p.Master.streams(kind) {
			if h, ok := s.Hash(p, kind, i); ok && h == hash {
				n++
			}
		}
	}
	return n
}

// streams is how many there are of a kind.
func (m Master) streams(kind Kind) int {
	switch kind {
	case Main:
		return len(m.Variants)
	case Secondary:
		return len(m.Audio)
	}
	return 0
}

func (m Master) has(kind Kind, index int) bool { return index >= 0 && index < m.streams(kind) }

// positions is G2: a stream is where it stands in the master.
type positions struct{}

func (positions) Generation() Generation { return G2 }

func (positions) Hash(p Playlist, kind Kind, index int) (hash [20]byte, ok bool) {
	if !p.Master.has(kind, index) || p.URL == "" {
		return hash, false
	}
	return SwarmHashG2(p.URL, kind, index), true
}

// properties is G3: a stream is what the master says of it.
type properties struct{}

func (properties) Generation() Generation { return G3 }

func (properties) Hash(p Playlist, kind Kind, index int) (hash [20]byte, ok bool) {
	if !p.Master.has(kind, index) || p.URL == "" {
		return hash, false
	}
	return p.Master.swarmG3(p.URL, kind, index).Hash, true
}

// resolutions is G4: a stream is a resolution of the video, whatever its
// playlist is called.
type resolutions struct{}

func (resolutions) Generation() Generation { return G4 }

func (resolutions) Hash(p Playlist, kind Kind, index int) (hash [20]byte, ok bool) {
	if !p.Master.has(kind, index) || p.Video == "" {
		return hash, false
	}
	resolution := 0
	if kind == Main {
		resolution = p.Master.Variants[index].Resolution
	}
	return SwarmHashG4(p.Video, kind, resolution), true
}
