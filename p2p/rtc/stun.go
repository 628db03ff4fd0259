package rtc

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
)

// STUN (RFC 8489), as far as binding requests without credentials need it.
//
//	type 2 | length 2 | cookie 4 | transaction 12 | attributes: type 2 | length 2 | value, padded to 4
const (
	stunHeader  = 20
	stunCookie  = 0x2112A442
	stunRequest = 0x0001
	stunSuccess = 0x0101
	stunError   = 0x0111

	attrUsername = 0x0006
	attrMapped   = 0x0001
	attrXorMap   = 0x0020
)

type transaction [12]byte

// stunType reports the type of a STUN message, 0 for anything else.
func stunType(b []byte) uint16 {
	if len(b) < stunHeader || binary.BigEndian.Uint32(b[4:]) != stunCookie {
		return 0
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if b[0]&0xc0 != 0 || n%4 != 0 || n != len(b)-stunHeader {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}

// stunAttribute finds the first attribute of a kind in a STUN message. whole is
// false if the attributes do not fit the message.
func stunAttribute(b []byte, kind uint16) (value []byte, found, whole bool) {
	for b = b[stunHeader:]; len(b) >= 4; {
		n := int(binary.BigEndian.Uint16(b[2:]))
		padded := 4 + (n+3)&^3
		if padded > len(b) {
			return nil, found, false
		}
		if !found && binary.BigEndian.Uint16(b) == kind {
			value, found = b[4:4+n], true
		}
		b = b[padded:]
	}
	return value, found, len(b) == 0
}

// appendBinding appends the shortest answer to a binding request: the address
// it came from and nothing else.
func appendBinding(dst, request []byte, from netip.AddrPort) []byte {
	addr := from.Addr().Unmap()
	size := 4 + addr.BitLen()/8
	dst = binary.BigEndian.AppendUint16(dst, stunSuccess)
	dst = binary.BigEndian.AppendUint16(dst, uint16(4+size))
	dst = append(dst, request[4:stunHeader]...)
	dst = binary.BigEndian.AppendUint16(dst, attrXorMap)
	dst = binary.BigEndian.AppendUint16(dst, uint16(size))
	family := byte(1)
	if addr.Is6() {
		family = 2
	}
	dst = append(dst, 0, family)
	dst = binary.BigEndian.AppendUint16(dst, from.Port()^stunCookie>>16)
	start := len(dst)
	if addr.Is4() {
		a := addr.As4()
		dst = append(dst, a[:]...)
	} else {
		a := addr.As16()
		dst = append(dst, a[:]...)
	}
	for i := range dst[start:] {
		dst[start+i] ^= request[4+i] // the cookie, then the transaction
	}
	return dst
}

// newQuestion is a binding request.
func newQuestion() (request []byte, id transaction) {
	_, _ = rand.Read(id[:]) // never fails
	request = binary.BigEndian.AppendUint16(nil, stunRequest)
	request = binary.BigEndian.AppendUint16(request, 0)
	request = binary.BigEndian.AppendUint32(request, stunCookie)
	return append(request, id[:]...), id
}

// mappedAddress reads the address in an answer to a binding request.
func mappedAddress(b []byte) (netip.AddrPort, bool) {
	mask := [16]byte{}
	value, found, whole := stunAttribute(b, attrXorMap)
	if found {
		copy(mask[:], b[4:stunHeader])
	} else {
		value, found, whole = stunAttribute(b, attrMapped)
	}
	if !found || !whole || len(value) < 8 {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(value[2:]) ^ binary.BigEndian.Uint16(mask[:])
	var a [16]byte
	n := copy(a[:], value[4:])
	for i := range a {
		a[i] ^= mask[i]
	}
	switch {
	case value[1] == 1 && n == 4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a[:4])), port), true
	case value[1] == 2 && n == 16:
		return netip.AddrPortFrom(netip.AddrFrom16(a), port), true
	}
	return netip.AddrPort{}, false
}
