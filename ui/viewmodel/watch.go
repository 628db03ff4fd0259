package viewmodel

import (
	"context"
	"time"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// Times of a watch page.
const (
	tickPeriod     = 250 * time.Millisecond
	progressPeriod = time.Second
	closeLimit     = 5 * time.Second
)

// Watch is a video being watched: what is said of it, and its player.
//
// Commands change what is shown at once and reach the player off the UI
// goroutine, one after the other; of many seeks the last one counts.
type Watch struct {
	*Scope
	Ref control.Ref

	Title, Channel, Host, Initial string
	Facts                         string // "1,204 views · 18 November 2026"
	Text                          string // description
	Page                          string // the video's web page
	Poster, Avatar                string
	Kept                          bool
	Live                          bool
	Next                          []Card

	Ready     bool // the player has something to show
	Problem   *Problem
	NoPlayer  bool // Problem is that there is no player here; UseSystem and UseSilent are ways out
	CanSilent bool
	Elsewhere bool // it plays in a window of the system's player
	Paused    bool
	Ended     bool
	Waiting   string // reason of a wait worth showing; empty: playing
	Position  time.Duration
	Length    time.Duration // 0: not known, or live
	Volume    float64
	Muted     bool
	Speed     float64
	Caption   int // -1: none
	Captions  []string
	Qualities []Quality
	Sources   Sources
	Marks     []Mark
	Swarm     Swarm // of a torrent

	Ticked func() // the position moved; nothing else did

	players   Players
	make      func() (Player, error)
	player    Player
	session   control.Session
	progress  control.Progress
	opened    time.Time
	waitSince time.Time
	polled    time.Time
	switched  time.Time
	wish      wish
	retries   int
	busy      bool

	about, next, open, poll question
}

// Quality is a choice of the quality menu.
type Quality struct {
	Height int // 0: automatic
	Label  string
	Chosen bool
}

// Watch opens a video; Load asks for it. Where players.Here fails, NoPlayer asks
// people what to do.
func (d *Desk) Watch(ref control.Ref, players Players) *Watch {
	return &Watch{Scope: d.Scope(), Ref: ref, players: players, make: players.Here, Volume: 1, Speed: 1, Caption: -1,
		Sources: Sources{Title: d.Words.Say("sources.title")}}
}

// Load asks for the video and starts to play it.
func (v *Watch) Load() {
	v.describe()
	v.start(0)
	every(v.Scope, tickPeriod, v.tick)
}

// Again tries once more after a Problem, where playing stopped.
func (v *Watch) Again() {
	if v.Title == "" {
		v.describe()
	}
	v.retries = 0
	v.start(v.Position)
}

func (v *Watch) describe() {
	ask(v.Scope, &v.about, func(ctx context.Context) (control.Video, error) { return v.Services.Library.Video(ctx, v.Ref) },
		func(about control.Video, err error) {
			if err != nil {
				v.fail(v.problem(err))
				return
			}
			v.take(about)
			v.changed()
		})
	if v.torrent() {
		return // nothing comes next
	}
	q := control.Query{Origin: v.Ref.Origin, Count: 9}
	ask(v.Scope, &v.next, func(ctx context.Context) (control.Page, error) { return v.Services.Library.List(ctx, q) },
		func(p control.Page, err error) {
			if err != nil {
				return // what comes next is no reason to disturb
			}
			v.Next = nil
			for i := range p.Cards {
				p.Cards[i].Host = "" // all are of this one
			}
			for _, c := range v.cards(nil, p.Cards) {
				if c.Ref != v.Ref && len(v.Next) < 8 {
					v.Next = append(v.Next, c)
				}
			}
			v.changed()
		})
}

func (v *Watch) torrent() bool { return v.Ref.Origin == control.TorrentOrigin }

func (v *Watch) problem(err error) *Problem {
	if v.torrent() {
		return problem(v.Words, "torrent", err)
	}
	return problem(v.Words, "video", err)
}

func (v *Watch) take(about control.Video) {
	card := v.card(about.Card)
	v.Title, v.Channel, v.Initial, v.Avatar, v.Kept = card.Title, card.Channel, card.Initial, card.Avatar, card.Kept
	v.Host = words.Clean(about.Host, nameRunes)
	v.Poster, v.Page, v.Live = about.Poster, about.Page, about.Live
	v.Text = words.Plain(about.Description, 10_000)
	if v.torrent() {
		v.Channel = v.Words.Say("torrent.kind")
		return
	}
	v.Facts = v.views(about.Views)
	if about.Live {
		v.Facts = v.Words.Count("card.watching", about.Watching)
	}
	if !about.Published.IsZero() {
		v.Facts += " · " + v.Words.Date(about.Published)
	}
	if v.Length == 0 {
		v.Length = about.Duration
	}
}

// start opens a session and plays it from a position.
func (v *Watch) start(at time.Duration) {
	v.Problem, v.NoPlayer, v.Ended = nil, false, false
	if v.torrent() { // who has it must be found first
		v.Waiting = v.Words.Say("torrent.looking")
	}
	v.changed()
	old := v.session.ID
	v.session = control.Session{}
	askOr(v.Scope, &v.open, func(ctx context.Context) (control.Session, error) {
		if old != "" {
			_ = v.Services.Playback.Close(ctx, old) // a session that is gone is closed
		}
		return v.Services.Playback.Open(ctx, v.Ref, 0)
	}, func(s control.Session, err error) {
		if err != nil {
			v.fail(v.problem(err))
			return
		}
		v.Waiting = ""
		v.adopt(s)
		v.opened = v.Now()
		v.wish.fresh = true
		v.reload(at)
		v.changed()
	}, func(s control.Session) {
		v.later(closeLimit, "close a late session", func(ctx context.Context) error { return v.Services.Playback.Close(ctx, s.ID) })
	})
}

// adopt takes what a session says.
func (v *Watch) adopt(s control.Session) {
	v.session = s
	v.Live = s.Live
	if s.Duration > 0 {
		v.Length = s.Duration
	}
	v.Qualities = v.qualities(s)
	v.Captions = nil
	for _, c := range s.Captions {
		v.Captions = append(v.Captions, words.Clean(c.Label, nameRunes))
	}
	v.switched = v.Now()
}

func (v *Watch) qualities(s control.Session) []Quality {
	auto := v.Words.Say("quality.auto")
	if s.Auto && s.Quality > 0 {
		auto = v.Words.Say("quality.auto.now", "height", s.Quality)
	}
	all := []Quality{{0, auto, s.Auto}}
	for _, q := range s.Qualities {
		label := v.Words.Say("quality.height", "height", q.Height)
		switch {
		case q.Height == 0:
			continue // sound alone has no picture to choose
		case q.FPS > 30:
			label = v.Words.Say("quality.height.fps", "height", q.Height, "fps", q.FPS)
		}
		all = append(all, Quality{q.Height, label, !s.Auto && q.Height == s.Quality})
	}
	return all
}

// Choose plays another quality from here on; 0 lets it be chosen.
func (v *Watch) Choose(height int) {
	id := v.session.ID
	if id == "" {
		return
	}
	ask(v.Scope, &v.open, func(ctx context.Context) (control.Session, error) { return v.Services.Playback.Choose(ctx, id, height) },
		func(s control.Session, err error) {
			if err != nil {
				v.start(v.Position)
				return
			}
			same := s.Media == v.session.Media
			v.adopt(s)
			if !same {
				v.reload(v.Position)
			}
			v.changed()
		})
}

func (v *Watch) fail(p *Problem) {
	v.Problem = p
	v.Waiting = ""
	v.changed()
}

// Close leaves the video: nothing plays and nothing is fetched for it.
func (v *Watch) Close() {
	if v.Closed() {
		return
	}
	player, id := v.player, v.session.ID
	if v.busy {
		player = nil // obeyed closes it, after what it is doing
	}
	v.Scope.Close()
	v.Ticked = nil
	v.later(closeLimit, "close a video", func(ctx context.Context) error {
		if player != nil {
			if err := player.Close(); err != nil {
				v.Log.Debug("close player", "err", err)
			}
		}
		if id == "" {
			return nil
		}
		return v.Services.Playback.Close(ctx, id)
	})
}
