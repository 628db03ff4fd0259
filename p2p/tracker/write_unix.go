//go:build unix

package tracker

import (
	"net"
	"syscall"
)

// rawOf returns the descriptor of a plain connection, nil for TLS.
func rawOf(c net.Conn) syscall.RawConn {
	if tc, ok := c.(*net.TCPConn); ok {
		if raw, err := tc.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}

// writeNow writes what the kernel takes without waiting.
func writeNow(raw syscall.RawConn, b []byte) (n int, err error) {
	ctl := raw.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), b)
		if err == syscall.EAGAIN || err == syscall.EINTR {
			err = nil
		}
		return true
	})
	if ctl != nil {
		err = ctl
	}
	return max(n, 0), err
}
