package lexicon

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
)

type store struct {
	db   *db.DB
	noun Noun
}

// readAll is the statement of all names of a noun, readSome that of some.
var readAll = map[Noun]string{
	Videos:    "SELECT id, name FROM video",
	Channels:  "SELECT id, display_name FROM channel",
	Playlists: "SELECT id, name FROM playlist",
}

// each calls fn for all names, or for those of some numbers, in their order.
func (s store) each(ctx context.Context, some []int64, fn func(id int64, name string)) error {
	text := readAll[s.noun]
	var args []any
	if some != nil {
		text, args = text+" WHERE id IN (?)", append(args, bun.In(some))
	}
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id int64
		var name string
		err := r.Scan(&id, &name)
		fn(id, name)
		return err
	}, text+" ORDER BY id", args...)
	if err != nil {
		return fmt.Errorf("read names: %w", err)
	}
	return nil
}

type change struct{ number, row int64 }

// changes are those after base, oldest first; of other nouns the row is 0.
func (s store) changes(ctx context.Context, base int64, most int) (list []change, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var c change
		err := r.Scan(&c.number, &c.row)
		list = append(list, c)
		return err
	}, "SELECT id, CASE WHEN noun = ? THEN row_id ELSE 0 END FROM renamed WHERE id > ? ORDER BY id LIMIT ?", int(s.noun), base, most)
	if err != nil {
		err = fmt.Errorf("read changes of names: %w", err)
	}
	return list, err
}

// span are the first and the last change that are known, 0 if none is.
func (s store) span(ctx context.Context) (first, last int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0) FROM renamed").Scan(&first, &last)
	return first, last, err
}

// forget drops changes that everybody knows by now.
func (s store) forget(ctx context.Context, keep int64) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM renamed WHERE id <= (SELECT COALESCE(MAX(id), 0) - ? FROM renamed)", keep)
		return err
	})
}
