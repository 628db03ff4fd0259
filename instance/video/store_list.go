package video

import (
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
	order
	narrow bool // an index finds the few videos of the list
	where  []condition
	listed []string // what of the conditions video_counter.listed knows: see store_order.go
	start  int
	count  int
}

// condition is one of those that a video of the list fulfils.
type condition struct {
	text  string
	args  []any
	known bool // by video_counter.listed
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
	return q, nil
}

func (q *listQuery) and(cond string, args ...any) {
	q.where = append(q.where, condition{text: cond, args: args})
}

// andListed is and for what video_counter.listed knows too, under that name.
func (q *listQuery) andListed(name, cond string) {
	q.where = append(q.where, condition{text: cond, known: true})
	q.listed = append(q.listed, name)
}

// visible keeps what the caller may see: the one place of that rule for lists.
func (q *listQuery) visible(f Filter, caller user.Caller, now time.Time) {
	switch {
	case len(f.Privacies) > 0:
		q.and("v.privacy IN (?)", bun.In(f.Privacies))
	case f.Own:
	case f.Addressed && caller.SignedIn():
		q.and("v.privacy IN (1, 2, 4)")
	case f.Addressed:
		q.and("v.privacy IN (1, 2)")
	case caller.SignedIn():
		q.and("v.privacy IN (1, 4)")
	default:
		q.andListed("public", "v.privacy = 1")
	}
	switch {
	case len(f.States) > 0:
		q.and("v.state IN (?)", bun.In(f.States))
	case f.Own || f.Include&IncludeNotPublished != 0:
	case f.Addressed:
		q.and("(v.state = 1 OR v.host_id IS NOT NULL)")
	case f.Scheduled:
		q.and("(v.state = 1 OR v.state = 4 AND v.id IN (SELECT video_id FROM live_schedule WHERE start_at > ?))", db.Millis(now))
	default:
		q.andListed("published", "v.state = 1")
	}
}

// heard keeps out whom nobody here wants to hear, and what only came to be known
// because somebody asked for it.
func (q *listQuery) heard(f Filter) {
	if len(f.muting) > 0 && !f.Own && f.Include&IncludeBlockedOwner == 0 {
		q.and(`v.channel_id NOT IN (SELECT c.id FROM account_block b JOIN channel c ON c.account_id = b.target_id WHERE b.account_id IN (?))`,
			bun.In(f.muting))
		q.and(`(v.host_id IS NULL OR v.host_id NOT IN (SELECT host_id FROM host_block WHERE account_id IN (?)))`, bun.In(f.muting))
	}
	local := f.IsLocal != nil && *f.IsLocal
	if !f.Far && !f.Own && !local && f.Subscriber == 0 {
		q.andListed("heard", "v.heard = 1")
	}
}

func (q *listQuery) flags(f Filter) {
	q.sensitive(f)
	q.boolean("v.is_live", f.IsLive)
	if f.IsLocal != nil {
		q.and(either(*f.IsLocal, "v.host_id IS NULL", "v.host_id IS NOT NULL"))
	}
	exists := func(want *bool, sub string) {
		if want != nil {
			q.and(either(*want, "EXISTS ", "NOT EXISTS ") + sub)
		}
	}
	const far = " UNION ALL SELECT 1 FROM remote_file r WHERE r.video_id = v.id AND r.hls = "
	exists(f.HasHLS, "(SELECT 1 FROM hls_master m WHERE m.video_id = v.id AND m.retired_at IS NULL"+far+"1)")
	exists(f.HasWebVideos, "(SELECT 1 FROM media_file m WHERE m.video_id = v.id AND m.kind = 'web-video'"+far+"0)")
	if f.AutoTagged {
		q.and("1 = 0")
	}
	if f.DurationMin != nil {
		q.and("v.duration >= ?", *f.DurationMin)
	}
	if f.DurationMax != nil {
		q.and("v.duration <= ?", *f.DurationMax)
	}
	for _, limit := range []struct {
		cond string
		at   time.Time
	}{
		{"v.published_at >= ?", f.PublishedAfter}, {"v.published_at <= ?", f.PublishedBefore},
		{"v.originally_published_at >= ?", f.OriginallyAfter}, {"v.originally_published_at <= ?", f.OriginallyBefore},
	} {
		if !limit.at.IsZero() {
			q.and(limit.cond, db.Millis(limit.at))
		}
	}
}

// sensitive decides on videos that not everybody wants to see: a list without
// them may take those with some flags all the same, any other may refuse some.
func (q *listQuery) sensitive(f Filter) {
	calm := f.NSFW != nil && !*f.NSFW
	switch {
	case calm && f.FlagsIncluded > 0:
		q.and("(v.nsfw = 0 OR (v.nsfw_flags & ?) <> 0)", int(f.FlagsIncluded))
	case calm:
		q.andListed("safe", "v.nsfw = 0")
	case f.NSFW != nil:
		q.andListed("sensitive", "v.nsfw = 1")
	}
	if !calm && f.FlagsExcluded > 0 {
		q.and("(v.nsfw_flags & ?) = 0", int(f.FlagsExcluded))
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
	q.narrow = of != 0 || f.Host != "" || f.Search != "" || len(f.TagsOneOf) > 0 || len(f.TagsAllOf) > 0 || f.Channel != 0 || len(f.ChannelNames) > 0 || len(f.UUIDs) > 0 || len(f.IDs) > 0 || f.Subscriber != 0
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
	switch {
	case f.Host != "" && f.here:
		q.and("v.host_id IS NULL")
	case f.Host != "":
		q.and("v.host_id = (SELECT id FROM host WHERE name = ?)", strings.ToLower(f.Host))
	}
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
