// Package consent is how a node proves to a tracker that whoever runs it wants
// viewers to be sent to it: a signed field of its announce, which trackers that
// do not know it ignore.
//
//	"vidiverse": {"key": …, "at": 1767225600000, "sign": …}
//
// key is an Ed25519 public key and sign its signature, both in URL-safe base64
// without padding; at is in Unix milliseconds. What is signed is bytes, not JSON:
//
//	"vidiverse: introduce me\n" len(tracker) tracker info_hash peer_id at
//
// with a length of two bytes and a time of eight. So a proof is worth nothing to
// another tracker, for another stream, to another peer, or later; who heard one
// and may say it again first is stopped by the tracker, which takes each once.
//
// A node has another key for each tracker ([At]), all made from one secret: two
// operators cannot find out that the same node watches with both.
package consent

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"strings"
)

// Field is the name of the announce's field.
const Field = "vidiverse"

// MaxSize is the most bytes of a proof as it is written.
const MaxSize = 256

// ErrProof is for what is no proof.
var ErrProof = errors.New("consent: not a proof")

// Key is the public key of a node.
type Key [ed25519.PublicKeySize]byte

// KeyOf is the public half of a private key.
func KeyOf(private ed25519.PrivateKey) Key {
	return Key(private[len(private)-ed25519.PublicKeySize:])
}

// At is the key that a node has for one tracker, as TrackerOf writes it.
func At(identity ed25519.PrivateKey, tracker string) ed25519.PrivateKey {
	seed, err := hkdf.Key(sha256.New, identity.Seed(), nil, "vidiverse: key for "+tracker, ed25519.SeedSize)
	if err != nil {
		panic(err) // of lengths, which are constants
	}
	return ed25519.NewKeyFromSeed(seed)
}

// AtOrigin is the public key for the tracker of a server, given by its origin,
// "https://one.test": what its operator enrols. It is empty where there can be
// no tracker.
func AtOrigin(identity ed25519.PrivateKey, origin string) string {
	rest, ok := strings.CutPrefix(origin, "http")
	name, is := TrackerOf("ws" + rest)
	if !ok || !is {
		return ""
	}
	return KeyOf(At(identity, name)).String()
}

// String is the key as people copy it.
func (k Key) String() string { return base64.RawURLEncoding.EncodeToString(k[:]) }

// ParseKey reads what String writes.
func ParseKey(text string) (k Key, err error) {
	if !bytesOf(k[:], text) {
		return Key{}, errors.New("consent: not the public key of a node")
	}
	return k, nil
}

// Claim is what is signed: that this peer of this stream, at this tracker, wants
// to be met.
type Claim struct {
	Tracker    string // as TrackerOf writes it
	Hash, Peer [20]byte
	At         int64 // Unix milliseconds
}

// TrackerOf is the name of the tracker at the URL of a WebSocket: its host and
// port, written out, in lower case.
func TrackerOf(socket string) (string, bool) {
	u, err := url.Parse(socket)
	if err != nil || len(socket) > 2048 || u.Hostname() == "" || u.User != nil {
		return "", false
	}
	port := map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	if port == "" {
		return "", false
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port)), true
}

func (c Claim) bytes() []byte {
	b := append(make([]byte, 0, 160), "vidiverse: introduce me\n"...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.Tracker)))
	b = append(b, c.Tracker...)
	b = append(b, c.Hash[:]...)
	b = append(b, c.Peer[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(c.At))
}

// Proof is a claim's signature, with what its reader does not know yet.
type Proof struct {
	Key  Key
	At   int64 // Unix milliseconds
	Sign [ed25519.SignatureSize]byte
}

// Sign makes the proof of a claim.
func Sign(private ed25519.PrivateKey, c Claim) *Proof {
	return &Proof{Key: KeyOf(private), At: c.At, Sign: [ed25519.SignatureSize]byte(ed25519.Sign(private, c.bytes()))}
}

// Proves reports whether the proof is one of c by its key. That costs some 50 µs:
// look first whether the key is known and the time is now.
func (p *Proof) Proves(c Claim) bool {
	return p.At == c.At && ed25519.Verify(p.Key[:], c.bytes(), p.Sign[:])
}

// written is a proof as JSON.
type written struct {
	Key  string `json:"key"`
	At   int64  `json:"at"`
	Sign string `json:"sign"`
}

// MarshalJSON implements json.Marshaler.
func (p *Proof) MarshalJSON() ([]byte, error) {
	return json.Marshal(written{p.Key.String(), p.At, base64.RawURLEncoding.EncodeToString(p.Sign[:])})
}

// Read reads a proof as it came: a JSON object. Its error is ErrProof.
func Read(raw []byte) (*Proof, error) {
	if len(raw) > MaxSize {
		return nil, ErrProof
	}
	var w written
	if json.Unmarshal(raw, &w) != nil {
		return nil, ErrProof
	}
	p := &Proof{At: w.At}
	if !bytesOf(p.Key[:], w.Key) || !bytesOf(p.Sign[:], w.Sign) {
		return nil, ErrProof
	}
	return p, nil
}

// bytesOf fills dst with what text says, to the byte and in one spelling.
func bytesOf(dst []byte, text string) bool {
	if len(text) != base64.RawURLEncoding.EncodedLen(len(dst)) {
		return false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(dst, []byte(text))
	return err == nil && n == len(dst)
}
