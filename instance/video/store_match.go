package video

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/lexicon"
)

// found is what a text that is looked for means: names that resemble it, and
// videos whose tag or UUID it is.
type found struct {
	names  []lexicon.Match
	tag    string
	uuid   string
	rising bool // the least alike first
}

// matchChunk is how many names are asked about at once: most pages need the first
// of them.
const matchChunk = 500

// manyInPostgres is inPostgres for so many that each row must not be compared with
// all of them.
const manyInPostgres = ` IN (SELECT unnest(CAST('{' || CAST(? AS TEXT) || '}' AS BIGINT[])))`

// others are those that are found by something else than their name.
func (m found) others() (text string, args []any) {
	text, args = "v.id IN (SELECT video_id FROM video_tag WHERE lower(name) = ?)", []any{m.tag}
	if m.uuid != "" {
		text, args = "("+text+" OR v.uuid = ?)", append(args, m.uuid)
	}
	return text, args
}

// among is a condition on numbers, many of them in one argument.
func (s *store) among(column string, names []lexicon.Match) (text string, arg any) {
	ids := make([]ID, len(names))
	for i, m := range names {
		ids[i] = ID(m.ID)
	}
	return column + either(s.db.Postgres(), manyInPostgres, inSQLite), numberList(ids)
}

// keep adds to a query that its videos are found.
func (s *store) keep(q *listQuery, m found) {
	names, arg := s.among("v.id", m.names)
	others, args := m.others()
	q.and("("+names+" OR "+others+")", append([]any{arg}, args...)...)
}

// matching finds the numbers of one page of what is found, in the order of how
// well it fits. What is found by a tag fits worst.
func (s *store) matching(ctx context.Context, q listQuery, m found) ([]ID, error) {
	need := q.start + q.count
	var ids []ID
	add := func(step func(context.Context, listQuery, found, int) ([]ID, error)) error {
		if len(ids) >= need {
			return nil
		}
		more, err := step(ctx, q, m, need-len(ids))
		ids = append(ids, more...)
		return err
	}
	steps := []func(context.Context, listQuery, found, int) ([]ID, error){s.named, s.tagged}
	if m.rising {
		m.names = slices.Clone(m.names)
		slices.Reverse(steps)
	}
	for _, step := range steps {
		if err := add(step); err != nil {
			return nil, err
		}
	}
	return ids[min(q.start, len(ids)):min(need, len(ids))], nil
}

// named are the first of those found by their names.
func (s *store) named(ctx context.Context, q listQuery, m found, need int) (ids []ID, err error) {
	for chunk := range slices.Chunk(m.names, matchChunk) {
		if len(ids) >= need {
			break
		}
		part := q
		part.where = slices.Clip(q.where)
		text, arg := s.among("v.id", chunk)
		part.and(text, arg)
		from, args, number := part.source(false)
		seen, err := s.numbers(ctx, "SELECT "+number+from, args...)
		if err != nil {
			return nil, err
		}
		shown := make(map[ID]bool, len(seen))
		for _, id := range seen {
			shown[id] = true
		}
		for _, n := range chunk {
			if shown[ID(n.ID)] {
				ids = append(ids, ID(n.ID))
			}
		}
	}
	return ids, nil
}

// tagged are the first of those found by something else alone.
func (s *store) tagged(ctx context.Context, q listQuery, m found, need int) ([]ID, error) {
	q.where = slices.Clip(q.where)
	text, args := m.others()
	q.and(text, args...)
	from, args, number := q.source(false)
	seen, err := s.numbers(ctx, "SELECT "+number+from+" ORDER BY "+number+" LIMIT ?", append(args, need+lexicon.Most)...)
	if err != nil {
		return nil, err
	}
	named := make(map[ID]bool, len(m.names))
	for _, n := range m.names {
		named[ID(n.ID)] = true
	}
	return slices.DeleteFunc(seen, func(id ID) bool { return named[id] }), nil
}

// find looks a text up among the names.
func (s *Service) find(ctx context.Context, f Filter) (m found, err error) {
	m.tag, m.rising = strings.ToLower(f.Search), f.Sort == matchKey
	if a, err := Ref(f.Search).Parse(); err == nil && a.UUID != "" && len(f.Search) == len(a.UUID) {
		m.uuid = a.UUID
	}
	if m.names, err = s.names.Find(ctx, f.Search); m.rising {
		m.names = slices.Clone(m.names)
		slices.SortFunc(m.names, func(a, b lexicon.Match) int {
			return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.ID, b.ID))
		})
	}
	return m, err
}

// muting are those of some accounts who mute somebody: mostly nobody.
func (s *store) muting(ctx context.Context, accounts []account.ID) (who []account.ID, err error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id account.ID
		err := r.Scan(&id)
		who = append(who, id)
		return err
	}, "SELECT account_id FROM account_block WHERE account_id IN (?) UNION SELECT account_id FROM host_block WHERE account_id IN (?)",
		bun.In(accounts), bun.In(accounts))
	return who, err
}
