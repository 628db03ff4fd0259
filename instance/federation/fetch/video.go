package fetch

import (
	"context"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// Video finds a video by its address, ours or another server's. One that is not
// known is read from its server and kept, with its channel and that one's owner;
// what hangs on it is read later.
func (f *Fetcher) Video(ctx context.Context, address string) (video.ID, error) {
	v, err := f.cfg.Videos.RemoteByURL(ctx, f.cfg.DB.Read(), address)
	if err == nil {
		return v.ID, f.stale(ctx, v.Local, refreshVideo, v.URL, v.FetchedAt)
	}
	if fault.KindOf(err) != fault.NotFound {
		return 0, err
	}
	return f.FreshVideo(ctx, address)
}

// FreshVideo is Video as its server describes it now. The object may have
// another address than the one asked for: short ones lead to it.
func (f *Fetcher) FreshVideo(ctx context.Context, address string) (video.ID, error) {
	return f.freshVideo(ctx, address, Found)
}

// AnnouncedVideo is Video of one that somebody just announced: when it is new
// here, people are told of it.
func (f *Fetcher) AnnouncedVideo(ctx context.Context, address string) (video.ID, error) {
	v, err := f.cfg.Videos.RemoteByURL(ctx, f.cfg.DB.Read(), address)
	if fault.KindOf(err) != fault.NotFound {
		return v.ID, err
	}
	return f.freshVideo(ctx, address, Announced)
}

// Way is how a video came to be known.
type Way int

// The ways. Of what is only found nobody is told: a first look at a server finds
// all that it ever published. What is not told was read from its server just now.
const (
	Told Way = iota // its server delivered it
	Announced
	Found
)

func (f *Fetcher) freshVideo(ctx context.Context, address string, way Way) (id video.ID, err error) {
	address, err = f.address(address)
	if err != nil {
		return 0, err
	}
	err = f.once(ctx, "video "+address, func(ctx context.Context) error {
		id, err = f.readVideo(ctx, address, way)
		return err
	})
	if err != nil || id != 0 {
		return id, err
	}
	return f.cfg.Videos.ByURL(ctx, f.cfg.DB.Read(), address) // another one read it
}

func (f *Fetcher) readVideo(ctx context.Context, address string, way Way) (id video.ID, err error) {
	at := f.cfg.Now()
	raw, _, err := f.object(ctx, address)
	if err != nil {
		return 0, err
	}
	o, err := activitypub.ParseVideo(raw)
	if err != nil {
		return 0, fault.New(fault.Invalid, "read a video: %w", err)
	}
	err = f.learning(ctx, func(tx db.Tx) (err error) {
		id, err = f.SaveVideo(ctx, tx, o, at, way)
		return err
	})
	return id, err
}

// learning writes, and reads the actors first that turn out to be unknown.
func (f *Fetcher) learning(ctx context.Context, write func(tx db.Tx) error) error {
	for range maxAttributed + 1 {
		err := f.cfg.DB.Write(ctx, write)
		unknown, ok := Unknown(err)
		if !ok {
			return err
		}
		if _, err := f.Actor(ctx, unknown); err != nil {
			return err
		}
	}
	return fault.New(fault.Invalid, "The object names too many actors.")
}

// SaveVideo keeps a video as its own server tells it, heard or read at a time.
// An unknown channel is an error of which Unknown tells the address. What was
// deleted after the object was written stays so: fault.Gone; but what its server
// serves now is there again.
func (f *Fetcher) SaveVideo(ctx context.Context, tx db.Tx, o activitypub.Video, at time.Time, way Way) (video.ID, error) {
	d, err := video.ReadRemote(o, f.cfg.Now())
	if err != nil {
		return 0, err
	}
	if d.URL, err = f.address(d.URL); err != nil {
		return 0, err
	}
	d.Quiet = way == Found
	written := d.UpdatedAt
	if way != Told {
		written = at
	}
	if err := f.unbury(ctx, tx, d.URL, written); err != nil {
		return 0, err
	}
	host := actor.HostOf(d.URL)
	if d.Channel, err = f.channelOf(ctx, tx, o, host); err != nil {
		return 0, err
	}
	if d.Host, err = f.cfg.Actors.HostID(ctx, tx, host); err != nil {
		return 0, err
	}
	id, created, err := f.cfg.Videos.SaveRemote(ctx, tx, d)
	if err != nil {
		return id, err
	}
	return id, f.CrawlVideo(ctx, tx, id, d.Collections, d.URL, created || way != Told)
}

// unbury refuses what was deleted later than it was written, and forgets an
// earlier deletion: a video that was hidden for a while comes back.
func (f *Fetcher) unbury(ctx context.Context, tx db.Tx, address string, written time.Time) error {
	at, err := f.store.buried(ctx, tx, address)
	if err != nil || at.IsZero() {
		return err
	}
	if !at.Before(written) {
		return fault.New(fault.Gone, "The object was deleted.")
	}
	return f.store.unbury(ctx, tx, address)
}

// Bury notes when something was deleted, also what was never known: a Create
// that comes late finds the grave.
func (f *Fetcher) Bury(ctx context.Context, tx db.Tx, address, kind string, by actor.ID, at time.Time) error {
	return f.store.bury(ctx, tx, address, kind, by, at)
}

// RefreshVideo reads a remote video again. One that its server deleted is
// deleted; after another failure it is left for another while.
func (f *Fetcher) RefreshVideo(ctx context.Context, address string) error {
	v, err := f.cfg.Videos.RemoteByURL(ctx, f.cfg.DB.Read(), address)
	if err != nil || v.Local {
		return ignore(err, fault.NotFound)
	}
	_, err = f.FreshVideo(ctx, v.URL)
	if err == nil || ctx.Err() != nil {
		return err
	}
	f.cfg.Log.Info("video not refreshed", "video", int64(v.ID), "err", err)
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if missing(err) {
			return f.cfg.Videos.RemoveRemote(ctx, tx, v.ID)
		}
		return f.cfg.Videos.Refreshed(ctx, tx, v.ID, true)
	})
}
