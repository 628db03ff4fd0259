package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fragile is a configuration that has something to do for every kill.
const fragile = `
rates_limit: {api: {max: 100000}}
transcoding:
  threads: 1
  resolutions: {144p: true, 240p: true, 360p: true, 480p: false, 720p: false, 1080p: false}
  hls: {split_audio_and_video: true}
`

const kills = 20

// TestKilledWhileTranscoding: power fails, memory runs out, somebody pulls the
// plug. Whenever that happens, videos are published in the end, no ffmpeg goes
// on by itself, and the disk fills with nothing that belongs to nobody.
// VIDIVERSE_TEST_SEED repeats the moments of a run.
func TestKilledWhileTranscoding(t *testing.T) {
	t.Parallel()
	seed, err := strconv.ParseUint(os.Getenv("VIDIVERSE_TEST_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("VIDIVERSE_TEST_SEED=%d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))

	s := newServer(t, fragile, "")
	s.start()
	root := s.signIn()
	var uuids []string
	hits := 0
	for n := range kills {
		if len(uuids) == 0 || root.finished(uuids[len(uuids)-1]) {
			uuids = append(uuids, root.upload(fmt.Sprintf("film %d.mkv", n), load(t, noise), nil))
		}
		// Half of the lives end while something is made, and some of them kill
		// the same work again and again. The others let a step pass, however
		// long it takes here, and every second of these ends while its files
		// are put in their places.
		if n%2 == 1 {
			root.step(uuids[len(uuids)-1])
		}
		if n%4 != 1 {
			<-time.After(time.Duration(chance.Int64N(int64(time.Second))))
		}
		if len(s.tools()) > 0 {
			hits++
		}
		s.kill()
		s.within(10*time.Second, 10*time.Millisecond, "no ffmpeg is left running", func() bool { return len(s.tools()) == 0 })
		s.start()
	}
	t.Logf("%d of %d kills hit an ffmpeg; %d videos", hits, kills, len(uuids))
	if hits < kills/4 {
		t.Errorf("%d kills hit an ffmpeg, want at least %d: this proves nothing", hits, kills/4)
	}
	for _, uuid := range uuids {
		v := root.settle(uuid)
		if v.Duration != clipSeconds || len(v.Playlists) != 1 || len(v.Playlists[0].Files) != 4 {
			t.Errorf("video %s: got %+v, want %d s, three pictures and a sound", uuid, v, clipSeconds)
			continue
		}
		plays(t, v.Playlists[0].PlaylistURL)
	}
	s.eventually("everything is done", func() bool { return root.idle() })
	s.check()
	s.stop()
	s.check()
	s.clean()
}

// tools are the command lines of processes that work on the server's data.
func (s *server) tools() (running []string) {
	s.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		s.Fatal(err)
	}
	for _, dir := range dirs {
		if s.process != nil && filepath.Base(dir) == strconv.Itoa(s.process.Process.Pid) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // it may have ended meanwhile
		cwd, _ := os.Readlink(filepath.Join(dir, "cwd"))
		if strings.Contains(string(line), s.home) || strings.HasPrefix(cwd, s.home) {
			running = append(running, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return running
}

// step returns at the moment at which transcoding puts a file in its place, or
// soon after it has nothing left to do.
func (p person) step(uuid string) {
	p.Helper()
	last, asked := p.renditions(), 0
	p.within(patience, time.Millisecond, "a step is done", func() bool {
		was := last
		last, asked = p.renditions(), asked+1
		return last > was || asked%200 == 0 && p.finished(uuid)
	})
}

// renditions counts the files that transcoding has finished.
func (s *server) renditions() int {
	names, err := filepath.Glob(s.files("streaming-playlists/hls/*/*.mp4"))
	if err != nil {
		s.Fatal(err)
	}
	return len(names)
}

// idle reports whether no job is left to do.
func (p person) idle() bool {
	p.Helper()
	for _, state := range []string{"active", "waiting", "waiting-children", "delayed"} {
		var jobs struct{ Total int }
		if p.decode(p.ask("GET", "/api/v1/jobs/"+state, nil), &jobs); jobs.Total > 0 {
			return false
		}
	}
	return true
}

// clean requires that no unfinished file is left.
func (s *server) clean() {
	s.Helper()
	for _, dir := range []string{"tmp", "tmp-persistent", "original-video-files"} {
		left, err := os.ReadDir(s.files(dir))
		if err != nil && !os.IsNotExist(err) || len(left) > 0 {
			s.Errorf("%s holds %v (%v), want nothing", dir, left, err)
		}
	}
}
