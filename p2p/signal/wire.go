package signal

import (
	"encoding/json"
	"errors"
	"fmt"

	"vidiverse/p2p/consent"
)

// id is an info-hash, a peer id or an offer id: twenty bytes, on the wire one
// code point a byte.
type id [20]byte

var errID = errors.New("not twenty bytes")

func (v id) MarshalJSON() ([]byte, error) {
	runes := make([]rune, len(v))
	for i, b := range v {
		runes[i] = rune(b)
	}
	return json.Marshal(string(runes))
}

func (v *id) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	n := 0
	for _, r := range s {
		if r > 0xff || n == len(v) {
			return errID
		}
		v[n] = byte(r)
		n++
	}
	if n != len(v) {
		return errID
	}
	return nil
}

// description is a session description.
type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

type offer struct {
	Offer   description `json:"offer"`
	OfferID id          `json:"offer_id"`
}

// announce is what we send for a hash. Left stays out where there is nothing to
// be complete, as players leave it.
type announce struct {
	NumWant    int     `json:"numwant"`
	Uploaded   int64   `json:"uploaded"`
	Downloaded int64   `json:"downloaded"`
	Left       *int64  `json:"left,omitempty"`
	Event      string  `json:"event,omitempty"`
	Offers     []offer `json:"offers,omitempty"`
	Action     string  `json:"action"`
	InfoHash   id      `json:"info_hash"`
	PeerID     id      `json:"peer_id"`

	Consent *consent.Proof `json:"vidiverse,omitempty"`
}

// count says how far a torrent is, where the peer counts.
func (a *announce) count(p Peer) {
	if c, counts := p.(Counter); counts {
		is := c.Progress()
		left := max(0, is.Left)
		a.Uploaded, a.Downloaded, a.Left = max(0, is.Uploaded), max(0, is.Downloaded), &left
	}
}

// reply is our answer to an offer.
type reply struct {
	Action   string      `json:"action"`
	InfoHash id          `json:"info_hash"`
	PeerID   id          `json:"peer_id"`
	ToPeerID id          `json:"to_peer_id"`
	Answer   description `json:"answer"`
	OfferID  id          `json:"offer_id"`
}

// heard is a frame of a tracker.
type heard struct {
	Action     string       `json:"action"`
	Failure    string       `json:"failure reason"`
	InfoHash   *id          `json:"info_hash"`
	PeerID     *id          `json:"peer_id"`
	OfferID    *id          `json:"offer_id"`
	Offer      *description `json:"offer"`
	Answer     *description `json:"answer"`
	Interval   float64      `json:"interval"`
	Complete   float64      `json:"complete"`
	Incomplete float64      `json:"incomplete"`
}

// kind is what a frame is about.
type kind uint8

const (
	counts kind = iota // the reply to an announce
	offered
	answered
	failed
)

var errFrame = errors.New("signal: a frame that is none")

// decode reads a frame and says what it is. It checks all that the kind needs.
func decode(frame []byte) (h heard, k kind, err error) {
	if err := json.Unmarshal(frame, &h); err != nil {
		return heard{}, 0, fmt.Errorf("%w: %w", errFrame, err)
	}
	switch {
	case h.Failure != "":
		return h, failed, nil
	case h.Action != "announce" || h.InfoHash == nil:
		return heard{}, 0, errFrame
	case h.Offer != nil || h.Answer != nil:
		d, k, want := h.Offer, offered, "offer"
		if d == nil {
			d, k, want = h.Answer, answered, "answer"
		}
		if d.Type != want || d.SDP == "" || len(d.SDP) > maxSDP || h.PeerID == nil || h.OfferID == nil {
			return heard{}, 0, errFrame
		}
		return h, k, nil
	}
	return h, counts, nil
}

func encode(message any) []byte {
	b, err := json.Marshal(message)
	if err != nil {
		panic(err) // our own structs always marshal
	}
	return b
}
