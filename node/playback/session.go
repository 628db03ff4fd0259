package playback

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/hls"
	"vidiverse/node/control"
	"vidiverse/node/remote"
)

// session is a video being played.
type session struct {
	p      *Playback
	film   *remote.Film
	token  string
	base   string // "http://127.0.0.1:port/run/token"
	ctx    context.Context
	cancel context.CancelCauseFunc
	group  *errgroup.Group
	wake   chan struct{}
	live   *live // nil of a finished video

	list  []control.Quality // ascending
	index []int             // of each quality's rendition

	choosing sync.Mutex // before mu; held while streams are made

	mu       sync.Mutex
	used     time.Time
	at       time.Duration // where the player is
	told     time.Time     // when somebody said so
	prepared time.Time     // when a seek was announced last
	target   time.Duration // where to
	auto     auto
	isAuto   bool
	pick     pick
	last     pick // what was played before, until pick is opened
	picks    int
	readers  map[*reader]bool
	stuck    bool
}

// pick is what is played now: a picture and its sound, which may be one stream.
type pick struct {
	number  int
	quality int
	main    *stream
	sound   *stream // nil: there is none
	opened  bool
}

func (k pick) streams() []*stream {
	if k.sound == nil || k.sound == k.main {
		return []*stream{k.main}
	}
	return []*stream{k.main, k.sound}
}

// errEnded is why reads of an ended session end.
var errEnded = errors.New("playback: the session has ended")

func newSession(p *Playback, r *run, film *remote.Film) (*session, error) {
	s := &session{p: p, film: film, token: rand.Text(), group: r.group, wake: make(chan struct{}, 1), used: p.cfg.Now(), readers: map[*reader]bool{}}
	s.base = "http://" + r.host + "/" + r.token + "/" + s.token
	for _, i := range order(film.Renditions) {
		q := film.Renditions[i]
		s.list = append(s.list, control.Quality{Height: q.Height, FPS: q.FPS, Bandwidth: q.Bandwidth})
		s.index = append(s.index, i)
	}
	if !film.Live && len(s.list) == 0 {
		return nil, fmt.Errorf("%w: the video has no form that can be played here", control.ErrInvalid)
	}
	s.ctx, s.cancel = context.WithCancelCause(r.ctx)
	if film.Live {
		s.live = newLive(s)
	}
	return s, nil
}

// order lists the renditions to choose from, ascending: pictures, or if there is
// none, sounds.
func order(all []remote.Rendition) []int {
	var pictures, sounds []int
	for i, r := range all {
		switch {
		case r.Kind == hls.Main && r.Height > 0:
			pictures = append(pictures, i)
		default:
			sounds = append(sounds, i)
		}
	}
	if len(pictures) == 0 {
		return sounds
	}
	slices.SortStableFunc(pictures, func(a, b int) int {
		x, y := all[a], all[b]
		if x.Height != y.Height {
			return x.Height - y.Height
		}
		return int(min(max(x.Bandwidth-y.Bandwidth, -1), 1))
	})
	return pictures
}

// end stops everything of the session.
func (s *session) end() { s.cancel(errEnded) }

func (s *session) touch() {
	s.mu.Lock()
	s.used = s.p.cfg.Now()
	s.mu.Unlock()
}

func (s *session) lastUsed() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// wakeUp lets the plan look again.
func (s *session) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it is about to
	}
}

// value is the session as callers see it.
func (s *session) value() control.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := control.Session{ID: s.token, Live: s.film.Live, Captions: s.captions()}
	if s.film.Live {
		v.Media = s.base + "/live/" + liveMaster
		return v
	}
	base := s.base + "/" + strconv.Itoa(s.pick.number)
	v.Media, v.Duration = base+"/"+videoFile, s.pick.main.times().Duration()
	if s.pick.main.picture == nil {
		v.Media = base + "/" + soundFile
	} else if s.pick.sound != nil {
		v.Sound = base + "/" + soundFile
	}
	v.Qualities, v.Quality, v.Auto = s.list, s.list[s.pick.quality].Height, s.isAuto
	return v
}

// moveTo notes where the player is.
func (s *session) moveTo(at time.Duration) {
	s.mu.Lock()
	s.at, s.told = max(at, 0), time.Now()
	s.mu.Unlock()
	s.wakeUp()
}

// prepare notes where the player will be, and watches for reads that hold it up.
func (s *session) prepare(at time.Duration) {
	s.mu.Lock()
	s.at, s.told, s.prepared = max(at, 0), time.Now(), time.Now()
	s.target = s.at
	s.mu.Unlock()
	s.wakeUp()
}
