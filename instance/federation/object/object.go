// Package object renders what is stored here as ActivityPub objects and
// activities, as PeerTube 8.2 writes them. The door answers with them, delivery
// sends them; so whoever asks and whoever is told reads the same.
//
//	rows ──▶ Renderer ──▶ object ──▶ activity around it, with its audience
//
// It tells only what other servers may know: what is not federated is
// fault.NotFound here, what was deleted and left a trace is fault.Gone.
package object

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/uptrace/bun"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

// Config is what a Renderer needs.
type Config struct {
	DB        *db.DB
	PublicURL *url.URL // scheme and host[:port] that the world sees
	Videos    *video.Service
	Actors    *actor.Service
	// AccountOnly has videos attributed to their account alone, for servers that
	// follow FEP-1b12 to the letter.
	AccountOnly bool
}

// Renderer renders. It is safe for concurrent use.
type Renderer struct {
	cfg   Config
	store store
	base  string // public URL without a slash at the end
}

// New makes a renderer.
func New(c Config) *Renderer {
	return &Renderer{cfg: c, store: store{c.DB}, base: c.PublicURL.Scheme + "://" + c.PublicURL.Host}
}

// Base is the public address, without a slash at its end.
func (r *Renderer) Base() string { return r.base }

// Read is where objects are read from.
func (r *Renderer) Read() bun.IDB { return r.cfg.DB.Read() }

// Embed writes an object as the part of an activity: the activity has the
// context.
func Embed(o any) (json.RawMessage, error) { return activitypub.Marshal(o) }

// Known tells how a video stands towards others, whoever's it is; unknown ones
// are fault.NotFound.
func (r *Renderer) Known(ctx context.Context, id video.ID) (Facts, error) {
	f, err := r.store.video(ctx, id)
	f.Told = f.Local && r.cfg.Videos.Told(f.Privacy, f.State)
	return f, err
}
