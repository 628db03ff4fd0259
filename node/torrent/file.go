package torrent

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"vidiverse/node/control"
	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/torrent"
)

// types are the files that can be played, by extension.
var types = map[string]string{
	".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm", ".mkv": "video/x-matroska",
	".m4a": "audio/mp4", ".mka": "audio/x-matroska",
}

// choose finds the film of a torrent: the largest file that can be played.
func choose(info *metainfo.Torrent) (best int, err error) {
	best = -1
	for i, f := range info.Files {
		if types[strings.ToLower(path.Ext(f.Path))] == "" || f.Pad || f.Length == 0 {
			continue
		}
		if best < 0 || f.Length > info.Files[best].Length {
			best = i
		}
	}
	if best < 0 {
		return 0, fmt.Errorf("%w: nothing in this torrent can be played here", control.ErrInvalid)
	}
	return best, nil
}

// file is the film of a torrent: a playback.File.
type file struct {
	t    *Torrents
	one  *torrent.Torrent
	info *metainfo.Torrent
	n    int
	had  int64 // bytes that were here before

	mu   sync.Mutex
	last time.Time // of the rate
	came int64
	rate int64
}

func newFile(t *Torrents, one *torrent.Torrent, info *metainfo.Torrent, n int) *file {
	f := &file{t: t, one: one, info: info, n: n, last: time.Now()}
	p := one.Progress()
	f.came = sum(p.Bytes)
	f.had = max(0, p.Held-f.came)
	return f
}

func sum(bytes map[string]int64) (all int64) {
	for _, n := range bytes {
		all += n
	}
	return all
}

// Type implements playback.File.
func (f *file) Type() string { return types[strings.ToLower(path.Ext(f.info.Files[f.n].Path))] }

// Open implements playback.File.
func (f *file) Open(ctx context.Context) (io.ReadSeekCloser, error) { return f.one.NewReader(ctx, f.n) }

// Close implements playback.File.
func (f *file) Close() { f.one.Close() }

// rateTime is over how long the rate is taken.
const rateTime = 2 * time.Second

// Progress implements playback.File.
func (f *file) Progress() control.Progress {
	p := f.one.Progress()
	people, servers := p.Bytes[torrent.ByWebRTC]+p.Bytes[torrent.ByTCP], p.Bytes[torrent.ByWebSeed]
	all := people + servers
	f.mu.Lock()
	if since := time.Since(f.last); since >= rateTime {
		f.rate = int64(float64(all-f.came) / since.Seconds())
		f.last, f.came = time.Now(), all
	}
	rate := f.rate
	f.mu.Unlock()
	shown := f.info.Files[f.n]
	return control.Progress{
		Bytes:    map[string]int64{control.FromDevice: f.had, control.FromPeople: people, control.FromServer: servers},
		Verified: int(p.Held / f.info.PieceLength), Refused: p.Refused, Peers: sumOf(p.Peers),
		Torrent: &control.Torrent{
			Name: path.Base(shown.Path), Files: len(f.info.Files), Length: shown.Length, Held: f.one.HeldOf(f.n), Rate: rate, Sent: p.Sent,
			Browsers: p.Peers[torrent.ByWebRTC], Programs: p.Peers[torrent.ByTCP], Servers: p.WebSeeds, Alone: !f.t.cfg.Sharing(),
		},
	}
}

func sumOf(peers map[string]int) (all int) {
	for _, n := range peers {
		all += n
	}
	return all
}
