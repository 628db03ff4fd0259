package swarm

import "context"

// read is one reading of a segment that several uploads share: viewers of the
// same moment ask for the same bytes. users is guarded by Swarm.mu.
type read struct {
	done  chan struct{}
	data  []byte // nobody writes to it
	err   error
	users int
}

// readSegment reads a segment, or waits for who reads it already. Its bytes are
// shared until ctx ends.
func (s *Swarm) readSegment(ctx context.Context, i int) ([]byte, error) {
	s.mu.Lock()
	r, reading := s.reads[i]
	if !reading {
		if s.reads == nil {
			s.reads = map[int]*read{}
		}
		r = &read{done: make(chan struct{})}
		s.reads[i] = r
	}
	r.users++
	s.mu.Unlock()
	context.AfterFunc(ctx, func() { s.release(i, r) })
	if !reading {
		// Not under ctx: others may wait for it, and a disk is quick.
		r.data, r.err = s.fetchOwn(i)
		close(r.done)
	}
	select {
	case <-r.done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Swarm) fetchOwn(i int) ([]byte, error) {
	ctx, err := s.n.context()
	if err != nil {
		return nil, err
	}
	return s.stream.Segments.Fetch(ctx, i)
}

func (s *Swarm) release(i int, r *read) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.users--; r.users == 0 && s.reads[i] == r {
		delete(s.reads, i)
	}
}
