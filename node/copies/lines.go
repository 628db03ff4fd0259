package copies

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"vidiverse/p2p/ledger"
)

// lines are those of the connections of one listener.
type lines struct {
	book  *ledger.Ledger
	all   sync.Map       // net.Conn → *ledger.Line
	ended sync.WaitGroup // of those goroutines that the server started
}

type lineKey struct{}

func (l *lines) open(ctx context.Context, c net.Conn) context.Context {
	line := l.book.Open(ledger.Use{Transport: ledger.HTTP, Remote: remoteOf(c.RemoteAddr().String())})
	l.all.Store(c, line)
	l.ended.Add(1)
	return context.WithValue(ctx, lineKey{}, line)
}

func (l *lines) changed(c net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	if line, known := l.all.LoadAndDelete(c); known {
		line.(*ledger.Line).Close()
		l.ended.Done()
	}
}

func remoteOf(address string) netip.AddrPort {
	at, _ := netip.ParseAddrPort(address) // of a TCP connection it is one
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
