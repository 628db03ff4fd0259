package user

// Watch has fn called whenever log-ins end: by a log-out, a block, a deletion, a
// new password. gone tells whose. What holds a connection open for a caller
// closes it then. fn must not block; it is called from many goroutines. Call
// Watch before anything else.
func (s *Service) Watch(fn func(gone func(Caller) bool)) {
	s.sessions.watchers = append(s.sessions.watchers, fn)
}
