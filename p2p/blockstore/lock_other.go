//go:build !unix

package blockstore

import "os"

// lockFolder leaves it to the lock that the index has on every system.
func lockFolder(string) (*os.File, error) { return nil, nil }
