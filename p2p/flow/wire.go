package flow

import (
	"encoding/binary"
	"hash/crc32"
)

// What SCTP (RFC 9260) puts on the wire, as far as it is looked at here.
//
//	packet: ports 4 | tag 4 | checksum 4 | chunks: type 1 | flags 1 | length 2 | value, padded to 4
//	DATA:   tsn 4 | stream 2 | sequence 2 | protocol 4 | bytes
//	I-DATA: tsn 4 | stream 2 | reserved 2 | message 4 | protocol or fragment 4 | bytes
//	SACK:   cumulative tsn 4 | window 4 | gaps 2 | duplicates 2 | gaps: start 2, end 2 | …
//	INIT:   tag 4 | window 4 | …
const (
	packetHeader = 12
	chunkHeader  = 4
	sackHeader   = 16

	chunkData    = 0
	chunkInit    = 1
	chunkInitAck = 2
	chunkSack    = 3
	chunkIData   = 64
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// chunks calls f with each chunk of a packet, header and all, until it returns
// false.
func chunks(packet []byte, f func(kind byte, chunk []byte) bool) {
	if len(packet) < packetHeader {
		return
	}
	for b := packet[packetHeader:]; len(b) >= chunkHeader; {
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n < chunkHeader || n > len(b) || !f(b[0], b[:n]) {
			return
		}
		b = b[min((n+3)&^3, len(b)):]
	}
}

// rewrite replaces each chunk of a packet by what f makes of it, which is the
// chunk or its beginning, and returns the packet's new length. What is no chunk
// stays as it is.
func rewrite(packet []byte, f func(kind byte, chunk []byte) []byte) int {
	if len(packet) < packetHeader {
		return len(packet)
	}
	size, rest := packetHeader, packet[packetHeader:]
	for len(rest) >= chunkHeader {
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n < chunkHeader || n > len(rest) {
			break
		}
		padded := min((n+3)&^3, len(rest))
		kept := f(rest[0], rest[:n])
		if len(kept) == n {
			kept = rest[:padded]
		}
		rest = rest[padded:]
		size += copy(packet[size:], kept)
	}
	return size + copy(packet[size:], rest)
}

// piece is a chunk of data.
type piece struct {
	tsn  uint32
	size int // of what it carries
}

// pieces appends what a packet carries.
func pieces(dst []piece, packet []byte) []piece {
	chunks(packet, func(kind byte, chunk []byte) bool {
		header := 16
		if kind == chunkIData {
			header = 20
		}
		if (kind == chunkData || kind == chunkIData) && len(chunk) > header {
			dst = append(dst, piece{binary.BigEndian.Uint32(chunk[4:]), len(chunk) - header})
		}
		return true
	})
	return dst
}

// sack is an acknowledgement, as it lies in a packet.
type sack []byte

func (s sack) cumulative() uint32 { return binary.BigEndian.Uint32(s[4:]) }
func (s sack) window() uint32     { return binary.BigEndian.Uint32(s[8:]) }

// gaps calls f with each block of what has arrived beyond the cumulative TSN.
// They ascend: what does not is left out, so that a packet is soon read.
func (s sack) gaps(f func(from, to uint32)) {
	n, last := int(binary.BigEndian.Uint16(s[12:])), uint16(0)
	for b := s[sackHeader:]; n > 0 && len(b) >= 4; n-- {
		from, to := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		if from > last && from <= to {
			last = to
			f(s.cumulative()+uint32(from), s.cumulative()+uint32(to))
		}
		b = b[4:]
	}
}

// grant changes the window; an INIT's lies in the same place.
func (s sack) grant(window uint32) { binary.BigEndian.PutUint32(s[8:], window) }

// bare is the SACK without what it reports, and with another window.
func (s sack) bare(window uint32) []byte {
	s.grant(window)
	binary.BigEndian.PutUint32(s[12:], 0) // gaps and duplicates
	binary.BigEndian.PutUint16(s[2:], sackHeader)
	return s[:sackHeader]
}

// shorten cuts a SACK down to so many bytes: reports of what came twice go
// first, then the latest of what is missing.
func (s sack) shorten(most int) []byte {
	gaps := min(int(binary.BigEndian.Uint16(s[12:])), (most-sackHeader)/4, (len(s)-sackHeader)/4)
	binary.BigEndian.PutUint16(s[12:], uint16(gaps))
	binary.BigEndian.PutUint16(s[14:], 0)
	size := sackHeader + 4*gaps
	binary.BigEndian.PutUint16(s[2:], uint16(size))
	return s[:size]
}

// sum makes a packet's checksum right, unless it has none.
func sum(packet []byte) {
	if binary.LittleEndian.Uint32(packet[8:]) == 0 {
		return
	}
	var zero [4]byte
	c := crc32.Update(0, castagnoli, packet[:8])
	c = crc32.Update(c, castagnoli, zero[:])
	c = crc32.Update(c, castagnoli, packet[packetHeader:])
	binary.LittleEndian.PutUint32(packet[8:], c)
}
