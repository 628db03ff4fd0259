package db

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// Each runs fn for every row of a query, until fn fails.
func Each(ctx context.Context, q bun.IDB, fn func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Text is NULL for an empty text.
func Text(s string) any { return orNull(s) }

// Number is NULL for zero.
func Number(n int) any { return orNull(n) }

// Ratio is NULL for zero.
func Ratio(f float64) any { return orNull(f) }

// Moment is NULL for the zero time.
func Moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return Millis(t)
}

func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// NullTime reads what Moment wrote.
func NullTime(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return Time(n.Int64)
}

// Flag is how a boolean is stored.
func Flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Sized reports whether a text has from min to max characters and can be
// stored: PostgreSQL takes neither NUL nor broken UTF-8.
func Sized(s string, min, max int) bool {
	n := utf8.RuneCountInString(s)
	return n >= min && n <= max && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// Storable makes of a text that nobody checks one that can be stored.
func Storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
