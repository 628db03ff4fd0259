package e2e

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // what BitTorrent uses
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vidiverse/p2p/metainfo"
)

// web is apart, with web videos.
const web = apart + `  web_videos: {enabled: true}
`

// file is a media file as REST gives it.
type file struct {
	ID                 int
	Resolution         struct{ ID int }
	Size               int64
	FileURL            string
	FileDownloadURL    string
	TorrentURL         string
	TorrentDownloadURL string
	MagnetURI          string
	HasVideo, HasAudio bool
}

// allFiles are the web videos of a video and then its HLS files.
func (p person) allFiles(uuid string) (web, hls []file) {
	p.Helper()
	var v struct {
		Files              []file
		StreamingPlaylists []struct{ Files []file }
	}
	p.decode(p.ask(http.MethodGet, "/api/v1/videos/"+uuid, nil), &v)
	if len(v.StreamingPlaylists) > 0 {
		hls = v.StreamingPlaylists[0].Files
	}
	return v.Files, hls
}

// torrented waits until all files of a video have torrents.
func (p person) torrented(uuid string) (web, hls []file) {
	p.Helper()
	p.settle(uuid)
	p.eventually("all files have torrents", func() bool {
		web, hls = p.allFiles(uuid)
		for _, f := range append(web, hls...) {
			if f.TorrentURL == "" {
				return false
			}
		}
		return true
	})
	return web, hls
}

// TestTorrentsForOthers: aria2, whom nobody here wrote, downloads a file of ours
// from its .torrent over our web seed, gives it to another aria2 that our
// tracker introduced, and that one has nothing but a magnet link.
func TestTorrentsForOthers(t *testing.T) {
	t.Parallel()
	s := newServer(t, web, "")
	s.start()
	root := s.signIn()
	uuid := root.upload("A film.mp4", load(t, clip), nil)
	whole, parts := root.torrented(uuid)
	if len(whole) != 2 || len(parts) != 3 || !whole[0].HasVideo || !whole[0].HasAudio {
		t.Fatalf("got web videos %+v and HLS files %+v", whole, parts)
	}
	for _, f := range append(whole, parts...) {
		root.checkTorrent(f)
	}
	f := whole[0]
	film := s.get(f.FileURL).body
	folder := t.TempDir()
	torrent := filepath.Join(folder, "film.torrent")
	keep(t, torrent, s.get(f.TorrentDownloadURL).body)
	name := "A film " + strconv.Itoa(f.Resolution.ID) + "p.mp4"

	seeded := filepath.Join(folder, "seeded")
	giver := aria2(t, seeded, "--seed-ratio=0", "--check-integrity=true", torrent)
	root.arrives(filepath.Join(seeded, name), film, giver)
	// The tracker has met it before anybody asks for it.
	hash := must(metainfo.ParseMagnet(f.MagnetURI))(t).Hash
	root.eventually("aria2 has announced that it is complete", func() bool {
		a := s.get("/tracker/scrape?info_hash=" + url.QueryEscape(string(hash[:])))
		return strings.Contains(string(a.body), "8:completei1e")
	})
	m := must(metainfo.ParseMagnet(f.MagnetURI))(t)
	m.WebSeeds, m.Torrents = nil, nil
	taken := filepath.Join(folder, "taken")
	taker := aria2(t, taken, "--seed-time=0", m.String())
	root.arrives(filepath.Join(taken, name), film, taker)

	root.checkClosing(uuid, f)
	s.check()
}

// checkTorrent holds a file's addresses against each other.
func (p person) checkTorrent(f file) {
	p.Helper()
	a := p.get(f.TorrentURL)
	tor, err := metainfo.Read(a.body)
	if err != nil || a.header.Get("Content-Type") != "application/x-bittorrent" || tor.Length != f.Size || len(tor.WebSeeds) != 1 || tor.WebSeeds[0] != f.FileURL {
		p.Errorf("%s: got %d %v, %+v, %v", f.TorrentURL, a.status, a.header, tor, err)
	}
	m, err := metainfo.ParseMagnet(f.MagnetURI)
	if err != nil || m.Hash != tor.Hash || len(m.Torrents) != 1 || m.Torrents[0] != f.TorrentURL {
		p.Errorf("magnet %s: %v", f.MagnetURI, err)
	}
	film := p.get(f.FileURL).body
	for i := range tor.Pieces() {
		sum, offset, length := tor.Piece(i)
		if int64(len(film)) != tor.Length || sha1.Sum(film[offset:offset+length]) != sum {
			p.Fatalf("%s does not have piece %d of its torrent", f.FileURL, i)
		}
	}
	if d := p.get(f.FileDownloadURL); int64(len(d.body)) != f.Size || !strings.HasPrefix(d.header.Get("Content-Disposition"), "attachment") {
		p.Errorf("%s: got %d, %d bytes", f.FileDownloadURL, d.status, len(d.body))
	}
	if p.announce(m.Hash) != "" {
		p.Errorf("%s: the tracker says %s", f.FileURL, p.announce(m.Hash))
	}
}

// announce is why the HTTP tracker refuses a hash; empty if it does not.
func (s *server) announce(hash [20]byte) string {
	s.Helper()
	a := s.get("/tracker/announce?port=6881&peer_id=-XX0000-000000000000&event=stopped&info_hash=" + url.QueryEscape(string(hash[:])))
	if strings.Contains(string(a.body), "failure reason") {
		return string(a.body)
	}
	return ""
}

// checkClosing makes a video private: nobody learns of its bytes any longer.
func (p person) checkClosing(uuid string, f file) {
	p.Helper()
	form := url.Values{"privacy": {"3"}}
	if a := p.ask(http.MethodPut, "/api/v1/videos/"+uuid, []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded"); a.status != http.StatusNoContent {
		p.Fatalf("make private: got %d %s", a.status, a.body)
	}
	for _, address := range []string{f.TorrentURL, f.TorrentDownloadURL, f.FileURL, f.FileDownloadURL} {
		if a := p.get(address); a.status < 400 {
			p.Errorf("%s of a private video: got %d", address, a.status)
		}
	}
	p.eventually("torrents without a web seed", func() bool {
		web, _ := p.allFiles(uuid)
		return web[0].TorrentURL != f.TorrentURL && strings.Contains(web[0].FileURL, "/private/") && !strings.Contains(web[0].MagnetURI, "&ws=")
	})
	web, _ := p.allFiles(uuid)
	if a := p.get(web[0].TorrentURL); a.status != http.StatusUnauthorized {
		p.Errorf("its new torrent for a stranger: got %d", a.status)
	}
	a := p.ask(http.MethodGet, web[0].TorrentURL, nil)
	tor, err := metainfo.Read(a.body)
	if err != nil || len(tor.WebSeeds) != 0 || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		p.Errorf("its new torrent: got %d %v, seeds %v, %v", a.status, a.header, tor.WebSeeds, err)
	}
	if p.announce(tor.Hash) == "" {
		p.Error("the tracker introduces peers of a private video")
	}
}

// aria2 runs a client that knows trackers and web seeds alone, until the test
// ends. Its output is what an error shows.
func aria2(t *testing.T, folder string, args ...string) *record {
	t.Helper()
	said := newRecord()
	cmd := exec.CommandContext(t.Context(), "aria2c", append([]string{"--no-conf", "--dir=" + folder, "--enable-dht=false", "--enable-dht6=false",
		"--bt-enable-lpd=false", "--enable-peer-exchange=false", "--file-allocation=none", "--console-log-level=notice", "--summary-interval=0",
		"--bt-tracker-interval=2", "--disable-ipv6=true", "--follow-torrent=mem"}, args...)...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = said, said, 5*time.Second
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
	return said
}

// arrives waits until a client has downloaded the film whole.
func (s *server) arrives(name string, film []byte, client *record) {
	s.Helper()
	defer func() {
		if s.Failed() {
			s.Logf("aria2 says:\n%s", client)
		}
	}()
	s.eventually(filepath.Base(name)+" arrives", func() bool {
		_, partly := os.Stat(name + ".aria2")
		got, err := os.ReadFile(name)
		return err == nil && bytes.Equal(got, film) && (partly != nil || strings.Contains(client.String(), "SEED") || strings.Contains(client.String(), "complete"))
	})
}

func keep(t *testing.T, name string, body []byte) {
	t.Helper()
	if err := os.WriteFile(name, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// must is a value whose error ends the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestAsItCame: where transcoding is switched off, a video is the file that was
// uploaded, with pictures and a torrent.
func TestAsItCame(t *testing.T) {
	t.Parallel()
	s := newServer(t, "transcoding: {enabled: false}\n", "")
	s.start()
	root, film := s.signIn(), load(t, clip)
	uuid := root.upload("plain.mp4", film, nil)
	whole, parts := root.torrented(uuid)
	if len(whole) != 1 || len(parts) != 0 || !bytes.Equal(s.get(whole[0].FileURL).body, film) {
		t.Fatalf("got web videos %+v and HLS files %+v", whole, parts)
	}
	root.checkTorrent(whole[0])
	s.check()
}
