// Package guard is the one HTTP client for URLs that somebody else chose: an
// actor's key, a redirect, a mirror. It reaches only public addresses, and
// bounds bytes, time and redirects.
//
//	URL ─ scheme ─ resolve ─ connect ─▶ Policy.Permits(the address connected)
//	       ▲                                │
//	       └──────── redirect (≤ 3) ◀───────┴─▶ body: at most so many bytes,
//	                                            so fast, in so much time
//
// The check is at the socket, after names were resolved, for each attempt: what
// a URL looks like and what a name resolved to a moment ago do not matter.
package guard

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

// The reasons for which a request is refused or cut; found with errors.Is.
var (
	ErrAddress  = errors.New("guard: the address is not public")
	ErrURL      = errors.New("guard: the URL may not be fetched")
	ErrRedirect = errors.New("guard: too many or forbidden redirects")
	ErrTooLarge = errors.New("guard: the answer is too large")
	ErrTooSlow  = errors.New("guard: the answer comes too slowly")
)

// Limits bound one request with all its redirects. Zero fields mean the default.
type Limits struct {
	Bytes    int64         // of the body, decompressed; default 1 MiB
	Total    time.Duration // from the call to the last byte; default 30 s
	Rate     int64         // bytes a second that must come on average; default 1 KiB/s
	Patience time.Duration // how long may be waited beyond what Rate allows; default 10 s
}

// Config of a Client. Zero fields mean the default.
type Config struct {
	Policy    Policy
	Limits    Limits
	UserAgent string
	Roots     *x509.CertPool // default: the system's
	Resolver  *net.Resolver  // default: the system's
}

// Client fetches. It is safe for several goroutines and keeps connections.
type Client struct {
	http      http.Client
	transport *http.Transport
	policy    Policy
	limits    Limits
	agent     string
}

const (
	maxRedirects = 3
	maxHeader    = 64 << 10
	maxPerHost   = 8 // connections: one slow host cannot take all of our sockets
)

// New returns a client. Proxies of the environment are not used: they would
// connect for us, unchecked.
func New(cfg Config) *Client {
	dialer := net.Dialer{Timeout: 10 * time.Second, Resolver: cfg.Resolver}
	t := &http.Transport{
		DialContext:            cfg.Policy.Dial(dialer),
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  15 * time.Second,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        60 * time.Second,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        maxPerHost,
		MaxResponseHeaderBytes: maxHeader,
		ForceAttemptHTTP2:      true,
	}
	if cfg.Roots != nil {
		t.TLSClientConfig = tlsConfig(cfg.Roots)
	}
	c := &Client{transport: t, policy: cfg.Policy, limits: cfg.Limits.withDefaults(), agent: cfg.UserAgent}
	c.http = http.Client{Transport: t, CheckRedirect: c.redirect}
	return c
}

func (l Limits) withDefaults() Limits {
	fill(&l.Bytes, 1<<20)
	fill(&l.Total, 30*time.Second)
	fill(&l.Rate, 1<<10)
	fill(&l.Patience, 10*time.Second)
	return l
}

func fill[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}

// With returns a client with other limits that shares connections with c.
func (c *Client) With(l Limits) *Client {
	o := &Client{transport: c.transport, policy: c.policy, limits: l.withDefaults(), agent: c.agent}
	o.http = http.Client{Transport: c.transport, CheckRedirect: o.redirect}
	return o
}

// Close closes idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do sends a request and returns the answer, whatever its status. Reading its
// Body fails with ErrTooLarge or ErrTooSlow once a limit is crossed; the caller
// closes it. Redirects are followed for GET and HEAD alone.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	if err := c.checkURL(req.URL); err != nil {
		return nil, err
	}
	outer := req.Context()
	ctx, cut := context.WithCancelCause(outer)
	ctx, cancel := context.WithTimeout(ctx, c.limits.Total)
	end := func() { cancel(); cut(nil) }
	req = req.Clone(ctx)
	if c.agent != "" && req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.agent)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil && outer.Err() == nil { // our deadline, not the caller's
			err = fmt.Errorf("%w: %w", ErrTooSlow, err)
		}
		end()
		return nil, err
	}
	if res.ContentLength > c.limits.Bytes && req.Method != http.MethodHead {
		defer end()
		return nil, errors.Join(fmt.Errorf("%w: %d bytes announced", ErrTooLarge, res.ContentLength), res.Body.Close())
	}
	res.Body = &body{ReadCloser: res.Body, ctx: ctx, cut: cut, end: end, limits: c.limits, left: c.limits.Bytes}
	return res, nil
}

// Fetch sends a request and reads the whole body. A status that is not 2xx is
// no error here: see the response, whose Body is already closed.
func (c *Client) Fetch(req *http.Request) (*http.Response, []byte, error) {
	res, err := c.Do(req)
	if err != nil {
		return nil, nil, err
	}
	b, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", req.URL.Redacted(), err)
	}
	return res, b, nil
}

// kept are the request headers that may follow to another host. All others may
// be credentials or sign a request that is no longer the one sent.
var kept = []string{"Accept", "Accept-Language", "User-Agent", "Range", "If-None-Match", "If-Modified-Since"}

func (c *Client) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d", ErrRedirect, maxRedirects)
	}
	first := via[0]
	if first.Method != http.MethodGet && first.Method != http.MethodHead {
		return fmt.Errorf("%w: answer to %s", ErrRedirect, first.Method)
	}
	if err := c.checkURL(req.URL); err != nil {
		return fmt.Errorf("%w: %w", ErrRedirect, err)
	}
	if req.URL.Host == first.URL.Host && req.URL.Scheme == first.URL.Scheme {
		return nil
	}
	for name := range req.Header {
		if !slices.Contains(kept, name) {
			delete(req.Header, name)
		}
	}
	return nil
}
