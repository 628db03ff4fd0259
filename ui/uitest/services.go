// Package uitest is a small node in memory for the tests of windows: it follows
// instances, lists and finds videos, paints their pictures, plays, shares and
// keeps, by the words of node/control, and touches no network and no disk.
package uitest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vidiverse/node/control"
)

// Node is the node. It is safe from several goroutines. Its fields are set
// before it is used, or with Do.
type Node struct {
	mu        sync.Mutex
	Now       time.Time
	Following []control.Instance
	Known     map[string]control.Instance // what Add finds, by address
	Videos    []control.Video
	State     control.SharingState
	Used      control.Use
	People    []control.Peer
	Told      []control.Event
	Keeping   []control.Mirror
	Held      []control.Holding
	Prefs     control.Preferences
	Progress  control.Progress
	Down      error             // answers everything, when set
	Refuse    error             // answers Playback.Open, when set
	Files     map[string][]byte // pictures that are not painted
	Asked     []string          // commands in order, for tests that watch what is asked
	sessions  int
	open      map[string]control.Ref
	handed    chan string
}

// Do changes the node while it is used.
func (n *Node) Do(change func(*Node)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(n)
}

// Log is what was asked, and forgets it.
func (n *Node) Log() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	log := n.Asked
	n.Asked = nil
	return log
}

// Services are those of the node.
func (n *Node) Services() control.Services {
	return control.Services{Library: library{n}, Playback: playback{n}, Sharing: sharing{n}, Mirrors: mirrors{n}, Settings: settings{n}, Torrents: torrents{n}, Links: links{n}}
}

// enter locks, notes what is asked, and answers for a node that is down.
func (n *Node) enter(ctx context.Context, format string, args ...any) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return func() {}, err
	}
	n.mu.Lock()
	if format != "" {
		n.Asked = append(n.Asked, fmt.Sprintf(format, args...))
	}
	return n.mu.Unlock, n.Down
}

type library struct{ n *Node }

func (l library) Add(ctx context.Context, address string) (control.Instance, error) {
	leave, err := l.n.enter(ctx, "add %s", address)
	defer leave()
	if err != nil {
		return control.Instance{}, err
	}
	i, known := l.n.Known[address]
	if !known {
		return i, fmt.Errorf("%w: %q is no address", control.ErrInvalid, address)
	}
	l.n.Following = append(l.n.Following, i)
	return i, nil
}

func (l library) Remove(ctx context.Context, origin string) error {
	leave, err := l.n.enter(ctx, "remove %s", origin)
	defer leave()
	l.n.Following = slices.DeleteFunc(l.n.Following, func(i control.Instance) bool { return i.Origin == origin })
	return err
}

func (l library) Instances(ctx context.Context) ([]control.Instance, error) {
	leave, err := l.n.enter(ctx, "")
	defer leave()
	return slices.Clone(l.n.Following), err
}

func (l library) List(ctx context.Context, q control.Query) (control.Page, error) {
	leave, err := l.n.enter(ctx, "list %s %q %s %d", q.Origin, q.Search, q.Sort, q.Start)
	defer leave()
	if err != nil {
		return control.Page{}, err
	}
	var p control.Page
	for _, v := range l.n.Videos {
		if q.Origin != "" && v.Origin != q.Origin || !strings.Contains(strings.ToLower(v.Title), strings.ToLower(q.Search)) {
			continue
		}
		if p.Total++; p.Total > q.Start && len(p.Cards) < q.Count {
			p.Cards = append(p.Cards, v.Card)
		}
	}
	for _, i := range l.n.Following {
		if i.Problem != (control.Word{}) {
			p.Problems = append(p.Problems, i.Problem)
		}
	}
	return p, nil
}

func (l library) Video(ctx context.Context, ref control.Ref) (control.Video, error) {
	leave, err := l.n.enter(ctx, "video %s", ref.Video)
	defer leave()
	if err != nil {
		return control.Video{}, err
	}
	for _, v := range l.n.Videos {
		if v.Ref == ref {
			return v, nil
		}
	}
	return control.Video{}, fmt.Errorf("%w: video %s", control.ErrNotFound, ref.Video)
}

func (l library) Resolve(ctx context.Context, link string) (control.Ref, error) {
	leave, err := l.n.enter(ctx, "resolve %s", link)
	defer leave()
	if err != nil {
		return control.Ref{}, err
	}
	for _, v := range l.n.Videos {
		if v.Page == link {
			return v.Ref, nil
		}
	}
	return control.Ref{}, control.ErrNotFound
}

func (l library) Picture(ctx context.Context, _ control.Ref, name string) ([]byte, error) {
	leave, err := l.n.enter(ctx, "")
	file := l.n.Files[name]
	leave()
	if err != nil || file != nil {
		return file, err
	}
	return Picture(name), nil
}

type playback struct{ n *Node }

func (p playback) Open(ctx context.Context, ref control.Ref, quality int) (control.Session, error) {
	leave, err := p.n.enter(ctx, "open %s %d", ref.Video, quality)
	defer leave()
	if err == nil {
		err = p.n.Refuse
	}
	if err != nil {
		return control.Session{}, err
	}
	p.n.sessions++
	id := fmt.Sprintf("s%d", p.n.sessions)
	if p.n.open == nil {
		p.n.open = map[string]control.Ref{}
	}
	p.n.open[id] = ref
	return p.n.session(id, quality), nil
}

// session is what Open and Choose answer; quality 0 plays what is suggested.
func (n *Node) session(id string, quality int) control.Session {
	s := control.Session{ID: id, Auto: quality == 0, Quality: quality, Duration: 24*time.Minute + 18*time.Second,
		Qualities: []control.Quality{{Height: 1080, FPS: 30}, {Height: 720, FPS: 30}, {Height: 480, FPS: 30}},
		Captions:  []control.Caption{{Language: "fr", Label: "French", URL: "http://127.0.0.1:1/fr.vtt"}}}
	if s.Auto {
		s.Quality = max(n.Progress.Suggest, 480)
	}
	s.Media = fmt.Sprintf("http://127.0.0.1:1/%s/%d.mp4", id, s.Quality)
	return s
}

func (p playback) Prepare(ctx context.Context, id string, at time.Duration) error {
	leave, err := p.n.enter(ctx, "prepare %s", at)
	defer leave()
	return err
}

func (p playback) Choose(ctx context.Context, id string, quality int) (control.Session, error) {
	leave, err := p.n.enter(ctx, "choose %d", quality)
	defer leave()
	if _, open := p.n.open[id]; !open {
		return control.Session{}, control.ErrNotFound
	}
	return p.n.session(id, quality), err
}

func (p playback) Progress(ctx context.Context, id string, at time.Duration) (control.Progress, error) {
	leave, err := p.n.enter(ctx, "")
	defer leave()
	if _, open := p.n.open[id]; !open {
		return control.Progress{}, control.ErrNotFound
	}
	return p.n.Progress, err
}

func (p playback) Close(ctx context.Context, id string) error {
	leave, err := p.n.enter(ctx, "close %s", id)
	defer leave()
	delete(p.n.open, id)
	return err
}

// Open is how many sessions are open.
func (n *Node) Open() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.open)
}

type sharing struct{ n *Node }

func (s sharing) State(ctx context.Context) (control.SharingState, error) {
	leave, err := s.n.enter(ctx, "state")
	defer leave()
	return s.n.State, err
}

func (s sharing) Consent(ctx context.Context, share bool) error {
	leave, err := s.n.enter(ctx, "consent %v", share)
	defer leave()
	if err != nil {
		return err
	}
	s.n.State.On, s.n.State.Reason = share, ""
	if !share {
		s.n.State.Reason = control.ReasonOff
	}
	return nil
}

func (s sharing) Pause(ctx context.Context, until time.Time) error {
	leave, err := s.n.enter(ctx, "pause")
	defer leave()
	s.n.State.Reason, s.n.State.Until = control.ReasonPaused, until
	if until.IsZero() {
		s.n.State.Reason = ""
	}
	return err
}

func (s sharing) Peers(ctx context.Context) ([]control.Peer, error) {
	leave, err := s.n.enter(ctx, "")
	defer leave()
	return slices.Clone(s.n.People), err
}

func (s sharing) Use(ctx context.Context) (control.Use, error) {
	leave, err := s.n.enter(ctx, "")
	defer leave()
	return s.n.Used, err
}

func (s sharing) Events(ctx context.Context, q control.EventQuery) ([]control.Event, error) {
	leave, err := s.n.enter(ctx, "events of %d %s %s", q.Peer, q.Transport, q.Video.Video)
	defer leave()
	return slices.DeleteFunc(slices.Clone(s.n.Told), func(e control.Event) bool {
		return q.Peer != 0 && q.Peer != e.Peer || q.Transport != "" && q.Transport != e.Transport || q.Video != (control.Ref{}) && q.Video != e.Video
	}), err
}

type mirrors struct{ n *Node }

func (m mirrors) List(ctx context.Context) ([]control.Mirror, error) {
	leave, err := m.n.enter(ctx, "")
	defer leave()
	return slices.Clone(m.n.Keeping), err
}

func (m mirrors) Set(ctx context.Context, origin string, limit int64) error {
	leave, err := m.n.enter(ctx, "mirror %s %d", origin, limit)
	defer leave()
	m.n.Keeping = slices.DeleteFunc(m.n.Keeping, func(k control.Mirror) bool { return k.Origin == origin })
	if limit > 0 {
		m.n.Keeping = append(m.n.Keeping, control.Mirror{Origin: origin, Limit: limit})
	}
	return err
}

func (m mirrors) Holdings(ctx context.Context) ([]control.Holding, error) {
	leave, err := m.n.enter(ctx, "")
	defer leave()
	return slices.Clone(m.n.Held), err
}

type settings struct{ n *Node }

func (s settings) Preferences(ctx context.Context) (control.Preferences, error) {
	leave, err := s.n.enter(ctx, "")
	defer leave()
	return s.n.Prefs, err
}

func (s settings) Set(ctx context.Context, p control.Preferences) error {
	leave, err := s.n.enter(ctx, "set")
	defer leave()
	if err == nil {
		s.n.Prefs = p
	}
	return err
}

type torrents struct{ n *Node }

func (t torrents) Link(ctx context.Context, link string) (control.Ref, error) {
	leave, err := t.n.enter(ctx, "magnet %s", link)
	defer leave()
	return t.n.torrent(err)
}

func (t torrents) File(ctx context.Context, file []byte) (control.Ref, error) {
	leave, err := t.n.enter(ctx, "torrent of %d bytes", len(file))
	defer leave()
	return t.n.torrent(err)
}

// torrent is the one torrent that the node knows.
func (n *Node) torrent(err error) (control.Ref, error) {
	for _, v := range n.Videos {
		if v.Origin == control.TorrentOrigin {
			return v.Ref, err
		}
	}
	return control.Ref{}, errors.Join(control.ErrInvalid, err)
}

type links struct{ n *Node }

func (l links) Hand(ctx context.Context, link string) error {
	select {
	case l.n.handed <- link:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l links) Next(ctx context.Context) (string, error) {
	select {
	case link := <-l.n.handed:
		return link, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
