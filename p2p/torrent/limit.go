package torrent

import "time"

// What a peer may make us read, keep and do.
const (
	blockSize     = 16 << 10 // bytes of a request; more is refused
	maxPieces     = 1 << 17  // of a torrent
	maxPiece      = 32 << 20 // bytes: a piece is held in memory
	maxMessage    = maxPieces/8 + 64
	maxMetadata   = 4 << 20 // bytes of an info dictionary that a peer sends
	maxQueue      = 256     // requests of a peer that wait; more end the connection
	maxControl    = 2048    // messages to a peer that does not read; more end it
	maxStrange    = 1000    // messages of a peer that nobody asked for
	maxCopies     = 3       // of a torrent go over one connection, of a small one more
	leastGiven    = 16 << 20
	maxPEX        = 50 // addresses of one message
	maxCandidates = 200
	maxBanned     = 1024
	maxPerTorrent = 40
	maxPeers      = 160 // of all torrents
	maxPerAddress = 8
	maxDials      = 8 // at once
	maxStrikes    = 3 // pieces that came wrong and had several givers
)

// What is asked of peers.
const (
	depth       = 48 // requests under way to one peer
	maxActive   = 64 << 20
	slots       = 8 // peers of a torrent that are served at once
	rechokeTime = 10 * time.Second
	slowTime    = 3 * time.Second // a block that is needed soon is asked of another, too
	snubTime    = 20 * time.Second
	shakeTime   = 15 * time.Second
	silentTime  = 4 * time.Minute // nothing came: the peer has gone
	aliveTime   = 100 * time.Second
	pexTime     = time.Minute
	restTime    = time.Minute      // a held torrent without peers is closed
	banTime     = 30 * time.Minute // of an address
	redialTime  = 5 * time.Minute
	overhead    = 52 // bytes that the network adds to a write
	urgent      = 4 << 20
	maxSeeds    = 4
)
