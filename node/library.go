package node

import (
	"context"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/p2p/consent"
)

// Services answer for the node. Playback needs Serve to run.
func (n *Node) Services() control.Services {
	return control.Services{
		Library: library{n}, Playback: player{n.playback, n}, Sharing: sharing{n}, Mirrors: mirrors{n}, Settings: settings{n}, Torrents: torrents{n},
		Links: n.links,
	}
}

// library answers for what is followed.
type library struct{ n *Node }

func (l library) Add(ctx context.Context, address string) (control.Instance, error) {
	in, err := l.n.catalog.Follow(ctx, address)
	if err != nil {
		return control.Instance{}, say(err)
	}
	return control.Instance{Origin: in.Origin, Host: in.Host, Name: in.Name, Description: in.Description}, nil
}

func (l library) Remove(ctx context.Context, origin string) error {
	return say(l.n.catalog.Unfollow(ctx, origin))
}

func (l library) Instances(ctx context.Context) ([]control.Instance, error) {
	follows, err := l.n.catalog.Follows(ctx)
	if err != nil {
		return nil, say(err)
	}
	all := make([]control.Instance, len(follows))
	for i, f := range follows {
		all[i] = control.Instance{Origin: f.Origin, Host: remote.HostOf(f.Origin), Name: f.Name, Description: f.Description, Problem: f.Problem, Key: consent.AtOrigin(l.n.key, f.Origin)}
	}
	return all, nil
}

func (l library) List(ctx context.Context, q control.Query) (control.Page, error) {
	page, err := l.n.catalog.List(ctx, q)
	if err != nil {
		return page, say(err)
	}
	kept := l.n.keptVideos()
	for i := range page.Cards {
		page.Cards[i].Kept = kept[page.Cards[i].Video]
	}
	return page, nil
}

func (l library) Video(ctx context.Context, ref control.Ref) (control.Video, error) {
	if ref.Origin == control.TorrentOrigin {
		v, err := l.n.torrents.Video(ctx, ref)
		return v, say(err)
	}
	v, err := l.n.catalog.Video(ctx, ref)
	if err != nil {
		return control.Video{}, say(err)
	}
	out := control.Video{
		Card: catalog.Card(v), Poster: v.Poster, Description: v.Description, Likes: v.Likes, Tags: v.Tags, Page: v.Page,
	}
	out.Kept = l.n.keptVideos()[ref.Video]
	if film, err := l.n.catalog.Last(ref); err == nil {
		out.Captions = captions(film)
	}
	return out, nil
}

func captions(film *remote.Film) (all []control.Caption) {
	for _, c := range film.Captions {
		all = append(all, control.Caption{Language: c.Language, Label: c.Label})
	}
	return all
}

func (l library) Resolve(ctx context.Context, link string) (control.Ref, error) {
	ref, err := l.n.catalog.Resolve(ctx, link)
	return ref, say(err)
}

func (l library) Picture(ctx context.Context, ref control.Ref, name string) ([]byte, error) {
	b, err := l.n.catalog.Picture(ctx, ref, name)
	return b, say(err)
}

// keptVideos are those of which a whole rendition is on disk, by UUID.
func (n *Node) keptVideos() map[string]bool {
	kept := map[string]bool{}
	for _, f := range n.blocks.Files() {
		if f.Bytes > 0 && f.Bytes == f.Size {
			kept[f.ID.Video] = true
		}
	}
	return kept
}

// player is the playback, in words for people.
type player struct {
	control.Playback
	n *Node
}

func (p player) Open(ctx context.Context, ref control.Ref, quality int) (control.Session, error) {
	if ref.Origin == control.TorrentOrigin {
		s, err := p.n.torrents.Play(ctx, ref)
		return s, say(err)
	}
	s, err := p.Playback.Open(ctx, ref, quality)
	return s, say(err)
}

func (p player) Prepare(ctx context.Context, id string, at time.Duration) error {
	return say(p.Playback.Prepare(ctx, id, at))
}

func (p player) Choose(ctx context.Context, id string, quality int) (control.Session, error) {
	s, err := p.Playback.Choose(ctx, id, quality)
	return s, say(err)
}

func (p player) Progress(ctx context.Context, id string, at time.Duration) (control.Progress, error) {
	g, err := p.Playback.Progress(ctx, id, at)
	return g, say(err)
}

func (p player) Close(ctx context.Context, id string) error { return say(p.Playback.Close(ctx, id)) }
