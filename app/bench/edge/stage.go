package main

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// stage stands where the browser's driver and the stock page want a test. What
// ends a test ends the part of the benchmark. Only what they use is there.
type stage struct {
	testing.TB
	ctx     context.Context
	dir     string
	cleanup []func()
}

// failure is what a stage panics with.
type failure struct{ error }

// onStage runs a part that drives a browser, and cleans up after it.
func onStage(ctx context.Context, part func(s *stage) error) (err error) {
	s := &stage{ctx: ctx}
	if s.dir, err = os.MkdirTemp("", "bench-edge"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	defer func() {
		for i := len(s.cleanup) - 1; i >= 0; i-- {
			s.cleanup[i]()
		}
	}()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.error
		default:
			panic(r)
		}
	}()
	return part(s)
}

func (s *stage) Helper()                       {}
func (s *stage) Context() context.Context      { return s.ctx }
func (s *stage) Cleanup(f func())              { s.cleanup = append(s.cleanup, f) }
func (s *stage) ArtifactDir() string           { return s.dir }
func (s *stage) TempDir() string               { return s.dir }
func (s *stage) Fatal(args ...any)             { panic(failure{fmt.Errorf("%s", fmt.Sprint(args...))}) }
func (s *stage) Fatalf(form string, a ...any)  { panic(failure{fmt.Errorf(form, a...)}) }
func (s *stage) Error(args ...any)             { fmt.Fprintln(os.Stderr, args...) } // while cleaning up
func (s *stage) Errorf(form string, a ...any)  { fmt.Fprintf(os.Stderr, form+"\n", a...) }
func (s *stage) Logf(form string, args ...any) { fmt.Fprintf(os.Stderr, form+"\n", args...) }
