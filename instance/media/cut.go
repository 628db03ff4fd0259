package media

import (
	"net/http"
	"sync"
	"time"

	"vidiverse/instance/user"
)

// sending are the answers of closed videos that are on their way, by who asked:
// an hour of film may be in one of them.
type sending struct {
	mu  sync.Mutex
	all map[*meter]user.Caller
}

// hold notes that an answer is for one user alone. Strangers, who know a password
// or a link, have no log-in that could end.
func (s *sending) hold(w *meter, to user.Caller) {
	if !to.SignedIn() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[*meter]user.Caller{}
	}
	s.all[w] = to
}

// release forgets an answer: it is over.
func (s *sending) release(w *meter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, w)
}

// cut ends the answers to those whose log-ins have ended.
func (s *sending) cut(gone func(user.Caller) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w, to := range s.all {
		if gone(to) {
			// What cannot be cut off has no connection that could stay open.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
		}
	}
}
