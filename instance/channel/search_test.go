package channel_test

import (
	"testing"

	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
)

// What resembles the text is found without holding it, the most alike first.
func TestSearchFindsWhatResembles(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		for _, c := range [][2]string{{"sea", "Sea Birds"}, {"owl", "Owls and birds"}, {"far", "Été en mer"}} {
			_, err := h.channels.Create(t.Context(), h.alice, channel.Draft{Name: c[0], DisplayName: c[1]})
			h.must(err)
		}
		for _, c := range []struct {
			q    channel.Query
			want []string
		}{
			{channel.Query{Search: "sea birds", Sort: "-match", Count: 5}, []string{"sea", "owl"}},
			{channel.Query{Search: "sea birds", Sort: "match", Count: 5}, []string{"owl", "sea"}},
			{channel.Query{Search: "sea birds", Sort: "-match", Count: 1, Start: 1}, []string{"owl"}},
			{channel.Query{Search: "sea birds", Sort: "displayName", Count: 5}, []string{"owl", "sea"}},
			{channel.Query{Search: "ete", Sort: "-match", Count: 5}, []string{"far"}},
		} {
			list, total, err := h.channels.List(t.Context(), c.q)
			h.must(err)
			var got []string
			for _, ch := range list {
				got = append(got, ch.Name)
			}
			if len(got) != len(c.want) || got[0] != c.want[0] || got[len(got)-1] != c.want[len(got)-1] || total != max(len(got), c.q.Start+len(got)) {
				t.Errorf("%+v: got %q of %d, want %q", c.q, got, total, c.want)
			}
		}
	})
}
