//go:build !linux

package blob

import "os"

func (f *Folder) open(key string) (*os.File, error) { return f.root.Open(key) }
