package playlist

import (
	"context"
	"strings"

	"github.com/uptrace/bun"
)

// orders is the whole list of what may follow ORDER BY.
var orders = map[string]string{
	"name": "lower(p.name), p.id", "-name": "lower(p.name) DESC, p.id DESC",
	"displayName": "lower(p.name), p.id", "-displayName": "lower(p.name) DESC, p.id DESC",
	"match": "p.id", "-match": "p.id", // where nothing is looked for all match alike
	"createdAt": "p.created_at, p.id", "-createdAt": "p.created_at DESC, p.id DESC",
	"updatedAt": "p.updated_at, p.id", "-updatedAt": "p.updated_at DESC, p.id DESC",
	"videoChannelPosition": "COALESCE(p.channel_position, 2147483647), p.id", "-videoChannelPosition": "COALESCE(p.channel_position, 0) DESC, p.id DESC",
}

// condition collects what follows WHERE.
type condition struct {
	text []string
	args []any
}

func (w *condition) and(text string, args ...any) {
	w.text = append(w.text, text)
	w.args = append(w.args, args...)
}

// condition is the one place of which playlists a list shows.
func (q Query) condition(own bool) *condition {
	w := &condition{}
	if own {
		w.and("p.account_id = ?", int64(q.Account))
	} else {
		w.and("p.privacy = 1")
		if q.Account != 0 {
			w.and("p.account_id = ?", int64(q.Account))
		}
	}
	if q.Known && !own {
		w.and(`(t.host_id IS NULL OR t.host_id IN (SELECT x.host_id FROM follow f JOIN actor x ON x.id = f.target_id JOIN actor y ON y.id = f.follower_id
			WHERE f.state = 'accepted' AND y.kind = 1 AND y.host_id IS NULL AND x.host_id IS NOT NULL))`)
	}
	if q.Channel != 0 {
		w.and("p.channel_id = ?", int64(q.Channel))
	}
	if q.Kind != 0 {
		w.and("p.type = ?", int(q.Kind))
	}
	if q.found != nil {
		w.and("p.id IN (?)", bun.In(q.found))
	}
	switch {
	case q.Host != "" && q.here:
		w.and("t.host_id IS NULL")
	case q.Host != "":
		w.and("t.host_id IN (SELECT id FROM host WHERE name = ?)", strings.ToLower(q.Host))
	}
	if q.UUIDs != nil {
		w.and("p.uuid IN (?)", bun.In(append([]string{""}, q.UUIDs...)))
	}
	if len(q.Channels) > 0 {
		var names []string
		for _, n := range q.Channels {
			names = append(names, strings.ToLower(n))
		}
		w.and(`p.channel_id IN (SELECT c.id FROM channel c JOIN actor x ON x.id = c.actor_id WHERE x.host_id IS NULL AND lower(x.username) IN (?))`, bun.In(names))
	}
	if q.Filled {
		w.and("EXISTS (SELECT 1 FROM playlist_element e WHERE e.playlist_id = p.id)")
	}
	return w
}

// numbers are those of all playlists that a list shows.
func (store) numbers(ctx context.Context, q bun.IDB, by Query, own bool) (ids []int64, err error) {
	w := by.condition(own)
	err = q.NewRaw("SELECT p.id"+tables+" WHERE "+strings.Join(w.text, " AND "), w.args...).Scan(ctx, &ids)
	return ids, err
}

func (s store) list(ctx context.Context, q bun.IDB, by Query, own bool) ([]Playlist, int, error) {
	w := by.condition(own)
	where := " WHERE " + strings.Join(w.text, " AND ")
	var total int
	err := q.QueryRowContext(ctx, "SELECT COUNT(*)"+tables+where, w.args...).Scan(&total)
	if err != nil || by.Count == 0 {
		return nil, total, err
	}
	order, ok := orders[by.Sort]
	if !ok {
		order = orders["-createdAt"]
	}
	list, err := s.many(ctx, q, where+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(w.args, by.Count, by.Start)...)
	return list, total, err
}
