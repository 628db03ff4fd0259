package instance

import (
	"encoding/json"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
)

// What a server says of itself is read by directories of servers: it is shaped
// as theirs, and true.
func TestStatistics(t *testing.T) {
	one, two := newServer(t, nil), newServer(t, nil)
	read := func(s *server) (st rest.ServerStats) {
		_, body := s.do("GET", "/api/v1/server/stats", nil, "")
		if err := json.Unmarshal([]byte(body), &st); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		return st
	}
	_, body := one.do("GET", "/api/v1/server/stats", nil, "")
	resttest.Body(t, "server-stats.json", []byte(body))
	st := read(one)
	if st.Users != 1 || st.DailyUsers != 1 || st.Admins != 1 || st.LocalChannels != 1 || st.LocalPlaylists != 0 || st.Following != 0 || st.Processed != 0 {
		t.Errorf("got %+v", st)
	}
	if code, body := one.do("POST", "/api/v1/server/following", rest.ServerFollow{Hosts: []string{two.host}}, ""); code != 204 {
		t.Fatalf("got %d %s", code, body)
	}
	two.until("the follower is counted", func() bool {
		st := read(two)
		return st.Followers == 1 && st.Follow == 1 && st.Successes >= 1 && st.PerSecond > 0
	})
	one.until("so is the other side", func() bool { st := read(one); return st.Following == 1 && st.Accept == 1 })
	for _, s := range []*server{one, two} {
		if code, body := s.do("POST", "/api/v1/users", map[string]any{
			"username": "mod", "password": "mod-password", "email": "mod@one.test", "role": 1, "videoQuota": -1}, ""); code != 200 {
			t.Fatalf("got %d %s", code, body)
		}
	}
	one.until("a moderator is counted", func() bool { st := read(one); return st.Users == 2 && st.Moderators == 1 && st.DailyUsers == 1 })
}

// Both databases count alike.
func TestStatisticsQuery(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(t.Context(), func(tx db.Tx) error {
			_, err := tx.NewRaw(`INSERT INTO report (kind, reason, processed_at, created_at, updated_at) VALUES ('video', 'x', 2501, 1000, 1), ('video', 'x', 2000, 1000, 1)`).Exec(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		st, err := store{d}.statistics(t.Context(), time.Now())
		if err != nil || st.AbuseResponse == nil || *st.AbuseResponse != 1250.5 || st.Abuses != 2 || st.AbusesProcessed != 2 {
			t.Errorf("got %+v, %v", st, err)
		}
	})
}
