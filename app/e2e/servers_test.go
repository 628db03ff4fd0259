package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"vidiverse/instance/rest"
)

// federated is single, among servers of this machine.
const federated = single + `federation: {prevent_ssrf: false}
`

// walk is a film of six seconds that is published as it is.
var walk = sync.OnceValues(func() ([]byte, error) {
	return film("walk.mp4", "testsrc2=size=256x144:rate=10", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "100k", "-g", "40", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k")
})

const passwordOfAll = "some-password"

// resident is a person of a server, who does things there over REST.
type resident struct {
	person
	name string
}

func newFederated(t testing.TB, more string) (s *server, root resident) {
	t.Helper()
	s = newServer(t, federated+more, "")
	s.start()
	return s, resident{s.signIn(), "root"}
}

// invites makes an account for somebody, with a channel.
func (r resident) invites(name string) resident {
	r.Helper()
	r.does("POST", "/api/v1/users", map[string]any{
		"username": name, "password": passwordOfAll, "email": name + "@people.example", "role": 2, "videoQuota": -1, "videoQuotaDaily": -1,
	})
	return resident{r.signInAs(name, passwordOfAll), name}
}

// handle is how other servers name the person.
func (r resident) handle() string { return r.name + "@" + r.addr }

// on is the resident whose failures are those of t.
func (r resident) on(t testing.TB) resident { return resident{r.person.on(t), r.name} }

// does asks for something that must succeed.
func (r resident) does(method, path string, body any) []byte {
	r.Helper()
	a := r.tries(method, path, body)
	if a.status/100 != 2 {
		r.Fatalf("%s on %s: %s %s: got %d %s", r.name, r.addr, method, path, a.status, a.body)
	}
	return a.body
}

func (r resident) tries(method, path string, body any) answer {
	r.Helper()
	if body == nil {
		return r.ask(method, path, nil)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		r.Fatal(err)
	}
	return r.ask(method, path, raw, "Content-Type", "application/json")
}

// read asks for a value.
func read[T any](r resident, path string) (value T) {
	r.Helper()
	r.decode(r.ask(http.MethodGet, path, nil), &value)
	return value
}

// list asks for the first hundred of a list.
func list[T any](r resident, path string) []T {
	r.Helper()
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return read[rest.Page[T]](r, path+mark+"count=100").Data
}

// sees waits until something is so for the person.
func (r resident) sees(what string, holds func() bool) {
	r.Helper()
	r.eventually(fmt.Sprintf("%s on %s: %s", r.name, r.addr, what), holds)
}

// lists reports whether a path lists a video.
func (r resident) lists(path, uuid string) bool {
	r.Helper()
	return slices.ContainsFunc(list[rest.Video](r, path), func(v rest.Video) bool { return v.UUID == uuid })
}

// watch asks for a video that must be there.
func (r resident) watch(uuid string) rest.VideoDetails {
	r.Helper()
	return read[rest.VideoDetails](r, "/api/v1/videos/"+uuid)
}

// has reports whether a video can be seen.
func (r resident) has(uuid string) bool {
	r.Helper()
	a := r.ask(http.MethodGet, "/api/v1/videos/"+uuid, nil)
	if a.status != http.StatusOK && a.status/100 != 4 {
		r.Fatalf("video %s: got %d %s", uuid, a.status, a.body)
	}
	return a.status == http.StatusOK
}

// comments writes under a video, or answers a comment, and returns its number
// on the server.
func (r resident) comments(uuid string, parent int64, text string) int64 {
	r.Helper()
	path := "/api/v1/videos/" + uuid + "/comment-threads"
	if parent != 0 {
		path = fmt.Sprintf("/api/v1/videos/%s/comments/%d", uuid, parent)
	}
	var made rest.CommentCreated
	if err := json.Unmarshal(r.does("POST", path, rest.CommentInput{Text: text}), &made); err != nil {
		r.Fatal(err)
	}
	return made.Comment.ID
}

// said are the comments under a video as a reader would tell them: those of a
// thread below it, oldest first.
func (r resident) said(uuid string) []string {
	r.Helper()
	var all []string
	for _, c := range list[rest.Comment](r, "/api/v1/videos/"+uuid+"/comment-threads?sort=createdAt") {
		thread := read[rest.CommentTree](r, fmt.Sprintf("/api/v1/videos/%s/comment-threads/%d", uuid, c.ID))
		all = tell(thread, "", all)
	}
	return all
}

func tell(t rest.CommentTree, indent string, all []string) []string {
	line := indent + t.Comment.Text
	switch {
	case t.Comment.IsDeleted:
		line = indent + "deleted"
	case t.Comment.Account != nil:
		line += " (" + t.Comment.Account.Name + "@" + t.Comment.Account.Host + ")"
	}
	all = append(all, line)
	for _, child := range t.Children {
		all = tell(child, indent+"  ", all)
	}
	return all
}

// comment finds a comment by its text, wherever it stands below a video.
func (r resident) comment(uuid, text string) (found rest.Comment, ok bool) {
	r.Helper()
	var look func(rest.CommentTree)
	look = func(t rest.CommentTree) {
		if t.Comment.Text == text {
			found, ok = t.Comment, true
		}
		for _, child := range t.Children {
			look(child)
		}
	}
	for _, c := range list[rest.Comment](r, "/api/v1/videos/"+uuid+"/comment-threads") {
		look(read[rest.CommentTree](r, fmt.Sprintf("/api/v1/videos/%s/comment-threads/%d", uuid, c.ID)))
	}
	return found, ok
}

// reads waits for a comment with a text.
func (r resident) reads(uuid, text string) (found rest.Comment) {
	r.Helper()
	r.sees("the comment "+text, func() (ok bool) { found, ok = r.comment(uuid, text); return ok })
	return found
}

// notified waits for a notification of a kind.
func (r resident) notified(kind int, of func(rest.Notification) bool) {
	r.Helper()
	r.sees(fmt.Sprintf("a notification %d", kind), func() bool {
		return slices.ContainsFunc(list[rest.Notification](r, "/api/v1/users/me/notifications"), func(n rest.Notification) bool {
			return n.Type == kind && of(n)
		})
	})
}

// Kinds of notifications, as PeerTube counts them.
const (
	newVideoOfSubscription = 1
	newCommentOnMyVideo    = 2
	newAbuse               = 3
	newFollower            = 10
	mentioned              = 11
	newServerFollower      = 13
)

// agree waits until two servers show the same of a video: what is said of it,
// how it is liked, and every comment below it.
func agree(one, two resident, uuid string) {
	one.Helper()
	agreeButFor(one, two, uuid, func(string) bool { return false })
}

// agreeButFor leaves out some of the comments, as said tells them.
func agreeButFor(one, two resident, uuid string, left func(line string) bool) {
	one.Helper()
	var a, b string
	defer func() {
		if one.Failed() {
			one.Logf("%s says %s\n%s says %s", one.addr, a, two.addr, b)
		}
	}()
	one.eventually("both servers agree on "+uuid, func() bool {
		if !one.has(uuid) || !two.has(uuid) {
			return false
		}
		a, b = one.tells(uuid, left), two.tells(uuid, left)
		return a == b
	})
}

// tells is what a server shows of a video, without what is the server's own:
// numbers, views, addresses of its copies of pictures.
func (r resident) tells(uuid string, left func(line string) bool) string {
	r.Helper()
	v := r.watch(uuid)
	var files []string
	for _, p := range v.StreamingPlaylists {
		files = append(files, p.PlaylistURL, p.SegmentsSHA256URL)
		for _, f := range p.Files {
			files = append(files, fmt.Sprint(f.Resolution.ID, f.Size, f.FPS, f.HasAudio, f.HasVideo), f.FileURL, xt(f.MagnetURI))
		}
	}
	slices.Sort(v.TrackerURLs)
	text, err := json.MarshalIndent(map[string]any{
		"url": v.URL, "name": v.Name, "description": v.Description, "support": v.Support, "tags": v.Tags,
		"labels": []any{v.Category, v.Licence, v.Language, v.Privacy, v.State}, "nsfw": v.NSFW, "duration": v.Duration,
		"published": v.PublishedAt, "originally": v.OriginallyPublishedAt, "ratio": v.AspectRatio,
		"likes": v.Likes, "dislikes": v.Dislikes, "policy": v.CommentsPolicy, "download": v.DownloadEnabled,
		"account": v.Account.URL + " " + v.Account.DisplayName, "channel": v.Channel.URL + " " + v.Channel.DisplayName,
		"pictures": len(v.Thumbnails), "trackers": v.TrackerURLs, "files": files, "comments": slices.DeleteFunc(r.said(uuid), left),
	}, "", " ")
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

// xt is the name of a magnet's swarm; the rest of it is each server's own.
func xt(magnet string) string {
	_, hash, _ := strings.Cut(magnet, "xt=")
	hash, _, _ = strings.Cut(hash, "&")
	return hash
}
