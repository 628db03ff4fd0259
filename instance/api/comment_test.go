package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
	"vidiverse/instance/video"
)

// say adds a comment; parent 0 begins a thread.
func (w *videoWorld) say(v video.Video, token string, parent int64, text string) rest.Comment {
	w.t.Helper()
	path := "/api/v1/videos/" + v.UUID + "/comment-threads"
	if parent != 0 {
		path = fmt.Sprintf("/api/v1/videos/%s/comments/%d", v.UUID, parent)
	}
	return decodeInto[rest.CommentCreated](w.world, w.want(http.StatusOK, "POST", path, token, rest.CommentInput{Text: text})).Comment
}

// Stock clients read conversations by these members.
func TestCommentAnswersAreShapedAsPeerTubes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		v := w.publish(nil)
		bob, root := w.login("bob"), w.login("root")
		first := w.say(v, bob, 0, "first")
		w.say(v, w.token, first.ID, "reply")
		gone := w.say(v, bob, 0, "gone")
		threads := "/api/v1/videos/" + v.UUID + "/comment-threads"
		w.want(http.StatusNoContent, "DELETE", fmt.Sprintf("/api/v1/videos/%s/comments/%d", v.UUID, gone.ID), bob, nil)
		for _, tt := range []struct{ file, path, token string }{
			{"comment-threads.json", threads, ""},
			{"comment-thread-tree.json", threads + "/" + strconv.FormatInt(first.ID, 10), ""},
			{"comments-admin.json", "/api/v1/videos/comments?sort=-createdAt", root},
			{"users-me-video-comments.json", "/api/v1/users/me/videos/comments", w.token},
		} {
			resp, body := w.do("GET", tt.path, tt.token, nil)
			resttest.Status(t, tt.file, resp)
			resttest.Body(t, tt.file, body)
		}
		list := decodeInto[rest.CommentThreads](w.world, w.want(200, "GET", threads, "", nil))
		if list.Total != 2 || list.TotalNotDeletedComments != 2 || !list.Data[0].IsDeleted || list.Data[0].Account != nil ||
			list.Data[1].TotalReplies != 1 || list.Data[1].TotalRepliesFromVideoAuthor != 1 || list.Data[1].Account.Name != "bob" {
			t.Errorf("threads: %+v", list)
		}
		details := decodeInto[rest.VideoDetails](w.world, w.want(200, "GET", "/api/v1/videos/"+v.UUID, "", nil))
		if details.Comments != 2 {
			t.Errorf("the video says %d comments, want 2", details.Comments)
		}
	})
}

// What a refusal says is part of the contract.
func TestCommentErrorsSayWhatPeerTubesSay(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v, quiet := w.publish(nil), w.publish(func(d *video.Draft) { d.Name, d.Comments = "quiet", video.CommentsDisabled })
	private := w.publish(func(d *video.Draft) { d.Name, d.Privacy = "private", video.Private })
	bob := w.login("bob")
	of, other := w.say(v, w.token, 0, "mine"), w.say(private, w.token, 0, "private")
	held := w.say(v, w.token, of.ID, "reply")
	one := "/api/v1/videos/" + v.UUID
	for _, tt := range []struct {
		name, method, path, token string
		body                      any
		status                    int
		detail                    string
	}{
		{"no token", "POST", one + "/comment-threads", "", rest.CommentInput{Text: "x"}, 401, "Token is invalid"},
		{"no text", "POST", one + "/comment-threads", bob, rest.CommentInput{}, 400, "Incorrect request parameters: text"},
		{"comments are off", "POST", "/api/v1/videos/" + quiet.UUID + "/comment-threads", bob, rest.CommentInput{Text: "x"}, 409, "Video comments are disabled for this video."},
		{"no such thread", "GET", one + "/comment-threads/999", "", nil, 404, "Video comment thread not found"},
		{"no thread", "GET", fmt.Sprintf("%s/comment-threads/%d", one, held.ID), "", nil, 400, "Video comment is not a thread."},
		{"of another video", "GET", fmt.Sprintf("%s/comment-threads/%d", one, other.ID), "", nil, 400, "Video comment is not associated to this video."},
		{"reply to another video's", "POST", fmt.Sprintf("%s/comments/%d", one, other.ID), bob, rest.CommentInput{Text: "x"}, 400, "Video comment is not associated to this video."},
		{"reply to nothing", "POST", one + "/comments/999", bob, rest.CommentInput{Text: "x"}, 404, "Video comment thread not found"},
		{"no number", "POST", one + "/comments/abc", bob, rest.CommentInput{Text: "x"}, 400, "Incorrect request parameters: commentId"},
		{"private", "GET", "/api/v1/videos/" + private.UUID + "/comment-threads", bob, nil, 403, "Cannot fetch information of private/internal video"},
		{"delete another's", "DELETE", fmt.Sprintf("%s/comments/%d", one, of.ID), bob, nil, 403, "Cannot remove video comment of another user"},
		{"approve what is not held", "POST", fmt.Sprintf("%s/comments/%d/approve", one, of.ID), w.token, nil, 400, "This comment is not held for review"},
		{"bad sort", "GET", one + "/comment-threads?sort=text", "", nil, 400, "Incorrect request parameters: sort"},
		{"all, for a user", "GET", "/api/v1/videos/comments", bob, nil, 403, "User bob does not have right (No. 21) to access to /api/v1/videos/comments."},
		{"under another's video", "GET", "/api/v1/users/me/videos/comments?videoId=" + v.UUID, bob, nil, 403, "Cannot manage a video of another user."},
		{"of nobody", "POST", "/api/v1/bulk/remove-comments-of", bob, rest.RemoveCommentsOf{AccountName: "none", Scope: "my-videos"}, 404, "Account not found"},
		{"nobody named", "POST", "/api/v1/bulk/remove-comments-of", bob, rest.RemoveCommentsOf{Scope: "my-videos"}, 400, "Incorrect request parameters: accountName"},
		{"bad scope", "POST", "/api/v1/bulk/remove-comments-of", bob, rest.RemoveCommentsOf{AccountName: "alice", Scope: "x"}, 400, "Incorrect request parameters: scope"},
		{"everywhere", "POST", "/api/v1/bulk/remove-comments-of", bob, rest.RemoveCommentsOf{AccountName: "alice", Scope: "instance"}, 403, "User cannot remove any comments of this instance."},
	} {
		resp, body := w.do(tt.method, tt.path, tt.token, tt.body)
		var p rest.Problem
		w.must(json.Unmarshal(body, &p))
		if resp.StatusCode != tt.status || p.Detail != tt.detail {
			t.Errorf("%s: got %d %q, want %d %q", tt.name, resp.StatusCode, p.Detail, tt.status, tt.detail)
		}
	}
	if resp, body := w.do("POST", fmt.Sprintf("%s/comments/%d", one, other.ID), bob, rest.CommentInput{Text: "x"}); !strings.Contains(string(body), `"code":"comment_not_associated_to_video"`) {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	w.want(http.StatusNoContent, "POST", "/api/v1/bulk/remove-comments-of", bob, rest.RemoveCommentsOf{AccountName: "alice", Scope: "my-videos"})
}

// Who, where and whether it is held is decided here, whatever a body says.
func TestCommentsTakeNoMoreThanText(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(func(d *video.Draft) { d.Comments = video.CommentsApproval })
	body := map[string]any{
		"text": "x", "id": 77, "url": "https://evil.test/c", "videoId": 99, "accountId": w.alice.AccountID, "account": map[string]any{"id": w.alice.AccountID},
		"heldForReview": false, "held": false, "inReplyToCommentId": 1, "threadId": 1, "originCommentId": 1, "createdAt": "2001-01-01T00:00:00.000Z",
		"deletedAt": "2001-01-01T00:00:00.000Z", "isDeleted": true, "totalReplies": 9, "replyApproval": "https://evil.test/a",
	}
	c := decodeInto[rest.CommentCreated](w.world, w.want(200, "POST", "/api/v1/videos/"+v.UUID+"/comment-threads", w.login("bob"), body)).Comment
	if c.ID == 77 || c.VideoID != int64(v.ID) || c.Account.Name != "bob" || !c.HeldForReview || c.InReplyToCommentID != nil || c.ThreadID != c.ID || c.IsDeleted ||
		c.TotalReplies != 0 || !strings.HasPrefix(c.URL, "https://one.test/") || strings.HasPrefix(c.CreatedAt.String(), "2001") {
		t.Errorf("got %+v", c)
	}
}

// A text of another server reaches stock clients as it was said, as JSON that no
// browser takes for a page.
func TestCommentTextIsData(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	evil := `<script>alert(1)</script>"'` + "\u2028" + `</title><img src=x onerror=alert(1)>`
	c := w.say(v, w.token, 0, evil)
	resp, body := w.do("GET", fmt.Sprintf("/api/v1/videos/%s/comment-threads/%d", v.UUID, c.ID), "", nil)
	got := decodeInto[rest.CommentTree](w.world, body).Comment
	if got.Text != evil {
		t.Errorf("got %q, want %q", got.Text, evil)
	}
	if strings.ContainsAny(string(body), "<>\u2028") || resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("as a page it would run: %s %v", body, resp.Header)
	}
}

// An owner lets a comment in by one request, and nobody else does.
func TestApprovalByRoute(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(func(d *video.Draft) { d.Comments = video.CommentsApproval })
	bob := w.login("bob")
	c := w.say(v, bob, 0, "may I?")
	one := "/api/v1/videos/" + v.UUID
	approve := fmt.Sprintf("%s/comments/%d/approve", one, c.ID)
	seen := func() int {
		return decodeInto[rest.CommentThreads](w.world, w.want(200, "GET", one+"/comment-threads", "", nil)).Total
	}
	held := decodeInto[rest.Page[rest.ListedComment]](w.world, w.want(200, "GET", "/api/v1/users/me/videos/comments?isHeldForReview=true", w.token, nil))
	if !c.HeldForReview || held.Total != 1 || held.Data[0].ID != c.ID || seen() != 0 {
		t.Errorf("held: %+v", held)
	}
	w.want(http.StatusForbidden, "POST", approve, bob, nil)
	w.want(http.StatusNoContent, "POST", approve, w.token, nil)
	if seen() != 1 {
		t.Error("what was approved is not shown")
	}
}
