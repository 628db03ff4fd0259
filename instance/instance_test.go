package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/stats"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func testConfig(t *testing.T) Config {
	t.Helper()
	dir := t.TempDir()
	return Config{
		Data: dir, Files: filepath.Join(dir, "storage"), Database: "sqlite:" + filepath.Join(dir, "vidiverse.sqlite"),
		URL: "http://localhost:9000", RootPassword: "correct-horse", Client: true,
		Transcode: Transcode{Enabled: true, AlwaysOriginal: true, HLS: true},
	}
}

func open(t *testing.T, cfg Config) *Instance {
	t.Helper()
	i, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func closed(t *testing.T, i *Instance) {
	t.Helper()
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}

// serving runs an instance on a free port until the test stops it.
func serving(t *testing.T, cfg Config) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	cfg.Listener, cfg.Ready = l, func(string, string) { close(ready) }
	i := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- errors.Join(i.Serve(ctx), i.Close()) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatalf("Serve: %v", err)
	}
	return l.Addr().String(), func() error {
		cancel()
		return <-done
	}
}

func TestServeStops(t *testing.T) {
	cfg := testConfig(t)
	address, stop := serving(t, cfg)
	info, err := os.Stat(filepath.Join(cfg.Data, controlName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("control socket: got %v, %v; want mode 0600", info, err)
	}
	if _, err := New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("a second instance on the folder: got %v", err)
	}
	if err := stop(); err != nil {
		t.Errorf("Serve: got %v, want nil", err)
	}
	if l, err := net.Listen("tcp", address); err != nil {
		t.Errorf("the port is not free: %v", err)
	} else {
		l.Close()
	}
}

// A request that is being answered when the server is told to stop gets its
// answer.
func TestServeDrains(t *testing.T) {
	address, stop := serving(t, testConfig(t))
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Half a log-in: the server has begun to read it.
	head := "POST /api/v1/users/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\nExpect: 100-continue\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	begun := make([]byte, len("HTTP/1.1 100"))
	if _, err := io.ReadFull(conn, begun); err != nil || string(begun) != "HTTP/1.1 100" {
		t.Fatalf("got %q, %v; want the server to ask for the body", begun, err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // until the port is given back
		probe, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			break
		}
		probe.Close()
	}
	if _, err := io.WriteString(conn, "grant_type=password"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(rest), "HTTP/1.1 4") {
		t.Errorf("got %q, %v; want an answer", rest, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// Views wait half an hour to be written: a stop writes those that wait.
func TestServeWritesViews(t *testing.T) {
	cfg := testConfig(t)
	cfg.Transcode.Enabled = false
	cfg.Views.CountAfter = time.Second
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	cfg.Listener, cfg.Ready = l, func(string, string) { close(ready) }
	i := open(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- i.Serve(ctx) }()
	<-ready
	v := firstVideo(t, i)
	for at := range 3 {
		r := stats.View{CurrentTime: at, Address: "192.0.2.1"}
		if err := i.stats.View(t.Context(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, r); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	got, err := i.videos.Get(t.Context(), user.Caller{}, video.Ref(v.UUID), video.Credentials{})
	if err != nil || got.Counters.Views != 1 {
		t.Errorf("got %d views after the stop, %v; want 1", got.Counters.Views, err)
	}
	closed(t, i)
}

// firstVideo publishes a video of root's.
func firstVideo(t *testing.T, i *Instance) (v video.Video) {
	t.Helper()
	list, _, err := i.channels.List(t.Context(), channel.Query{Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	root := user.Caller{UserID: 1, AccountID: int64(list[0].AccountID)}
	err = i.db.Write(t.Context(), func(tx db.Tx) error {
		d := video.Draft{Name: "A walk", ChannelID: list[0].ID, Privacy: video.Public, Comments: video.CommentsEnabled}
		v, err = i.videos.Create(t.Context(), tx, root, d, stream.Source{Filename: "f.mp4", Probe: stream.Probe{Duration: 12 * time.Second}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever a client sends as Host, addresses in answers are ours.
func TestUnknownRoutes(t *testing.T) {
	address, stop := serving(t, testConfig(t))
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	for path, want := range map[string]int{
		"/api/v1/ping": 200, "/api/v1/nothing": 400, "/static/nothing": 404, "/lazy-static/thumbnails/x.jpg": 404,
		"/nothing": 404, "/": 200, "/api/v1/config": 200,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "evil.example"
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: got %d, want %d", path, res.StatusCode, want)
		}
		if strings.Contains(string(body), "evil.example") {
			t.Errorf("%s: the answer holds the request's Host", path)
		}
	}
}

// filled is a closed instance with one thumbnail, in row and file.
func filled(t *testing.T, cfg Config) {
	t.Helper()
	_, stop := serving(t, cfg) // makes root and their channel
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	i := open(t, cfg)
	defer closed(t, i)
	err := i.db.Write(t.Context(), func(tx db.Tx) error {
		for _, q := range []string{
			"INSERT INTO video (id, uuid, url, channel_id, name, privacy, state, created_at, updated_at, published_at) SELECT 1, 'u', 'u', id, 'v', 1, 1, 0, 0, 0 FROM channel",
			"INSERT INTO media_file (video_id, kind, name, size, visibility, created_at) VALUES (1, 'fragmented', 'a.mp4', 3, 'public', 0)",
			"INSERT INTO thumbnail (video_id, width, height, file, created_at) VALUES (1, 1, 1, 't.jpg', 0)",
			// Another server's picture is here only if somebody looked.
			"INSERT INTO thumbnail (video_id, width, height, file, remote_url, created_at) VALUES (1, 1, 1, 'far.jpg', 'https://elsewhere.example/far.jpg', 0)",
			"INSERT INTO playlist_thumbnail (playlist_id, width, height, file, created_at) SELECT id, 1, 1, 'p.jpg', 0 FROM playlist LIMIT 1",
		} {
			if _, err := tx.ExecContext(t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, i, "thumbnails/t.jpg", "jpeg")
	put(t, i, "thumbnails/p.jpg", "jpeg")
	put(t, i, "cache/thumbnails/other.jpg", "jpeg")
	put(t, i, "streaming-playlists/hls/u/a.mp4", "abc")
}

func put(t *testing.T, i *Instance, key, content string) {
	t.Helper()
	if _, err := i.files.Put(t.Context(), key, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	cfg := testConfig(t)
	filled(t, cfg)
	i := open(t, cfg)
	defer closed(t, i)
	if got, err := i.Check(t.Context()); err != nil || len(got) != 0 {
		t.Fatalf("in order: got %q, %v", got, err)
	}
	put(t, i, "web-videos/stray.mp4", "x")
	put(t, i, "streaming-playlists/hls/u/a.mp4", "abcd")
	if err := i.files.Delete(t.Context(), "thumbnails/t.jpg"); err != nil {
		t.Fatal(err)
	}
	i.now = func() time.Time { return time.Now().Add(time.Minute) }
	got, err := i.Check(t.Context())
	slices.Sort(got)
	want := []string{
		"missing: thumbnails/t.jpg",
		"orphan: web-videos/stray.mp4 (1 bytes) belongs to nothing",
		"wrong size: streaming-playlists/hls/u/a.mp4 has 4 bytes, want 3",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestBackupAndRestore(t *testing.T) {
	cfg := testConfig(t)
	filled(t, cfg)
	saved := filepath.Join(t.TempDir(), "b")
	i := open(t, cfg)
	m, err := i.Backup(t.Context(), saved, true)
	closed(t, i)
	if err != nil || len(m.Media) != 3 {
		t.Fatalf("got %+v, %v; want three media files", m, err)
	}
	// Everything is lost.
	fresh := testConfig(t)
	missing, err := Restore(t.Context(), fresh, saved)
	if err != nil || len(missing) != 0 {
		t.Fatalf("got %q, %v", missing, err)
	}
	i = open(t, fresh)
	defer closed(t, i)
	if got, err := i.Check(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("after restoring: got %q, %v", got, err)
	}
}

// A damaged backup must not replace what works.
func TestRestoreRefusesDamage(t *testing.T) {
	cfg := testConfig(t)
	filled(t, cfg)
	for name, damage := range map[string]func(dir string) error{
		"database": func(dir string) error { return os.WriteFile(filepath.Join(dir, databaseName), []byte("x"), 0o600) },
		"media": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, mediaName, "thumbnails/t.jpg"), []byte("jpg"), 0o600)
		},
		"name outside": func(dir string) error {
			text, err := os.ReadFile(filepath.Join(dir, manifestName))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, manifestName), []byte(strings.ReplaceAll(string(text), "thumbnails/t.jpg", "../../t.jpg")), 0o600))
		},
		"no manifest": func(dir string) error { return os.Remove(filepath.Join(dir, manifestName)) },
	} {
		t.Run(name, func(t *testing.T) {
			saved := filepath.Join(t.TempDir(), "b")
			i := open(t, cfg)
			_, err := i.Backup(t.Context(), saved, true)
			closed(t, i)
			if err := errors.Join(err, damage(saved)); err != nil {
				t.Fatal(err)
			}
			file, _ := cfg.sqliteFile()
			before, _ := os.Stat(file)
			if _, err := Restore(t.Context(), cfg, saved); err == nil {
				t.Error("restored")
			}
			if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
				t.Errorf("the database was replaced (%v)", err)
			}
		})
	}
}

func TestCheckConfig(t *testing.T) {
	good := testConfig(t)
	bad := good
	bad.Transcode.AlwaysOriginal = false
	if good.Check() != nil || bad.Check() == nil {
		t.Errorf("got %v, %v", good.Check(), bad.Check())
	}
	bad.Data = filepath.Join(t.TempDir(), "new")
	if _, err := New(t.Context(), bad); err == nil || Exists(bad) {
		t.Errorf("a bad configuration opened something: %v", err)
	}
}

// Logs are read by many and kept for long: no password, no token.
func TestLogsHoldNoSecrets(t *testing.T) {
	cfg := testConfig(t)
	var log lockedBuffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.Log = Log{Requests: true, AnonymizeIP: true}
	address, stop := serving(t, cfg)
	base := "http://" + address
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	ask(t, http.MethodGet, base+"/api/v1/oauth-clients/local", nil, "", &client)
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	form := url.Values{
		"client_id": {client.ID}, "client_secret": {client.Secret}, "grant_type": {"password"},
		"username": {"root"}, "password": {cfg.RootPassword},
	}
	ask(t, http.MethodPost, base+"/api/v1/users/token", form, "", &tokens)
	if tokens.Access == "" {
		t.Fatal("no token")
	}
	ask(t, http.MethodGet, base+"/api/v1/users/me", nil, tokens.Access, nil)
	ask(t, http.MethodGet, base+"/static/web-videos/x.mp4?videoFileToken=file-token-secret", nil, "", nil)
	ask(t, http.MethodGet, base+"/w/x?videoPassword=video-secret", nil, "", nil)
	if err := stop(); err != nil {
		t.Error(err)
	}
	for _, secret := range []string{cfg.RootPassword, tokens.Access, tokens.Refresh, "file-token-secret", "video-secret", "127.0.0.1"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, path := range []string{"/api/v1/users/me", "/static/web-videos/x.mp4"} {
		if !strings.Contains(log.String(), path) {
			t.Errorf("the log lacks %s", path)
		}
	}
}

func ask(t *testing.T, method, address string, form url.Values, token string, answer any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer == nil {
		return
	}
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

// lockedBuffer is written by the server and read by the test.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
