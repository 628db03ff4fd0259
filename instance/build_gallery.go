package instance

import (
	"net/netip"
	"time"

	"vidiverse/instance/gallery"
	"vidiverse/instance/rest"
	"vidiverse/p2p/guard"
)

// buildOutside makes the way to everything that others gave the address of.
func (i *Instance) buildOutside() {
	policy := guard.Policy{}
	if !i.cfg.Federation.PreventSSRF {
		policy = guard.Policy{Plain: true, Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	}
	i.outside = guard.New(guard.Config{Policy: policy, UserAgent: "PeerTube/" + rest.CompatibleVersion + " (+" + i.cfg.URL + ")"})
}

func (i *Instance) buildGallery() {
	c := gallery.Config{
		DB: i.db, Blob: i.files, Dir: i.files.TempDir(), Actors: i.actors, Jobs: i.jobs, Log: i.log, Now: i.now,
	}
	if i.cfg.Federation.Enabled {
		c.Remote = i.outside
	}
	i.gallery = gallery.New(c)
	i.periodic("expire-pictures", time.Hour, i.gallery.Sweep)
}
