package video

import (
	"context"
	"time"

	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

// Caption is what is said in a video, in one language.
type Caption struct {
	Language    string
	Automatic   bool   // written by a machine
	File        string // name below /lazy-static/video-captions/
	Address     string // where another server keeps it; empty for ours
	PlaylistURL string // of its HLS form; empty without
	UpdatedAt   time.Time
}

// Storyboard is a sheet of small pictures of a video, row by row.
type Storyboard struct {
	File                  string // name below /lazy-static/storyboards/
	Address               string // where another server keeps it; empty for ours
	Width, Height         int    // of the sheet
	TileWidth, TileHeight int
	Seconds               int // that each picture stands for
}

// Live is what only lives have.
type Live struct {
	Permanent  bool // goes on air again and again
	SaveReplay bool
	Latency    Latency
	DVR        int         // seconds that can be gone back
	Starts     []time.Time // planned, the earliest first
}

// Latency says how far behind a live is watched. The integers are PeerTube's.
type Latency int

// The latencies.
const (
	LatencyDefault Latency = iota + 1
	LatencyHigh
	LatencySmall
)

func (l Latency) valid() bool { return l >= LatencyDefault && l <= LatencySmall }

// Attributes are what belongs to a video beside its row and files.
type Attributes struct {
	Captions   []Caption   // by language
	Storyboard *Storyboard // nil without
	Live       *Live       // nil of what is no live
}

// Attributes reads those of a video, whoever may see it.
func (s *Service) Attributes(ctx context.Context, v Video) (a Attributes, err error) {
	if a.Captions, err = s.captionsOf(ctx, v.ID, v.UUID, v.Privacy); err != nil {
		return a, err
	}
	if a.Storyboard, err = s.store.storyboard(ctx, v.ID); err != nil || !v.IsLive {
		return a, err
	}
	a.Live, err = s.store.live(ctx, v.ID)
	return a, err
}

// Captions are those of a video by language, for who may see it.
func (s *Service) Captions(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) ([]Caption, error) {
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return nil, err
	}
	return s.captionsOf(ctx, h.ID, h.UUID, h.Privacy)
}

// captionsOf gives the playlists of ours their addresses: they lie beside the
// master.
func (s *Service) captionsOf(ctx context.Context, id ID, uuid string, p Privacy) ([]Caption, error) {
	list, err := s.store.captions(ctx, s.db.Read(), id)
	for i, c := range list {
		if c.Address == "" && c.PlaylistURL != "" {
			list[i].PlaylistURL = s.base + "/static/" + stream.FolderOf(uuid, !p.Open()) + "/" + c.PlaylistURL
		}
	}
	return list, err
}

// Storyboard is that of a video, for who may see it; nil without.
func (s *Service) Storyboard(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (*Storyboard, error) {
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return nil, err
	}
	return s.store.storyboard(ctx, h.ID)
}

// Live is what a video has as a live, for who may see it; fault.NotFound where it
// is none.
func (s *Service) Live(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (Live, error) {
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return Live{}, err
	}
	l, err := s.store.live(ctx, h.ID)
	if err == nil && l == nil {
		err = fault.New(fault.NotFound, "Live video not found")
	}
	if err != nil {
		return Live{}, err
	}
	return *l, nil
}

// StateOf is where a video stands in its life; fault.NotFound.
func (s *Service) StateOf(ctx context.Context, id ID) (State, error) { return s.store.state(ctx, id) }

// addStarts says of lives when they are to begin.
func (s *Service) addStarts(ctx context.Context, items []Item) error {
	var lives []ID
	for _, it := range items {
		if it.IsLive {
			lives = append(lives, it.ID)
		}
	}
	if len(lives) == 0 {
		return nil
	}
	starts, err := s.store.starts(ctx, lives)
	for i := range items {
		items[i].Starts = starts[items[i].ID]
	}
	return err
}
