package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/rest"
	"vidiverse/p2p/guard"
)

// accept asks for objects as PeerTube does.
const accept = `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// federated asks for the ActivityPub object: what the tracker allows.
func (f *fetch) federated(ctx context.Context) error {
	res, body, err := f.site.get(ctx, request{url: f.video.Page, turn: callTurn, accept: accept, limits: guard.Limits{Bytes: activitypub.MaxObject}})
	if err != nil {
		return err
	}
	if err := f.site.status(res); errors.Is(err, ErrUnavailable) {
		return err
	} else if err != nil {
		return nil // an instance that does not federate: there is nothing to join
	}
	object, err := activitypub.ReadVideo(bytes.NewReader(body))
	if err != nil {
		return nil // as above: a closed instance answers with its page
	}
	if object.ID != f.video.Page || object.MasterURL() != f.film.Master {
		return fmt.Errorf("%w: the federated object is of another video or playlist", ErrRefused)
	}
	f.film.Hashes = object.Hashes()
	f.film.Trackers = f.trackers(object.Trackers())
	return nil
}

const maxTrackers = 4

// trackers are those at the video's own server, as PeerTube's always are. A
// film must not bring us among the viewers of somebody else's: its digests are
// its own server's word alone.
func (f *fetch) trackers(list []string) []string {
	if len(list) == 0 { // PeerTube's own assumption
		list = []string{strings.Replace(f.film.Origin, "http", "ws", 1) + "/tracker/socket"}
	}
	home, _ := url.Parse(f.film.Origin) // it was parsed before
	var good []string
	for _, t := range list {
		scheme, rest, _ := strings.Cut(t, "://")
		address := strings.Replace(scheme, "ws", "http", 1) + "://" + rest
		at, ok := originOf(address)
		u, err := url.Parse(address)
		switch {
		case !ok || err != nil || len(t) > 2000 || len(good) == maxTrackers:
		case u.Hostname() != home.Hostname() || scheme != "wss" && at != f.film.Origin:
		default:
			good = append(good, t)
		}
	}
	return good
}

// captions lists the subtitles. Servers without any, or too old to know of
// them, have none.
func (f *fetch) captions(ctx context.Context) error {
	body, _, err := f.client.json(ctx, f.site, callTurn, f.film.Origin+"/api/v1/videos/"+f.film.UUID+"/captions")
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	var list rest.Page[rest.VideoCaption]
	if err := decode(body, &list); err != nil {
		return nil // a page of something else: no captions
	}
	for _, one := range list.Data[:min(len(list.Data), 100)] {
		address := absolute(f.film.Origin, one.FileURL)
		if address == "" {
			address = absolute(f.film.Origin, one.CaptionPath)
		}
		if address != "" && one.Language.ID != "" {
			f.film.Captions = append(f.film.Captions, Caption{
				Language: short(one.Language.ID, 20), Label: short(one.Language.Label, 100), URL: address, Automatic: one.AutomaticallyGenerated,
			})
		}
	}
	return nil
}

const maxMirrors = 8

// mirrors are the copies that the server knows of.
func (f *fetch) mirrors() []string {
	var all []string
	for _, r := range f.list.Redundancies {
		base := strings.TrimSuffix(r.BaseURL, "/")
		if o, ok := originOf(base); ok && strings.HasPrefix(o, "https://") && len(base) <= 2000 && len(all) < maxMirrors {
			all = append(all, base)
		}
	}
	return all
}
