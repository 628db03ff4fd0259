package instance

import (
	"strings"
	"testing"

	"vidiverse/instance/playlist"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// The address or the handle of something finds it where it is, for members; a
// stranger makes nobody ask another server.
func TestSearchElsewhere(t *testing.T) {
	ctx := t.Context()
	one, two := newMember(t, "alice"), newMember(t, "bob")
	v := one.publish()
	ch, err := one.channels.ByHandle(ctx, "alice_channel")
	one.must(err)
	list, err := one.playlists.Create(ctx, one.me, playlist.Draft{Name: "walks", Privacy: playlist.Public, Channel: ch.ID}, nil)
	one.must(err)
	base, host := one.cfg.URL, strings.TrimPrefix(one.cfg.URL, "http://")
	short := base + "/w/" + v.ShortUUID()
	handle := "@alice_channel@" + host

	find := func(c user.Caller, text string) (found [3]bool) {
		t.Helper()
		a, err := two.search.Video(ctx, c, text)
		two.must(err)
		b, err := two.search.Channel(ctx, c, text)
		two.must(err)
		p, err := two.search.Playlist(ctx, c, text)
		two.must(err)
		return [3]bool{a.ID != 0, b.ID != 0, p.ID != 0}
	}
	for _, text := range []string{v.URL, short, handle, list.URL, base + "/video-channels/alice_channel"} {
		if got := find(user.Caller{}, text); got != [3]bool{} {
			t.Errorf("a stranger had %s fetched: %v", text, got)
		}
	}
	for _, tt := range []struct {
		text string
		want [3]bool
	}{
		{short, [3]bool{true, false, false}},
		{" " + v.URL + "#comments", [3]bool{true, false, false}},
		{handle, [3]bool{false, true, false}},
		{base + "/video-channels/alice_channel", [3]bool{false, true, false}},
		{base + "/c/alice_channel/videos", [3]bool{false, true, false}},
		{list.URL, [3]bool{false, false, true}},
		{base + "/w/p/" + list.UUID, [3]bool{false, false, true}},
		{base + "/nothing", [3]bool{}},
		{"@nobody@" + host, [3]bool{}},
		{"@alice@" + host, [3]bool{}}, // an account is no channel
		{"http://127.0.0.1:1/w/x", [3]bool{}},
		{"alice", [3]bool{}},
	} {
		if got := find(two.me, tt.text); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.text, got, tt.want)
		}
	}
	if got := find(user.Caller{}, v.URL); !got[0] {
		t.Error("a stranger does not find by its address what is known by now")
	}
	p, err := two.videos.List(ctx, user.Caller{}, video.Filter{})
	if err != nil || p.Total != 0 {
		t.Errorf("what was only looked for is listed: %d, %v", p.Total, err)
	}
}

// What is known by a short address only is asked for by the long one, and a
// channel that somebody found shows what it has.
func TestSearchByShortAddress(t *testing.T) {
	ctx := t.Context()
	one, two := newMember(t, "alice"), newMember(t, "bob")
	v := one.publish()
	ch, err := one.channels.ByHandle(ctx, "alice_channel")
	one.must(err)
	list, err := one.playlists.Create(ctx, one.me, playlist.Draft{Name: "walks", Privacy: playlist.Public, Channel: ch.ID}, nil)
	one.must(err)
	found, err := two.search.Channel(ctx, two.me, one.cfg.URL+"/c/alice_channel")
	if err != nil || found.ID == 0 {
		t.Fatalf("got %+v, %v", found, err)
	}
	two.until("the channel's video", "read", func() string {
		if _, err := two.videos.ByURL(ctx, two.db.Read(), v.URL); err != nil {
			return err.Error()
		}
		return "read"
	})
	for _, path := range []string{"/w/p/" + list.UUID, "/videos/watch/playlist/" + list.UUID} {
		if got, err := two.search.Playlist(ctx, two.me, one.cfg.URL+path); err != nil || got.ID == 0 {
			t.Errorf("%s: got %+v, %v", path, got, err)
		}
	}
}

// Our own things are found by any of their addresses, without asking anybody.
func TestSearchHere(t *testing.T) {
	ctx := t.Context()
	one := newMember(t, "alice")
	v := one.publish()
	base := one.cfg.URL
	for _, text := range []string{v.URL, base + "/w/" + v.ShortUUID(), base + "/w/" + v.UUID + "?start=3", base + "/videos/watch/" + v.ShortUUID()} {
		if got, err := one.search.Video(ctx, user.Caller{}, text); err != nil || got.ID != v.ID || !got.Means {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{base + "/c/alice_channel/videos", base + "/video-channels/alice_channel", "alice_channel@" + strings.TrimPrefix(base, "http://")} {
		if got, err := one.search.Channel(ctx, user.Caller{}, text); err != nil || got.ID == 0 || !got.Means {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{base + "/w/none", "https://\x00", "http://user:secret@far.test/w/x", "https://" + strings.Repeat("a", 3000)} {
		if got, err := one.search.Video(ctx, one.me, text); err != nil || got.ID != 0 || !got.Means {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	if got, err := one.search.Video(ctx, one.me, "sea birds"); err != nil || got.Means {
		t.Errorf("words: got %+v, %v", got, err)
	}
}
