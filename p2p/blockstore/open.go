package blockstore

import (
	"errors"
	"os"
	"sync"
)

// errNotFile is something else under the name of a media file.
var errNotFile = errors.New("not a regular file")

// openRead and its like open what the store made. A link or a pipe that
// somebody put there is not followed out of the folder, and does not block.
func openRead(root *os.Root, name string) (*os.File, error) {
	return openRegular(root, name, os.O_RDONLY)
}

func openExisting(root *os.Root, name string) (*os.File, error) {
	return openRegular(root, name, os.O_RDWR)
}

// openWrite also makes the file, with its whole size and nothing in it.
func openWrite(root *os.Root, name string, size int64) (*os.File, error) {
	f, err := openRegular(root, name, os.O_RDWR|os.O_CREATE)
	if errors.Is(err, errNotFile) {
		if err = clearAway(root, name); err == nil {
			f, err = openRegular(root, name, os.O_RDWR|os.O_CREATE)
		}
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < size {
		err = f.Truncate(size)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// clearing keeps one writer from removing what another just made.
var clearing sync.Mutex

func clearAway(root *os.Root, name string) error {
	clearing.Lock()
	defer clearing.Unlock()
	if info, err := root.Lstat(name); err != nil || info.Mode().IsRegular() {
		return err
	}
	return root.Remove(name)
}

func openRegular(root *os.Root, name string, flag int) (*os.File, error) {
	f, err := root.OpenFile(name, flag|noBlock, 0o600)
	if err != nil {
		if info, e := root.Lstat(name); e == nil && !info.Mode().IsRegular() {
			err = errNotFile // a link that leads out, a folder
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotFile
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// canPunch tries whether the file system frees parts of files.
func canPunch(root *os.Root) bool {
	const name = "try"
	f, err := openWrite(root, name, block)
	if err != nil {
		return false
	}
	err = punchHole(f, 0, block)
	return errors.Join(err, f.Close(), root.Remove(name)) == nil
}
