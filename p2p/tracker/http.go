package tracker

import (
	"net/http"
	"net/netip"
	"net/url"
	"sort"
	"strconv"
)

// Torrent programs: BEP 3 announces, BEP 48 scrapes. Answers are bencoded, and
// refusals too, with status 200. Ids and hashes in them are their twenty bytes:
// bittorrent-tracker writes those above 0x7f as UTF-8, which no client can read
// back.

const (
	defaultWant = 50
	maxWant     = 82
)

func (t *Tracker) serveAnnounce(w http.ResponseWriter, r *http.Request) {
	src := sourceOf(r, t.cfg.TrustProxy)
	now := t.cfg.Now()
	if !t.clients.request(src.addr, now) {
		t.refused(flood)
		http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return
	}
	a, err := parseAsk(r.URL.RawQuery, src.addr)
	if err != nil {
		t.refused(malformed)
		bencoded(w, appendRefusal(nil, err.Error()))
		return
	}
	if reason, _ := t.vet(a.hash, src.addr, false); reason != nil {
		bencoded(w, appendRefusal(nil, reason.Error()))
		return
	}
	if a.event == badEvent {
		bencoded(w, appendRefusal(nil, string(errEvent)))
		return
	}
	t.stats.announces.Add(1)
	complete, incomplete, peers := t.swarms.join(&a, now)
	if t.cfg.Introductions == MirrorsOnly {
		peers = nil // a torrent program proves nothing, and the list is of addresses
	}
	bencoded(w, appendPeers(nil, complete, incomplete, seconds(t.cfg.Interval), peers, a.compact))
}

func (t *Tracker) serveScrape(w http.ResponseWriter, r *http.Request) {
	src := sourceOf(r, t.cfg.TrustProxy)
	if !t.clients.request(src.addr, t.cfg.Now()) {
		t.refused(flood)
		http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return
	}
	t.stats.scrapes.Add(1)
	hashes, err := parseScrape(r.URL.RawQuery)
	if err != nil {
		bencoded(w, appendRefusal(nil, err.Error()))
		return
	}
	counts := t.swarms.scrape(nil, hashes)
	bencoded(w, appendFiles(nil, counts, seconds(t.cfg.Interval)))
}

func bencoded(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h["Content-Type"] = nil // as PeerTube's answer has none
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that left needs no answer
}

// maxQuery bounds what is parsed of a request: 64 hashes take 4 KB.
const maxQuery = 8 << 10

// parseQuery reads a query whose values are raw bytes; what is malformed in it
// is left out.
func parseQuery(raw string) url.Values {
	if len(raw) > maxQuery {
		return nil
	}
	values, _ := url.ParseQuery(raw) // keeps what it could read
	return values
}

func parseAsk(query string, from netip.Addr) (a ask, err error) {
	q := parseQuery(query)
	if !copyID(&a.hash, q.Get("info_hash")) {
		return a, errHash
	}
	if !copyID(&a.peer, q.Get("peer_id")) {
		return a, errPeer
	}
	port, err := strconv.ParseUint(q.Get("port"), 10, 16)
	if err != nil || port == 0 {
		return a, errPort
	}
	a.addr = netip.AddrPortFrom(from, uint16(port))
	a.event = eventOf([]byte(strconv.Quote(q.Get("event"))))
	a.seeder = zero([]byte(q.Get("left")))
	a.compact = q.Get("compact") == "1"
	a.want = defaultWant
	if n, err := strconv.Atoi(q.Get("numwant")); err == nil && n > 0 {
		a.want = min(n, maxWant)
	}
	return a, nil
}

func parseScrape(query string) ([]id, error) {
	named := parseQuery(query)["info_hash"]
	hashes := make([]id, min(len(named), maxScrape))
	for i := range hashes {
		if !copyID(&hashes[i], named[i]) {
			return nil, errHash
		}
	}
	return hashes, nil
}

func copyID(dst *id, s string) bool { return copy(dst[:], s) == len(dst) && len(s) == len(dst) }

func appendRefusal(b []byte, reason string) []byte {
	b = append(b, "d14:failure reason"...)
	b = appendString(b, reason)
	return append(b, 'e')
}

func appendPeers(b []byte, complete, incomplete, interval int, peers []found, compact bool) []byte {
	b = append(b, "d8:complete"...)
	b = appendInt(b, complete)
	b = append(b, "10:incomplete"...)
	b = appendInt(b, incomplete)
	b = append(b, "8:interval"...)
	b = appendInt(b, interval)
	b = append(b, "5:peers"...)
	if !compact {
		b = append(b, 'l')
		for _, p := range peers {
			b = append(b, "d2:ip"...)
			b = appendString(b, p.addr.Addr().String())
			b = append(b, "7:peer id"...)
			b = appendString(b, string(p.id[:]))
			b = append(b, "4:port"...)
			b = appendInt(b, int(p.addr.Port()))
			b = append(b, 'e')
		}
		return append(b, "ee"...)
	}
	var v4, v6 []byte
	for _, p := range peers {
		port := p.addr.Port()
		if a := p.addr.Addr(); a.Is4() {
			v4 = append(append(v4, a.AsSlice()...), byte(port>>8), byte(port))
		} else {
			v6 = append(append(v6, a.AsSlice()...), byte(port>>8), byte(port))
		}
	}
	b = appendString(b, string(v4))
	b = append(b, "6:peers6"...)
	b = appendString(b, string(v6))
	return append(b, 'e')
}

func appendFiles(b []byte, counts []count, interval int) []byte {
	// Keys of a dictionary are sorted and unique.
	sort.Slice(counts, func(i, j int) bool { return string(counts[i].hash[:]) < string(counts[j].hash[:]) })
	b = append(b, "d5:filesd"...)
	for i, c := range counts {
		if i > 0 && c.hash == counts[i-1].hash {
			continue
		}
		b = appendString(b, string(c.hash[:]))
		b = append(b, "d8:complete"...)
		b = appendInt(b, c.complete)
		b = append(b, "10:downloaded"...)
		b = appendInt(b, c.complete)
		b = append(b, "10:incomplete"...)
		b = appendInt(b, c.incomplete)
		b = append(b, 'e')
	}
	b = append(b, "e5:flagsd20:min_request_interval"...)
	b = appendInt(b, interval)
	return append(b, "ee"...)
}

func appendInt(b []byte, n int) []byte {
	b = append(b, 'i')
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, 'e')
}

func appendString(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	return append(b, s...)
}
