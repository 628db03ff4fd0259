package playback

import (
	"time"

	"vidiverse/node/control"
)

// noticeable is how long a read waits before people are told.
const noticeable = 700 * time.Millisecond

// progress is what is known of the session's bytes.
func (s *session) progress() control.Progress {
	v := control.Progress{Bytes: map[string]int64{}}
	if s.live != nil {
		s.live.progress(&v)
		return v
	}
	local := s.local()
	s.mu.Lock()
	main, streams, at := s.pick.main, s.pick.streams(), s.at
	v.Stuck = s.stuck
	s.mu.Unlock()
	var ahead time.Duration
	for _, st := range streams {
		marks, bytes, refused := st.state()
		for source, n := range bytes {
			v.Bytes[source] += n
		}
		v.Refused += refused
		for _, m := range marks {
			if m.source != "" && st.verified() {
				v.Verified++
			}
		}
		if p, ok := st.swarm().(counter); ok {
			v.Peers = max(v.Peers, p.Count())
		}
		if st == main {
			v.Spans = spans(st, marks)
			if ahead = loaded(v.Spans, at); at+ahead >= st.times().Duration() {
				ahead = st.times().Duration() // nothing is left to wait for
			}
		}
	}
	v.Waiting = s.waiting()
	s.mu.Lock()
	v.Suggest = s.list[s.suggest(local, ahead)].Height
	s.mu.Unlock()
	return v
}

// counter is what Peers may know besides.
type counter interface{ Count() int } // people connected

// spans joins neighbours of one source.
func spans(st *stream, marks []mark) []control.Span {
	var all []control.Span
	times := st.times()
	for i, m := range marks {
		if m.source == "" {
			continue
		}
		from, to := times.Start(i), times.Start(i)+st.Segments[i].Duration
		if n := len(all); n > 0 && all[n-1].To == from && all[n-1].Source == m.source && all[n-1].Refused == m.refused {
			all[n-1].To = to
			continue
		}
		all = append(all, control.Span{From: from, To: to, Source: m.source, Refused: m.refused})
	}
	return all
}

// loaded is how much there is from a time on without a gap.
func loaded(all []control.Span, at time.Duration) time.Duration {
	end := at
	for _, s := range all {
		if s.From <= end && s.To > end {
			end = s.To
		}
	}
	return end - at
}

// waiting says what the player waits for, if it waits noticeably.
func (s *session) waiting() string {
	s.mu.Lock()
	var st *stream
	segment := 0
	longest := noticeable
	for r := range s.readers {
		if waits := time.Since(r.since); !r.since.IsZero() && waits >= longest {
			st, segment, longest = r.st, r.segment, waits
		}
	}
	s.mu.Unlock()
	if st == nil {
		return ""
	}
	if trouble := st.trouble(segment); trouble != "" {
		return trouble
	}
	return "Loading this part of the video."
}
