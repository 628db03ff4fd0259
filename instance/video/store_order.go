package video

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance/db"
)

// order is in which order a list shows its videos. Those that are equal follow
// each other by their numbers, oldest first, whatever the direction.
type order struct {
	key  string // SQL of the sort key
	desc bool
	join string
}

// sortKeys are the orders a list may have; nothing else reaches the statement.
// Each has an index, but for the size of files.
var sortKeys = map[string]string{
	"name":                  "lower(v.name)",
	"duration":              "v.duration",
	"createdAt":             "v.created_at",
	"publishedAt":           "v.published_at",
	"originallyPublishedAt": "COALESCE(v.originally_published_at, v.published_at)",
	"views":                 "n.views",
	"likes":                 "n.likes",
	"comments":              "n.comments",
	"trending":              "n.recent_views",
	"hot":                   "n.hot",
	"best":                  "n.hot",
	"localVideoFilesSize":   "COALESCE(z.size, 0)",
	matchKey:                "",
}

// matchKey is the order of how well names fit what is looked for; where nothing
// is, all fit equally.
const matchKey = "match"

func (o *order) sortBy(sort string) error {
	if sort == "" {
		sort = "-publishedAt"
	}
	name, desc := strings.CutPrefix(sort, "-")
	key, ok := sortKeys[name]
	if !ok {
		return badQuery("sort", "Invalid value")
	}
	o.key, o.desc = key, desc
	switch {
	case o.counted():
		o.join = " JOIN video_counter n ON n.video_id = v.id"
	case name == "localVideoFilesSize":
		o.join = " LEFT JOIN (SELECT video_id, SUM(size) AS size FROM media_file GROUP BY video_id) z ON z.video_id = v.id"
	}
	return nil
}

// counted reports whether the order is that of a counter.
func (o order) counted() bool { return strings.HasPrefix(o.key, "n.") }

// by is the ORDER BY, in which the number has that name.
func (o order) by(number string) string {
	switch {
	case o.key == "":
		return " ORDER BY " + number
	case o.desc:
		return " ORDER BY " + o.key + " DESC, " + number
	}
	return " ORDER BY " + o.key + ", " + number
}

// open says what video_counter.listed must be in a list that everybody sees,
// empty for other lists.
func (q listQuery) open() string {
	for _, needed := range []string{"public", "published", "heard"} {
		if !slices.Contains(q.listed, needed) {
			return ""
		}
	}
	switch {
	case slices.Contains(q.listed, "safe"):
		return "n.listed = 1"
	case slices.Contains(q.listed, "sensitive"):
		return "n.listed = 2"
	}
	return "n.listed > 0"
}

// source is FROM and WHERE of the statement, and what a video's number is called
// in it. A list that everybody sees may read video_counter alone: its rows are
// small, and its indexes hold all that matters.
func (q listQuery) source(counters bool) (text string, args []any, number string) {
	var conds []string
	listed := q.open()
	small := listed != "" && counters && !q.narrow
	for _, c := range q.where {
		if !small || !c.known {
			conds, args = append(conds, c.text), append(args, c.args...)
		}
	}
	switch {
	case small && len(conds) == 0:
		return " FROM video_counter n WHERE " + listed, nil, "n.video_id"
	case small:
		conds = append(conds, listed)
		fallthrough
	case counters && !q.narrow:
		// The index of the counter gives the order: CROSS keeps SQLite from
		// sorting all videos instead.
		return " FROM video_counter n CROSS JOIN video v WHERE v.id = n.video_id AND " + all(conds), args, "n.video_id"
	}
	return " FROM video v" + q.join + " WHERE " + all(conds), args, "v.id"
}

func all(conds []string) string {
	if len(conds) == 0 {
		return "1 = 1"
	}
	return strings.Join(conds, " AND ")
}

// page finds the numbers of one page of a list.
func (s *store) page(ctx context.Context, q listQuery) ([]ID, error) {
	from, args, number := q.source(q.counted())
	return s.numbers(ctx, "SELECT "+number+from+q.by(number)+" LIMIT "+strconv.Itoa(q.count)+" OFFSET "+strconv.Itoa(q.start), args...)
}

func (s *store) numbers(ctx context.Context, text string, args ...any) (ids []ID, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id ID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, text, args...)
	if err != nil {
		err = fmt.Errorf("list videos: %w", err)
	}
	return ids, err
}

// count is how long the whole list is.
func (s *store) count(ctx context.Context, q listQuery) (n int, err error) {
	q.order = order{}
	from, args, _ := q.source(q.open() != "" && len(q.where) == len(q.listed))
	if !s.db.Postgres() && !q.narrow && slices.Contains(q.listed, "heard") {
		// Of all indexes of what is heard this one has most columns: it is seldom
		// that a row is read besides.
		from = strings.Replace(from, " FROM video v", " FROM video v INDEXED BY video_newest", 1)
	}
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*)"+from, args...).Scan(&n)
	return n, err
}
