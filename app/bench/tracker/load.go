package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/app/bench/measure"
)

// result is what one server needed.
type result struct {
	perCPU float64 // announces with five offers a CPU-second
	peerMB float64 // resident memory a connected peer, above that of no peer
	p99    float64 // ms from announce to reply at a moderate pace
}

const swarmSize = 20

// sdp is as long as a browser's offer of one data channel with two addresses.
var sdp = `v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n` +
	`m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n` +
	strings.Repeat(`a=candidate:1467250027 1 udp 2113937151 f65ea1be-94a5-4d4a-8e65-b0c2b1b4b1b6.local 51556 typ host generation 0 network-cost 999\r\n`, 2) +
	`a=ice-ufrag:Yxxx\r\na=ice-pwd:o8pQbFvkK9YDQVrKXj8cWkqa\r\na=fingerprint:sha-256 8E:57:5F:CC:01:5B:36:2B:6A:56:0F:0C:74:2A:7A:4C:42:8F:7B:43:A5:4F:96:5D:8E:36:0B:1D:5B:2F:3D:4C\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n`

type peer struct {
	conn net.Conn
	n    int
	done chan struct{} // a reply came
}

// measured is what one server needed, and in what it was restarted.
func (s *server) measured(ctx context.Context, peers, rounds int) (r result, again stampede, err error) {
	if err := s.start(); err != nil {
		return r, again, err
	}
	defer func() { s.stop() }()
	settle(ctx, 2*time.Second)
	before := measure.RSS(s.pid())
	list, err := connect(ctx, s.addr(), s.path, peers)
	if err != nil {
		return r, again, err
	}
	defer func() {
		for _, p := range list {
			p.conn.Close()
		}
	}()
	settle(ctx, 5*time.Second)
	r.peerMB = (measure.RSS(s.pid()) - before) / float64(peers)
	fmt.Printf("%s: %.1f MB idle, %.1f MB with %d peers\n", s.name, before, measure.RSS(s.pid()), peers)
	r.p99 = paced(list)
	cpu := measure.CPU(s.pid())
	if err := flatOut(list, rounds); err != nil {
		return r, again, err
	}
	r.perCPU = float64(rounds) / (measure.CPU(s.pid()) - cpu).Seconds()
	fmt.Printf("%s: %.1f MB after %d announces\n", s.name, measure.RSS(s.pid()), rounds)
	again, err = s.restarted(ctx, list)
	return r, again, err
}

func settle(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// connect opens the peers and announces each once without offers.
func connect(ctx context.Context, addr, path string, n int) ([]*peer, error) {
	list := make([]*peer, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for range 16 {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				p, err := dial(ctx, addr, path, i)
				for errors.As(err, new(laterError)) && ctx.Err() == nil {
					settle(ctx, 50*time.Millisecond)
					p, err = dial(ctx, addr, path, i)
				}
				if err != nil {
					errs <- fmt.Errorf("peer %d: %w", i, err)
					return
				}
				list[i] = p
				if err := p.announce(0); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
		return list, ctx.Err()
	}
}

// laterError is what a server says that lets in so many a second: when to come
// back.
type laterError time.Duration

func (laterError) Error() string { return "come back later" }

func dial(ctx context.Context, addr, path string, n int) (*peer, error) {
	// Many source addresses: one has too few ports for all.
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+n%64))}}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path)
	br := bufio.NewReaderSize(conn, 512)
	later, full := 30, false
	for line := ""; line != "\r\n"; {
		if line, err = br.ReadString('\n'); err != nil {
			conn.Close()
			return nil, err
		}
		full = full || strings.HasPrefix(line, "HTTP/1.1 503")
		_, _ = fmt.Sscanf(line, "Retry-After: %d", &later) // of one line alone
	}
	if full {
		conn.Close()
		return nil, laterError(time.Duration(later) * time.Second)
	}
	p := &peer{conn: conn, n: n, done: make(chan struct{}, 1)}
	go p.read(br)
	return p, nil
}

// read discards what comes but counts replies.
func (p *peer) read(br *bufio.Reader) {
	for {
		var h [4]byte
		if _, err := io.ReadFull(br, h[:2]); err != nil {
			return
		}
		size := int(h[1])
		if size == 126 {
			if _, err := io.ReadFull(br, h[2:]); err != nil {
				return
			}
			size = int(binary.BigEndian.Uint16(h[2:]))
		}
		head, err := br.Peek(min(size, 12))
		if err != nil {
			return
		}
		reply := strings.HasPrefix(string(head), `{"complete"`)
		if _, err := br.Discard(size); err != nil {
			return
		}
		if reply {
			p.done <- struct{}{}
		}
	}
}

func (p *peer) frame(offers int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"numwant":5,"uploaded":0,"downloaded":0,"event":"started","action":"announce","info_hash":"hash%016d","peer_id":"-PM0202-%012d","offers":[`, p.n/swarmSize, p.n)
	for i := range offers {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"offer":{"type":"offer","sdp":"%s"},"offer_id":"%020d"}`, sdp, i)
	}
	b.WriteString("]}")
	// A mask of zeros is a mask.
	head := []byte{0x81, 0xfe, byte(b.Len() >> 8), byte(b.Len()), 0, 0, 0, 0}
	return append(head, b.String()...)
}

// announce waits for the reply.
func (p *peer) announce(offers int) error {
	if _, err := p.conn.Write(p.frame(offers)); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(30 * time.Second):
		return fmt.Errorf("peer %d got no reply", p.n)
	}
}

// paced announces at 500 a second for six seconds and reports the p99 in ms.
func paced(list []*peer) float64 {
	took := make([]time.Duration, 3000)
	var wg sync.WaitGroup
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i := range took {
		<-tick.C
		wg.Go(func() {
			begin := time.Now()
			if list[i*7919%len(list)].announce(5) != nil {
				took[i] = time.Minute
				return
			}
			took[i] = time.Since(begin)
		})
	}
	wg.Wait()
	slices.Sort(took)
	return float64(took[len(took)*99/100].Microseconds()) / 1000
}

// flatOut announces from 32 goroutines, each walking its own peers.
func flatOut(list []*peer, rounds int) error {
	const workers = 32
	errs := make(chan error, workers)
	for w := range workers {
		go func() {
			for i := w; i < rounds; i += workers {
				if err := list[i%(len(list)/workers*workers)].announce(5); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	var first error
	for range workers {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}
