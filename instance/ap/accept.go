package ap

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// offers are what stands at a video's address, in PeerTube's order: of equals
// the first is sent, so a client that takes anything gets the page.
var offers = []string{"text/html", "application/json", "application/activity+json", "application/ld+json"}

const (
	firstObject = 2    // of offers
	maxRanges   = 32   // of an Accept header
	maxAccept   = 2000 // bytes of one
)

// wanted tells whether a request would rather have an object than the page, by
// the rules that PeerTube's negotiation follows: quality, then how exactly the
// client named it, then the client's order, then ours.
func wanted(h http.Header) bool {
	ranges := ranges(strings.Join(h.Values("Accept"), ","))
	best, at := match{}, -1
	for i, offer := range offers {
		if m, ok := find(ranges, offer); ok && m.quality > 0 && (at < 0 || m.better(best)) {
			best, at = m, i
		}
	}
	return at >= firstObject
}

// accepted is one range of an Accept header.
type accepted struct {
	kind    string // "text/html", "text/*", "*/*"
	profile string
	quality float64
}

// match is how well an offer is liked.
type match struct {
	quality float64
	exact   int // 2 the type, 1 its half, 0 anything
	order   int
}

func (m match) better(o match) bool {
	if m.quality != o.quality {
		return m.quality > o.quality
	}
	if m.exact != o.exact {
		return m.exact > o.exact
	}
	return m.order < o.order
}

// find is the range that speaks of an offer most exactly.
func find(ranges []accepted, offer string) (best match, ok bool) {
	half, _, _ := strings.Cut(offer, "/")
	for i, r := range ranges {
		exact := -1
		switch r.kind {
		case offer:
			exact = 2
		case half + "/*":
			exact = 1
		case "*/*":
			exact = 0
		}
		// Of ld+json there is only ActivityStreams here.
		if exact < 0 || r.profile != "" && !strings.HasPrefix(r.profile, "https://www.w3.org/ns/activitystreams") {
			continue
		}
		if !ok || exact > best.exact {
			best, ok = match{quality: r.quality, exact: exact, order: i}, true
		}
	}
	return best, ok
}

// ranges reads an Accept header. Ranges that make no sense are left out.
func ranges(header string) []accepted {
	if len(header) > maxAccept {
		return nil
	}
	var all []accepted
	for part := range strings.SplitSeq(header, ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil || len(all) == maxRanges {
			continue
		}
		r := accepted{kind: kind, profile: params["profile"], quality: 1}
		if q, ok := params["q"]; ok {
			if r.quality, err = strconv.ParseFloat(q, 64); err != nil || !(r.quality >= 0 && r.quality <= 1) {
				continue
			}
		}
		all = append(all, r)
	}
	return all
}
