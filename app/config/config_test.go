package config

import (
	"crypto/ed25519"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance"
	"vidiverse/p2p/consent"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "production.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func load(t *testing.T, yaml string, f Flags, environ ...string) (instance.Config, []string) {
	t.Helper()
	if yaml != "" {
		f.File = write(t, yaml)
	}
	c, warnings, err := Load(f, environ)
	if err != nil {
		t.Fatal(err)
	}
	return c, warnings
}

func TestDefaults(t *testing.T) {
	c, warnings := load(t, "", Flags{})
	if len(warnings) != 0 {
		t.Errorf("warnings without a file: %q", warnings)
	}
	for _, check := range []struct {
		name      string
		got, want any
	}{
		{"listen", c.Listen, "127.0.0.1:9000"},
		{"url", c.URL, "http://localhost:9000"},
		{"data", c.Data, "data"},
		{"database", c.Database, "sqlite:" + filepath.Join("data", "vidiverse.sqlite")},
		{"files", c.Files, filepath.Join("data", "storage")},
		{"login", c.Limits.Login, instance.Rate{Window: 5 * time.Minute, Max: 15}},
		{"tokens", c.Tokens, instance.Tokens{Access: 24 * time.Hour, Refresh: 28 * 24 * time.Hour}},
		{"quota", c.User.Quota, int64(-1)},
		{"resolutions", c.Transcode.Resolutions, []int{240, 480, 720, 1080}},
		{"split", c.Transcode.SplitAudio, false},
		{"sizes", c.Thumbnails.Sizes[4], instance.Size{Width: 1400, Height: 1400}},
		{"stun", len(c.STUN), 4},
		{"proxy", c.TrustProxy, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}},
	} {
		if !reflect.DeepEqual(check.got, check.want) {
			t.Errorf("%s: got %v, want %v", check.name, check.got, check.want)
		}
	}
}

// An operator who moves in must find PeerTube's behaviour, but for a short
// list whose reasons are written down.
func TestDefaultsArePeerTubes(t *testing.T) {
	theirs := peertubeDefaults()
	ours := map[string]bool{}
	differ := 0 // of the keys that PeerTube has
	for _, d := range differences {
		ours[d.key] = true
		if _, known := theirs[d.key]; known {
			differ++
		}
		if d.reason == "" {
			t.Errorf("%s differs without a reason", d.key)
		}
		if was, known := theirs[d.key]; known && sameValue(d.node(), was) {
			t.Errorf("%s is listed as different but is not", d.key)
		}
	}
	if differ > 15 {
		t.Errorf("%d defaults differ: the list should be short", differ)
	}
	for _, k := range keys {
		if _, known := theirs[k.name]; !known && !ours[k.name] {
			t.Errorf("%s has no default", k.name)
		}
	}
}

// TestNodes breaks when an operator cannot say who introduces whom in the way
// the documentation has it, or a key with a slip in it is taken.
func TestNodes(t *testing.T) {
	key := consent.KeyOf(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	c, warnings := load(t, "tracker:\n  introductions: mirrors-only\n  nodes:\n    - "+key.String()+"\n", Flags{})
	if c.Tracker.Introductions != "mirrors-only" || !slices.Equal(c.Tracker.Nodes, []consent.Key{key}) || len(warnings) != 0 {
		t.Errorf("got %+v, warnings %q", c.Tracker, warnings)
	}
	if c, _ := load(t, "", Flags{}, "VIDIVERSE_TRACKER_INTRODUCTIONS=mirrors-only"); c.Tracker.Introductions != "mirrors-only" {
		t.Errorf("by the environment: got %q", c.Tracker.Introductions)
	}
	if c, _ := load(t, "", Flags{}); c.Tracker.Introductions != "everyone" || len(c.Tracker.Nodes) != 0 {
		t.Errorf("unset: got %+v", c.Tracker)
	}
	for _, bad := range []string{"tracker: { introductions: nobody }", "tracker: { nodes: [" + key.String()[1:] + "] }", "tracker: { nodes: " + key.String() + " }"} {
		if _, _, err := Load(Flags{File: write(t, bad)}, nil); err == nil || !strings.Contains(err.Error(), "tracker.") {
			t.Errorf("%s: got %v, want an error that names the key", bad, err)
		}
	}
}

func TestPeerTubeFileIsUnderstood(t *testing.T) {
	c, warnings := load(t, `
listen:
  hostname: '0.0.0.0'
  port: 9001
webserver:
  https: true
  hostname: 'Video.example.org'
  port: 443
secrets:
  peertube: 'abc'
trust_proxy:
  - 'loopback'
  - 10.1.2.3
  - 192.0.2.0/24
redis:
  hostname: 'localhost'
storage:
  tmp: '/var/www/peertube/storage/tmp/'
  web_videos: '/var/www/peertube/storage/web-videos/'
  bin: '/var/www/peertube/storage/bin/'
user:
  video_quota: 2GB 500MB
oauth2:
  token_lifetime: { access_token: 1 hour 30 minutes, refresh_token: 1209600000 }
transcoding:
  resolutions: { 144p: true, 240p: false }
live:
  enabled: true
`, Flags{})
	for _, check := range []struct {
		name      string
		got, want any
	}{
		{"listen", c.Listen, "0.0.0.0:9001"},
		{"url", c.URL, "https://video.example.org"},
		{"proxies", len(c.TrustProxy), 4},
		{"files", c.Files, "/var/www/peertube/storage"},
		{"data", c.Data, "/var/www/peertube"},
		{"quota", c.User.Quota, int64(2<<30 + 500<<20)},
		{"tokens", c.Tokens, instance.Tokens{Access: 90 * time.Minute, Refresh: 14 * 24 * time.Hour}},
		{"resolutions", c.Transcode.Resolutions, []int{144, 480, 720, 1080}},
	} {
		if !reflect.DeepEqual(check.got, check.want) {
			t.Errorf("%s: got %v, want %v", check.name, check.got, check.want)
		}
	}
	for _, want := range []string{":10: secrets.peertube is not supported", ":20: storage.bin is not supported", ":28: live.enabled is not supported"} {
		if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("no warning with %q in %q", want, warnings)
		}
	}
	if len(warnings) != 3 {
		t.Errorf("got %d warnings, want 3: %q", len(warnings), warnings)
	}
}

func TestPostgres(t *testing.T) {
	secret := write(t, "s3cret/word\n")
	for _, c := range []struct{ name, yaml, want string }{
		{"peertube's keys", "database: { hostname: db, suffix: _prod, username: u, password: p@s }", "postgres://u:p%40s@db:5432/peertube_prod?sslmode=disable"},
		{"tls", "database: { hostname: db, name: v, ssl: true, ssl_settings: { reject_unauthorized: true } }", "postgres://peertube:peertube@db:5432/v?sslmode=verify-full"},
		{"secret file", "database: { hostname: db, name: v, password_file: " + secret + " }", "postgres://peertube:s3cret%2Fword@db:5432/v?sslmode=disable"},
		{"url", "database: { url: 'postgres://a@b/c' }", "postgres://a@b/c"},
		{"tls alone", "database: { ssl: true }", "sqlite:" + filepath.Join("data", "vidiverse.sqlite")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := load(t, c.yaml, Flags{}); got.Database != c.want {
				t.Errorf("got %s, want %s", got.Database, c.want)
			}
		})
	}
}

func TestLaterLayersWin(t *testing.T) {
	const file = "listen: { hostname: 10.0.0.1, port: 1 }\ninstance: { name: File }\nsignup: { limit: 10 }\n"
	c, warnings := load(t, file, Flags{},
		`NODE_CONFIG={"listen":{"port":2},"instance":{"name":"JSON"}}`, "PEERTUBE_LISTEN_PORT=3", "PEERTUBE_ADMIN_EMAIL=", "PEERTUBE_TRANSCODING_240P=false")
	if c.Listen != "10.0.0.1:3" || c.Site.Name != "JSON" || c.AdminEmail != "admin@example.com" || slices.Contains(c.Transcode.Resolutions, 240) {
		t.Errorf("got %s, %s, %s, %v", c.Listen, c.Site.Name, c.AdminEmail, c.Transcode.Resolutions)
	}
	if len(warnings) != 0 {
		t.Errorf("an unsupported key at its default was warned of: %q", warnings)
	}
	c, _ = load(t, file, Flags{Listen: ":4", URL: "https://v.example/", Data: "d", NoClient: true}, "PEERTUBE_LISTEN_PORT=3")
	if c.Listen != ":4" || c.URL != "https://v.example" || c.Data != "d" || c.Client || !c.Plugins {
		t.Errorf("flags: got %+v", c)
	}
	if c, _ = load(t, "", Flags{Listen: "127.0.0.1:9100"}); c.URL != "http://localhost:9100" {
		t.Errorf("url beside --listen: got %s", c.URL)
	}
}

// Each message names the key, the place and what is allowed.
func TestBadValues(t *testing.T) {
	cases := []struct {
		name, yaml string
		flags      Flags
		environ    []string
		want       string
	}{
		{"port", "listen:\n  port: abc\n", Flags{}, nil, `:2: listen.port is "abc"; allowed is a whole number from 0 to 65535`},
		{"flag", "transcoding:\n  enabled: sometimes\n", Flags{}, nil, `:2: transcoding.enabled is "sometimes"; allowed is true or false`},
		{"duration", "oauth2: { token_lifetime: { access_token: soon } }", Flags{}, nil, `:1: oauth2.token_lifetime.access_token is "soon"; allowed is a time such as`},
		{"zero duration", "rates_limit: { api: { window: 0 } }", Flags{}, nil, "rates_limit.api.window"},
		{"endless duration", "rates_limit: { api: { window: 99999999999 years } }", Flags{}, nil, "rates_limit.api.window"},
		{"size", "user: { video_quota: 5 bananas }", Flags{}, nil, "user.video_quota"},
		{"no quota", "user: { video_quota: 0 }", Flags{}, nil, "user.video_quota"},
		{"choice", "instance: { default_nsfw_policy: hide }", Flags{}, nil, "allowed is one of do_not_list, warn, blur, display"},
		{"proxy", "trust_proxy: [ everyone ]", Flags{}, nil, "trust_proxy"},
		{"picture", "thumbnails: { sizes: [ { width: 90000, height: 1 } ] }", Flags{}, nil, "thumbnails.sizes"},
		{"section with a value", "listen: 9000", Flags{}, nil, ":1: listen holds other keys"},
		{"twice", "listen:\n  port: 1\n  port: 2\n", Flags{}, nil, ":3: listen.port is already set on line 2"},
		{"no yaml", "listen: [", Flags{}, nil, "line 1"},
		{"not a mapping", "- a", Flags{}, nil, "want keys and values"},
		{"host with a path", "webserver: { hostname: 'https://a/b' }", Flags{}, nil, ":1: webserver.hostname"},
		{"storage elsewhere", "storage: { tmp: /a/tmp, avatars: /b/avatars }", Flags{}, nil, "allowed is /a/avatars"},
		{"database scheme", "database: { url: 'mysql://x' }", Flags{}, nil, ":1: database.url"},
		{"missing secret", "database: { hostname: x, password_file: /nowhere/at/all }", Flags{}, nil, "database.password_file"},
		{"no way to publish", "transcoding: { always_transcode_original_resolution: false, resolutions: { 240p: false, 480p: false, 720p: false, 1080p: false } }", Flags{}, nil, "no video could ever be published"},
		{"listen flag", "", Flags{Listen: "nine"}, nil, "--listen"},
		{"url flag", "", Flags{URL: "ftp://x"}, nil, "--url"},
		{"url with a path", "", Flags{URL: "http://x/y"}, nil, "--url"},
		{"environment", "", Flags{}, []string{"PEERTUBE_LISTEN_PORT=high"}, `PEERTUBE_LISTEN_PORT: listen.port is "high"`},
		{"environment json", "", Flags{}, []string{"PEERTUBE_TRUST_PROXY=["}, "PEERTUBE_TRUST_PROXY: trust_proxy is no JSON"},
		{"node config", "", Flags{}, []string{"NODE_CONFIG={"}, "NODE_CONFIG"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.yaml != "" {
				c.flags.File = write(t, c.yaml)
			}
			_, _, err := Load(c.flags, c.environ)
			var p Problems
			if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s…", err, c.want)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, _, err := Load(Flags{File: write(t, "listen: { port: x }\nwebserver: { port: y }\n"), Listen: "z"}, nil)
	var p Problems
	if !errors.As(err, &p) || len(p) != 3 {
		t.Errorf("got %v, want three problems", err)
	}
}

func TestUnknownKeysWarn(t *testing.T) {
	_, warnings := load(t, "listen:\n  prot: 9000\nvidoes:\n  a: { b: c }\n", Flags{})
	want := []string{":2: listen.prot is no key that PeerTube or we know; it has no effect (did you mean listen.port?)", ":3: vidoes is no key"}
	if len(warnings) != 2 || !strings.Contains(warnings[0], want[0]) || !strings.Contains(warnings[1], want[1]) {
		t.Errorf("got %q, want %q", warnings, want)
	}
}

func TestSecretsAreNotRepeated(t *testing.T) {
	_, _, err := Load(Flags{File: write(t, "database:\n  password: [hunter2]\n")}, nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func FuzzFile(f *testing.F) {
	f.Add("listen: { port: 1 }")
	f.Add("a: &a [*a]")
	f.Add("thumbnails: { sizes: [ { width: x } ] }")
	f.Add("listen: &x\n  port: 1\nwebserver: *x\n<<: *x\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := newReading()
		r.yaml("f", []byte(text))
		d := newDraft()
		r.fill(d)
		d.compose(Flags{})
	})
}
