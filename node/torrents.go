package node

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/share"
	"vidiverse/p2p"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
	"vidiverse/p2p/torrent"
)

// spoolUnasked is for torrents of strangers, where the user did not say how much
// is kept in all; where it was said, they get a quarter of it.
const spoolUnasked = 10e9

func (n *Node) spoolRoom() int64 {
	n.quota.mu.Lock()
	defer n.quota.mu.Unlock()
	if n.quota.chosen > 0 {
		return n.quota.chosen / 4
	}
	return spoolUnasked
}

// guardOf is the client for an address that a torrent names: under the policy
// of a followed instance that the user typed, if it is there, else the strict
// one.
func (n *Node) guardOf(address string) *guard.Client {
	n.guarding.Lock()
	defer n.guarding.Unlock()
	home := ""
	if u, err := url.Parse(address); err == nil {
		origin := strings.ToLower(u.Scheme + "://" + u.Host)
		follows, err := n.store.Follows()
		for _, f := range follows {
			if err == nil && f.Typed && f.Origin == origin {
				home = origin
			}
		}
	}
	c, ok := n.guards[home]
	if !ok {
		policy := guard.Policy{Home: home}
		if n.cfg.Loopback {
			policy.Plain, policy.Allow = true, guard.Loopback()
		}
		c = guard.New(guard.Config{Policy: policy, UserAgent: n.cfg.UserAgent})
		n.guards[home] = c
	}
	return c
}

// meetTorrents meets peers of torrents while sharing goes on: over the same data
// channels and trackers as viewers, and over TCP at the same port.
func (n *Node) meetTorrents(ctx context.Context, host *rtc.Host, signals *signal.Client) error {
	policy := guard.Policy{}
	if n.cfg.LAN {
		policy.Allow = append(policy.Allow, private...)
	}
	listen := ":" + strconv.Itoa(n.cfg.Port)
	if n.cfg.Loopback {
		policy.Allow = append(policy.Allow, guard.Loopback()...)
		listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(n.cfg.Port))
	}
	if len(n.cfg.Addresses) > 0 { // one of those from which to share
		listen = netip.AddrPortFrom(n.cfg.Addresses[0], uint16(n.cfg.Port)).String()
	}
	network := torrent.Network{
		Host: host, Signal: signals, Listen: listen,
		Line: func(u ledger.Use) torrent.Line { return n.ledger.Open(u) },
		Dial: policy.Dial(net.Dialer{Timeout: 15 * time.Second}), May: policy.Permits,
	}
	err := n.engine.Meet(ctx, network)
	if errors.Is(err, torrent.ErrListen) { // no reason to share nothing
		n.log.Warn("nobody can connect over TCP", "err", err)
		network.Listen = ""
		err = n.engine.Meet(ctx, network)
	}
	return err
}

// private are the networks at home.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
}

// torrents is what people open, in words for people.
type torrents struct{ n *Node }

func (t torrents) Link(ctx context.Context, link string) (control.Ref, error) {
	ref, err := t.n.torrents.Link(ctx, link)
	return ref, say(err)
}

func (t torrents) File(ctx context.Context, file []byte) (control.Ref, error) {
	ref, err := t.n.torrents.File(ctx, file)
	return ref, say(err)
}

// maxHeld bounds the files that are announced as the torrents that their origins
// published: the ones used last. Each costs its hash and trackers in memory; its
// pieces are read from its origin when somebody comes for it.
const maxHeld = 128

// freshTime is how long what an origin said of a torrent is believed. A new title
// is a new torrent, and a tracker shuts out who announces the one before.
const freshTime = 6 * time.Hour

// held lists what is held, and lets those who have its torrents find it.
func (n *Node) held(ctx context.Context) ([]share.Stream, error) {
	streams, err := n.shelf.held(ctx)
	if err != nil {
		return nil, err
	}
	byFile := make(map[p2p.FileID]share.Stream, len(streams))
	for _, s := range streams {
		if s.Torrent != nil {
			byFile[s.File] = s
		}
	}
	found := map[[20]byte]share.Stream{}
	var list []torrent.Listing
	for _, f := range n.blocks.Files() { // the last used first
		s, ok := byFile[f.ID]
		if !ok || f.Bytes == 0 || n.cfg.Now().Sub(s.Fetched) > freshTime || len(list) == maxHeld {
			continue
		}
		found[s.Torrent.Hash] = s
		list = append(list, torrent.Listing{Hash: s.Torrent.Hash, Trackers: s.Torrent.Trackers, File: f.ID})
	}
	n.listing.Lock()
	n.listed = found
	n.listing.Unlock()
	n.engine.Hold(list)
	return streams, nil
}

// findTorrent opens a held file as the torrent that its origin published.
func (n *Node) findTorrent(ctx context.Context, hash [20]byte) (*metainfo.Torrent, torrent.Store, error) {
	n.listing.Lock()
	s, ok := n.listed[hash]
	n.listing.Unlock()
	file, known := n.blocks.Find(s.File)
	if !ok || !known {
		return nil, nil, p2p.ErrAbsent
	}
	info, err := n.torrents.Fetch(ctx, s.Torrent.URL, hash)
	if err != nil {
		return nil, nil, err
	}
	film, err := n.catalog.Last(s.Ref)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range film.Renditions {
		if r.File == s.File && r.Size == info.Length {
			store, err := torrent.NewHeld(info, file, r.Init, r.Extents)
			return info, store, err
		}
	}
	return nil, nil, p2p.ErrAbsent
}
