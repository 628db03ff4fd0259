package torrent

import (
	"fmt"
	"net/netip"

	"github.com/anacrolix/dht/v2/krpc"
	"github.com/anacrolix/torrent/bencode"
	pp "github.com/anacrolix/torrent/peer_protocol"

	"vidiverse/p2p/bencoded"
)

// Our numbers of the extensions (BEP 10). A peer has its own for what it hears.
const (
	extMetadata pp.ExtensionNumber = 1 // ut_metadata, BEP 9
	extPEX      pp.ExtensionNumber = 2 // ut_pex, BEP 11
)

// bounds are those of what peers bencode. Lists of theirs are texts.
var bounds = bencoded.Bounds{Depth: 8, Values: 500, List: 100}

// said reads the dictionary of a peer at the front of b, and returns what follows
// it.
func said(b []byte, v any) (rest []byte, err error) {
	if rest, err = bencoded.Read(b, v, bounds); err != nil {
		return nil, fmt.Errorf("%w: %w", errMessage, err)
	}
	return rest, nil
}

// hello is what counts of an extension handshake.
type hello struct {
	metadata, pex pp.ExtensionNumber // numbers of the other side; 0: it has not
	size          int64              // of the info dictionary; 0: it has none
	port          int                // where it listens; 0: it does not say
}

// message is h as we say it: with our own numbers.
func (h hello) message() (pp.Message, error) {
	m := pp.ExtendedHandshakeMessage{
		M:            map[pp.ExtensionName]pp.ExtensionNumber{pp.ExtensionNameMetadata: extMetadata},
		V:            "Vidiverse",
		Reqq:         maxQueue - 6,
		MetadataSize: int(h.size),
		Port:         h.port,
	}
	if h.pex != 0 {
		m.M[pp.ExtensionNamePex] = extPEX
	}
	b, err := bencode.Marshal(m)
	return pp.Message{Type: pp.Extended, ExtendedID: pp.HandshakeExtendedID, ExtendedPayload: b}, err
}

func readHello(b []byte) (h hello, err error) {
	var m pp.ExtendedHandshakeMessage
	if _, err := said(b, &m); err != nil {
		return h, err
	}
	h.metadata, h.pex = m.M[pp.ExtensionNameMetadata], m.M[pp.ExtensionNamePex]
	if n := m.MetadataSize; n > 0 && n <= maxMetadata {
		h.size = int64(n)
	}
	if m.Port > 0 && m.Port < 1<<16 {
		h.port = m.Port
	}
	return h, nil
}

// part is a message about the info dictionary: 16 KiB of it, but the last.
type part struct {
	pp.ExtendedMetadataRequestMsg
	data []byte
}

// message is p to who hears of it under a number.
func (p part) message(to pp.ExtensionNumber) (pp.Message, error) {
	b, err := bencode.Marshal(p.ExtendedMetadataRequestMsg)
	return pp.Message{Type: pp.Extended, ExtendedID: to, ExtendedPayload: append(b, p.data...)}, err
}

func readPart(b []byte) (p part, err error) {
	if p.data, err = said(b, &p.ExtendedMetadataRequestMsg); err != nil {
		return part{}, err
	}
	if p.Piece < 0 || p.Piece > maxMetadata/blockSize || len(p.data) > blockSize {
		return part{}, errMessage
	}
	return p, nil
}

// tellsPEX tells who hears of it under a number of addresses, at most maxPEX.
func tellsPEX(to pp.ExtensionNumber, peers []netip.AddrPort) pp.Message {
	var m pp.PexMsg
	for _, p := range peers[:min(len(peers), maxPEX)] {
		var a krpc.NodeAddr
		a.FromAddrPort(netip.AddrPortFrom(p.Addr().Unmap(), p.Port()))
		if p.Addr().Unmap().Is4() {
			m.Added, m.AddedFlags = append(m.Added, a), append(m.AddedFlags, 0)
		} else {
			m.Added6, m.Added6Flags = append(m.Added6, a), append(m.Added6Flags, 0)
		}
	}
	return m.Message(to)
}

// readPEX reads the addresses of a message, at most maxPEX of them.
func readPEX(b []byte) ([]netip.AddrPort, error) {
	var m pp.PexMsg
	if _, err := said(b, &m); err != nil {
		return nil, err
	}
	all := append(compact(m.Added), compact(m.Added6)...)
	return all[:min(len(all), maxPEX)], nil
}

// compact are addresses that can be dialled, at most maxCandidates.
func compact(list []krpc.NodeAddr) (all []netip.AddrPort) {
	for _, a := range list[:min(len(list), maxCandidates)] {
		p := a.ToNodeAddrPort()
		if p.Port() > 0 {
			all = append(all, netip.AddrPortFrom(p.Addr().Unmap(), p.Port()))
		}
	}
	return all
}
