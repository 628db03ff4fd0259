package api

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"vidiverse/instance/user"
)

const (
	sharedFor  = 2 * time.Second
	sharedMost = 256     // answers
	sharedSize = 128_000 // bytes of one
	sharedPath = 500     // bytes of a request's path and query
)

// sharedAnswers are bodies that all strangers get, for moments in which a
// video is the talk of the town. An answer lives until any video changes, so
// what became private is not told once more. It is safe for concurrent use.
type sharedAnswers struct {
	mu    sync.RWMutex
	known map[string]sharedAnswer
}

type sharedAnswer struct {
	body       []byte
	generation uint64
	until      time.Time
}

func (s *sharedAnswers) get(path string, generation uint64, now time.Time) ([]byte, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.known[path]
	return k.body, ok && k.generation == generation && now.Before(k.until)
}

func (s *sharedAnswers) put(path string, k sharedAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= sharedMost {
		s.known = map[string]sharedAnswer{} // all of it is seconds old
	}
	s.known[path] = k
}

// shared repeats a handler's answer to strangers who show nothing.
func (a *API) shared(h handler) rawHandler {
	var answers sharedAnswers
	return func(w http.ResponseWriter, r *http.Request, c user.Caller) error {
		path := r.URL.RequestURI()
		open := !c.SignedIn() && shown(r).Password == "" && len(path) <= sharedPath
		// Read before the answer is made: a change meanwhile makes it useless.
		generation, now := a.Video.Service.Generation(), a.Now()
		if open {
			if body, ok := answers.get(path, generation, now); ok {
				writeBody(w, r, http.StatusOK, "application/json; charset=utf-8", body)
				return nil
			}
		}
		v, err := h(r, c)
		if err != nil {
			return err
		}
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if open && len(body) <= sharedSize {
			answers.put(path, sharedAnswer{body, generation, now.Add(sharedFor)})
		}
		writeBody(w, r, http.StatusOK, "application/json; charset=utf-8", body)
		return nil
	}
}
