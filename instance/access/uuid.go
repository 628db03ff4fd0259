package access

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"

	"vidiverse/instance/fault"
)

// flickr is the base 58 alphabet of short UUIDs: no 0, O, I or l.
const flickr = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"

const shortLength = 22

// Ref names a video in a request: its number, its UUID or its short UUID.
type Ref string

// Address is a Ref after reading: exactly one of its fields is set.
type Address struct {
	ID   VideoID
	UUID string
}

// Parse reads a Ref; what has none of the three forms is fault.Invalid.
func (r Ref) Parse() (Address, error) {
	s := string(r)
	if uuid, ok := canonicalUUID(s); ok {
		return Address{UUID: uuid}, nil
	}
	if len(s) == shortLength {
		if uuid, ok := fromShort(s); ok {
			return Address{UUID: uuid}, nil
		}
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err == nil && n > 0 && s[0] != '+' {
		return Address{ID: VideoID(n)}, nil
	}
	return Address{}, fault.New(fault.Invalid, "Incorrect request parameters: id").
		WithField("id", s, "Should have a valid video id (id, short UUID or UUID)", "params")
}

// ShortUUID writes a UUID in the 22 characters that PeerTube's addresses use;
// it returns "" for what is no UUID.
func ShortUUID(uuid string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(uuid, "-", ""))
	if err != nil || len(raw) != 16 {
		return ""
	}
	n, base, digit := new(big.Int).SetBytes(raw), big.NewInt(58), new(big.Int)
	var out [shortLength]byte
	for i := len(out) - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = flickr[digit.Int64()]
	}
	return string(out[:])
}

// fromShort reads a short UUID. Values over 128 bits are none.
func fromShort(short string) (string, bool) {
	n, base := new(big.Int), big.NewInt(58)
	for i := range len(short) {
		d := strings.IndexByte(flickr, short[i])
		if d < 0 {
			return "", false
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(d)))
	}
	if n.BitLen() > 128 {
		return "", false
	}
	return formatUUID(n.FillBytes(make([]byte, 16))), true
}

// canonicalUUID lowers a UUID in its 36 character form.
func canonicalUUID(s string) (string, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return "", false
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(raw) != 16 {
		return "", false
	}
	return formatUUID(raw), true
}

func formatUUID(raw []byte) string {
	h := hex.EncodeToString(raw)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// NewUUID makes a random one.
func NewUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return formatUUID(raw[:])
}
