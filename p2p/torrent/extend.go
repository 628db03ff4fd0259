package torrent

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Our numbers of the extensions (BEP 10). A peer has its own for what it hears.
const (
	extHandshake = 0
	extMetadata  = 1 // ut_metadata, BEP 9
	extPEX       = 2 // ut_pex, BEP 11
)

// hello is an extension handshake.
type hello struct {
	metadata, pex byte  // numbers of the other side; 0: it has not
	size          int64 // of the info dictionary; 0: it has none
	port          int   // where it listens; 0: it does not say
}

func (h hello) encode() []byte {
	b := append([]byte(nil), "d1:md11:ut_metadatai"...)
	b = append(strconv.AppendInt(b, extMetadata, 10), 'e')
	if h.pex != 0 {
		b = append(b, "6:ut_pexi"...)
		b = append(strconv.AppendInt(b, extPEX, 10), 'e')
	}
	b = append(b, 'e')
	if h.size > 0 {
		b = append(b, "13:metadata_sizei"...)
		b = append(strconv.AppendInt(b, h.size, 10), 'e')
	}
	if h.port > 0 {
		b = append(b, "1:pi"...)
		b = append(strconv.AppendInt(b, int64(h.port), 10), 'e')
	}
	return append(b, "4:reqqi"+strconv.Itoa(maxQueue-6)+"e1:v9:Vidiversee"...)
}

func readHello(b []byte) (h hello, err error) {
	v, _, err := bdecode(b)
	if err != nil {
		return h, err
	}
	number := func(name string) byte {
		if n := v.dict["m"].dict[name].num; n > 0 && n < 256 {
			return byte(n)
		}
		return 0
	}
	h.metadata, h.pex = number("ut_metadata"), number("ut_pex")
	if n := v.dict["metadata_size"].num; n > 0 && n <= maxMetadata {
		h.size = n
	}
	if n := v.dict["p"].num; n > 0 && n < 1<<16 {
		h.port = int(n)
	}
	return h, nil
}

// Kinds of metadata messages.
const (
	metaRequest = 0
	metaData    = 1
	metaReject  = 2
)

// part is a message about the info dictionary: 16 KiB of it, but the last.
type part struct {
	kind, piece, size int64
	data              []byte
}

func (p part) encode() []byte {
	b := append([]byte(nil), "d8:msg_typei"...)
	b = append(strconv.AppendInt(b, p.kind, 10), "e5:piecei"...)
	b = append(strconv.AppendInt(b, p.piece, 10), 'e')
	if p.kind == metaData {
		b = append(b, "10:total_sizei"...)
		b = append(strconv.AppendInt(b, p.size, 10), 'e')
	}
	return append(append(b, 'e'), p.data...)
}

func readPart(b []byte) (p part, err error) {
	v, rest, err := bdecode(b)
	if err != nil || v.dict == nil {
		return p, errBencode
	}
	p = part{kind: v.dict["msg_type"].num, piece: v.dict["piece"].num, size: v.dict["total_size"].num, data: rest}
	if p.piece < 0 || p.piece > maxMetadata/blockSize || len(rest) > blockSize {
		return p, errMessage
	}
	return p, nil
}

// encodePEX tells addresses of peers, at most maxPEX.
func encodePEX(peers []netip.AddrPort) []byte {
	var four, six []byte
	for _, p := range peers[:min(len(peers), maxPEX)] {
		a := p.Addr().Unmap()
		if a.Is4() {
			four = binary.BigEndian.AppendUint16(append(four, a.AsSlice()...), p.Port())
		} else {
			six = binary.BigEndian.AppendUint16(append(six, a.AsSlice()...), p.Port())
		}
	}
	b := append([]byte(nil), "d5:added"...)
	b = append(strconv.AppendInt(b, int64(len(four)), 10), ':')
	b = append(append(b, four...), "6:added6"...)
	b = append(strconv.AppendInt(b, int64(len(six)), 10), ':')
	return append(append(b, six...), 'e')
}

// readPEX reads the addresses of a message, at most maxPEX of them.
func readPEX(b []byte) ([]netip.AddrPort, error) {
	v, _, err := bdecode(b)
	if err != nil {
		return nil, err
	}
	all := append(compact(v.dict["added"].text, 4), compact(v.dict["added6"].text, 16)...)
	return all[:min(len(all), maxPEX)], nil
}

// compact reads addresses of n bytes with a port each, at most maxCandidates.
func compact(s string, n int) (all []netip.AddrPort) {
	for ; len(s) >= n+2 && len(all) < maxCandidates; s = s[n+2:] {
		a, _ := netip.AddrFromSlice([]byte(s[:n]))
		if port := binary.BigEndian.Uint16([]byte(s[n:])); port > 0 {
			all = append(all, netip.AddrPortFrom(a.Unmap(), port))
		}
	}
	return all
}
