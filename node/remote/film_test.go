package remote_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/hls"
	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p"
)

// ask is a client whose user typed the servers' addresses.
func ask(t testing.TB, servers ...*remotetest.Server) *remote.Client {
	t.Helper()
	c := remote.New(remote.Config{Lists: 1000})
	t.Cleanup(c.Close)
	for _, s := range servers {
		c.Trust(s.URL)
	}
	return c
}

func film(t testing.TB, c *remote.Client, s *remotetest.Server, v *remotetest.Video) (remote.Film, error) {
	t.Helper()
	video, err := c.Video(t.Context(), s.URL, v.UUID)
	if err != nil {
		return remote.Film{}, err
	}
	return c.Film(t.Context(), video)
}

// A stock server's film: its files, with digests that their bytes have, and the
// swarms in which its browsers meet.
func TestFilm(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{}, remotetest.Media{Split: true})
	c := ask(t, s)
	for _, v := range s.Videos() {
		f, err := film(t, c, s, v)
		if err != nil {
			t.Fatal(err)
		}
		if f.Origin != s.URL || f.UUID != v.UUID || f.Master != v.Master() || f.Live || f.Version == [32]byte{} {
			t.Errorf("got %+v", f)
		}
		if want := []string{strings.Replace(s.URL, "http", "ws", 1) + "/tracker/socket"}; !slices.Equal(f.Trackers, want) {
			t.Errorf("got trackers %q, want %q", f.Trackers, want)
		}
		if !slices.Equal(f.Hashes, v.Hashes()) {
			t.Errorf("got hashes %x, want %x", f.Hashes, v.Hashes())
		}
		if len(f.Captions) != 1 || f.Captions[0].Language != "en" || !strings.HasPrefix(f.Captions[0].URL, s.URL+"/lazy-static/") {
			t.Errorf("got captions %+v", f.Captions)
		}
		checkRenditions(t, c, &f, v)
	}
}

func checkRenditions(t *testing.T, c *remote.Client, f *remote.Film, v *remotetest.Video) {
	t.Helper()
	want := v.Renditions()
	if len(f.Renditions) != len(want) {
		t.Fatalf("got %d renditions, want %d", len(f.Renditions), len(want))
	}
	for i, r := range f.Renditions {
		w := want[i]
		kind, index := hls.Main, i
		if w.Height == 0 {
			kind, index = hls.Secondary, 0
		}
		if r.Kind != kind || r.Index != index || r.Height != w.Height || r.Width != w.Width || r.FPS != w.FPS || r.Size != int64(len(w.Bytes)) {
			t.Errorf("%d: got %+v", i, r)
		}
		if !bytes.Equal(r.Init, w.Bytes[:w.Media.Init.Length]) || !slices.Equal(r.Segments, w.Media.Segments) {
			t.Errorf("%d: header or segments differ", i)
		}
		id := p2p.FileID{Origin: f.Origin[len("http://"):], Video: f.UUID, Name: w.Name, Version: p2p.VersionOf(r.Extents)}
		if r.File != id || len(r.Extents) != len(r.Segments) {
			t.Errorf("%d: got file %+v, want %+v", i, r.File, id)
		}
		if hash := hls.SwarmHashG2(f.Master, kind, index); len(r.Swarms) != 1 || r.Swarms[0] != (hls.Swarm{Scheme: hls.G2, Hash: hash}) {
			t.Errorf("%d: got swarms %+v, want %s alone", i, r.Swarms, hash)
		}
		source := c.Source(f, i)
		for n, e := range r.Extents {
			b, err := source.Fetch(t.Context(), n)
			if err != nil || e.Check(b) != nil {
				t.Errorf("%d: segment %d: %v, %v", i, n, err, e.Check(b))
			}
		}
		if _, err := source.Fetch(t.Context(), len(r.Extents)); !errors.Is(err, p2p.ErrAbsent) {
			t.Errorf("%d: behind the end: got %v", i, err)
		}
	}
}

// The catalogue stores films, so nothing of one may be lost on the way.
func TestFilmSurvivesJSON(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Split: true, Segments: 5})
	v := s.Videos()[0]
	c := ask(t, s)
	f, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	f.Fetched = f.Fetched.UTC().Truncate(0)
	f.Renditions[0].Extents = nil
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var again remote.Film
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, f) {
		t.Errorf("got %+v\nwant %+v", again, f)
	}
	for _, bad := range []string{`{"packed":"gA=="}`, `{"packed":"AAA="}`, `{"summed":true,"packed":"AAIC"}`} {
		if err := json.Unmarshal([]byte(bad), new(remote.Rendition)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// A hash that the server does not federate is never joined: its tracker would
// shut us out, and an origin without ActivityPub wants no swarm.
func TestOnlyFederatedHashesAreJoined(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Split: true})
	v := s.Videos()[0]
	c := ask(t, s)
	playlist := func(object map[string]any) map[string]any {
		for _, l := range object["url"].([]any) {
			if link := l.(map[string]any); link["mediaType"] == "application/x-mpegURL" {
				return link
			}
		}
		return nil
	}
	v.EditObject(func(o map[string]any) {
		link := playlist(o)
		link["tag"] = []any{
			link["tag"].([]any)[1], map[string]any{"type": "Infohash", "name": fmt.Sprintf("%x", "12345678901234567890")}, "junk",
		}
	})
	f, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range f.Renditions {
		if joined := len(r.Swarms) == 1; joined != (i == 1) {
			t.Errorf("rendition %d: got swarms %+v", i, r.Swarms)
		}
	}
	for status, want := range map[int]error{http.StatusNotFound: nil, http.StatusForbidden: nil, http.StatusOK: nil, http.StatusInternalServerError: remote.ErrUnavailable} {
		s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/videos/watch/") {
				w.WriteHeader(status)
				fmt.Fprint(w, "<html>")
				return true
			}
			return false
		})
		f, err := film(t, c, s, v)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("object answers %d: got %v, want %v", status, err, want)
		}
		for _, r := range f.Renditions {
			if len(r.Swarms)+len(f.Trackers)+len(f.Hashes) > 0 || len(r.Extents) == 0 {
				t.Errorf("object answers %d: got %+v", status, r)
			}
		}
	}
}

// G3 players meet where the server federates their hashes, as Vidiverse does.
func TestNewerSwarms(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Split: true})
	v := s.Videos()[0]
	c := ask(t, s)
	master, err := hls.ReadMaster(bytes.NewReader(v.File(v.MasterName())))
	if err != nil {
		t.Fatal(err)
	}
	v.EditObject(func(o map[string]any) {
		for _, l := range o["url"].([]any) {
			if link := l.(map[string]any); link["mediaType"] == "application/x-mpegURL" {
				tags := []any{}
				for _, h := range master.Swarms(link["href"].(string)) {
					tags = append(tags, map[string]any{"type": "Infohash", "name": fmt.Sprintf("%x", h.Hash[:])})
				}
				link["tag"] = tags
			}
		}
	})
	f, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range f.Renditions {
		if len(r.Swarms) != 2 || r.Swarms[0].Scheme != hls.G2 || r.Swarms[1].Scheme != hls.G3 {
			t.Errorf("rendition %d: got swarms %+v", i, r.Swarms)
		}
	}
}

// A segment without a digest cannot be checked: then nothing of its file is kept.
func TestFileWithoutDigests(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	c := ask(t, s)
	d, err := hls.ReadDigests(bytes.NewReader(v.File(v.DigestsName())))
	if err != nil {
		t.Fatal(err)
	}
	d[0].Extents = d[0].Extents[1:]
	v.SetFile(v.DigestsName(), d.Bytes())
	f, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Renditions[0].Extents) != 0 || len(f.Renditions[1].Extents) != 3 {
		t.Errorf("got %d and %d extents, want 0 and 3", len(f.Renditions[0].Extents), len(f.Renditions[1].Extents))
	}
	if _, err := c.Source(&f, 0).Fetch(t.Context(), 0); err != nil {
		t.Errorf("it can still be played: %v", err)
	}
}

func TestFilmChanges(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	c := ask(t, s)
	before, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	v.SetTitle("renamed")
	if same, err := film(t, c, s, v); err != nil || same.Version != before.Version || same.Title != "renamed" {
		t.Errorf("renamed: got version %x %q %v, want the same version", same.Version, same.Title, err)
	}
	v.Rewrite()
	other, err := film(t, c, s, v)
	if err != nil || other.Version == before.Version || other.Renditions[0].File.Name != before.Renditions[0].File.Name || other.Renditions[0].File == before.Renditions[0].File {
		t.Errorf("rewritten: got %+v %v, want other files of the same names", other.Renditions[0].File, err)
	}
	v.Replace(remotetest.Media{Segments: 2})
	if third, err := film(t, c, s, v); err != nil || third.Version == other.Version || third.Master == other.Master {
		t.Errorf("replaced: got %+v %v", third, err)
	}
	if _, err := c.Source(&before, 0).Fetch(t.Context(), 0); !errors.Is(err, p2p.ErrAbsent) || !errors.Is(err, remote.ErrGone) {
		t.Errorf("the old file: got %v, want ErrAbsent", err)
	}
}

// A file that is missing for a moment must not look like a video that its
// owner took back: what is kept of it would be thrown away.
func TestMissingFileIsNoWithdrawal(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	c := ask(t, s)
	v.SetFile(v.MasterName(), nil)
	if _, err := film(t, c, s, v); !errors.Is(err, remote.ErrUnavailable) || errors.Is(err, remote.ErrGone) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t)
	v := s.AddLive()
	f, err := film(t, ask(t, s), s, v)
	if err != nil || !f.Live || f.LiveURL != v.Master() || len(f.Renditions) != 0 {
		t.Errorf("got %+v %v", f, err)
	}
}

func TestClosedVideos(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	c := ask(t, s)
	video, err := c.Video(t.Context(), s.URL, v.Short)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		do   func()
		want error
	}{
		{"unlisted", func() { v.SetPrivacy(remotetest.Unlisted) }, nil},
		{"private", func() { v.SetPrivacy(remotetest.Private) }, remote.ErrClosed},
		{"password", func() { v.SetPrivacy(remotetest.Password) }, remote.ErrClosed},
		{"private by its own words", func() {
			v.SetPrivacy(remotetest.Public)
			v.EditDetail(func(d map[string]any) { d["privacy"] = map[string]any{"id": 3} })
		}, remote.ErrClosed},
		{"down", s.Die, remote.ErrUnavailable},
		{"gone", func() { s.Revive(); v.Delete() }, remote.ErrGone},
	} {
		test.do()
		if _, err := c.Film(t.Context(), video); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
		if _, err := c.Video(t.Context(), s.URL, v.UUID); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: video: got %v, want %v", test.name, err, test.want)
		}
	}
	for _, status := range []int{http.StatusNotFound, http.StatusGone, http.StatusUnauthorized, http.StatusForbidden} {
		s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "<html>are you a robot?", status)
			return true
		})
		if _, err := c.Video(t.Context(), s.URL, v.UUID); !errors.Is(err, remote.ErrUnavailable) || errors.Is(err, remote.ErrGone) || errors.Is(err, remote.ErrClosed) {
			t.Errorf("a proxy answers %d: got %v, want ErrUnavailable", status, err)
		}
	}
	s.Intercept(nil)
	if _, err := c.Video(t.Context(), s.URL, "../config"); !errors.Is(err, remote.ErrAddress) {
		t.Errorf("an id that is a path: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Video(ctx, s.URL, v.UUID); !errors.Is(err, context.Canceled) || errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("cancelled: got %v", err)
	}
}
