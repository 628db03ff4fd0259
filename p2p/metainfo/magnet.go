package metainfo

import (
	"encoding/base32"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Magnet is a link to a torrent by its info-hash (BEP 9).
type Magnet struct {
	Hash     [20]byte
	Name     string   // what to call it until its info is known; may be empty
	Torrents []string // where the .torrent may be fetched (xs)
	Trackers []string
	WebSeeds []string
}

// Bounds of links. PeerTube's are below a kilobyte.
const (
	MaxMagnet   = 32 << 10
	maxAddress  = 2048
	maxTorrents = 10
	maxTitle    = 500 // runes
)

// String is the link as magnet-uri writes it when PeerTube asks.
func (m Magnet) String() string {
	var b strings.Builder
	add := func(key, value string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(key + "=" + value)
	}
	for _, s := range m.Torrents {
		add("xs", escape(s, "%20"))
	}
	add("xt", "urn:btih:"+hex.EncodeToString(m.Hash[:]))
	if m.Name != "" {
		add("dn", escape(m.Name, "+"))
	}
	for _, s := range m.Trackers {
		add("tr", escape(s, "%20"))
	}
	for _, s := range m.WebSeeds {
		add("ws", escape(s, "%20"))
	}
	return "magnet:?" + b.String()
}

// escape is JavaScript's encodeURIComponent, with its own way to write a space.
func escape(s, space string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(strings.ToValidUTF8(s, "\uFFFD")) {
		switch {
		case c == ' ':
			b.WriteString(space)
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

var errMagnet = errors.New("metainfo: this is no magnet link to a torrent")

// ParseMagnet reads a link that somebody gave. What it names beyond our bounds,
// or cannot be asked for, is left out; a link without one info-hash is an error.
func ParseMagnet(s string) (Magnet, error) {
	const scheme = "magnet:?"
	if len(s) > MaxMagnet || len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
		return Magnet{}, errMagnet
	}
	var m Magnet
	found := false
	for part := range strings.SplitSeq(s[len(scheme):], "&") {
		key, raw, _ := strings.Cut(part, "=")
		text, err := url.QueryUnescape(raw)
		if err != nil || !utf8.ValidString(text) {
			continue
		}
		key, _, _ = strings.Cut(strings.ToLower(key), ".") // tr.1, xt.2
		if key != "xt" {
			m.take(key, text)
			continue
		}
		hash, ok := btih(text)
		if !ok {
			continue // of another network, or of version 2
		}
		if found && hash != m.Hash {
			return Magnet{}, errMagnet
		}
		m.Hash, found = hash, true
	}
	if !found {
		return Magnet{}, errMagnet
	}
	return m, nil
}

func (m *Magnet) take(key, text string) {
	add := func(list *[]string, limit int, may bool) {
		if may && len(text) <= maxAddress && len(*list) < limit && !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	switch key {
	case "dn":
		if r := []rune(strings.ToValidUTF8(text, "")); m.Name == "" {
			m.Name = string(r[:min(len(r), maxTitle)])
		}
	case "tr":
		add(&m.Trackers, maxTrackers, mayAnnounce(text))
	case "ws", "as":
		add(&m.WebSeeds, maxSeeds, maySeed(text))
	case "xs":
		add(&m.Torrents, maxTorrents, maySeed(text))
	}
}

// btih is the info-hash of an exact topic, in hexadecimal or base 32.
func btih(topic string) (hash [20]byte, ok bool) {
	const prefix = "urn:btih:"
	if len(topic) < len(prefix) || !strings.EqualFold(topic[:len(prefix)], prefix) {
		return hash, false
	}
	text := topic[len(prefix):]
	var b []byte
	var err error
	switch len(text) {
	case 40:
		b, err = hex.DecodeString(text)
	case 32:
		b, err = base32.StdEncoding.DecodeString(strings.ToUpper(text))
	}
	if err != nil || len(b) != 20 {
		return hash, false
	}
	return [20]byte(b), true
}

// mayAnnounce tells the address of a tracker from other text.
func mayAnnounce(s string) bool { return asked(s, "http", "https", "ws", "wss", "udp") }

// maySeed tells the address of a file.
func maySeed(s string) bool { return asked(s, "http", "https") }

func asked(s string, schemes ...string) bool {
	if s == "" || len(s) > maxAddress {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && slices.Contains(schemes, u.Scheme)
}
