// Package record is DTLS 1.2 for WebRTC's data channels: pion makes the
// handshake, and the records after it are sealed and opened here, without a
// goroutine or memory for each. It knows AES-128-GCM, which every browser must
// have, and nothing else.
//
//	handshake:  pion/dtls ◀──▶ gate ◀──▶ datagrams
//	afterwards: Conn ◀─────────────────▶ datagrams
//
//	type 1 | version 2 | epoch 2 | sequence 6 | length 2 | nonce 8 | sealed | tag 16
package record

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Overhead is how many bytes a record is longer than what it holds.
const Overhead = headerSize + nonceSize + tagSize

const (
	headerSize = 13
	nonceSize  = 8
	tagSize    = 16
	maxPlain   = 1 << 14 // of a record: RFC 6347, 4.1
	maxRecord  = 2048    // of ours: SCTP keeps to 1200

	version = 0xfefd // DTLS 1.2
	epoch   = 1      // of all records after the handshake

	typeAlert     = 21
	typeHandshake = 22
	typeData      = 23

	maxAgain  = 8                      // repetitions of the last flight
	againTime = 100 * time.Millisecond // between them
)

// Conn carries datagrams to and from whom the handshake was made with. One
// goroutine may read while others write.
type Conn struct {
	conn net.Conn
	open cipher.AEAD
	seal cipher.AEAD

	// Of the one who reads.
	rest    []byte   // records behind the first one of a datagram
	kept    [][]byte // datagrams that came during the handshake
	window  window
	theirs  scratch
	flight  [][]byte // our last words of the handshake, should they be lost
	again   int
	againAt time.Time

	mu     sync.Mutex
	next   uint64 // sequence number
	sealed [maxRecord]byte
	ours   scratch
	ended  bool
}

// scratch is what sealing and opening need beside the record. The nonce begins
// with four bytes that were agreed on.
type scratch struct {
	nonce [12]byte
	more  [13]byte
}

// Read waits for a datagram; io.EOF is the other side's close. What cannot be
// opened is left out, as if lost. A datagram longer than p is lost.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		datagram, err := c.datagram(p)
		if err != nil {
			return 0, err
		}
		n, err := c.take(p, datagram)
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// datagram is what is to be read next; it may lie in p.
func (c *Conn) datagram(p []byte) ([]byte, error) {
	if len(c.rest) > 0 {
		rest := c.rest
		c.rest = nil
		return rest, nil
	}
	if len(c.kept) > 0 {
		first := c.kept[0]
		c.kept = c.kept[1:]
		return first, nil
	}
	n, err := c.conn.Read(p)
	return p[:n], err
}

// take opens a datagram's first record, into p if it is data.
func (c *Conn) take(p, datagram []byte) (int, error) {
	kind, record, rest := cut(datagram)
	if record == nil {
		return 0, nil
	}
	if len(rest) > 0 {
		c.rest = append([]byte(nil), rest...) // p is about to be overwritten
	}
	at := binary.BigEndian.Uint64(record[3:])
	switch {
	case kind == typeHandshake:
		c.repeat()
		return 0, nil
	case at>>48 != epoch || kind != typeData && kind != typeAlert || !c.window.fresh(at):
		return 0, nil
	}
	plain, ok := c.unseal(record)
	if !ok {
		return 0, nil
	}
	c.window.mark(at)
	if kind == typeAlert {
		if len(plain) == 2 && (plain[0] == 2 || plain[1] == 0) { // fatal, or close_notify
			return 0, io.EOF
		}
		return 0, nil
	}
	if len(plain) > len(p) {
		return 0, nil
	}
	return copy(p, plain), nil
}

// cut takes a datagram's first record off; record is nil if there is none.
func cut(datagram []byte) (kind byte, record, rest []byte) {
	if len(datagram) < headerSize {
		return 0, nil, nil
	}
	end := headerSize + int(binary.BigEndian.Uint16(datagram[11:]))
	if end > len(datagram) || end > headerSize+nonceSize+maxPlain+tagSize {
		return 0, nil, nil
	}
	return datagram[0], datagram[:end], datagram[end:]
}

// unseal opens a record where it lies.
func (c *Conn) unseal(record []byte) ([]byte, bool) {
	size := len(record) - Overhead
	if size < 0 {
		return nil, false
	}
	s := &c.theirs
	copy(s.nonce[4:], record[headerSize:])
	s.additional(record[0], binary.BigEndian.Uint64(record[3:]), size)
	sealed := record[headerSize+nonceSize:]
	plain, err := c.open.Open(sealed[:0], s.nonce[:], sealed, s.more[:])
	return plain, err == nil
}

// additional is what a record's tag covers beside what is sealed.
func (s *scratch) additional(kind byte, at uint64, size int) {
	binary.BigEndian.PutUint64(s.more[:], at)
	s.more[8] = kind
	binary.BigEndian.PutUint16(s.more[9:], version)
	binary.BigEndian.PutUint16(s.more[11:], uint16(size))
}

// repeat says our last words once more: the other side has not heard them.
func (c *Conn) repeat() {
	if c.again == maxAgain || time.Since(c.againAt) < againTime {
		return
	}
	c.again++
	c.againAt = time.Now()
	for _, datagram := range c.flight {
		_, _ = c.conn.Write(datagram) // asked for again if it is lost
	}
}

var errLong = errors.New("record: too long")

// Write sends a datagram.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return 0, net.ErrClosed
	}
	record, err := c.Append(c.sealed[:0], p)
	if err == nil {
		_, err = c.conn.Write(record)
	}
	return len(p), err
}

// Append appends p's record to dst. It is for one goroutine, and not for use
// with Write.
func (c *Conn) Append(dst, p []byte) ([]byte, error) { return c.append(dst, typeData, p) }

func (c *Conn) append(dst []byte, kind byte, p []byte) ([]byte, error) {
	if len(p)+Overhead > maxRecord {
		return dst, errLong
	}
	at := uint64(epoch)<<48 | c.next
	c.next++ // 2⁴⁸ records are 300 PB
	dst = append(dst, kind)
	dst = binary.BigEndian.AppendUint16(dst, version)
	dst = binary.BigEndian.AppendUint64(dst, at)
	dst = binary.BigEndian.AppendUint16(dst, uint16(nonceSize+len(p)+tagSize))
	dst = binary.BigEndian.AppendUint64(dst, at)
	s := &c.ours
	binary.BigEndian.PutUint64(s.nonce[4:], at)
	s.additional(kind, at, len(p))
	return c.seal.Seal(dst, s.nonce[:], p, s.more[:]), nil
}

// Close tells the other side, and closes what bears the datagrams.
func (c *Conn) Close() error {
	c.mu.Lock()
	if !c.ended {
		c.ended = true
		if record, err := c.append(c.sealed[:0], typeAlert, []byte{1, 0}); err == nil {
			_, _ = c.conn.Write(record) // lost, it is a silence that ends by itself
		}
	}
	c.mu.Unlock()
	return c.conn.Close()
}

// The rest makes it a net.Conn.

func (c *Conn) LocalAddr() net.Addr               { return c.conn.LocalAddr() }
func (c *Conn) RemoteAddr() net.Addr              { return c.conn.RemoteAddr() }
func (c *Conn) SetReadDeadline(t time.Time) error { return c.conn.SetReadDeadline(t) }
func (c *Conn) SetWriteDeadline(time.Time) error  { return nil } // a write never waits
func (c *Conn) SetDeadline(t time.Time) error     { return c.conn.SetReadDeadline(t) }
