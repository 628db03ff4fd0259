package torrent_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/torrent"
)

// aria2 runs the program over a folder until the test ends.
func aria2(t *testing.T, dir string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "aria2c", append([]string{"--no-conf", "--dir=" + dir, "--listen-port=20000-29999", // below those that the system gives out
		"--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--console-log-level=warn", "--summary-interval=0",
		"--allow-overwrite=true", "--check-integrity=true", "--disable-ipv6=true", "--bt-tracker-interval=2"}, args...)...)
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed, as it was told
		if t.Failed() {
			t.Logf("aria2: %s", out.String())
		}
	})
}

// TestAria2 breaks when a stock client over TCP cannot fetch from us what we
// hold, by a magnet link alone, or we not from it.
func TestAria2(t *testing.T) {
	t.Parallel()
	data := film(6<<20 + 5)
	tracker := announcer(t)
	o := metainfo.Options{Name: "film.mp4", AnnounceList: [][]string{{tracker}}}
	raw, _, err := metainfo.Make(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	info := made(t, data, o)

	t.Run("it fetches from us", func(t *testing.T) {
		t.Parallel()
		giver := holder(t, info, memory{info, data}, tracker)
		giver.meet(nil)
		dir := t.TempDir()
		aria2(t, dir, "--seed-time=0", metainfo.Magnet{Hash: info.Hash, Name: "film.mp4", Trackers: []string{tracker}}.String())
		file := filepath.Join(dir, "film.mp4")
		until(t, "aria2 has it all", func() bool {
			b, err := os.ReadFile(file)
			return err == nil && bytes.Equal(b, data)
		})
	})
	t.Run("we fetch from it", func(t *testing.T) {
		t.Parallel()
		other := announcer(t)
		dir := t.TempDir()
		for name, b := range map[string][]byte{"film.mp4": data, "film.torrent": raw} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		aria2(t, dir, "--seed-ratio=0.0", "--bt-exclude-tracker=*", "--bt-tracker="+other, filepath.Join(dir, "film.torrent"))
		taker := newHome(t, nil)
		taker.meet(nil)
		one := taker.open(torrent.Spec{Hash: info.Hash, Trackers: []string{other}})
		if b := taker.all(one, 0); !bytes.Equal(b, data) {
			t.Fatal("other bytes")
		}
	})
}
