package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

type store struct {
	db    *db.DB
	clock func() time.Time // nil: the database's
}

type row struct {
	bun.BaseModel `bun:"table:job"`

	ID          ID      `bun:"id"`
	Type        string  `bun:"type"`
	Payload     string  `bun:"payload"`
	State       State   `bun:"state"`
	Priority    int     `bun:"priority"`
	RunAt       int64   `bun:"run_at"`
	Attempt     int     `bun:"attempt"`
	MaxAttempts int     `bun:"max_attempts"`
	Crashes     int     `bun:"crashes"`
	Parent      *ID     `bun:"parent"`
	OrderKey    *string `bun:"order_key"`
	Progress    int     `bun:"progress"`
	Error       *string `bun:"error"`
	CreatedAt   int64   `bun:"created_at"`
	StartedAt   *int64  `bun:"started_at"`
	FinishedAt  *int64  `bun:"finished_at"`
	Later       bool    `bun:"later,scanonly"`
}

const columns = "id, type, payload, state, priority, run_at, attempt, max_attempts, crashes, parent, order_key, progress, error, created_at, started_at, finished_at"

func (r row) job() Job {
	j := Job{
		ID: r.ID, Type: r.Type, Payload: json.RawMessage(r.Payload), State: r.State, Priority: r.Priority,
		RunAt: db.Time(r.RunAt), Attempt: r.Attempt, MaxAttempts: r.MaxAttempts, Crashes: r.Crashes,
		Parent: deref(r.Parent), OrderKey: deref(r.OrderKey), Percent: r.Progress, Error: deref(r.Error),
		CreatedAt: db.Time(r.CreatedAt), StartedAt: db.Time(deref(r.StartedAt)), FinishedAt: db.Time(deref(r.FinishedAt)),
	}
	if r.Later {
		j.State = Delayed
	}
	return j
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func nullable[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// now is the present as SQL, for use in a statement.
func (s *store) now() bun.Safe {
	if s.clock != nil {
		return bun.Safe(strconv.FormatInt(db.Millis(s.clock()), 10))
	}
	return bun.Safe(s.db.Now())
}

const unfinished = "('waiting', 'active', 'waiting-children')"

func (s *store) insert(ctx context.Context, tx db.Tx, spec Spec) (id ID, err error) {
	payload, err := json.Marshal(spec.Payload)
	if err != nil {
		return 0, err
	}
	state, err := s.firstState(ctx, tx, spec.Parent)
	if err != nil {
		return 0, err
	}
	id, err = s.insertUnlessThere(ctx, tx, spec, payload, state)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	var there State
	err = tx.NewRaw("SELECT id, state FROM job WHERE dedupe_key = ? AND state IN "+unfinished, spec.DedupeKey).Scan(ctx, &id, &there)
	if err != nil || !spec.Anew || there != Active {
		return id, err
	}
	// A second key keeps it at one that runs and one that waits.
	spec.DedupeKey, spec.Anew = spec.DedupeKey+" anew", false
	return s.insert(ctx, tx, spec)
}

// insertUnlessThere fails with sql.ErrNoRows if an unfinished job has the key.
func (s *store) insertUnlessThere(ctx context.Context, tx db.Tx, spec Spec, payload []byte, state State) (id ID, err error) {
	runAt := any(s.now())
	if !spec.RunAt.IsZero() {
		runAt = db.Millis(spec.RunAt)
	}
	err = tx.NewRaw(`
		INSERT INTO job (type, payload, state, priority, run_at, max_attempts, parent, dedupe_key, order_key, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL AND state IN `+unfinished+` DO NOTHING
		RETURNING id`,
		spec.Type, string(payload), state, spec.Priority, runAt, spec.Attempts,
		nullable(spec.Parent), nullable(spec.DedupeKey), nullable(spec.OrderKey), s.now()).Scan(ctx, &id)
	return id, err
}

func (s *store) firstState(ctx context.Context, tx db.Tx, parent ID) (State, error) {
	if parent == 0 {
		return Waiting, nil
	}
	var state State
	err := tx.NewRaw("SELECT state FROM job WHERE id = ?", parent).Scan(ctx, &state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", fault.New(fault.NotFound, "parent job %d not found", parent)
	case err != nil:
		return "", err
	case state == Failed:
		return "", fault.New(fault.Conflict, "parent job %d has failed", parent)
	case state == Completed:
		return Waiting, nil
	}
	return WaitingChildren, nil
}

// claim takes the first job of a type that may run. ok is false if there is none.
func (s *store) claim(ctx context.Context, tx db.Tx, typ, owner string, lease time.Duration) (j Job, ok bool, err error) {
	locking := ""
	if s.db.Postgres() {
		locking = "FOR UPDATE SKIP LOCKED"
	}
	var r row
	err = tx.NewRaw(`
		UPDATE job SET state = 'active', attempt = attempt + 1, owner = ?, lease_until = ? + ?, started_at = ?, progress = 0
		WHERE id = (
			SELECT j.id FROM job AS j
			WHERE j.state = 'waiting' AND j.type = ? AND j.run_at <= ?
			AND (j.order_key IS NULL OR NOT EXISTS (SELECT 1 FROM job AS o WHERE o.order_key = j.order_key AND o.state = 'active'))
			ORDER BY j.priority, j.run_at, j.id LIMIT 1 ?)
		RETURNING `+columns,
		owner, s.now(), lease.Milliseconds(), s.now(), typ, s.now(), bun.Safe(locking)).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return Job{}, false, nil
	}
	return r.job(), err == nil, err
}

// renew prolongs leases and returns which of the jobs are still ours.
func (s *store) renew(ctx context.Context, tx db.Tx, owner string, lease time.Duration, ids []ID) (held []ID, err error) {
	err = tx.NewRaw("UPDATE job SET lease_until = ? + ? WHERE id IN (?) AND owner = ? AND state = 'active' RETURNING id",
		s.now(), lease.Milliseconds(), bun.List(ids), owner).Scan(ctx, &held)
	return held, err
}

func (s *store) progress(ctx context.Context, tx db.Tx, j *Job, percent int) error {
	return held(tx.NewRaw("UPDATE job SET progress = ? WHERE id = ? AND attempt = ? AND state = 'active'", percent, j.ID, j.Attempt).Exec(ctx))
}

// complete marks the job and frees those that waited for it.
func (s *store) complete(ctx context.Context, tx db.Tx, j *Job) (freed []string, err error) {
	err = held(tx.NewRaw(`
		UPDATE job SET state = 'completed', progress = 100, finished_at = ?, owner = NULL, lease_until = NULL, error = NULL
		WHERE id = ? AND attempt = ? AND state = 'active'`, s.now(), j.ID, j.Attempt).Exec(ctx))
	if err != nil {
		return nil, err
	}
	err = tx.NewRaw("UPDATE job SET state = 'waiting' WHERE parent = ? AND state = 'waiting-children' RETURNING type", j.ID).Scan(ctx, &freed)
	return freed, err
}

// again puts the job back to run after a pause. counted is false when the
// attempt shall not count as failed.
func (s *store) again(ctx context.Context, tx db.Tx, j *Job, pause time.Duration, crash, counted bool, cause error) error {
	more := 0
	if !counted {
		more = 1
	}
	return held(tx.NewRaw(`
		UPDATE job SET state = 'waiting', run_at = ? + ?, owner = NULL, lease_until = NULL,
			crashes = crashes + ?, max_attempts = max_attempts + ?, error = ?
		WHERE id = ? AND attempt = ? AND state = 'active'`,
		s.now(), pause.Milliseconds(), one(crash), more, nullable(text(cause)), j.ID, j.Attempt).Exec(ctx))
}

func (s *store) fail(ctx context.Context, tx db.Tx, j *Job, crash bool, cause error) error {
	return held(tx.NewRaw(`
		UPDATE job SET state = 'failed', finished_at = ?, owner = NULL, lease_until = NULL, crashes = crashes + ?, error = ?
		WHERE id = ? AND attempt = ? AND state = 'active'`, s.now(), one(crash), text(cause), j.ID, j.Attempt).Exec(ctx))
}

// failChildren fails all that waited for the job, however far down.
func (s *store) failChildren(ctx context.Context, tx db.Tx, j *Job, cause error) ([]Job, error) {
	var rows []row
	err := tx.NewRaw(`
		UPDATE job SET state = 'failed', finished_at = ?, error = ?
		WHERE state = 'waiting-children' AND id IN (`+descendants+`)
		RETURNING `+columns, s.now(), text(cause), j.ID).Scan(ctx, &rows)
	return jobs(rows), err
}

const descendants = `
	WITH RECURSIVE below (id) AS (
		SELECT id FROM job WHERE parent = ?
		UNION SELECT job.id FROM job JOIN below ON job.parent = below.id)
	SELECT id FROM below`

func (s *store) remove(ctx context.Context, tx db.Tx, id ID) (gone []ID, err error) {
	err = tx.NewRaw("DELETE FROM job WHERE state IN "+unfinished+" AND (id = ? OR id IN ("+descendants+")) RETURNING id", id, id).Scan(ctx, &gone)
	return gone, err
}

// abandoned finds active jobs whose process is gone: their lease ran out, or,
// when owner is not empty, belonged to that process.
func (s *store) abandoned(ctx context.Context, types []string, owner string) ([]Job, error) {
	var rows []row
	err := s.db.Read().NewRaw("SELECT "+columns+" FROM job WHERE state = 'active' AND type IN (?) AND (lease_until < ? OR owner = ?) ORDER BY id",
		bun.List(types), s.now(), owner).Scan(ctx, &rows)
	return jobs(rows), err
}

// nextDue is how long until the next delayed job of the types; 0 is never.
func (s *store) nextDue(ctx context.Context, types []string) (time.Duration, error) {
	var ms sql.NullInt64
	err := s.db.Read().NewRaw("SELECT MIN(run_at) - ? FROM job WHERE state = 'waiting' AND type IN (?) AND run_at > ?",
		s.now(), bun.List(types), s.now()).Scan(ctx, &ms)
	return time.Duration(max(ms.Int64, 0)) * time.Millisecond, err
}

// takeSlot reports whether the caller is the first of all processes in a slot
// of a periodic task.
func (s *store) takeSlot(ctx context.Context, tx db.Tx, name string, slot int64) (bool, error) {
	res, err := tx.NewRaw(`
		INSERT INTO job_period (name, slot) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE job_period.slot < excluded.slot`, name, slot).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// sweep deletes up to most finished jobs of a state that ended before keep ago.
func (s *store) sweep(ctx context.Context, tx db.Tx, state State, keep time.Duration, most int) (int64, error) {
	return affected(tx.NewRaw("DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = ? AND finished_at < ? - ? ORDER BY id LIMIT ?)",
		state, s.now(), keep.Milliseconds(), most).Exec(ctx))
}

// sweepBeyond deletes up to most finished jobs older than the newest keep.
func (s *store) sweepBeyond(ctx context.Context, tx db.Tx, keep, most int) (int64, error) {
	return affected(tx.NewRaw(`
		DELETE FROM job WHERE id IN (
			SELECT id FROM job WHERE state IN ('completed', 'failed') ORDER BY id DESC LIMIT ? OFFSET ?)`, most, keep).Exec(ctx))
}

func (s *store) list(ctx context.Context, f Filter) ([]Job, int, error) {
	where := func(q *bun.SelectQuery) *bun.SelectQuery {
		if len(f.States) > 0 {
			q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery { return s.inStates(q, f.States) })
		}
		if f.Type != "" {
			q = q.Where("type = ?", f.Type)
		}
		if f.OrderKey != "" {
			q = q.Where("order_key = ?", f.OrderKey)
		}
		return q
	}
	total, err := where(s.db.Read().NewSelect().Table("job")).Count(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("count jobs: %w", err)
	}
	order := "id DESC"
	if f.Sort == "createdAt" {
		order = "id"
	}
	var rows []row
	err = where(s.db.Read().NewSelect().Table("job").ColumnExpr(columns).
		ColumnExpr("state = 'waiting' AND run_at > ? AS later", s.now())).
		OrderExpr(order).Offset(int64(f.Start)).Limit(int64(f.Count)).Scan(ctx, &rows)
	if err != nil {
		return nil, 0, fmt.Errorf("list jobs: %w", err)
	}
	return jobs(rows), int(total), nil
}

func (s *store) inStates(q *bun.SelectQuery, states []State) *bun.SelectQuery {
	for _, state := range states {
		switch state {
		case Delayed:
			q = q.WhereOr("state = 'waiting' AND run_at > ?", s.now())
		case Waiting:
			q = q.WhereOr("state = 'waiting' AND run_at <= ?", s.now())
		default:
			q = q.WhereOr("state = ?", state)
		}
	}
	return q
}

func jobs(rows []row) []Job {
	list := make([]Job, len(rows))
	for i, r := range rows {
		list[i] = r.job()
	}
	return list
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// held turns "no row changed" into ErrLost.
func held(res sql.Result, err error) error {
	n, err := affected(res, err)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// text is what the row keeps of an error: bounded, and valid for PostgreSQL.
func text(err error) string {
	if err == nil {
		return ""
	}
	s := err.Error()
	return strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), 2000)], "\x00", ""), "")
}
