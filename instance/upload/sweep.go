package upload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Recover makes rows and files agree after a start: an upload that was being
// looked at is open again, files are cut to the bytes that are known to be
// safe, and files of no upload are removed. Call it before requests come in.
func (s *Service) Recover(ctx context.Context) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of uploads: %w", err)
	}
	list, err := s.store.all(ctx, s.Now())
	if err != nil {
		return fmt.Errorf("list uploads: %w", err)
	}
	known := map[string]bool{}
	for _, r := range list {
		if r.State == direct {
			err = s.discard(ctx, r)
		} else {
			known[string(r.ID)] = true
			err = s.recoverOne(ctx, r)
		}
		if err != nil {
			return fmt.Errorf("recover upload %s: %w", r.ID, err)
		}
	}
	return s.removeStrangers(known)
}

func (s *Service) recoverOne(ctx context.Context, r record) error {
	if r.State == done {
		return nil
	}
	info, err := os.Stat(s.path(r.ID))
	have := r.Received
	switch {
	case err == nil && info.Size() > r.Received:
		err = os.Truncate(s.path(r.ID), r.Received)
	case err == nil:
		have = info.Size()
	case errors.Is(err, os.ErrNotExist):
		// It was moved already, or it never came to be.
		if _, err = s.Blob.Stat(ctx, orElse(r.Key, "none")); fault.KindOf(err) == fault.NotFound {
			have, err = 0, nil
		}
	}
	if err != nil || (have == r.Received && r.State == open) {
		return err
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		if err := s.store.setState(ctx, tx, r.ID, open, r.Key, r.Touched); err != nil {
			return err
		}
		return s.store.setReceived(ctx, tx, r.ID, have, r.Touched)
	})
}

// removeStrangers removes files whose upload has no row.
func (s *Service) removeStrangers(known map[string]bool) error {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if name, _ := strings.CutSuffix(e.Name(), ".picture"); !known[name] && !e.IsDir() {
			errs = append(errs, os.Remove(filepath.Join(s.Dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// Expire gives up uploads that nobody touched for the idle time, and forgets
// finished ones. It passes over those in use.
func (s *Service) Expire(ctx context.Context) error {
	list, err := s.store.all(ctx, s.expired())
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range list {
		h, _ := s.locks.try(string(r.ID), nil)
		if h == nil {
			continue
		}
		now, err := s.store.byID(ctx, r.ID) // it may have moved on since the list
		if err == nil && !now.Touched.After(s.expired()) {
			err = s.discard(ctx, now)
		}
		h.release()
		if fault.KindOf(err) != fault.NotFound {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
