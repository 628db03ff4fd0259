package video

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/user"
)

// plainVideo is a row as the rules of lists see it.
type plainVideo struct {
	id, host, channel, account, owner       int64 // owner and channel are who is followed: actors
	privacy, state, nsfw, live, heard       int64
	category, duration, created, published  int64
	views, likes, comments, recent, listed  int64
	hot                                     float64
	name                                    string
	channelActor, accountActor, application int64
}

// plainWorld is a few servers with videos at random, and what the instance's
// lists show of them by the plain rule: asked of each video, without an index, a
// flag or a trigger.
type plainWorld struct {
	*world
	r        *rand.Rand
	instance int64 // actor
	mutes    account.ID
	videos   int64
	follows  map[int64]bool
	shares   map[[2]int64]bool // video, actor
}

const plainHosts = 4

func newPlainWorld(w *world, seed uint64) *plainWorld {
	p := &plainWorld{world: w, r: rand.New(rand.NewPCG(seed, 7)), videos: 1000, follows: map[int64]bool{}, shares: map[[2]int64]bool{}}
	w.must(w.db.Read().QueryRowContext(w.ctx(), "SELECT t.id, a.id FROM actor t JOIN account a ON a.actor_id = t.id WHERE t.kind = 1").Scan(&p.instance, &p.mutes))
	w.videos.cfg.Mutes = func(_ context.Context, reader account.ID) ([]account.ID, error) {
		if reader == 0 {
			return []account.ID{p.mutes}, nil
		}
		return []account.ID{p.mutes, reader}, nil
	}
	for h := range int64(plainHosts) {
		at := 100 * (h + 1)
		w.run("INSERT INTO host (id, name, created_at) VALUES (?, ?, 1)", at, fmt.Sprintf("h%d.test", h))
		for n, kind := range []int{1, 2, 3, 3} { // application, person, two channels
			w.run(`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (?, ?, ?, ?, ?, '', '', 1, 1)`,
				at+int64(n), kind, fmt.Sprint("n", n), at, fmt.Sprintf("http://h%d.test/%d", h, n))
			w.run("INSERT INTO actor_counter (actor_id) VALUES (?)", at+int64(n))
		}
		w.run("INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (?, ?, 'x', 1, 1), (?, ?, 'x', 1, 1)", at, at, at+1, at+1)
		w.run("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (?, ?, ?, 'x', 1, 1), (?, ?, ?, 'x', 1, 1)",
			at+2, at+2, at+1, at+3, at+3, at+1)
	}
	return p
}

// someone is an actor of another server.
func (p *plainWorld) someone() int64 {
	return 100*(1+p.r.Int64N(plainHosts)) + p.r.Int64N(4)
}

func (p *plainWorld) add() {
	p.videos++
	id, channel, host := p.videos, int64(p.channelOf(p.alice)), any(nil)
	if p.r.IntN(5) > 0 {
		at := 100 * (1 + p.r.Int64N(plainHosts))
		channel, host = at+2+p.r.Int64N(2), at
	}
	name := []string{"Sea birds", "birds of the sea", "A walk", "Walking", "Nothing"}[p.r.IntN(5)]
	moment := int64(1000 + p.r.IntN(20))
	p.run(`INSERT INTO video (id, uuid, url, host_id, channel_id, name, category, privacy, state, nsfw, is_live, duration, created_at, updated_at, published_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`, id, fmt.Sprint("u", id), fmt.Sprint("http://v/", id), host, channel, name, 1+p.r.IntN(2),
		[]int{1, 1, 1, 1, 2, 3, 4}[p.r.IntN(7)], []int{1, 1, 1, 1, 2}[p.r.IntN(5)], p.r.IntN(4)/3, p.r.IntN(4)/3, p.r.IntN(4), 1000+p.r.IntN(20), moment)
	p.run("INSERT INTO video_counter (video_id, views, likes, comments, recent_views, hot) VALUES (?, ?, ?, ?, ?, ?)", id, p.r.IntN(4), p.r.IntN(3), p.r.IntN(3), p.r.IntN(3), p.r.IntN(4))
	if p.r.IntN(3) == 0 {
		p.run("INSERT INTO video_tag (video_id, name) VALUES (?, 'Birds')", id)
	}
}

// happen lets one thing happen that changes what lists show.
func (p *plainWorld) happen() {
	any := 1001 + p.r.Int64N(p.videos-1000)
	who := p.someone()
	switch p.r.IntN(11) {
	case 0, 1:
		p.add()
	case 2:
		p.run("DELETE FROM follow WHERE follower_id = ? AND target_id = ?", p.instance, who)
		p.run(follows, p.instance, who, []string{"accepted", "accepted", "pending"}[p.r.IntN(3)], fmt.Sprint("f", who))
	case 3:
		p.run("UPDATE follow SET state = ? WHERE target_id = ?", []string{"accepted", "rejected"}[p.r.IntN(2)], who)
	case 4:
		p.run("DELETE FROM follow WHERE target_id = ?", who)
	case 5:
		p.run(`INSERT INTO video_share (video_id, actor_id, url, created_at, updated_at) SELECT v.id, ?, ?, 1, 1 FROM video v WHERE v.id = ? ON CONFLICT DO NOTHING`,
			who, fmt.Sprintf("s%d-%d", any, who), any)
	case 6:
		p.run("DELETE FROM video_share WHERE actor_id = ?", who)
	case 7:
		p.run("UPDATE video SET privacy = ?, state = ?, nsfw = ? WHERE id = ?", 1+p.r.IntN(2), 1+p.r.IntN(2), p.r.IntN(2), any)
	case 8:
		p.run("UPDATE video SET name = 'Birds' WHERE id = ?", any)
		p.run("UPDATE video SET channel_id = 2 * (host_id + 2) + 1 - channel_id WHERE id = ? AND host_id IS NOT NULL", any) // the other one
	case 9:
		p.run("DELETE FROM video WHERE id = ?", any)
	case 10:
		at := 100 * (1 + p.r.Int64N(plainHosts))
		p.run("UPDATE channel SET account_id = ? WHERE id = ?", at+p.r.Int64N(2), at+2)
		if p.r.IntN(2) == 0 {
			p.run("DELETE FROM account_block")
			p.run("DELETE FROM host_block")
			p.run("INSERT INTO account_block (account_id, target_id, created_at) VALUES (?, ?, 1)", int64(p.mutes), at)
			p.run("INSERT INTO host_block (account_id, host_id, created_at) VALUES (?, ?, 1)", p.bob.AccountID, at)
		}
	}
}

// all reads the tables as they are.
func (p *plainWorld) all() (all []plainVideo) {
	p.must(db.Each(p.ctx(), p.db.Read(), func(r *sql.Rows) error {
		var v plainVideo
		var category sql.NullInt64
		err := r.Scan(&v.id, &v.host, &v.channel, &v.account, &v.privacy, &v.state, &v.nsfw, &v.live, &v.heard, &category, &v.duration, &v.created, &v.published,
			&v.views, &v.likes, &v.comments, &v.recent, &v.listed, &v.hot, &v.name, &v.channelActor, &v.accountActor)
		v.category, v.application = category.Int64, v.host
		all = append(all, v)
		return err
	}, `SELECT v.id, COALESCE(v.host_id, 0), v.channel_id, c.account_id, v.privacy, v.state, v.nsfw, v.is_live, v.heard, v.category, v.duration, v.created_at, v.published_at,
		n.views, n.likes, n.comments, n.recent_views, n.listed, n.hot, v.name, c.actor_id, o.actor_id
		FROM video v JOIN video_counter n ON n.video_id = v.id JOIN channel c ON c.id = v.channel_id JOIN account o ON o.id = c.account_id`))
	clear(p.follows)
	clear(p.shares)
	p.must(db.Each(p.ctx(), p.db.Read(), func(r *sql.Rows) error {
		var target int64
		err := r.Scan(&target)
		p.follows[target] = true
		return err
	}, "SELECT target_id FROM follow WHERE follower_id = ? AND state = 'accepted'", p.instance))
	p.must(db.Each(p.ctx(), p.db.Read(), func(r *sql.Rows) error {
		var s [2]int64
		err := r.Scan(&s[0], &s[1])
		p.shares[s] = true
		return err
	}, "SELECT video_id, actor_id FROM video_share"))
	return all
}

func (p *plainWorld) heard(v plainVideo) bool {
	if v.host == 0 || p.follows[v.application] || p.follows[v.channelActor] || p.follows[v.accountActor] {
		return true
	}
	for s := range p.shares {
		if s[0] == v.id && p.follows[s[1]] {
			return true
		}
	}
	return false
}

// muted reports whether one of those who count for a reader mutes a video.
func (p *plainWorld) muted(v plainVideo, reader int64) (found bool) {
	var n int
	p.must(p.db.Read().QueryRowContext(p.ctx(), `SELECT (SELECT COUNT(*) FROM account_block WHERE target_id = ? AND account_id IN (?, ?)) +
		(SELECT COUNT(*) FROM host_block WHERE host_id = ? AND account_id IN (?, ?))`, v.account, int64(p.mutes), reader, v.host, int64(p.mutes), reader).Scan(&n))
	return n > 0
}

// expected is the whole list of a filter.
func (p *plainWorld) expected(all []plainVideo, f Filter, c user.Caller) (ids []ID) {
	var list []plainVideo
	for _, v := range all {
		shown := v.state == 1 && (v.privacy == 1 || v.privacy == 4 && c.SignedIn()) && !p.muted(v, c.AccountID) &&
			(f.Far || f.IsLocal != nil && *f.IsLocal || p.heard(v)) &&
			(f.NSFW == nil || *f.NSFW == (v.nsfw == 1)) && (f.IsLive == nil || *f.IsLive == (v.live == 1)) &&
			(f.IsLocal == nil || *f.IsLocal == (v.host == 0)) && (len(f.Categories) == 0 || slices.Contains(f.Categories, int(v.category))) &&
			(f.Host == "" || f.Host == fmt.Sprintf("h%d.test", v.host/100-1)) && (f.Account == 0 || int64(f.Account) == v.account)
		if shown {
			list = append(list, v)
		}
	}
	name, desc := f.Sort, false
	if name[0] == '-' {
		name, desc = name[1:], true
	}
	key := map[string]func(plainVideo) float64{
		"publishedAt": func(v plainVideo) float64 { return float64(v.published) }, "createdAt": func(v plainVideo) float64 { return float64(v.created) },
		"originallyPublishedAt": func(v plainVideo) float64 { return float64(v.published) }, "duration": func(v plainVideo) float64 { return float64(v.duration) },
		"views": func(v plainVideo) float64 { return float64(v.views) }, "likes": func(v plainVideo) float64 { return float64(v.likes) },
		"comments": func(v plainVideo) float64 { return float64(v.comments) }, "trending": func(v plainVideo) float64 { return float64(v.recent) },
		"hot": func(v plainVideo) float64 { return v.hot }, "match": func(plainVideo) float64 { return 0 },
	}[name]
	slices.SortFunc(list, func(a, b plainVideo) int {
		x := cmp.Compare(key(a), key(b))
		if desc {
			x = -x
		}
		return cmp.Or(x, cmp.Compare(a.id, b.id))
	})
	for _, v := range list {
		ids = append(ids, ID(v.id))
	}
	return ids
}

func (p *plainWorld) filter() (f Filter) {
	flag := func() *bool {
		if p.r.IntN(3) > 0 {
			return nil
		}
		yes := p.r.IntN(2) == 0
		return &yes
	}
	f = Filter{NSFW: flag(), IsLocal: flag(), Far: p.r.IntN(4) == 0, Count: 1 + p.r.IntN(20), Start: p.r.IntN(30)}
	f.Sort = []string{"publishedAt", "createdAt", "originallyPublishedAt", "duration", "views", "likes", "comments", "trending", "hot", "match"}[p.r.IntN(10)]
	if p.r.IntN(2) == 0 {
		f.Sort = "-" + f.Sort
	}
	switch p.r.IntN(6) {
	case 0:
		f.IsLive = flag()
	case 1:
		f.Categories = []int{1}
	case 2:
		f.Host = fmt.Sprintf("h%d.test", p.r.IntN(plainHosts))
	case 3:
		f.Account = account.ID(100*(1+p.r.Int64N(plainHosts)) + p.r.Int64N(2))
	}
	return f
}

// Lists hold what the plain rule says, in its order, whatever happened before:
// follows and their ends, announcements, videos that come, change, move and go.
func TestListsAreThoseOfThePlainRule(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlainWorld(newWorld(t, d), 1)
		for range 40 {
			p.add()
		}
		for range 60 {
			all := p.after(4)
			for _, v := range all {
				if heard := p.heard(v); heard != (v.heard == 1) || (v.listed > 0) != (heard && v.privacy == 1 && v.state == 1) || v.listed > 0 && v.listed != 1+v.nsfw {
					t.Fatalf("video %d of %d: heard %d, listed %d, want %v", v.id, v.host, v.heard, v.listed, heard)
				}
			}
			for range 4 {
				f, c := p.filter(), []user.Caller{{}, p.bob}[p.r.IntN(2)]
				p.compare(f, c, p.expected(all, f, c))
			}
		}
	})
}

// after are all videos when so many things have happened.
func (p *plainWorld) after(things int) []plainVideo {
	for range things {
		p.happen()
	}
	p.world.videos.changed()
	return p.all()
}

func (p *plainWorld) compare(f Filter, c user.Caller, want []ID) {
	p.Helper()
	got, err := p.world.videos.List(p.ctx(), c, f)
	p.must(err)
	var ids []ID
	for _, v := range got.Items {
		ids = append(ids, v.ID)
	}
	part := want[min(f.Start, len(want)):min(f.Start+f.Count, len(want))]
	if got.Total != len(want) || !slices.Equal(ids, part) {
		p.Fatalf("%+v of %d: got %v of %d, want %v of %d", f, c.AccountID, ids, got.Total, part, len(want))
	}
}

// A search is the list of those that resemble it, the most alike first, and then
// of those that only have it as a tag; in other orders it is their list.
func TestSearchIsThatOfThePlainRule(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlainWorld(newWorld(t, d), 2)
		for range 60 {
			p.add()
		}
		for range 25 {
			all := p.after(4)
			f, c := p.filter(), user.Caller{}
			f.Search = []string{"birds", "Sea birds", "walk", "sea", "ö"}[p.r.IntN(5)]
			if p.r.IntN(2) == 0 {
				f.Sort = "-match"
			}
			scores := p.scores(f.Search)
			want := slices.DeleteFunc(p.expected(all, f, c), func(id ID) bool { _, ok := scores[id]; return !ok })
			if f.Sort == "-match" || f.Sort == "match" {
				slices.SortStableFunc(want, func(a, b ID) int { return cmp.Compare(scores[b], scores[a]) })
			}
			if f.Sort == "match" {
				slices.SortStableFunc(want, func(a, b ID) int { return cmp.Compare(scores[a], scores[b]) })
			}
			p.compare(f, c, want)
		}
	})
}

// scores are how well the videos fit a text, as PostgreSQL would say of these few
// names: found by hand, and by the index that has tests of its own.
func (p *plainWorld) scores(text string) map[ID]float64 {
	scores := map[ID]float64{}
	found, err := p.world.videos.names.Find(p.ctx(), text)
	p.must(err)
	if text == "birds" {
		p.must(db.Each(p.ctx(), p.db.Read(), func(r *sql.Rows) error {
			var id ID
			err := r.Scan(&id)
			scores[id] = 0
			return err
		}, "SELECT video_id FROM video_tag"))
	}
	for _, m := range found {
		scores[ID(m.ID)] = math.Max(float64(m.Score), 1e-9)
	}
	return scores
}

// A follow of a server with very many videos shows a batch of them at once, and
// its end hides as many; all others follow in batches.
func TestRehear(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		const many = 4500
		p := newPlainWorld(newWorld(t, d), 3)
		p.run(`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, created_at, updated_at, published_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			SELECT 1000 + i, 'u' || i, 'v' || i, 100, 102, 'film', 1, 1, 1, 1, i FROM n`, many)
		p.run("INSERT INTO video_counter (video_id) SELECT id FROM video")
		total := func() int {
			p.world.videos.changed()
			got, err := p.world.videos.List(p.ctx(), user.Caller{}, Filter{TotalOnly: true})
			p.must(err)
			return got.Total
		}
		for _, step := range []struct {
			do          func()
			atOnce, all int
		}{
			{func() { p.run(follows, p.instance, 100, "accepted", "f") }, 2000, many},
			{func() { p.run("UPDATE follow SET state = 'rejected'") }, many - 2000, 0},
		} {
			step.do()
			if n := total(); n != step.atOnce {
				t.Errorf("got %d at once, want %d", n, step.atOnce)
			}
			p.must(p.world.videos.Rehear(p.ctx()))
			if n := total(); n != step.all {
				t.Errorf("got %d in the end, want %d", n, step.all)
			}
		}
		if left, err := p.world.videos.store.heardChanges(p.ctx()); err != nil || len(left) != 0 {
			t.Errorf("got %v, %v", left, err)
		}
	})
}
