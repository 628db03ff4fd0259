package signal

import "time"

// What a tracker may make us read, keep and do. A tracker of thousands of our
// hashes sends a handful of frames a second.
const (
	maxFrame   = 64 << 10 // bytes; a longer one ends the socket
	maxSDP     = 16 << 10
	maxStrange = 100 // frames of a socket that make no sense; then it is ended
	maxOffered = 16  // offers of others being answered, of all trackers; more are dropped
	maxKeyed   = 4096
)

var (
	frameRate = rate{every: 10 * time.Millisecond, burst: 1000} // of a socket; beyond, it is ended
	offerRate = rate{every: 50 * time.Millisecond, burst: 60}   // of a socket; more are dropped
)

// What we ask of a tracker.
const (
	maxTrackers    = 4   // of a member
	maxPending     = 200 // offers of the process that wait for answers
	maxOffers      = 16  // in one announce
	maxOfferBytes  = 48 << 10
	announceEvery  = time.Second / 2 // of one origin
	offerTime      = 50 * time.Second
	hurryEvery     = 20 * time.Second // announces of one hash at the user's haste
	followTime     = time.Second      // from the news that others are there to our offers
	idleLeast      = 10 * time.Minute
	idleMost       = 15 * time.Minute
	intervalUsual  = 2 * time.Minute
	intervalLeast  = 30 * time.Second
	intervalMost   = time.Hour
	blockTime      = 3 * time.Minute // PeerTube's, for an address that announced an unknown hash
	refusedTime    = 5 * time.Minute // of a hash that a tracker does not want to hear of for now
	deadTime       = time.Hour       // of a hash that a tracker does not know
	dialTime       = 20 * time.Second
	writeTime      = 10 * time.Second
	pingEvery      = 4 * time.Minute // proxies close what is silent for some minutes
	settledTime    = time.Minute     // a socket that lived so long was a good one
	retryBase      = 10 * time.Second
	retryMost      = time.Hour
	retryJitter    = 5 * time.Minute
	maxAdvised     = 5                // failures in a row for which a full tracker's own advice counts
	answerTime     = 20 * time.Second // for Peer to make offers or an answer
	partTime       = 2 * time.Second  // for the last words of all hashes
	maxPartings    = 64
	maxStops       = 1000
	neverAnnounced = 3 // of four turns go to hashes that were never announced, newest first
)

// rate allows one event in every, and burst at once.
type rate struct {
	every time.Duration
	burst int
}

// meter is the state of a rate: when it is empty again. Its zero value is empty.
type meter struct{ at time.Time }

func (m *meter) allow(now time.Time, r rate) bool {
	at := m.at
	if at.Before(now) {
		at = now
	}
	if at.Sub(now) > r.every*time.Duration(r.burst-1) {
		return false
	}
	m.at = at.Add(r.every)
	return true
}
