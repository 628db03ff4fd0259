package db

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"
)

// Statement is one SELECT that stays prepared on the connections of the read
// pool: for what is asked many times a second, reading its text costs more
// than running it. It is safe for use by several goroutines.
type Statement struct {
	db   *DB
	text string

	mu       sync.Mutex
	prepared *sql.Stmt
}

// Statement makes one of an SQL text with ? for each argument, as bun writes
// it, but with plain values only. Nothing is asked before its first use; it
// ends with the database.
func (d *DB) Statement(text string) *Statement {
	if d.engine.postgres() {
		text = dollars(text)
	}
	return &Statement{db: d, text: text}
}

// dollars writes $1, $2, … for each ?. None of our texts has one in quotes.
func dollars(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}

// Query runs the statement; the caller closes the rows.
func (s *Statement) Query(ctx context.Context, args ...any) (*sql.Rows, error) {
	p, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	return p.QueryContext(ctx, args...)
}

// QueryRow runs the statement for its first row.
func (s *Statement) QueryRow(ctx context.Context, args ...any) *sql.Row {
	p, err := s.ready(ctx)
	if err != nil { // the row tells why
		return s.db.read.DB.QueryRowContext(ctx, s.text, args...)
	}
	return p.QueryRowContext(ctx, args...)
}

func (s *Statement) ready(ctx context.Context) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prepared == nil {
		// A request that ends must not leave a half prepared statement to others.
		p, err := s.db.read.DB.PrepareContext(context.WithoutCancel(ctx), s.text)
		if err != nil {
			return nil, err
		}
		s.prepared = p
	}
	return s.prepared, nil
}
