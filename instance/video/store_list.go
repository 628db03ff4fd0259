package video

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/user"
)

// listQuery is the first statement of a list: which videos, in which order. The
// second one (itemColumns) reads what is shown of them.
type listQuery struct {
	key    string // SQL of the sort key
	desc   bool
	narrow bool // an index finds the few videos of the list
	joins  []string
	where  []string
	args   []any
	start  int
	count  int
}

// sortKeys are the orders a list may have; nothing else reaches the statement.
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
	"match":                 "v.published_at",
}

// buildList turns a checked filter into the inner statement.
func (s *store) buildList(f Filter, caller user.Caller, now time.Time) (listQuery, error) {
	q := listQuery{start: f.Start, count: f.Count}
	if err := q.sortBy(f.Sort); err != nil {
		return q, err
	}
	q.visible(f, caller, now)
	q.heard(f)
	q.flags(f)
	q.choices(f)
	q.owners(f, caller)
	q.words(f.Search)
	return q, nil
}

const maxWords = 8 // of a search; those behind narrow it no further

// words keeps the videos that have each word in their name, or as a tag.
func (q *listQuery) words(search string) {
	words := strings.Fields(strings.ToLower(search))
	for _, w := range words[:min(len(words), maxWords)] {
		const tagged = "v.id IN (SELECT video_id FROM video_tag WHERE lower(name) = ?)"
		q.and("(lower(v.name) LIKE ? ESCAPE '"+escapeChar+"' OR "+tagged+")", like(w), w)
	}
}

func (q *listQuery) sortBy(sort string) error {
	if sort == "" {
		sort = "-publishedAt"
	}
	name, desc := strings.CutPrefix(sort, "-")
	key, ok := sortKeys[name]
	if !ok {
		return badQuery("sort", "Invalid value")
	}
	q.key, q.desc = key, desc
	if strings.HasPrefix(key, "n.") {
		q.joins = append(q.joins, "JOIN video_counter n ON n.video_id = v.id")
	}
	if name == "localVideoFilesSize" {
		q.joins = append(q.joins, "LEFT JOIN (SELECT video_id, SUM(size) AS size FROM media_file GROUP BY video_id) z ON z.video_id = v.id")
	}
	return nil
}

func (q *listQuery) and(cond string, args ...any) {
	q.where = append(q.where, cond)
	q.args = append(q.args, args...)
}

// visible keeps what the caller may see: the one place of that rule for lists.
func (q *listQuery) visible(f Filter, caller user.Caller, now time.Time) {
	switch {
	case len(f.Privacies) > 0:
		q.and("v.privacy IN (?)", bun.In(f.Privacies))
	case f.Own:
	case caller.SignedIn():
		q.and("v.privacy IN (1, 4)")
	default:
		q.and("v.privacy = 1")
	}
	switch {
	case len(f.States) > 0:
		q.and("v.state IN (?)", bun.In(f.States))
	case f.Own || f.Include&IncludeNotPublished != 0:
	case f.Scheduled:
		q.and("(v.state = 1 OR v.state = 4 AND v.id IN (SELECT video_id FROM live_schedule WHERE start_at > ?))", db.Millis(now))
	default:
		q.and("v.state = 1")
	}
}

// heard keeps out whom nobody here wants to hear, and what only came to be known
// because somebody asked for it.
func (q *listQuery) heard(f Filter) {
	if len(f.mutes) > 0 {
		q.and(`v.channel_id NOT IN (SELECT c.id FROM account_block b JOIN channel c ON c.account_id = b.target_id WHERE b.account_id IN (?))`,
			bun.In(f.mutes))
		q.and(`(v.host_id IS NULL OR v.host_id NOT IN (SELECT host_id FROM host_block WHERE account_id IN (?)))`, bun.In(f.mutes))
	}
	local := f.IsLocal != nil && *f.IsLocal
	if f.Far || f.Own || local || f.Subscriber != 0 {
		return
	}
	const followed = `(SELECT target_id FROM follow WHERE state = 'accepted' AND follower_id =
		(SELECT id FROM actor WHERE lower(username) = 'peertube' AND host_id IS NULL))`
	// Servers and channels are found once for the whole list, and first: most videos
	// are of one of them. A server that is followed tells of all that it has.
	q.and(`(v.host_id IS NULL OR v.host_id IN (SELECT a.host_id FROM actor a WHERE a.kind = 1 AND a.host_id IS NOT NULL AND a.id IN ` + followed + `)
		OR v.channel_id IN (SELECT c.id FROM channel c JOIN account o ON o.id = c.account_id
			WHERE c.actor_id IN ` + followed + ` OR o.actor_id IN ` + followed + `)
		OR EXISTS (SELECT 1 FROM video_share h WHERE h.video_id = v.id AND h.actor_id IN ` + followed + `))`)
}

func (q *listQuery) flags(f Filter) {
	q.boolean("v.nsfw", f.NSFW)
	if f.FlagsIncluded > 0 {
		q.and("(v.nsfw_flags & ?) <> 0", int(f.FlagsIncluded))
	}
	if f.FlagsExcluded > 0 {
		q.and("(v.nsfw_flags & ?) = 0", int(f.FlagsExcluded))
	}
	q.boolean("v.is_live", f.IsLive)
	if f.IsLocal != nil {
		q.and(either(*f.IsLocal, "v.host_id IS NULL", "v.host_id IS NOT NULL"))
	}
	exists := func(want *bool, sub string) {
		if want != nil {
			q.and(either(*want, "EXISTS ", "NOT EXISTS ") + sub)
		}
	}
	exists(f.HasHLS, "(SELECT 1 FROM hls_master m WHERE m.video_id = v.id AND m.retired_at IS NULL)")
	exists(f.HasWebVideos, "(SELECT 1 FROM media_file m WHERE m.video_id = v.id AND m.kind = 'web-video')")
	if f.DurationMin != nil {
		q.and("v.duration >= ?", *f.DurationMin)
	}
	if f.DurationMax != nil {
		q.and("v.duration <= ?", *f.DurationMax)
	}
	if !f.PublishedAfter.IsZero() {
		q.and("v.published_at >= ?", db.Millis(f.PublishedAfter))
	}
	if !f.PublishedBefore.IsZero() {
		q.and("v.published_at <= ?", db.Millis(f.PublishedBefore))
	}
}

func (q *listQuery) boolean(column string, want *bool) {
	if want != nil {
		q.and(column + either(*want, " = 1", " = 0"))
	}
}

func (q *listQuery) choices(f Filter) {
	if len(f.Categories) > 0 {
		q.and("v.category IN (?)", bun.In(f.Categories))
	}
	if len(f.Licences) > 0 {
		q.and("v.licence IN (?)", bun.In(f.Licences))
	}
	if len(f.Languages) > 0 {
		q.and("COALESCE(v.language, '_unknown') IN (?)", bun.In(f.Languages))
	}
	if len(f.TagsOneOf) > 0 {
		q.and("v.id IN (SELECT video_id FROM video_tag WHERE lower(name) IN (?))", bun.In(lowered(f.TagsOneOf)))
	}
	if tags := lowered(f.TagsAllOf); len(tags) > 0 {
		q.and("v.id IN (SELECT video_id FROM video_tag WHERE lower(name) IN (?) GROUP BY video_id HAVING COUNT(DISTINCT lower(name)) = ?)",
			bun.In(tags), len(tags))
	}
	if len(f.UUIDs) > 0 {
		q.and("v.uuid IN (?)", bun.In(f.UUIDs))
	}
	if len(f.IDs) > 0 {
		q.and("v.id IN (?)", bun.In(f.IDs))
	}
}

func (q *listQuery) owners(f Filter, caller user.Caller) {
	of := f.Account
	if f.Own {
		of = account.ID(caller.AccountID)
	}
	q.narrow = of != 0 || f.Channel != 0 || len(f.ChannelNames) > 0 || len(f.UUIDs) > 0 || len(f.IDs) > 0 || f.Subscriber != 0
	if f.Channel != 0 {
		q.and("v.channel_id = ?", int64(f.Channel))
	}
	if of != 0 {
		q.and("v.channel_id IN (SELECT id FROM channel WHERE account_id = ?)", int64(of))
	}
	if len(f.ChannelNames) > 0 {
		q.and(`v.channel_id IN (SELECT c.id FROM channel c JOIN actor a ON a.id = c.actor_id
			WHERE a.host_id IS NULL AND lower(a.username) IN (?))`, bun.In(lowered(f.ChannelNames)))
	}
	if f.Subscriber != 0 {
		const followed = `(SELECT f.target_id FROM follow f JOIN account me ON me.actor_id = f.follower_id WHERE me.id = ? AND f.state = 'accepted')`
		q.and(`v.channel_id IN (SELECT id FROM channel WHERE actor_id IN `+followed+`
			UNION SELECT c.id FROM channel c JOIN account o ON o.id = c.account_id WHERE o.actor_id IN `+followed+`)`,
			int64(f.Subscriber), int64(f.Subscriber))
	}
	if f.Host != "" {
		q.and("v.host_id IN (SELECT id FROM host WHERE name = ?)", strings.ToLower(f.Host))
	}
}

// condition is the part that list and count share.
func (q listQuery) condition() string {
	if len(q.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.where, " AND ")
}

func (q listQuery) text() string {
	order := either(q.desc, " DESC", " ASC")
	from, tie, cond := "video v "+strings.Join(q.joins, " "), "v.id", q.condition()
	if strings.HasPrefix(q.key, "n.") && !q.narrow {
		// The index of the counter gives the order: CROSS keeps SQLite from
		// sorting all videos instead.
		from, tie = "video_counter n CROSS JOIN video v", "n.video_id"
		cond = " WHERE v.id = n.video_id" + strings.Replace(cond, " WHERE ", " AND ", 1)
	}
	return "SELECT v.id FROM " + from + cond + " ORDER BY " + q.key + order + ", " + tie + order +
		" LIMIT " + strconv.Itoa(q.count) + " OFFSET " + strconv.Itoa(q.start)
}

// page finds the numbers of one page of a list.
func (s *store) page(ctx context.Context, q listQuery) ([]ID, error) {
	ids := make([]ID, 0, q.count)
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id ID
		if err := r.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, q.text(), q.args...)
	if err != nil {
		err = fmt.Errorf("list videos: %w", err)
	}
	return ids, err
}

func (s *store) count(ctx context.Context, q listQuery) (n int, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM video v"+q.condition(), q.args...).Scan(&n)
	return n, err
}

func lowered(in []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range in {
		if s = strings.ToLower(s); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
