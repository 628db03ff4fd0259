package instance

import (
	"errors"
	"testing"

	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/report"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Who leaves takes along what is theirs, and other servers will hear of each
// part; what others said and did stays.
func TestLeave(t *testing.T) {
	i := open(t, testConfig(t))
	defer closed(t, i)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(i.begin(ctx))
	ours := firstVideo(t, i)
	root := user.Caller{UserID: 1, AccountID: 2, Role: user.Administrator}
	a, err := i.users.Create(ctx, root, user.Draft{Username: "alice", Password: "a good password", Email: "a@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1})
	must(err)
	alice := user.Caller{UserID: a.ID, AccountID: a.AccountID, Username: "alice", Role: user.User}
	of, _, err := i.channels.List(ctx, channel.Query{Count: 1, Search: "alice_channel"})
	must(err)
	theirs := []video.Video{}
	for _, p := range []video.Privacy{video.Public, video.Private, video.Unlisted} {
		must(i.db.Write(ctx, func(tx db.Tx) error {
			d := video.Draft{Name: "Mine", ChannelID: of[0].ID, Privacy: p, Comments: video.CommentsEnabled}
			v, err := i.videos.Create(ctx, tx, alice, d, stream.Source{Filename: "f.mp4"})
			theirs = append(theirs, v)
			return err
		}))
	}
	said, err := i.comments.Add(ctx, alice, video.Ref(ours.UUID), video.Credentials{}, 0, "hello")
	must(err)
	reply, err := i.comments.Add(ctx, root, video.Ref(ours.UUID), video.Credentials{}, said.ID, "hello alice")
	must(err)
	must(i.videos.Rate(ctx, alice, video.Ref(ours.UUID), video.Credentials{}, video.Like))
	made, err := i.reports.Make(ctx, alice, report.Draft{Reason: "rude", Comment: reply.ID}, video.Credentials{})
	must(err)

	must(i.users.DeleteMe(ctx, alice))
	if err := i.users.Delete(ctx, root, alice.UserID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("again: got %v, want not found", err)
	}
	for what, err := range map[string]error{
		"account": second(i.accounts.ByName(ctx, "alice")), "channel": second(i.channels.ByHandle(ctx, "alice_channel")), "user": second(i.users.Me(ctx, alice.UserID)),
	} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("the %s: got %v, want not found", what, err)
		}
	}
	for _, v := range theirs {
		if _, err := i.videos.Get(ctx, root, video.Ref(v.UUID), video.Credentials{}); fault.KindOf(err) != fault.Gone && fault.KindOf(err) != fault.NotFound {
			t.Errorf("a video: got %v", err)
		}
	}
	left, err := i.comments.Get(ctx, i.db.Read(), said.ID)
	if err != nil || !left.Deleted() || left.Text != "" {
		t.Errorf("the comment: got %+v %v", left, err)
	}
	if kept, err := i.comments.Get(ctx, i.db.Read(), comment.ID(reply.ID)); err != nil || kept.Deleted() {
		t.Errorf("the reply: got %+v %v", kept, err)
	}
	if r, err := i.reports.Get(ctx, i.db.Read(), made); err != nil || r.Reporter != 0 || r.Comment != reply.ID {
		t.Errorf("the report: got %+v %v", r, err)
	}
	if v, err := i.videos.Get(ctx, root, video.Ref(ours.UUID), video.Credentials{}); err != nil || v.Counters.Likes != 0 {
		t.Errorf("the rated video: got %d likes, %v", v.Counters.Likes, err)
	}
	for _, name := range []string{"alice", "alice_channel"} {
		var n int
		must(i.db.Read().NewRaw(`SELECT count(*) FROM tombstone b JOIN actor t ON t.url = b.url WHERE t.username = ?`, name).Scan(ctx, &n))
		if n != 1 {
			t.Errorf("%s has %d tombstones", name, n)
		}
	}
	if _, err := i.users.Create(ctx, root, user.Draft{Username: "alice", Password: "a good password", Email: "b@one.test", Role: user.User}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the name: got %v, want conflict", err)
	}
	if _, total, err := i.jobs.List(ctx, job.Filter{Type: "delete-user"}); err != nil || total != 0 {
		t.Errorf("%d jobs wait to do it once more, %v", total, err)
	}
}

func second[T any](_ T, err error) error { return errors.Join(err) }
