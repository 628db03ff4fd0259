package video

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// listen has everything that is told of videos kept as jobs that nobody runs.
func (w *world) listen() {
	w.videos.cfg.News = news.New(w.jobs)
	w.videos.cfg.News.Hear("ear", job.Options{}, func(context.Context, *job.Job, news.Change) error { return nil },
		news.VideoPublished, news.VideoChanged, news.VideoMoved, news.VideoGone)
}

// tidings are what was told since the last call, each kind once in a row.
func (w *world) tidings() []string {
	w.Helper()
	list, _, err := w.jobs.List(w.ctx(), job.Filter{Type: "ear", Count: 100, Sort: "createdAt"})
	w.must(err)
	var all []string
	for _, j := range list {
		var c news.Change
		w.must(json.Unmarshal(j.Payload, &c))
		one := fmt.Sprint(c.What, " ", c.ID)
		if c.What == news.VideoGone {
			var g news.Gone
			w.must(json.Unmarshal(c.Snapshot, &g))
			one += fmt.Sprint(" by ", g.Actor, " via ", g.Via)
		}
		if len(all) == 0 || all[len(all)-1] != one {
			all = append(all, one)
		}
		w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.jobs.Cancel(w.ctx(), tx, j.ID) }))
	}
	return all
}

// Other servers hear of a video when it is published and not before, of what
// changes in it, and that it is gone when it is closed; never of one that was
// always closed.
func TestOthersAreTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.listen()
		var id ID
		expect := func(what string, want ...string) {
			t.Helper()
			for i := range want {
				want[i] = strings.Replace(want[i], "#", fmt.Sprint(int64(id)), 1)
			}
			if got := w.tidings(); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", what, got, want)
			}
		}
		edit := func(p Patch) {
			t.Helper()
			w.must(w.videos.Edit(w.ctx(), w.alice, Ref(fmt.Sprint(int64(id))), p, nil))
		}
		v := w.create(w.alice)
		id = v.ID
		w.transcode(id, 360)
		expect("a video that is being transcoded")
		w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.videos.Publish(w.ctx(), tx, id) }))
		expect("published", "video.published #")
		w.transcode(id, 240)
		expect("another file", "video.changed #")
		name, closed, open, unlisted := "Another walk", Private, Public, Unlisted
		edit(Patch{Name: &name})
		expect("a new name", "video.changed #")
		var owner int64
		w.must(w.db.Read().QueryRowContext(w.ctx(), "SELECT actor_id FROM account WHERE id = ?", w.alice.AccountID).Scan(&owner))
		w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
			_, err := w.videos.PutShare(w.ctx(), tx, Share{Video: id, Actor: 1, URL: v.URL + "/announces/1", At: w.at})
			return err
		}))
		edit(Patch{Privacy: &closed})
		expect("closed", fmt.Sprintf("video.gone # by %d via [1]", owner))
		edit(Patch{Name: &name})
		expect("a change of a closed video")
		edit(Patch{Privacy: &unlisted})
		expect("unlisted, which is not federated")
		edit(Patch{Privacy: &open})
		expect("opened again", "video.published #")
		w.must(w.videos.Delete(w.ctx(), w.alice, Ref(fmt.Sprint(int64(id)))))
		expect("deleted", fmt.Sprintf("video.gone # by %d via [1]", owner))

		w.videos.cfg.FederateUnlisted = true
		later := &Schedule{UpdateAt: w.at.Add(time.Hour), Privacy: Internal}
		id = w.published(w.alice, func(d *Draft) { d.Privacy, d.Schedule = Unlisted, later }).ID
		expect("unlisted, where that is federated", "video.published #")
		w.at = w.at.Add(2 * time.Hour)
		w.must(w.videos.RunSchedules(w.ctx()))
		expect("closed as planned", fmt.Sprintf("video.gone # by %d via []", owner))
		id = w.published(w.alice, func(d *Draft) { d.Privacy = Internal }).ID
		w.must(w.videos.Delete(w.ctx(), w.alice, Ref(fmt.Sprint(int64(id)))))
		expect("a video that never was open")
	})
}
