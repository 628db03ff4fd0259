package metainfo

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type vector struct {
	Size        int64
	PieceLength int64
	Pieces      int
	InfoHash    string
	TorrentHex  string
	Magnet      string
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Vectors
}

// film repeats the vectors' pattern: byte j of each mebibyte is j*31 + j>>8.
type film struct{ at int64 }

func (f *film) Read(b []byte) (int, error) {
	for i := range b {
		j := f.at % (1 << 20)
		b[i] = byte(j*31 + j>>8)
		f.at++
	}
	return len(b), nil
}

var vectorOptions = Options{
	Name:         CleanName("My/ video") + " 720p.mp4",
	AnnounceList: [][]string{{"wss://tube.example.org:443/tracker/socket"}, {"https://tube.example.org/tracker/announce"}},
	URLList:      []string{"https://tube.example.org/static/web-videos/11111111-2222-4333-8444-555555555555-720.mp4"},
	Created:      time.Unix(1700000000, 0),
}

// A torrent of other bytes is another torrent: clients of PeerTube's would not
// meet ours.
func TestMakesTheBytesOfCreateTorrent(t *testing.T) {
	seen := 0
	for _, v := range vectors(t) {
		if v.Size == 0 || (v.Size > 50_000_000 && testing.Short()) {
			continue
		}
		o := vectorOptions
		o.Name = "My - video 720p.mp4"
		b, hash, err := Make(io.LimitReader(&film{}, v.Size), v.Size, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(hash[:]); got != v.InfoHash {
			t.Errorf("%d bytes: info-hash %s, want %s", v.Size, got, v.InfoHash)
		}
		if v.TorrentHex != "" && hex.EncodeToString(b) != v.TorrentHex {
			t.Errorf("%d bytes: %q", v.Size, b)
		}
		r, err := Read(b)
		if err != nil || r.PieceLength != v.PieceLength || r.Pieces() != v.Pieces || r.Hash != hash {
			t.Errorf("%d bytes: %d pieces of %d, %v", v.Size, r.Pieces(), r.PieceLength, err)
		}
		seen++
	}
	if seen < 6 {
		t.Errorf("%d vectors", seen)
	}
}

// Torrents that a PeerTube server gave are what Rewrite makes of them with the
// same options, and magnets are the ones its REST answers showed.
func TestCaptured(t *testing.T) {
	raw, err := os.ReadFile("testdata/captured.json")
	if err != nil {
		t.Fatal(err)
	}
	var captured map[string]struct {
		TorrentURL string
		MagnetURI  string
		FileURL    string
		Size       int64
	}
	if err := json.Unmarshal(raw, &captured); err != nil {
		t.Fatal(err)
	}
	for name, c := range captured {
		b, err := os.ReadFile(filepath.Join("testdata", name+".torrent"))
		if err != nil {
			t.Fatal(err)
		}
		tor, err := Read(b)
		if err != nil || tor.Length != c.Size || !tor.Single || len(tor.Files) != 1 {
			t.Fatalf("%s: %+v, %v", name, tor, err)
		}
		if diff := cmp.Diff([]string{c.FileURL}, tor.WebSeeds); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		o := Options{Name: tor.Name, AnnounceList: tor.Announce, URLList: tor.WebSeeds, Created: tor.Created}
		again, hash, err := Rewrite(b, o)
		if err != nil || !bytes.Equal(again, b) || hash != tor.Hash {
			t.Errorf("%s: rewritten %q, %v", name, again, err)
		}
		m := Magnet{Hash: hash, Name: "VOD both kinds", Torrents: []string{c.TorrentURL}, Trackers: []string{tor.Announce[1][0], tor.Announce[0][0]}, WebSeeds: tor.WebSeeds}
		if m.String() != c.MagnetURI {
			t.Errorf("%s: magnet\n%s, want\n%s", name, m, c.MagnetURI)
		}
		back, err := ParseMagnet(c.MagnetURI)
		if diff := cmp.Diff(m, back); diff != "" || err != nil {
			t.Error(name, diff, err)
		}
	}
	if len(captured) != 4 {
		t.Errorf("%d captured torrents", len(captured))
	}
}

func TestRewriteKeepsPieces(t *testing.T) {
	b, hash, err := Make(io.LimitReader(&film{}, 100_000), 100_000, vectorOptions)
	if err != nil {
		t.Fatal(err)
	}
	o := vectorOptions
	o.Name, o.URLList = "New 720p.mp4", nil
	again, other, err := Rewrite(b, o)
	if err != nil {
		t.Fatal(err)
	}
	was, is := must(t, b), must(t, again)
	if !bytes.Equal(was.pieces, is.pieces) || hash == other || is.Name != o.Name || is.WebSeeds != nil {
		t.Errorf("rewritten to %+v", is)
	}
	if !bytes.HasSuffix(again, []byte("8:url-listlee")) {
		t.Errorf("a closed video's torrent ends %q", again[len(again)-20:])
	}
}

// A title may be long, and begin like a device: its torrent is made and changed.
func TestOwnTitles(t *testing.T) {
	for _, title := range []string{"Con. A film", strings.Repeat("\u20ac", 120), "..", "a\nb"} {
		o := vectorOptions
		o.Name = CleanName(title) + " 1080p.mp4"
		b, hash, err := Make(strings.NewReader("film"), 4, o)
		if err != nil {
			t.Errorf("%q: %v", title, err)
			continue
		}
		if _, again, err := Rewrite(b, o); err != nil || again != hash {
			t.Errorf("%q: %v", title, err)
		}
	}
}

func must(t testing.TB, b []byte) Torrent {
	t.Helper()
	tor, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return tor
}

func TestMakeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		r    io.Reader
		size int64
		name string
	}{
		"shorter": {strings.NewReader("abc"), 4, "a.mp4"}, "longer": {strings.NewReader("abcde"), 4, "a.mp4"},
		"empty": {strings.NewReader(""), 0, "a.mp4"}, "a path": {strings.NewReader("abcd"), 4, "../a.mp4"},
		"broken": {io.MultiReader(strings.NewReader("ab"), broken{}), 4, "a.mp4"},
	} {
		if _, _, err := Make(c.r, c.size, Options{Name: c.name}); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("disk") }

func TestCleanName(t *testing.T) {
	if got := CleanName(`a/b\c?d%e*f:g|h"i<j>k`); got != "a-b-c-d-e-f-g-h-i-j-k" {
		t.Error(got)
	}
}

// The numbers of the rule at sizes where a rounding error would show.
func TestPieceLength(t *testing.T) {
	for size, want := range map[int64]int64{1: 16384, 23_726_566: 16384, 23_726_567: 32768, 40_000_000: 32768, 300_000_000: 262144, 200_000_000_000: 1 << 28} {
		if got := PieceLength(size); got != want {
			t.Errorf("%d bytes: pieces of %d, want %d", size, got, want)
		}
	}
}

// BenchmarkMake is how fast a file becomes a torrent, and in how much memory.
func BenchmarkMake(b *testing.B) {
	const size = 64 << 20
	name := filepath.Join(b.TempDir(), "film.mp4")
	if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := Make(f, size, vectorOptions); err != nil {
			b.Fatal(err)
		}
		_ = f.Close()
	}
}
