package door_test

import (
	"net"
	"testing"
	"time"

	"vidiverse/node/door"
)

// TestBounded: as many come in as there is room for, one more is closed at once,
// and who leaves, even twice, makes room for one.
func TestBounded(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	set := 0
	l = door.Bounded(l, 2, func(*net.TCPConn) { set++ })
	t.Cleanup(func() { l.Close() })
	enter := func() (out, in net.Conn) {
		t.Helper()
		out, err := new(net.Dialer).DialContext(t.Context(), "tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { out.Close() })
		if in, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		return out, in
	}
	_, first := enter()
	_, second := enter()
	third, err := new(net.Dialer).DialContext(t.Context(), "tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { third.Close() })
	next := make(chan net.Conn)
	go func() {
		conn, _ := l.Accept()
		next <- conn
	}()
	if err := third.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := third.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
		t.Fatalf("one too many: got %d bytes, %v, want it closed", n, err)
	}
	_ = first.Close()
	_ = first.Close() // the second time it is an error, and makes no room
	fourth, err := new(net.Dialer).DialContext(t.Context(), "tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fourth.Close() })
	if in := <-next; in == nil || in.RemoteAddr().String() != fourth.LocalAddr().String() {
		t.Error("who left made no room")
	} else {
		_ = in.Close()
	}
	_ = second.Close()
	if set != 3 {
		t.Errorf("%d connections were set up, want 3", set)
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}
