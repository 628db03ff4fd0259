package record

import (
	"bytes"
	"encoding/gob"
	"sync"
)

// agreed is what a handshake leaves, by pion's own names of it.
type agreed struct {
	LocalRandom, RemoteRandom [32]byte
	CipherSuiteID             uint16
	MasterSecret              []byte
	SequenceNumber            uint64
	LocalEpoch, RemoteEpoch   uint16
	IsClient                  bool
}

// reader reads what pion makes of a finished handshake. It comes with a
// description of its types, which takes longer to understand than the handshake's
// smaller parts to compute, and is the same each time.
type reader struct {
	mu    sync.Mutex
	types []byte // that decoder knows
	in    bytes.Buffer
	known *gob.Decoder
}

var states reader

func (r *reader) read(raw []byte) (a agreed, err error) {
	types, value := split(raw)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || !bytes.Equal(types, r.types) {
		r.types = bytes.Clone(types)
		r.in.Reset()
		r.in.Write(types)
		r.known = gob.NewDecoder(&r.in)
	}
	r.in.Write(value)
	if err = r.known.Decode(&a); err != nil || r.in.Len() > 0 {
		r.known = nil // it may be in the middle of something
	}
	return a, err
}

// split parts the descriptions of types from the value behind them. A gob is
// messages: length | type's number, which is odd where one is described | …
func split(raw []byte) (types, value []byte) {
	for at := 0; ; {
		size, n := number(raw[at:])
		kind, m := number(raw[at+n:])
		if n == 0 || m == 0 || kind%2 == 0 || size > uint64(len(raw)-at-n) {
			return raw[:at], raw[at:]
		}
		at += n + int(size)
	}
}

// number reads a gob's number and tells its length, 0 if there is none: a byte
// below 128, or how many bytes follow, negated, and these.
func number(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] < 128 {
		return uint64(b[0]), 1
	}
	n = 256 - int(b[0])
	if n > 8 || len(b) <= n {
		return 0, 0
	}
	for _, c := range b[1 : 1+n] {
		v = v<<8 | uint64(c)
	}
	return v, 1 + n
}
