package blockstore_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/blockstore"
)

// What the disk turned is found before anybody asks for it, at a rate that does
// not disturb, and is there again when it was fetched anew.
func TestScrub(t *testing.T) {
	const extents = 40
	dir := t.TempDir()
	c := film(1, extents, size)
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir, blockstore.Config{})
		f := c.in(t, s)
		for i := range extents {
			c.put(t, f, i)
		}
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		spoil(t, media(t, dir)[0], c.extents[11].Offset+77)
		used := f.Info().Used
		ctx, cancel := context.WithCancel(t.Context())
		rounds := make(chan [2]int)
		ended := make(chan error)
		go func() {
			ended <- s.Scrub(ctx, blockstore.Scrub{Rate: size, Pause: time.Hour, Done: func(looked, bad int) { rounds <- [2]int{looked, bad} }})
		}()
		heard := make(chan struct{}, 100)
		defer f.Notify(func() { heard <- struct{}{} })()
		began := time.Now()
		if got := <-rounds; got != [2]int{extents, 1} || f.Has(11) || len(f.Held()) != extents-1 {
			t.Errorf("the first round: got %v, %d held", got, len(f.Held()))
		}
		if took := time.Since(began); took < (extents-2)*time.Second || took > 2*extents*time.Second {
			t.Errorf("%d extents of a second each took %v", extents, took)
		}
		<-heard // whoever keeps the file
		c.put(t, f, 11)
		if got := <-rounds; got != [2]int{extents, 0} {
			t.Errorf("after it was fetched anew: got %v", got)
		}
		if now := f.Info().Used; now.Sub(used) > 2*extents*time.Second {
			t.Errorf("looking counts as a use: %v, then %v", used, now)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func spoil(t *testing.T, name string, at int64) {
	t.Helper()
	w, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.WriteAt([]byte{1, 2, 3, 4, 5}, at); err != nil {
		t.Fatal(err)
	}
}
