package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// crowd are the servers that follow: each has an address of its own on this
// machine, and all are one listener.
type crowd struct {
	server *http.Server
	port   string
	o      options

	notes, edits atomic.Int64 // comments and changes of videos that came

	mu    sync.Mutex
	heard map[string]time.Time // by host, when it first heard of something
}

const slowness = 6 * time.Second

func gather(o options) (*crowd, error) {
	l, err := net.Listen("tcp4", "0.0.0.0:0") // all of 127.0.0.0/8
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	c := &crowd{port: port, o: o, heard: map[string]time.Time{}}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go func() { _ = c.server.Serve(l) }() // ends with close
	return c, nil
}

func (c *crowd) close() { _ = c.server.Close() }

// host is the nth server: first the dead, then the slow, then the healthy.
func (c *crowd) host(n int) string {
	port := c.port
	if n < c.o.dead {
		port = "1" // nobody listens there
	}
	return fmt.Sprintf("127.1.%d.%d:%s", n/250, n%250+1, port)
}

// number is the n of host.
func (c *crowd) number(host string) (n int) {
	var a, b, port int
	if _, err := fmt.Sscanf(host, "127.1.%d.%d:%d", &a, &b, &port); err != nil {
		return -1
	}
	return a*250 + b - 1
}

// ServeHTTP takes what is delivered; the slow take their time.
func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	n := c.number(r.Host)
	if n >= 0 && n < c.o.dead+c.o.slow {
		select {
		case <-time.After(slowness):
		case <-r.Context().Done():
		}
	} else if bytes.Contains(body, []byte(`"type":"Note"`)) {
		c.notes.Add(1)
	} else if bytes.Contains(body, []byte(`"type":"Update"`)) {
		c.edits.Add(1)
	} else if bytes.Contains(body, []byte(`"type":"Create"`)) || bytes.Contains(body, []byte(`"type":"Announce"`)) {
		c.mu.Lock()
		if _, known := c.heard[r.Host]; !known {
			c.heard[r.Host] = time.Now()
		}
		c.mu.Unlock()
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *crowd) reached() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.heard)
}

// times are how long after begin each server heard.
func (c *crowd) times(begin time.Time) (all []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, at := range c.heard {
		all = append(all, at.Sub(begin))
	}
	return all
}
