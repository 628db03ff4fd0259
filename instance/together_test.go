package instance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/playlist"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// member is an instance that others reach, with one person on it.
type member struct {
	*Instance
	t  *testing.T
	me user.Caller
}

func newMember(t *testing.T, name string) *member {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg, ready := testConfig(t), make(chan struct{})
	cfg.Listener, cfg.Ready, cfg.URL = l, func(string, string) { close(ready) }, "http://"+l.Addr().String()
	cfg.Federation.Enabled, cfg.Federation.SignFetches, cfg.Federation.RemoteComments = true, true, true
	cfg.Search.RemoteUsers = true
	rate := Rate{Max: 100_000, Window: time.Minute}
	cfg.Limits = Limits{API: rate, Login: rate, Client: rate}
	m := &member{Instance: open(t, cfg), t: t}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- errors.Join(m.Serve(ctx), m.Close()) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		t.Fatalf("Serve: %v", err)
	}
	u, err := m.users.Create(t.Context(), user.Caller{UserID: 1, Role: user.Administrator}, user.Draft{
		Username: name, Password: name + "-password", Email: name + "@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1,
	})
	m.must(err)
	m.me = user.Caller{UserID: u.ID, AccountID: u.AccountID, Username: name, Role: user.User}
	return m
}

func (m *member) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// publish shows a video of which there is no file.
func (m *member) publish() (v video.Video) {
	m.t.Helper()
	ch, err := m.channels.ByHandle(m.t.Context(), m.me.Username+"_channel")
	m.must(err)
	m.must(m.db.Write(m.t.Context(), func(tx db.Tx) (err error) {
		d := video.Draft{Name: "A walk", ChannelID: ch.ID, Privacy: video.Public, Comments: video.CommentsEnabled}
		if v, err = m.videos.Create(m.t.Context(), tx, m.me, d, stream.Source{Filename: "a.mp4", Probe: ffmpeg.Probe{Duration: time.Second}}); err != nil {
			return err
		}
		return m.videos.Publish(m.t.Context(), tx, v.ID)
	}))
	return v
}

// says waits until the threads of a video are these, newest first: text, "(held)"
// or "(deleted)", and how many replies.
func (m *member) says(v video.Ref, want ...string) {
	m.t.Helper()
	m.until("comments", strings.Join(want, "; "), func() string {
		p, err := m.comments.Threads(m.t.Context(), m.me, v, video.Credentials{}, comment.Query{Count: 10})
		m.must(err)
		var got []string
		for _, c := range p.Threads {
			switch text := c.Text; {
			case c.Deleted():
				got = append(got, fmt.Sprintf("(deleted) %d", c.Replies))
			case c.Held:
				got = append(got, fmt.Sprintf("%s (held) %d", text, c.Replies))
			default:
				got = append(got, fmt.Sprintf("%s %d", text, c.Replies))
			}
		}
		return strings.Join(got, "; ")
	})
}

// until waits until something is as wanted.
func (m *member) until(what, want string, is func() string) {
	m.t.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	got := ""
	for {
		if got = is(); got == want {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			m.t.Fatalf("%s: got %q, want %q", what, got, want)
		}
	}
}

func (m *member) comment(url string) comment.Comment {
	m.t.Helper()
	c, err := m.comments.ByURL(m.t.Context(), m.db.Read(), url)
	m.must(err)
	return c
}

// Two instances hold one conversation: what is said, approved, liked, listed and
// deleted on one is so on the other.
func TestTogether(t *testing.T) {
	ctx := t.Context()
	one, two := newMember(t, "alice"), newMember(t, "bob")
	v := one.publish()
	id, err := two.fetch.Video(ctx, v.URL)
	two.must(err)
	here, there, none := video.Ref(v.UUID), video.Ref(fmt.Sprint(int64(id))), video.Credentials{}

	first, err := two.comments.Add(ctx, two.me, there, none, 0, "hello")
	two.must(err)
	one.says(here, "hello 0")
	_, err = one.comments.Add(ctx, one.me, here, none, one.comment(first.URL).ID, "welcome")
	one.must(err)
	two.says(there, "hello 1")
	two.until("approval", v.URL+"/comments/1/approve-reply", func() string { return two.comment(first.URL).Approval })

	for _, step := range []struct {
		as   video.Rating
		want string
	}{{video.Like, "1 0"}, {video.Dislike, "0 1"}, {video.None, "0 0"}} {
		two.must(two.videos.Rate(ctx, two.me, there, none, step.as))
		one.until(string(step.as), step.want, func() string {
			d, err := one.videos.Get(ctx, one.me, here, none)
			one.must(err)
			return fmt.Sprint(d.Counters.Likes, d.Counters.Dislikes)
		})
	}

	two.must(two.comments.Delete(ctx, two.me, there, first.ID))
	one.says(here, "(deleted) 1")
	_, err = two.comments.Add(ctx, two.me, there, none, 0, "again")
	two.must(err)
	one.says(here, "again 0", "(deleted) 1")
	p, err := two.comments.Threads(ctx, two.me, there, none, comment.Query{Count: 1})
	two.must(err)
	one.must(one.comments.Delete(ctx, one.me, here, one.comment(p.Threads[0].URL).ID))
	two.says(there, "(deleted) 0", "(deleted) 1")

	ch, err := one.channels.ByHandle(ctx, "alice_channel")
	one.must(err)
	list, err := one.playlists.Create(ctx, one.me, playlist.Draft{Name: "walks", Privacy: playlist.Public, Channel: ch.ID}, nil)
	one.must(err)
	_, err = one.playlists.AddVideo(ctx, one.me, video.Ref(list.UUID), here, nil, nil)
	one.must(err)
	two.must(two.fetch.Playlist(ctx, list.URL))
	far, err := two.playlists.ByURL(ctx, two.db.Read(), list.URL)
	two.must(err)
	elements, _, err := two.playlists.Elements(ctx, two.me, video.Ref(far.UUID), 0, 10)
	if err != nil || far.Name != "walks" || len(elements) != 1 || elements[0].Video.ID != id {
		t.Errorf("playlist: %+v %+v %v", far, elements, err)
	}
}

// What waits for the owner of a video waits on both instances, until it is let in
// on both.
func TestApprovedTogether(t *testing.T) {
	ctx := t.Context()
	one, two := newMember(t, "alice"), newMember(t, "bob")
	v := one.publish()
	approval := video.CommentsApproval
	one.must(one.videos.Edit(ctx, one.me, video.Ref(v.UUID), video.Patch{Comments: &approval}, nil))
	id, err := two.fetch.Video(ctx, v.URL)
	two.must(err)
	here, there := video.Ref(v.UUID), video.Ref(fmt.Sprint(int64(id)))
	c, err := two.comments.Add(ctx, two.me, there, video.Credentials{}, 0, "may I?")
	two.must(err)
	two.says(there, "may I? (held) 0")
	one.says(here, "may I? (held) 0")
	one.must(one.comments.Approve(ctx, one.me, here, one.comment(c.URL).ID))
	one.says(here, "may I? 0")
	two.says(there, "may I? 0")
}
