// Package router has the router of a home pass a UDP port on to a socket of
// this machine, by NAT-PMP (RFC 6886) or UPnP's Internet gateway:
//
//	Port ── NAT-PMP ─▶ the way out, port 5351
//	     ── M-SEARCH ─▶ everybody near; who answers has a description, and that a
//	                    control URL ◀── SOAP: AddPortMapping …
//
// Whoever is near may answer. So what is believed of an answer is bounded: who
// answers names only itself, says little, and says it soon.
package router

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// Config of a Port. Zero fields mean the default.
type Config struct {
	// Search is where to ask for gateways: UPnP's multicast address.
	Search netip.AddrPort
	// Gateway is where to ask by NAT-PMP: the way out, as the system knows it.
	Gateway netip.AddrPort
	// Lease is how long the router passes the port on without being asked again,
	// 20 minutes by default.
	Lease time.Duration
	Log   *slog.Logger
}

// Port is a port of the router's. It may be asked from several goroutines.
type Port struct {
	local netip.AddrPort
	cfg   Config

	mu      sync.Mutex
	outside netip.AddrPort
}

// New makes a Port for a bound IPv4 socket. It asks nothing yet.
func New(local netip.AddrPort, cfg Config) *Port {
	if !cfg.Search.IsValid() {
		cfg.Search = netip.MustParseAddrPort("239.255.255.250:1900")
	}
	if cfg.Lease <= 0 {
		cfg.Lease = 20 * time.Minute
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Port{local: local, cfg: cfg}
}

// Outside is the address that the router passes on, invalid while it does not.
// What the router says of itself is not checked: it may be another router's.
func (p *Port) Outside() netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.outside
}

func (p *Port) set(a netip.AddrPort) {
	p.mu.Lock()
	p.outside = a
	p.mu.Unlock()
}

// gateway is a router that was found.
type gateway interface {
	// open passes a port on for a time, as near to the wanted one as it can.
	open(ctx context.Context, local netip.AddrPort, want uint16, lease time.Duration) (lent, error)
	// shut undoes it.
	shut(ctx context.Context, local netip.AddrPort, port uint16) error
}

// lent is what a router grants.
type lent struct {
	outside netip.AddrPort
	lease   time.Duration
}

const (
	askTime     = 5 * time.Second  // for the whole of a question
	shutTime    = 2 * time.Second  // for taking leave
	leastLease  = 2 * time.Minute  // no router makes us ask oftener than each minute
	searchAgain = 10 * time.Minute // when no router wants to
)

var errNone = errors.New("router: none that passes ports on")

// Serve has the port passed on until ctx ends, and then no more. Without a
// router that does it looks again from time to time.
func (p *Port) Serve(ctx context.Context) error {
	var g gateway
	var port uint16
	defer func() {
		p.set(netip.AddrPort{})
		if g != nil {
			leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutTime)
			defer cancel()
			if err := g.shut(leave, p.local, port); err != nil {
				p.cfg.Log.Debug("router keeps the port", "err", err) // until its lease ends
			}
		}
	}()
	for {
		found, got, err := p.ask(ctx, g, port)
		next := searchAgain
		if err == nil {
			g, port = found, got.outside.Port()
			p.set(got.outside)
			next = max(got.lease, leastLease) / 2
		} else if g != nil {
			g = nil // it may be another router: look for it at once
			p.set(netip.AddrPort{})
			next = time.Second
		}
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// ask has the port passed on by the router that did it before, or by whichever
// is found.
func (p *Port) ask(ctx context.Context, g gateway, port uint16) (gateway, lent, error) {
	if port == 0 {
		port = p.local.Port()
	}
	if g != nil {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		got, err := p.open(ctx, g, port)
		return g, got, err
	}
	err := errNone
	for _, find := range []func(context.Context) (gateway, error){p.findPMP, p.findUPnP} {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		found, e := find(ctx)
		if e == nil {
			var got lent
			if got, e = p.open(ctx, found, port); e == nil {
				cancel()
				return found, got, nil
			}
		}
		cancel()
		err = errors.Join(err, e)
	}
	p.cfg.Log.Debug("no router passes a port on", "err", err)
	return nil, lent{}, err
}

func (p *Port) open(ctx context.Context, g gateway, port uint16) (lent, error) {
	got, err := g.open(ctx, p.local, port, p.cfg.Lease)
	if err == nil && (got.outside.Port() == 0 || !got.outside.Addr().Is4() || got.outside.Addr().IsUnspecified()) {
		err = errors.New("router: no address")
	}
	return got, err
}
