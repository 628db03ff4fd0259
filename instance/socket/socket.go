// Package socket tells pages of news while they are open: a small Socket.IO 4
// server of our own, for PeerTube's clients.
//
//	/user-notifications   accessToken in the query; "new-notification"
//	/live-videos          "subscribe" and "unsubscribe" of a video; "state-change",
//	                      "views-change", "force-end"
//
//	GET  polling ──▶ open packet ──▶ long polls, posts ──▶ or, by a probe,
//	GET  websocket ───────────────────────────────────────▶ one WebSocket
//
// Below are Engine.IO 4 and Socket.IO 5, texts alone: no binary, no
// acknowledgements, no compression, no rooms beside these. Everything a client
// may make us keep is bounded, and what it loses, a page finds by REST.
//
// Whoever is shut out is cut off: the log-in that opened /user-notifications
// must live as long as the connection.
package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"vidiverse/instance/event"
	"vidiverse/instance/user"
	"vidiverse/p2p/wsock"
)

// Users knows whose a token is.
type Users interface {
	Authenticate(ctx context.Context, token string) (user.Caller, error)
	Watch(fn func(gone func(user.Caller) bool))
}

// Config is what a Server needs. Users, Events and Remote are required.
type Config struct {
	Users  Users
	Events event.Bus
	Remote func(*http.Request) netip.Addr
	Log    *slog.Logger // nil discards

	// Notification is a new notification as JSON. Hints of topic
	// NotificationTopic name it by ID, and its user by Name.
	Notification func(ctx context.Context, id int64) ([]byte, error)
	// State is the state of a video, and Viewers how many watch it, when a hint
	// of topic "live" says that one changed; nil has none.
	State   func(ctx context.Context, video int64) (int, error)
	Viewers func(video int64) int

	MaxSessions   int           // in all; default 10,000
	MaxPerNetwork int           // of one address, or 64 bits of IPv6; default 200
	MaxPerUser    int           // default 20
	PingInterval  time.Duration // default 25 s, as all of Engine.IO
	PingTimeout   time.Duration // default 20 s
}

// Topics of the hints that are heard. A hint of "live" is named as its event.
const (
	NotificationTopic = "notification"
	LiveTopic         = "live"
)

const (
	notifications = "/user-notifications"
	lives         = "/live-videos"
)

// Server is the Socket.IO server. Its handler is for /socket.io/; it answers
// while Serve runs.
type Server struct {
	cfg     Config
	sockets *wsock.Server

	mu       sync.Mutex
	ctx      context.Context // of Serve; nil before and after
	sessions map[string]*session
	networks map[netip.Addr]int
	users    map[user.ID]map[*session]struct{}
	videos   map[int64]map[*session]struct{}
}

// New makes a server; it starts nothing.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	orElse(&c.MaxSessions, 10_000)
	orElse(&c.MaxPerNetwork, 200)
	orElse(&c.MaxPerUser, 20)
	orElse(&c.PingInterval, 25*time.Second)
	orElse(&c.PingTimeout, 20*time.Second)
	s := &Server{
		cfg: c, sessions: map[string]*session{}, networks: map[netip.Addr]int{},
		users: map[user.ID]map[*session]struct{}{}, videos: map[int64]map[*session]struct{}{},
		sockets: wsock.New(wsock.Limits{
			Message: maxPayload, Queue: maxQueue, Hello: helloLimit, Idle: 2 * (c.PingInterval + c.PingTimeout),
		}),
	}
	c.Users.Watch(s.revoke)
	return s
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Serve tells of news until ctx ends; then every session is closed.
func (s *Server) Serve(ctx context.Context) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	heard := s.cfg.Events.Subscribe(inner, NotificationTopic, LiveTopic)
	ended := make(chan error, 1)
	go func() { ended <- s.sockets.Serve(inner) }()
	s.begun(inner)
	tick := time.NewTicker(min(time.Second, s.cfg.PingInterval/4))
	defer tick.Stop()
	var err error
	for running := true; running; {
		select {
		case <-ctx.Done():
			running = false
		case err = <-ended:
			ended <- err
			running = false
		case now := <-tick.C:
			s.each(func(one *session) { one.tick(now) })
		case e := <-heard:
			s.hear(ctx, e)
		}
	}
	s.begun(nil)
	s.each(func(one *session) { one.close() })
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

// begun lets sessions in while ctx is one.
func (s *Server) begun(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = ctx
}

// each works on all sessions, outside the lock.
func (s *Server) each(do func(*session)) {
	s.mu.Lock()
	all := make([]*session, 0, len(s.sessions))
	for _, one := range s.sessions {
		all = append(all, one)
	}
	s.mu.Unlock()
	for _, one := range all {
		do(one)
	}
}

// hear passes a hint on to who is connected for it.
func (s *Server) hear(ctx context.Context, e event.Event) {
	if e.Topic == NotificationTopic {
		id, err := strconv.ParseInt(e.Name, 10, 64)
		if err != nil {
			return
		}
		to := s.listeners(user.ID(id), 0)
		if len(to) == 0 {
			return
		}
		body, err := s.cfg.Notification(ctx, e.ID)
		if err != nil {
			s.cfg.Log.Debug("notification is not sent", "err", err)
			return
		}
		s.send(to, eventPacket(notifications, "new-notification", body))
		return
	}
	to := s.listeners(0, e.ID)
	if len(to) == 0 {
		return
	}
	body, err := s.liveBody(ctx, e)
	if err != nil {
		s.cfg.Log.Debug("change of a live is not sent", "video", e.ID, "err", err)
		return
	}
	s.send(to, eventPacket(lives, e.Name, body))
}

func (s *Server) liveBody(ctx context.Context, e event.Event) ([]byte, error) {
	switch {
	case e.Name == "state-change" && s.cfg.State != nil:
		state, err := s.cfg.State(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]int{"state": state})
	case e.Name == "views-change" && s.cfg.Viewers != nil:
		return json.Marshal(map[string]int{"viewers": s.cfg.Viewers(e.ID)})
	case e.Name == "force-end":
		return nil, nil
	}
	return nil, fmt.Errorf("no event %q", e.Name)
}

// listeners are the sessions of a user, or of a video.
func (s *Server) listeners(id user.ID, video int64) []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.users[id]
	if video != 0 {
		of = s.videos[video]
	}
	list := make([]*session, 0, len(of))
	for one := range of {
		list = append(list, one)
	}
	return list
}

func (s *Server) send(to []*session, packet string) {
	for _, one := range to {
		one.send(packet)
	}
}

// revoke closes the sessions of log-ins that ended.
func (s *Server) revoke(gone func(user.Caller) bool) {
	s.mu.Lock()
	var cut []*session
	for _, of := range s.users {
		for one := range of {
			if gone(one.caller) {
				cut = append(cut, one)
			}
		}
	}
	s.mu.Unlock()
	for _, one := range cut {
		one.close()
	}
}
