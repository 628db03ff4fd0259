package tracker

import "strconv"

// The frames a tracker sends, byte for byte as JSON.stringify writes them.

func appendReply(b []byte, complete, incomplete, interval int, hash *id) []byte {
	b = append(b, `{"complete":`...)
	b = strconv.AppendInt(b, int64(complete), 10)
	b = append(b, `,"incomplete":`...)
	b = strconv.AppendInt(b, int64(incomplete), 10)
	b = append(b, `,"action":"announce","interval":`...)
	b = strconv.AppendInt(b, int64(interval), 10)
	b = append(b, `,"info_hash":`...)
	b = appendBinary(b, hash)
	return append(b, '}')
}

// appendRelay writes the relay of an offer, or of an answer, from peer.
func appendRelay(b []byte, kind string, sdp []byte, offer, peer, hash *id) []byte {
	b = append(b, `{"action":"announce","`...)
	b = append(b, kind...)
	b = append(b, `":{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","sdp":`...)
	b = append(b, sdp...)
	b = append(b, `},"offer_id":`...)
	b = appendBinary(b, offer)
	b = append(b, `,"peer_id":`...)
	b = appendBinary(b, peer)
	b = append(b, `,"info_hash":`...)
	b = appendBinary(b, hash)
	return append(b, '}')
}

// appendFailure writes a refusal; hash is nil when the request was unreadable.
func appendFailure(b []byte, reason string, hash *id) []byte {
	if hash != nil {
		b = append(b, `{"action":"announce","failure reason":`...)
	} else {
		b = append(b, `{"failure reason":`...)
	}
	b = appendText(b, reason)
	if hash != nil {
		b = append(b, `,"info_hash":`...)
		b = appendBinary(b, hash)
	}
	return append(b, '}')
}

// count is what a scrape says of one swarm. There is no count of downloads:
// the field repeats complete, as bittorrent-tracker has it.
type count struct {
	hash                 id
	complete, incomplete int
}

func appendScrape(b []byte, counts []count, interval int) []byte {
	b = append(b, `{"action":"scrape","files":{`...)
	for i := range counts {
		c := &counts[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendBinary(b, &c.hash)
		b = append(b, `:{"complete":`...)
		b = strconv.AppendInt(b, int64(c.complete), 10)
		b = append(b, `,"incomplete":`...)
		b = strconv.AppendInt(b, int64(c.incomplete), 10)
		b = append(b, `,"downloaded":`...)
		b = strconv.AppendInt(b, int64(c.complete), 10)
		b = append(b, '}')
	}
	b = append(b, `},"flags":{"min_request_interval":`...)
	b = strconv.AppendInt(b, int64(interval), 10)
	return append(b, "}}"...)
}

// appendBinary writes twenty bytes as a JSON string of as many code points.
func appendBinary(b []byte, v *id) []byte {
	b = append(b, '"')
	for _, c := range v {
		if c < 0x80 {
			b = appendASCII(b, c)
		} else {
			b = append(b, 0xc0|c>>6, 0x80|c&0x3f)
		}
	}
	return append(b, '"')
}

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		b = appendASCII(b, s[i])
	}
	return append(b, '"')
}

func appendASCII(b []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if c < 0x20 {
		return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
	return append(b, c)
}
