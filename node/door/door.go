// Package door is where connections of strangers and players come in: so many at
// a time, and no more.
//
//	listener ─▶ room for one more? ─▶ server ─▶ Close makes room
//	                └ no: closed at once, nothing was promised
//
// Who waits instead of being closed holds up all behind it.
package door

import (
	"net"
	"sync"
)

// Bounded lets so many connections of l, which is of TCP, in at a time; others are
// closed at once. With each that comes in it calls set, if that is not nil.
func Bounded(l net.Listener, most int, set func(*net.TCPConn)) net.Listener {
	return &door{Listener: l, free: make(chan struct{}, most), set: set}
}

type door struct {
	net.Listener
	free chan struct{}
	set  func(*net.TCPConn)
}

// visitor keeps what a TCP connection can do beyond net.Conn: files are sent
// without copies.
type visitor struct {
	*net.TCPConn
	leave func()
}

func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := conn.(*net.TCPConn)
		if !ok || !d.enter() {
			_ = conn.Close() // nothing was promised
			continue
		}
		if d.set != nil {
			d.set(tcp)
		}
		return &visitor{TCPConn: tcp, leave: sync.OnceFunc(func() { <-d.free })}, nil
	}
}

// enter takes a place, if there is one.
func (d *door) enter() bool {
	select {
	case d.free <- struct{}{}:
		return true
	default:
		return false
	}
}

func (v *visitor) Close() error {
	defer v.leave()
	return v.TCPConn.Close()
}
