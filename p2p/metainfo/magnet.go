package metainfo

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	bt "github.com/anacrolix/torrent/metainfo"
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

// String is the link as magnet-uri writes it when PeerTube asks: in an order, and
// with an escaping, that the library's Magnet does not have.
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
	p, err := parse(scheme + plain(s[len(scheme):]).Encode())
	if err != nil {
		return Magnet{}, err
	}
	if slices.ContainsFunc(p.Params["xt"], func(topic string) bool { return strings.HasPrefix(topic, btih) }) {
		return Magnet{}, errMagnet // of two torrents
	}
	name := []rune(p.DisplayName)
	return Magnet{
		Hash:     p.InfoHash,
		Name:     string(name[:min(len(name), maxTitle)]),
		Torrents: distinct(p.Params["xs"], maxTorrents, maySeed),
		Trackers: distinct(p.Trackers, maxTrackers, mayAnnounce),
		WebSeeds: distinct(slices.Concat(p.Params["ws"], p.Params["as"]), maxSeeds, maySeed),
	}, nil
}

const btih = "urn:btih:"

// parse runs the library behind a recover: it panics on some base 32.
func parse(link string) (m bt.Magnet, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errMagnet, p)
		}
	}()
	if m, err = bt.ParseMagnetUri(link); err != nil {
		return m, fmt.Errorf("%w: %w", errMagnet, err)
	}
	return m, nil
}

// plain is what a link asks, written the one way that the library knows: small
// letters, keys without numbers (tr.1, xt.2), and no topic twice.
func plain(query string) url.Values {
	all := url.Values{}
	for part := range strings.SplitSeq(query, "&") {
		key, raw, _ := strings.Cut(part, "=")
		text, err := url.QueryUnescape(raw)
		if err != nil || text == "" || !utf8.ValidString(text) {
			continue
		}
		key, _, _ = strings.Cut(strings.ToLower(key), ".")
		if key == "xt" {
			text = topic(text)
		}
		if key != "xt" || !slices.Contains(all[key], text) {
			all.Add(key, text)
		}
	}
	return all
}

// topic is an exact topic in the letters that the library knows.
func topic(s string) string {
	if len(s) < len(btih) || !strings.EqualFold(s[:len(btih)], btih) {
		return s
	}
	hash := strings.ToLower(s[len(btih):])
	if len(hash) == 32 {
		hash = strings.ToUpper(hash)
	}
	return btih + hash
}

// distinct are at most limit of those that may be used, each once.
func distinct(all []string, limit int, may func(string) bool) (list []string) {
	for _, s := range all {
		if len(list) < limit && !slices.Contains(list, s) && may(s) {
			list = append(list, s)
		}
	}
	return list
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
