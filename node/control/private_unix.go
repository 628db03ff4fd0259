//go:build unix

package control

import (
	"net"
	"os"
	"sync"
	"syscall"
)

// umask belongs to the process, not to a goroutine.
var umask sync.Mutex

// listenPrivate makes the socket with permissions for its owner from its first
// moment: changing them afterwards would leave an instant for others.
func listenPrivate(path string) (net.Listener, error) {
	umask.Lock()
	defer umask.Unlock()
	old := syscall.Umask(0o177)
	l, err := net.Listen("unix", path)
	syscall.Umask(old)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close() // err is what matters
		return nil, err
	}
	return l, nil
}
