package measure

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Load is how a server is asked: by Clients at once, each on one connection and
// as fast as it is answered.
type Load struct {
	Request func(client, n int) []byte // the n-th request of a client; see Get
	Status  int                        // that each answer must have; 0 means 200
	Clients int                        // 0 means 16
	For     time.Duration
}

// Result is what a load came to.
type Result struct {
	Rate float64       // answers a second
	CPU  time.Duration // of the server, for one answer
	P99  time.Duration // from request to whole answer
	Size int64         // bytes of an average body
}

// Get is a request for a path, with an optional Range.
func Get(addr, path, ranges string) []byte {
	req := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nAccept-Encoding: gzip\r\n"
	if ranges != "" {
		req += "Range: " + ranges + "\r\n"
	}
	return []byte(req + "\r\n")
}

// Run loads the server. It fails with the first answer that is not as it must
// be.
func (p *Process) Run(ctx context.Context, l Load) (r Result, err error) {
	if l.Clients == 0 {
		l.Clients = 16
	}
	if l.Status == 0 {
		l.Status = 200
	}
	took := make([][]time.Duration, l.Clients)
	bytes := make([]int64, l.Clients)
	before, begin := p.CPU(), time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for n := range l.Clients {
		g.Go(func() (err error) {
			took[n], bytes[n], err = l.client(ctx, p.Addr, n, begin.Add(l.For))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return r, err
	}
	elapsed, used := time.Since(begin), p.CPU()-before
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	if len(all) == 0 {
		return r, fmt.Errorf("%s answered nothing in %v", p.Addr, l.For)
	}
	for _, n := range bytes {
		r.Size += n
	}
	count := len(all)
	r.Rate, r.CPU = float64(count)/elapsed.Seconds(), used/time.Duration(count)
	r.P99, r.Size = all[count*99/100], r.Size/int64(count)
	return r, nil
}

func (l Load) client(ctx context.Context, addr string, n int, end time.Time) (took []time.Duration, bytes int64, err error) {
	c, err := dial(addr)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	for i := 0; ctx.Err() == nil; i++ {
		at := time.Now()
		if at.After(end) {
			break
		}
		size, err := c.ask(l.Request(n, i), l.Status)
		if err != nil {
			return nil, 0, err
		}
		took, bytes = append(took, time.Since(at)), bytes+size
	}
	return took, bytes, ctx.Err()
}

// client is one connection. It does as little as it can, so that most of the
// machine is the server's; net/http would need more than some servers do.
type client struct {
	net.Conn
	r       *bufio.Reader
	discard []byte
}

func dial(addr string) (*client, error) {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return nil, err
	}
	return &client{c, bufio.NewReaderSize(c, 4<<10), make([]byte, 256<<10)}, nil
}

// ask sends a request and reads the answer, whose length must be told.
func (c *client) ask(req []byte, want int) (size int64, err error) {
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, err
	}
	if _, err := c.Write(req); err != nil {
		return 0, err
	}
	status, size, err := c.head()
	if err != nil {
		return 0, err
	}
	if status != want || size < 0 {
		line, _, _ := strings.Cut(string(req), "\r\n")
		return 0, fmt.Errorf("%s: status %d and %d bytes, want status %d", line, status, size, want)
	}
	left := size
	n, err := c.r.Discard(int(min(left, int64(c.r.Buffered()))))
	for left -= int64(n); left > 0 && err == nil; left -= int64(n) {
		n, err = c.Read(c.discard[:min(left, int64(len(c.discard)))])
	}
	return size, err
}

// head reads the status and the length of the body, -1 if none is told.
func (c *client) head() (status int, size int64, err error) {
	size = -1
	for {
		raw, err := c.r.ReadSlice('\n')
		line := string(raw)
		switch {
		case err != nil:
			return 0, 0, err
		case line == "\r\n":
			return status, size, nil
		case status == 0:
			if len(line) < 12 {
				return 0, 0, fmt.Errorf("status line %q", line)
			}
			if status, err = strconv.Atoi(line[9:12]); err != nil {
				return 0, 0, err
			}
		case len(line) > 15 && strings.EqualFold(line[:15], "content-length:"):
			if size, err = strconv.ParseInt(strings.TrimSpace(line[15:]), 10, 64); err != nil {
				return 0, 0, err
			}
		}
	}
}
