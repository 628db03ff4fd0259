package socket

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"vidiverse/instance/user"
	"vidiverse/p2p/wsock"
)

const (
	maxQueue   = 64 << 10         // bytes that wait for a client
	maxWaiting = 256              // packets that wait for a client
	maxRooms   = 50               // videos that one session watches
	helloLimit = 45 * time.Second // until the first namespace is joined
	askLimit   = 5 * time.Second  // for a look into the database
	// budget is how many packets a client may send from one ping to the next.
	budget = 200
)

// session is one client, by whatever transport.
type session struct {
	server  *Server
	ctx     context.Context // of Serve
	id      string
	network netip.Addr
	token   string // of the handshake's query

	// Of Server.mu.
	caller user.Caller // who joined /user-notifications; nobody yet
	rooms  map[int64]struct{}

	mu     sync.Mutex
	queue  []string      // for the next poll
	bytes  int           // of queue
	more   chan struct{} // has one when something was queued, or the end came
	polled bool          // a poll waits
	conn   *wsock.Conn   // once it is a WebSocket
	probe  *wsock.Conn   // the WebSocket that it is about to become
	closed bool
	joined bool // any namespace
	spaces map[string]bool
	left   int       // of budget
	ping   time.Time // when the next goes out
	due    time.Time // when the answer must be there; zero when none is awaited
	hello  time.Time // when a namespace must be joined
}

// open makes a session, unless there are too many.
func (s *Server) open(network netip.Addr, token string) (*session, error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &session{
		server: s, ctx: s.ctx, id: newID(), network: network, token: token, rooms: map[int64]struct{}{}, spaces: map[string]bool{},
		more: make(chan struct{}, 1), left: budget, ping: now.Add(s.cfg.PingInterval), hello: now.Add(helloLimit),
	}
	if s.ctx == nil || len(s.sessions) >= s.cfg.MaxSessions || s.networks[network] >= s.cfg.MaxPerNetwork {
		return nil, errFull
	}
	s.sessions[one.id] = one
	s.networks[network]++
	return one, nil
}

func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// find returns the open session of that id, nil for none.
func (s *Server) find(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

// greeting is the first packet of a session.
func (one *session) greeting(upgrades string) string {
	c := one.server.cfg
	return fmt.Sprintf(`%c{"sid":%q,"upgrades":[%s],"pingInterval":%d,"pingTimeout":%d,"maxPayload":%d}`,
		eioOpen, one.id, upgrades, c.PingInterval.Milliseconds(), c.PingTimeout.Milliseconds(), maxPayload)
}

// send has a packet reach the client; one that takes nothing is closed.
func (one *session) send(packet string) {
	one.mu.Lock()
	if one.closed {
		one.mu.Unlock()
		return
	}
	if one.conn != nil {
		one.conn.Send(frame(packet))
		one.mu.Unlock()
		return
	}
	full := len(one.queue) >= maxWaiting || one.bytes+len(packet) > maxQueue
	if !full {
		one.queue = append(one.queue, packet)
		one.bytes += len(packet)
		one.wake()
	}
	one.mu.Unlock()
	if full {
		one.close()
	}
}

func frame(packet string) []byte { return wsock.Text(append(wsock.Begin(nil), packet...)) }

// wake has a waiting poll look again. The lock is held.
func (one *session) wake() {
	select {
	case one.more <- struct{}{}:
	default:
	}
}

// tick sends pings and closes who does not answer them, or joined nothing.
func (one *session) tick(now time.Time) {
	one.mu.Lock()
	overdue := !one.due.IsZero() && now.After(one.due) || !one.joined && now.After(one.hello)
	ping := one.due.IsZero() && now.After(one.ping)
	if ping {
		one.due, one.left = now.Add(one.server.cfg.PingTimeout), budget
	}
	one.mu.Unlock()
	switch {
	case overdue:
		one.close()
	case ping:
		one.send(string(eioPing))
	}
}

// close ends the session, once.
func (one *session) close() {
	one.mu.Lock()
	if one.closed {
		one.mu.Unlock()
		return
	}
	one.closed = true
	one.queue, one.bytes = nil, 0
	for _, c := range []*wsock.Conn{one.conn, one.probe} {
		if c != nil {
			c.Send(frame(string(eioClose)))
			c.Cut()
		}
	}
	one.wake()
	one.mu.Unlock()
	one.server.drop(one)
}

// drop forgets a session.
func (s *Server) drop(one *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[one.id] != one {
		return
	}
	delete(s.sessions, one.id)
	if s.networks[one.network]--; s.networks[one.network] <= 0 {
		delete(s.networks, one.network)
	}
	s.leaveUser(one)
	for video := range one.rooms {
		s.leaveRoom(one, video)
	}
}

// leaveUser and leaveRoom are called with the lock held.
func (s *Server) leaveUser(one *session) {
	id := one.caller.UserID
	one.caller = user.Caller{}
	if delete(s.users[id], one); len(s.users[id]) == 0 {
		delete(s.users, id)
	}
}

func (s *Server) leaveRoom(one *session, video int64) {
	delete(one.rooms, video)
	if delete(s.videos[video], one); len(s.videos[video]) == 0 {
		delete(s.videos, video)
	}
}

// receive works on one packet of the client. What is none ends the session.
func (one *session) receive(packet string) {
	one.mu.Lock()
	one.left--
	over := one.left < 0 || one.closed
	one.mu.Unlock()
	if over || packet == "" || !one.work(packet[0], packet[1:]) {
		one.close()
	}
}

func (one *session) work(kind byte, body string) bool {
	switch kind {
	case eioPong:
		one.mu.Lock()
		one.due, one.ping = time.Time{}, time.Now().Add(one.server.cfg.PingInterval)
		one.mu.Unlock()
		return one.alive()
	case eioNoop:
		return true
	case eioMessage:
		m, err := readMessage(body)
		if err != nil {
			return false
		}
		one.take(m)
		return true
	}
	return false // close too
}

// alive asks again whether the log-in is: another process may have ended it.
func (one *session) alive() bool {
	one.server.mu.Lock()
	joined := one.caller.SignedIn()
	one.server.mu.Unlock()
	if !joined {
		return true
	}
	one.mu.Lock()
	token := one.token
	one.mu.Unlock()
	_, err := one.authenticate(token)
	return err == nil
}

func (one *session) authenticate(token string) (user.Caller, error) {
	ctx, cancel := context.WithTimeout(one.ctx, askLimit)
	defer cancel()
	return one.server.cfg.Users.Authenticate(ctx, token)
}

// take works on a Socket.IO packet.
func (one *session) take(m message) {
	switch m.kind {
	case sioConnect:
		one.join(m)
	case sioDisconnect:
		one.leave(m.namespace)
	case sioEvent:
		if m.namespace == lives && one.in(lives) {
			one.watch(m)
		}
	}
}

func (one *session) in(namespace string) bool {
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.spaces[namespace]
}

func (one *session) join(m message) {
	switch m.namespace {
	case "/", lives:
	case notifications:
		if why := one.signIn(m.data); why != "" {
			one.send(refusal(m.namespace, why))
			return
		}
	default:
		one.send(refusal(m.namespace, "Invalid namespace"))
		return
	}
	one.mu.Lock()
	one.joined, one.spaces[m.namespace] = true, true
	one.mu.Unlock()
	one.send(write(sioConnect, m.namespace, fmt.Sprintf(`{"sid":%q}`, newID())))
}

// signIn notes whose session it is; it answers why not.
func (one *session) signIn(shown json.RawMessage) (why string) {
	var auth struct {
		Token string `json:"accessToken"`
	}
	one.mu.Lock()
	if len(shown) > 0 && json.Unmarshal(shown, &auth) == nil && auth.Token != "" {
		one.token = auth.Token
	}
	token := one.token
	one.mu.Unlock()
	if token == "" {
		return "No access token provided"
	}
	c, err := one.authenticate(token)
	if err != nil {
		return "Invalid access token."
	}
	if !one.server.enterUser(one, c) {
		return "Too many connections"
	}
	// A log-in that ended in between was not seen by revoke.
	if _, err := one.authenticate(token); err != nil {
		one.leave(notifications)
		return "Invalid access token."
	}
	return ""
}

func (s *Server) enterUser(one *session, c user.Caller) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[one.id] != one {
		return false
	}
	s.leaveUser(one)
	if len(s.users[c.UserID]) >= s.cfg.MaxPerUser {
		return false
	}
	if s.users[c.UserID] == nil {
		s.users[c.UserID] = map[*session]struct{}{}
	}
	one.caller = c
	s.users[c.UserID][one] = struct{}{}
	return true
}

func (one *session) leave(namespace string) {
	one.mu.Lock()
	delete(one.spaces, namespace)
	one.mu.Unlock()
	s := one.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch namespace {
	case notifications:
		s.leaveUser(one)
	case lives:
		for video := range one.rooms {
			s.leaveRoom(one, video)
		}
	}
}

// watch subscribes to a live, or ends that.
func (one *session) watch(m message) {
	var in struct {
		Video int64 `json:"videoId"`
	}
	if json.Unmarshal(m.data, &in) != nil || in.Video <= 0 {
		return
	}
	s := one.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.event == "unsubscribe":
		s.leaveRoom(one, in.Video)
	case m.event == "subscribe" && len(one.rooms) < maxRooms && s.sessions[one.id] == one:
		if s.videos[in.Video] == nil {
			s.videos[in.Video] = map[*session]struct{}{}
		}
		s.videos[in.Video][one] = struct{}{}
		one.rooms[in.Video] = struct{}{}
	}
}
