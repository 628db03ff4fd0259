package node

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/mirror"
	"vidiverse/node/playback"
	"vidiverse/node/remote"
	"vidiverse/node/share"
	"vidiverse/p2p/router"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/swarm/window"
)

// follows is told of every change of a video, after the mirror was.
func (n *Node) follows(catalog.Change) {
	n.shelf.forget()
	n.share.Refresh()
}

// playing is the people who have a rendition that is being played.
func (n *Node) playing(film *remote.Film, i int) playback.Peers {
	if s, shared := streamOf(film, i); shared {
		if p := n.share.Peers(s); p != nil {
			return p
		}
	}
	return nil
}

// watching is the people who watch a stream of a live.
func (n *Node) watching(film *remote.Film, i int, w *window.Window) playback.Peers {
	if p := n.share.Peers(share.OfLive(control.Ref{Origin: film.Origin, Video: film.UUID}, film, i, w)); p != nil {
		return p
	}
	return nil
}

// met is the people who have a rendition that is being copied and came because
// we hold a part of it.
func (n *Node) met(film *remote.Film, i int) mirror.Peers {
	if s, shared := streamOf(film, i); shared {
		if p := n.share.Met(s); p != nil {
			return p
		}
	}
	return nil
}

func streamOf(film *remote.Film, i int) (share.Stream, bool) {
	for _, s := range share.Of(control.Ref{Origin: film.Origin, Video: film.UUID}, film) {
		if s.File == film.Renditions[i].File {
			return s, true
		}
	}
	return share.Stream{}, false
}

// network is how people are met, asked each time sharing begins.
func (n *Node) network() rtc.Config {
	return rtc.Config{
		Port: n.cfg.Port, Addresses: n.cfg.Addresses, LAN: n.cfg.LAN, Loopback: n.cfg.Loopback, STUN: n.catalog.STUN(),
		Router: n.router(), Log: n.log,
	}
}

// router says how to ask routers for a port; who stays on this machine asks
// none.
func (n *Node) router() *router.Config {
	if n.cfg.NoRouter || n.cfg.Loopback || slices.ContainsFunc(n.cfg.Addresses, netip.Addr.IsLoopback) {
		return nil
	}
	return &router.Config{}
}

// dialTracker connects to a tracker that a film named, under the policy of
// whichever followed instance it belongs to.
func (n *Node) dialTracker(ctx context.Context, network, address string) (net.Conn, error) {
	follows, err := n.store.Follows()
	if err != nil {
		return nil, err
	}
	origin := ""
	for _, f := range follows {
		if f.Typed && addressOf(f.Origin) == address {
			origin = f.Origin
		}
	}
	return n.remote.Dial(origin)(ctx, network, address)
}
