//go:build !linux

package wsock

import "net"

// poller is for Linux; elsewhere every connection has a goroutine.
type poller struct{}

type polled struct{ link }

func newPoller(func(func())) (*poller, error) { return &poller{}, nil }

func (*poller) shut() {}

func (*poller) adopt(net.Conn, *Conn) *polled { return nil }

func (*poller) watch(*polled) error { return nil }
