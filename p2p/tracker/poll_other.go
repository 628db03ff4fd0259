//go:build !linux

package tracker

import "net"

// poller is for Linux; elsewhere every socket has a goroutine.
type poller struct{}

type polled struct{ conn }

func newPoller(func(func())) (*poller, error) { return &poller{}, nil }

func (*poller) shut() {}

func (*poller) adopt(net.Conn, *socket) *polled { return nil }

func (*poller) watch(*polled) error { return nil }
