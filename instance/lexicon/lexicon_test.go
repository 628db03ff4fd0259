package lexicon

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Été à Brest": "ete a brest", "ÆØÅ ßŁ": "aeoa ssl", "Plain 42": "plain 42", "東京 カメラ": "東京 カメラ", "Ελλάδα": "ελλαδα", "": "",
	} {
		if got := Fold(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// made makes a text of few different words, so that many resemble each other.
func made(r *rand.Rand) string {
	words := []string{"sea", "seas", "bird", "birds", "north", "42", "4242", "éte", "film", "filming", "a", "of", "the-sea", "b&w"}
	var text []string
	for range 1 + r.IntN(5) {
		text = append(text, words[r.IntN(len(words))])
	}
	return strings.Join(text, []string{" ", " ", " - ", ", "}[r.IntN(4)])
}

// What is found, and how alike it is said to be, is what PostgreSQL itself says.
func TestLikenessIsThatOfPostgreSQL(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if !d.Postgres() {
			return
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 400 {
			text, name := Fold(made(r)), Fold(made(r))
			var want float32
			if err := d.Read().QueryRowContext(t.Context(), "SELECT public.word_similarity(?, ?)", text, name).Scan(&want); err != nil {
				t.Fatal(err)
			}
			w := newWanted(text)
			for range 2 { // a second time with a used scratch
				if got := w.likeness(name, w.total); got != want {
					t.Errorf("%q in %q: got %v, want %v", text, name, got, want)
				}
			}
		}
	})
}

// Whatever the signatures leave out would not have been found.
func TestFindLooksAtAllThatMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var names []entry
	for i := range 600 {
		names = append(names, newEntry(int64(i+1), made(r)))
	}
	for range 60 {
		text := Fold(made(r))
		if r.IntN(3) == 0 { // any part of it
			from := r.IntN(len(text))
			text = strings.ToValidUTF8(text[from:], "")
		}
		w := newWanted(text)
		var want []Match
		for _, e := range names {
			if m, ok := w.match(e.name, 0); ok {
				want = append(want, Match{e.id, m})
			}
		}
		slices.SortStableFunc(want, func(a, b Match) int { return int(1e6*b.Score) - int(1e6*a.Score) })
		got := find(names, text)
		if len(got) != len(want) {
			t.Errorf("%q: got %d, want %d", text, len(got), len(want))
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: at %d got %v, want %v", text, i, got[i], want[i])
				break
			}
		}
	}
}

// The names are those of the database, whoever changed them and however.
func TestNamesFollowTheDatabase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Now()
		x := New(d, Channels, func() time.Time { return now })
		run := func(text string, args ...any) {
			t.Helper()
			err := d.Write(t.Context(), func(tx db.Tx) error {
				_, err := tx.ExecContext(t.Context(), text, args...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		want := func(text string, ids ...int64) {
			t.Helper()
			found, err := x.Find(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, m := range found {
				got = append(got, m.ID)
			}
			if !slices.Equal(got, ids) {
				t.Errorf("%s: got %v, want %v", text, got, ids)
			}
		}
		for i := 1; i <= 3; i++ {
			run("INSERT INTO actor (id, kind, username, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (?, 2, ?, ?, '', '', 1, 1)", 100+i, fmt.Sprint("a", i), fmt.Sprint("u", i))
		}
		run("INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (1, 101, 'x', 1, 1)")
		run("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (1, 102, 1, 'Sea birds', 1, 1)")
		want("birds", 1)
		run("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (2, 103, 1, 'Birds', 1, 1)")
		want("birds", 1, 2)
		want("BÏRDS of the sea", 1)
		run("UPDATE channel SET display_name = 'Owls' WHERE id = 1")
		want("birds", 2)
		now = now.Add(time.Minute)
		want("owls", 1)
		run("DELETE FROM channel WHERE id = 2")
		want("birds")
		if err := x.store.forget(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		run("UPDATE channel SET display_name = 'Gulls' WHERE id = 1")
		want("gulls", 1)
		want("owls")
	})
}

func FuzzFind(f *testing.F) {
	f.Add("sea birds", "A sea of birds")
	f.Add("\xff", "é\u0301\u0301")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, name string) {
		e := newEntry(1, name)
		got := find([]entry{e}, Fold(text))
		if len(got) > 1 || len(got) == 1 && (got[0].Score < 0 || got[0].Score > 1) {
			t.Errorf("got %v", got)
		}
		if e.name != "" && strings.Contains(e.name, Fold(text)) && len(got) == 0 {
			t.Errorf("%q is in %q", text, name)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	var names []entry
	for i := range 100_000 {
		names = append(names, newEntry(int64(i), fmt.Sprintf("A remote film, number%d", i)))
	}
	for _, text := range []string{"remote", "number54321", "remote filming", "owls of the north", "x"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				find(names, text)
			}
		})
	}
}
