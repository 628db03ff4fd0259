package blockstore

// Notify calls fn some time after what is held of the file changed, once for
// several changes, and never from the goroutine that made them. Calls do not
// overlap; fn must return soon, for others wait behind it. No call begins after
// stop returned.
func (f *File) Notify(fn func()) (stop func()) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.subs == nil {
		f.subs = map[*func()]func(){}
	}
	id := &fn
	f.subs[id] = fn
	return func() {
		f.s.mu.Lock()
		defer f.s.mu.Unlock()
		delete(f.subs, id)
	}
}

// tell queues the news that what is held of f changed. The caller has the lock.
func (s *Store) tell(f *File) {
	if f.told || len(f.subs) == 0 || s.closed {
		return
	}
	f.told = true
	s.news = append(s.news, f)
	if !s.telling {
		s.telling = true
		s.running.Go(s.tellAll)
	}
}

// tellAll lives as long as there is news.
func (s *Store) tellAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.news) > 0 {
		f := s.news[0]
		s.news, f.told = s.news[1:], false
		ids := make([]*func(), 0, len(f.subs))
		for id := range f.subs {
			ids = append(ids, id)
		}
		for _, id := range ids {
			if fn := f.subs[id]; fn != nil {
				s.mu.Unlock()
				fn()
				s.mu.Lock()
			}
		}
	}
	s.news, s.telling = nil, false
}
