package upload

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// path is the file of an upload. IDs are hexadecimal digits and dashes that we
// made ourselves; one that came in a request is looked up as a row first.
func (s *Service) path(id ID) string { return filepath.Join(s.Dir, string(id)) }

func (s *Service) picturePath(id ID) string { return s.path(id) + ".picture" }

// medium turns a failing disk into words; other errors pass.
func medium(err error) error {
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w (%w)", errFull, err)
		}
	}
	return err
}

// tail is an unfinished file open for appending.
type tail struct {
	f    *os.File
	at   int64 // where the next byte goes
	safe int64 // bytes known to be on disk
}

// openTail opens the file of an upload at the byte that follows the received
// ones and drops what lies beyond: it was never promised to anyone.
func openTail(path string, received int64) (*tail, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, medium(err)
	}
	info, err := f.Stat()
	if err == nil && info.Size() < received {
		err = fmt.Errorf("file of %d bytes is shorter than the %d received", info.Size(), received)
	}
	if err == nil && info.Size() > received {
		err = f.Truncate(received)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &tail{f: f, at: received, safe: received}, nil
}

// read appends what r has until its end, limit bytes at most, and calls save
// with the new length after each sync: every step bytes or 10 s, and at the
// end. What arrived before an error is kept. read returns r's error.
func (t *tail) read(r io.Reader, limit, step int64, moved func(), save func(int64) error) error {
	buf := make([]byte, min(256<<10, max(limit, 1)))
	last := time.Now()
	var failed error
	for limit > 0 && failed == nil {
		n, err := r.Read(buf[:min(int64(len(buf)), limit)])
		if n > 0 {
			moved()
			if _, werr := t.f.WriteAt(buf[:n], t.at); werr != nil {
				return medium(werr)
			}
			t.at += int64(n)
			limit -= int64(n)
		}
		failed = err
		if t.at-t.safe >= step || (t.at > t.safe && time.Since(last) > 10*time.Second) {
			if err := t.sync(save); err != nil {
				return err
			}
			last = time.Now()
		}
	}
	if err := t.sync(save); err != nil {
		return err
	}
	if errors.Is(failed, io.EOF) {
		return nil
	}
	return failed
}

// sync makes the bytes durable, then the number that promises them.
func (t *tail) sync(save func(int64) error) error {
	if t.at == t.safe {
		return nil
	}
	if err := t.f.Sync(); err != nil {
		return medium(err)
	}
	if err := save(t.at); err != nil {
		return err
	}
	t.safe = t.at
	return nil
}
