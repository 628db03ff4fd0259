// Package job is the queue of things that must happen. A job is a row, written
// in the transaction of the change it follows from; no crash loses one.
//
//	            ┌── retry after backoff ──┐
//	            ▼                         │
//	Enqueue → waiting ── claim, lease → active ──▶ completed
//	            ▲                         │
//	   parent completes                   └──────▶ failed (attempts or crashes used up)
//	   waiting-children ── parent fails ─────────▶ failed
//
// A worker holds a job by a lease it renews; time is the database's. When the
// process dies the lease runs out and the job runs again, so a handler must be
// able to run twice: it names its outputs by the attempt and ends with
// Job.Finish, which writes only while the lease is held.
package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ID numbers a job.
type ID int64

// State is where a job stands, in PeerTube's words.
type State string

// The states. Delayed is waiting for a time that has not come.
const (
	Waiting         State = "waiting"
	Active          State = "active"
	Completed       State = "completed"
	Failed          State = "failed"
	Delayed         State = "delayed"
	WaitingChildren State = "waiting-children" // waits for its parent
)

// Spec describes a job to enqueue.
type Spec struct {
	Type      string
	Payload   any       // becomes JSON
	Priority  int       // lower runs first
	RunAt     time.Time // not before; zero is now
	Parent    ID        // waits until that job completes, fails when it fails
	DedupeKey string    // at most one unfinished job has it
	Anew      bool      // one with that key that runs already does not count: what it read may be old
	OrderKey  string    // at most one active job has it
	Attempts  int       // how often it may fail; default 3
}

// Job is one job. Handlers get their own; the Jobs of List are only to look at.
type Job struct {
	ID          ID
	Type        string
	Payload     json.RawMessage
	State       State
	Priority    int
	RunAt       time.Time
	Attempt     int // counts every start and never repeats: good in names of outputs
	MaxAttempts int
	Crashes     int // attempts that ended with the process
	Parent      ID
	OrderKey    string
	Percent     int
	Error       string
	CreatedAt   time.Time
	StartedAt   time.Time // of the last attempt
	FinishedAt  time.Time

	run *run
}

// Decode reads the payload into v.
func (j *Job) Decode(v any) error {
	if err := json.Unmarshal(j.Payload, v); err != nil {
		return Permanent(fmt.Errorf("payload of job %d: %w", j.ID, err))
	}
	return nil
}

// failures is how many attempts ended with an error of the handler.
func (j *Job) failures() int { return j.Attempt - j.Crashes }

// ErrLost says that this attempt no longer holds the job: it was cancelled, or
// its lease ran out and another attempt has begun. Nothing was written.
var ErrLost = errors.New("job: lease lost")

// ErrShutdown is the cause of a handler's context that ends because Serve does.
// The job goes back to waiting and the attempt does not count as failed.
var ErrShutdown = errors.New("job: shutting down")

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error that another attempt would meet again: the job
// fails at once. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

func isPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}
