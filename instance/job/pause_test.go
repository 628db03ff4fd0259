package job_test

import (
	"context"
	"testing"
	"time"

	"vidiverse/instance/job"
)

// While the queue is paused what is enqueued waits, and nothing of it is lost.
func TestPause(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		began := make(chan job.ID, 10)
		b.Handle("work", job.Options{}, func(_ context.Context, j *job.Job) error { began <- j.ID; return nil })
		b.Pause()
		stop := serve(t, b.Queue)
		defer stop()
		first := b.add(job.Spec{Type: "work"})
		select {
		case <-began:
			t.Fatal("a job began while the queue was paused")
		case <-time.After(200 * time.Millisecond): // ten looks at the database
		}
		if got := b.get(first).State; got != job.Waiting {
			t.Errorf("got %s, want it to wait", got)
		}
		b.Resume()
		select {
		case got := <-began:
			if got != first {
				t.Errorf("got job %d, want %d", got, first)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nothing began after the pause")
		}
		if !b.Known("work") || b.Known("other") {
			t.Error("the types of jobs are not known")
		}
	})
}
