package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/instance/hls"
	"vidiverse/instance/rest"
)

// logged is a configuration of one rendition that writes down each request.
const logged = `rates_limit:
  api: {window: 1 second, max: 1000000}
  login: {window: 1 second, max: 1000000}
  client: {window: 1 second, max: 1000000}
log: {log_http_requests: true}
trust_proxy: [loopback]
transcoding:
  resolutions: {144p: false, 240p: false, 360p: false, 480p: false, 720p: false, 1080p: false}
`

// origin is how much of the bytes of somebody who watches alone, in the player
// of PeerTube, comes from the server when no, one and three nodes have the film.
func origin(ctx context.Context, o options) (rows []measure.Row, err error) {
	return rows, onStage(ctx, func(s *stage) (err error) {
		rows, err = origins(s, o)
		return err
	})
}

func origins(s *stage, o options) (rows []measure.Row, err error) {
	i, err := measure.StartInstanceWith(s.ctx, o.binary, s.dir, logged)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, i.Stop()) }()
	film := filepath.Join(s.dir, "film.mp4")
	if err := errors.Join(longFilm(s.ctx, film, o.minutes), i.SignIn(s.ctx)); err != nil {
		return nil, err
	}
	uuid, err := i.Upload(s.ctx, film)
	if err != nil {
		return nil, err
	}
	v, err := i.Await(s.ctx, uuid, true)
	if err != nil {
		return nil, err
	}
	page := httptest.NewServer(stock.Handler(s, browser.Packages(s)))
	defer page.Close()
	t := &theatre{stage: s, binary: o.binary, url: "http://" + i.Addr, page: page.URL, video: v, browser: browser.Start(s)}
	defer t.empty()
	if err := t.read(); err != nil {
		return nil, err
	}
	for _, nodes := range []int{0, 1, 3} {
		if err := t.nodesAre(nodes); err != nil {
			return rows, err
		}
		w := t.watch(o.watch)
		name := fmt.Sprintf("%d nodes", nodes)
		carried := measure.Row{Figure: "  not from it beyond the first 15 s", Unit: "%", Ours: 100 - w.beyond, Budget: measure.Budget{Min: 75}}
		share := measure.Row{Figure: "bytes from the server, " + name, Unit: "%", Ours: w.server}
		switch nodes {
		case 0:
			rows = append(rows, share)
			continue
		case 3:
			share.Budget.Max = 3
		}
		rows = append(rows, share, carried)
	}
	return rows, nil
}

// longFilm repeats a minute of noise, which no encoder makes small.
func longFilm(ctx context.Context, name string, minutes int) error {
	minute := name + "-minute.mp4"
	for _, args := range [][]string{
		{"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10,noise=alls=12:allf=t", "-f", "lavfi", "-i", "sine=frequency=440", "-t", "60",
			"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "300k", "-g", "40", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", minute},
		{"-stream_loop", fmt.Sprint(minutes - 1), "-i", minute, "-c", "copy", name},
	} {
		if out, err := exec.CommandContext(ctx, "ffmpeg", append([]string{"-v", "error"}, args...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ffmpeg: %w: %s", err, out)
		}
	}
	return nil
}

// theatre is where a film is shown to one after the other.
type theatre struct {
	*stage
	binary, url, page string
	video             rest.VideoDetails
	browser           *browser.Browser
	segments          []hls.Segment
	nodes             []*measure.Node
	viewers           int
}

// read reads the film's playlist.
func (t *theatre) read() error {
	p := t.video.StreamingPlaylists[0]
	file := p.Files[0].FileURL
	res, err := http.Get(strings.TrimSuffix(file, "-fragmented.mp4") + ".m3u8")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	m, err := hls.ReadMedia(res.Body)
	t.segments = m.Segments
	return err
}

// nodesAre starts nodes until there are so many, and waits until each has the
// film.
func (t *theatre) nodesAre(count int) error {
	for len(t.nodes) < count {
		data := filepath.Join(t.dir, fmt.Sprint("n", len(t.nodes)))
		n, err := measure.StartNode(t.ctx, t.binary, data, []string{"--follow", t.url}, nil)
		if err != nil {
			return err
		}
		t.nodes = append(t.nodes, n)
	}
	for _, n := range t.nodes {
		for begin := time.Now(); ; measure.Settle(t.ctx, 100*time.Millisecond) {
			held, err := n.Mirrors.Holdings(t.ctx)
			if err != nil {
				return err
			}
			if len(held) == 1 && held[0].Part == 1 {
				break
			}
			if time.Since(begin) > time.Minute {
				return errors.New("a node does not get the film")
			}
		}
	}
	return nil
}

func (t *theatre) empty() {
	for _, n := range t.nodes {
		_ = n.Stop() // the figures are there
	}
}

// watched is where a viewer's bytes came from, in percent from the server: all
// of them, and those beyond the first seconds, which a player takes from the
// server before it knows anybody.
type watched struct{ server, beyond float64 }

// watch plays until all of the film is there, or for so long.
func (t *theatre) watch(long time.Duration) (w watched) {
	t.viewers++
	address := fmt.Sprintf("192.0.2.%d", t.viewers)
	p := t.browser.Page(t, browser.Options{Header: map[string]string{"X-Forwarded-For": address}})
	p.Patience(2 * long)
	list := t.video.StreamingPlaylists[0]
	tracker := ""
	for _, u := range t.video.TrackerURLs {
		if strings.HasPrefix(u, "ws") {
			tracker = u
		}
	}
	p.Goto(t.page + stock.Query(list.PlaylistURL, list.SegmentsSHA256URL, tracker))
	p.Wait(`(a) => stats.httpSegments + stats.p2pSegments >= a.all || document.querySelector("video").currentTime >= a.end`,
		map[string]any{"all": len(t.segments), "end": long.Seconds()})
	var got stock.Stats
	p.Eval(`() => stats`, nil, &got)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	server, first := t.sent(address), 0
	at := 0.0
	for _, s := range t.segments {
		if at < 15 {
			first += int(s.Length)
		}
		at += s.Duration.Seconds()
	}
	all := server + got.P2P
	t.Logf("%d nodes: %d segments and %d bytes, %d of them from the server, %d of them for the first 15 s; %d stalls, %d errors, %d wrong",
		len(t.nodes), got.HTTPSegments+got.P2PSegments, all, server, first, got.Stalls, len(got.Errors), len(got.Invalid))
	if got.Stalls+len(got.Invalid) > 0 {
		t.Fatalf("the picture stood still %d times, and %d segments were wrong", got.Stalls, len(got.Invalid))
	}
	return watched{server: 100 * float64(server) / float64(all), beyond: 100 * float64(max(0, server-first)) / float64(max(1, all-first))}
}

var accessLine = regexp.MustCompile(`msg=request method=GET path=(\S+) status=\d+ bytes=(\d+) .*from=(\S+)`)

// sent is how many bytes of media the server's log says that an address got.
func (t *theatre) sent(address string) (bytes int) {
	log, err := os.ReadFile(filepath.Join(t.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(t.video.StreamingPlaylists[0].Files[0].FileURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range accessLine.FindAllStringSubmatch(string(log), -1) {
		if m[3] == address && path.Base(m[1]) == path.Base(u.Path) {
			n, _ := strconv.Atoi(m[2]) // digits
			bytes += n
		}
	}
	return bytes
}
