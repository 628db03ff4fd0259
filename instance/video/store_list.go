package video

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// listQuery is the inner statement of a list: which videos, in which order. The
// outer one (itemColumns) adds what is shown of them.
type listQuery struct {
	key   string // SQL of the sort key
	desc  bool
	joins []string
	where []string
	args  []any
	start int
	count int
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
	"trending":              "COALESCE(d.views, 0)",
	"hot":                   hotScore,
	"best":                  hotScore,
	"localVideoFilesSize":   "COALESCE(z.size, 0)",
	"match":                 "v.published_at",
}

// hotScore lets a video fall one unit in two days, and rise one for each
// tenfold of what viewers did with it.
const hotScore = `(log(1 + n.views * 0.5 + n.likes * 3 + n.comments * 6 + n.dislikes) + v.published_at / 172800000.0)`

const trendingDays = 7

const dayMillis = 24 * 60 * 60 * 1000

// buildList turns a checked filter into the inner statement.
func buildList(f Filter, caller user.Caller, now time.Time) (listQuery, error) {
	q := listQuery{start: f.Start, count: f.Count}
	if err := q.sortBy(f.Sort, now); err != nil {
		return q, err
	}
	q.visible(f, caller)
	q.flags(f)
	q.choices(f)
	q.owners(f, caller)
	if f.Search != "" {
		q.and("lower(v.name) LIKE ? ESCAPE '"+escapeChar+"'", like(f.Search))
	}
	return q, nil
}

func (q *listQuery) sortBy(sort string, now time.Time) error {
	if sort == "" {
		sort = "-publishedAt"
	}
	name, desc := strings.CutPrefix(sort, "-")
	key, ok := sortKeys[name]
	if !ok {
		return badQuery("sort", "Invalid value")
	}
	q.key, q.desc = key, desc
	if strings.Contains(key, "n.") {
		q.joins = append(q.joins, "JOIN video_counter n ON n.video_id = v.id")
	}
	switch name {
	case "trending":
		since := db.Millis(now)/dayMillis - trendingDays
		q.joins = append(q.joins, "LEFT JOIN (SELECT video_id, SUM(views) AS views FROM video_views_day WHERE day >= "+
			strconv.FormatInt(since, 10)+" GROUP BY video_id) d ON d.video_id = v.id")
	case "localVideoFilesSize":
		q.joins = append(q.joins, "LEFT JOIN (SELECT video_id, SUM(size) AS size FROM media_file GROUP BY video_id) z ON z.video_id = v.id")
	}
	return nil
}

func (q *listQuery) and(cond string, args ...any) {
	q.where = append(q.where, cond)
	q.args = append(q.args, args...)
}

// visible keeps what the caller may see: the one place of that rule for lists.
func (q *listQuery) visible(f Filter, caller user.Caller) {
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
	case !f.Own && f.Include&IncludeNotPublished == 0:
		q.and("v.state = 1")
	}
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
}

func (q *listQuery) owners(f Filter, caller user.Caller) {
	of := f.Account
	if f.Own {
		of = account.ID(caller.AccountID)
	}
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
	if f.Host != "" {
		q.and("v.host_id IN (SELECT id FROM host WHERE name = ?)", strings.ToLower(f.Host))
	}
	if f.RatedBy != 0 {
		q.and("v.id IN (SELECT video_id FROM video_rate WHERE account_id = ? AND (type = ? OR ? = ''))",
			int64(f.RatedBy), string(f.RatedAs), string(f.RatedAs))
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
	return itemColumns + " FROM (SELECT v.id AS id, " + q.key + " AS k FROM video v " + strings.Join(q.joins, " ") +
		q.condition() + " ORDER BY " + q.key + order + ", v.id" + order +
		" LIMIT " + strconv.Itoa(q.count) + " OFFSET " + strconv.Itoa(q.start) + ") p JOIN video v ON v.id = p.id" +
		itemJoins + " ORDER BY p.k" + order + ", p.id" + order
}

// itemColumns and itemJoins are one video as lists show it, in one statement:
// pictures come as one text a video, because both databases can make that and
// a second statement costs more than reading it apart.
const (
	itemColumns = `SELECT v.id, v.uuid, v.url, v.host_id, v.channel_id, v.name, v.description, v.category, v.licence, v.language,
	v.privacy, v.state, v.nsfw, v.nsfw_flags, v.nsfw_summary, v.wait_transcoding, v.duration, v.aspect_ratio, v.is_live,
	v.created_at, v.updated_at, v.published_at, v.originally_published_at,
	n.views, n.likes, n.dislikes, n.comments, n.downloads,
	c.display_name, ca.username, ca.url, ch.name, ` + avatarsOf + `c.actor_id AND i.kind = 1),
	a.id, a.display_name, aa.username, aa.url, ah.name, ` + avatarsOf + `a.actor_id AND i.kind = 1),
	(SELECT string_agg(t.width || ' ' || t.height || ' ' || t.file, ',') FROM thumbnail t WHERE t.video_id = v.id)`
	avatarsOf = `(SELECT string_agg(i.width || ' ' || i.height || ' ' || i.file || ' ' || i.created_at || ' ' || i.updated_at, ',')
	FROM actor_image i WHERE i.actor_id = `
	itemJoins = ` JOIN video_counter n ON n.video_id = v.id
	JOIN channel c ON c.id = v.channel_id JOIN actor ca ON ca.id = c.actor_id LEFT JOIN host ch ON ch.id = ca.host_id
	JOIN account a ON a.id = c.account_id JOIN actor aa ON aa.id = a.actor_id LEFT JOIN host ah ON ah.id = aa.host_id`
)

func (s *store) list(ctx context.Context, q listQuery) ([]Item, error) {
	rows, err := s.db.Read().QueryContext(ctx, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("list videos: %w", err)
	}
	defer rows.Close()
	items := make([]Item, 0, q.count)
	for rows.Next() {
		it, err := scanItem(rows)
		if err != nil {
			return nil, fmt.Errorf("list videos: %w", err)
		}
		items = append(items, it)
	}
	return items, rows.Err()
}

func (s *store) count(ctx context.Context, q listQuery) (n int, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM video v"+q.condition(), q.args...).Scan(&n)
	return n, err
}

// item is one video as lists show it.
func (s *store) item(ctx context.Context, p parsed) (Item, error) {
	where, arg := " WHERE v.uuid = ?", any(p.uuid)
	if p.id != 0 {
		where, arg = " WHERE v.id = ?", int64(p.id)
	}
	it, err := scanItem(s.db.Read().QueryRowContext(ctx, itemColumns+" FROM video v"+itemJoins+where, arg))
	return it, notFound(err)
}

// complete adds what only a video's own page shows of its row.
func (s *store) complete(ctx context.Context, it *Item) error {
	var support, tags sql.NullString
	var input sql.NullInt64
	err := s.db.Read().QueryRowContext(ctx, `SELECT v.support, v.comments_policy, v.download_enabled, v.input_file_updated_at,
		(SELECT string_agg(t.name, ?) FROM video_tag t WHERE t.video_id = v.id) FROM video v WHERE v.id = ?`, tagSeparator, int64(it.ID)).
		Scan(&support, &it.Comments, &it.Downloadable, &input, &tags)
	it.Support, it.InputFileAt, it.Tags = support.String, nullTime(input), []string{}
	if tags.Valid {
		it.Tags = strings.Split(tags.String, tagSeparator)
		slices.Sort(it.Tags)
	}
	return notFound(err)
}

// tagSeparator is a sign that no tag holds: the rules refuse control characters.
const tagSeparator = "\x1f"

type scanner interface{ Scan(dest ...any) error }

func scanItem(row scanner) (Item, error) {
	var it Item
	var host sql.NullInt64
	var category, licence, originally sql.NullInt64
	var description, language, summary, channelHost, accountHost sql.NullString
	var channelAvatars, accountAvatars, thumbnails sql.NullString
	var ratio sql.NullFloat64
	var created, updated, published int64
	v := &it.Video
	err := row.Scan(&v.ID, &v.UUID, &v.URL, &host, &v.ChannelID, &v.Name, &description, &category, &licence, &language,
		&v.Privacy, &v.State, &v.NSFW, &v.NSFWFlags, &summary, &v.Wait, &v.Duration, &ratio, &v.IsLive,
		&created, &updated, &published, &originally,
		&v.Counters.Views, &v.Counters.Likes, &v.Counters.Dislikes, &v.Counters.Comments, &v.Counters.Downloads,
		&it.Channel.DisplayName, &it.Channel.Name, &it.Channel.URL, &channelHost, &channelAvatars,
		&it.Account.ID, &it.Account.DisplayName, &it.Account.Name, &it.Account.URL, &accountHost, &accountAvatars,
		&thumbnails)
	if err != nil {
		return it, err
	}
	v.Local, v.Description, v.Language, v.NSFWSummary = !host.Valid, description.String, language.String, summary.String
	v.Category, v.Licence, v.AspectRatio = int(category.Int64), int(licence.Int64), ratio.Float64
	v.CreatedAt, v.UpdatedAt, v.PublishedAt = db.Time(created), db.Time(updated), db.Time(published)
	v.OriginallyAt, v.AccountID = nullTime(originally), account.ID(it.Account.ID)
	it.Channel.ID, it.Channel.Host, it.Account.Host = int64(v.ChannelID), channelHost.String, accountHost.String
	it.Channel.Avatars, it.Account.Avatars = readImages(channelAvatars.String), readImages(accountAvatars.String)
	it.Thumbnails = readImages(thumbnails.String)
	slices.Reverse(it.Thumbnails)
	it.Progress = -1
	return it, nil
}

// readImages reads "width height file[ created updated],…", narrowest first.
func readImages(s string) []Image {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	out := make([]Image, 0, len(parts))
	for _, p := range parts {
		f := strings.Fields(p)
		if len(f) < 3 {
			continue
		}
		var im Image
		im.Width, _ = strconv.Atoi(f[0])  // the database wrote the number
		im.Height, _ = strconv.Atoi(f[1]) // as above
		im.File = f[2]
		if len(f) == 5 {
			created, _ := strconv.ParseInt(f[3], 10, 64) // as above
			updated, _ := strconv.ParseInt(f[4], 10, 64) // as above
			im.CreatedAt, im.UpdatedAt = db.Time(created), db.Time(updated)
		}
		out = append(out, im)
	}
	slices.SortFunc(out, func(a, b Image) int { return cmp.Compare(a.Width, b.Width) })
	return out
}

func nullTime(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return db.Time(n.Int64)
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

func errNotFound() error { return fault.New(fault.NotFound, "Video not found") }
