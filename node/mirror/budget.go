package mirror

import (
	"context"
	"errors"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p/blockstore"
)

// today is the day by which bytes are counted.
func (m *Mirror) today() string { return m.cfg.Now().UTC().Format("2006-01-02") }

// budget reads how much may be fetched.
func (j *job) budget() error {
	rules, err := j.m.cfg.Store.Mirrors()
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.Origin == j.ref.Origin {
			j.limit = r.Limit
			if r.Day == j.m.today() {
				j.before = r.Fetched
			}
		}
	}
	return nil
}

// allowed tells whether length bytes more may be fetched now.
func (j *job) allowed(length int64) error {
	j.m.mu.Lock()
	over := j.before+j.r.spent+length > ceiling*j.limit
	write := j.r.spent >= spendStep
	j.m.mu.Unlock()
	if over {
		return errCeiling
	}
	if write {
		if err := j.m.settleSpent(j.ref.Origin, j.r, &j.before); err != nil {
			return err
		}
	}
	free, size, err := j.m.cfg.Free()
	if err != nil {
		return err
	}
	if free-length < max(leftFree, size/leftPart) {
		return errLow
	}
	return nil
}

// spendStep bounds what a crash forgets of what was fetched.
const spendStep = 8 << 20

func (j *job) spend(n int64) {
	j.m.mu.Lock()
	defer j.m.mu.Unlock()
	j.r.spent += n
}

// settleSpent writes down what was fetched, and adds it to what was before.
func (m *Mirror) settleSpent(origin string, r *rule, before *int64) error {
	m.mu.Lock()
	n := r.spent
	r.spent = 0
	if before != nil {
		*before += n
	}
	m.mu.Unlock()
	if n == 0 {
		return nil
	}
	day := m.today()
	return m.cfg.Store.EditMirror(origin, func(s *store.Mirror) {
		if s.Day != day {
			s.Day, s.Fetched = day, 0
		}
		s.Fetched += n
	})
}

// words say for people why a video was not fetched.
func words(v store.Video, err error) control.Word {
	w := control.Word{ID: control.WordBroken, Title: v.Title, Host: remote.HostOf(v.Origin)}
	for _, why := range []struct {
		err error
		id  string
	}{
		{errLow, control.WordLow}, {blockstore.ErrFull, control.WordFull}, {errCeiling, control.WordCeiling}, {errWrong, control.WordWrong},
		{errMissing, control.WordMissing}, {context.Canceled, ""}, {remote.ErrUnavailable, control.WordSilent},
	} {
		if errors.Is(err, why.err) {
			w.ID = why.id
			break
		}
	}
	switch w.ID {
	case "":
		return control.Word{}
	case control.WordCeiling:
		w.N = ceiling
	}
	return w
}
