package playback

import (
	"context"
	"fmt"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// choose switches to a height, the nearest that is not larger, or with 0 to what
// Auto thinks best.
func (s *session) choose(height int) error {
	if s.film.Live {
		return nil // the player chooses from the master playlist
	}
	if height < 0 {
		return fmt.Errorf("%w: a height of %d", control.ErrInvalid, height)
	}
	s.choosing.Lock() // one after the other: streams are made and shared
	defer s.choosing.Unlock()
	quality, same := s.decide(height, s.local(), s.p.pace.rate())
	if same {
		return nil
	}
	next, err := s.build(quality)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.picks++
	next.number = s.picks
	s.retire(s.last, next, s.pick)
	s.last, s.pick = s.pick, next
	return nil
}

// decide turns a wanted height into a quality, and tells whether it is played
// already.
func (s *session) decide(height int, local []bool, rate float64) (quality int, same bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch first := s.pick.main == nil; {
	case height > 0:
		for i, q := range s.list {
			if q.Height <= height {
				quality = i
			}
		}
		s.auto.now = quality
	case first || !s.isAuto:
		quality = s.auto.first(s.list, local, rate)
	default:
		quality = s.auto.now
	}
	s.isAuto = height == 0
	return quality, s.pick.main != nil && s.pick.quality == quality
}

// retire stops the streams of old that none of the others plays. mu is held.
func (s *session) retire(old pick, others ...pick) {
	if old.main == nil {
		return
	}
	for _, dead := range old.streams() {
		used := false
		for _, o := range others {
			used = used || o.main == dead || o.sound == dead
		}
		if !used {
			dead.stop()
		}
	}
}

// local tells which qualities are on this computer as a whole.
func (s *session) local() []bool {
	all := make([]bool, len(s.list))
	if s.p.cfg.Blocks == nil {
		return all
	}
	for i, r := range s.index {
		f, ok := s.p.cfg.Blocks.Find(s.film.Renditions[r].File)
		all[i] = ok && f.Whole()
	}
	return all
}

// build makes the streams of a quality, or takes those that play. choosing is
// held.
func (s *session) build(quality int) (pick, error) {
	main, err := s.stream(s.index[quality])
	if err != nil {
		return pick{}, err
	}
	k := pick{quality: quality, main: main}
	switch i := s.apart(); {
	case main.sound != nil:
		k.sound = main
	case i >= 0:
		if k.sound, err = s.stream(i); err != nil {
			return pick{}, err
		}
		if k.sound.sound == nil {
			k.sound.stop()
			k.sound = nil
		}
	}
	return k, nil
}

// apart is the rendition that holds the sound of pictures without one, or -1.
func (s *session) apart() int {
	for i, r := range s.film.Renditions {
		if r.Kind == hls.Secondary {
			return i
		}
	}
	for i, r := range s.film.Renditions {
		if r.Height == 0 {
			return i
		}
	}
	return -1
}

// stream of a rendition: the one that plays, or a new one. choosing is held.
func (s *session) stream(rendition int) (*stream, error) {
	r := &s.film.Renditions[rendition]
	s.mu.Lock()
	playing := []pick{s.pick, s.last}
	s.mu.Unlock()
	for _, k := range playing {
		if k.main == nil {
			continue
		}
		for _, old := range k.streams() {
			if old.Rendition == r && old.ctx.Err() == nil {
				return old, nil
			}
		}
	}
	n := &stream{
		Rendition: r, pace: s.p.pace, log: s.p.cfg.Log, group: s.group, moved: s.wakeUp,
		origin:  s.p.cfg.Remote.Source(s.film, rendition),
		flights: map[int]*flight{}, marks: make([]mark, len(r.Segments)), bytes: map[string]int64{},
	}
	n.swarm = func() Peers {
		if s.p.cfg.Swarm == nil {
			return nil
		}
		return s.p.cfg.Swarm(s.film, rendition)
	}
	if err := n.lay(); err != nil {
		return nil, fmt.Errorf("%w: %w", control.ErrInvalid, err)
	}
	if n.picture == nil && n.sound == nil {
		return nil, fmt.Errorf("%w: neither picture nor sound", control.ErrInvalid)
	}
	if err := n.openDisk(s.p.cfg.Blocks); err != nil {
		s.p.cfg.Log.Warn("a video is played without being kept", "err", err)
	}
	n.ctx, n.stop = context.WithCancel(s.ctx)
	return n, nil
}

// openDisk finds the place on disk of a file that may be kept.
func (s *stream) openDisk(blocks *blockstore.Store) (err error) {
	if blocks == nil || !s.verified() {
		return nil
	}
	if p2p.VersionOf(s.Extents) != s.File.Version {
		return fmt.Errorf("the file is of another version: %w", remote.ErrRefused)
	}
	s.disk, err = blocks.File(s.File, s.Extents)
	return err
}

// suggest is the quality that Auto would play now. mu is held.
func (s *session) suggest(local []bool, ahead time.Duration) int {
	return s.auto.next(s.list, local, s.p.pace.rate(), ahead, time.Now())
}
