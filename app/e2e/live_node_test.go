package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
)

// TestNodeLive: somebody watches the live of a stock PeerTube with our node, and
// somebody else in PeerTube's player takes it from them. Both see it.
func TestNodeLive(t *testing.T) {
	t.Parallel()
	files := makeLive(t)
	origin := stockOrigin(t, remotetest.Media{Heights: []int{144}, Segments: 1})
	video := origin.AddLive()
	began := time.Now()
	step(t, video, files, began)
	n := newEdge(t)
	n.start("--follow", origin.URL)
	n.eventually("the instance is followed", func(ctx context.Context) bool {
		all, err := n.Library.Instances(ctx)
		return err == nil && len(all) == 1
	})
	session, err := n.Playback.Open(t.Context(), control.Ref{Origin: origin.URL, Video: video.UUID}, 0)
	if err != nil {
		t.Fatal(err)
	}
	watch(t, session.Media)

	page := browser.Start(t).Page(t)
	page.Patience(patience)
	var st stock.Stats
	came := time.Time{}
	for tick := time.NewTicker(200 * time.Millisecond); st.P2PSegments < 3; <-tick.C {
		if time.Since(began) > patience {
			t.Fatalf("the page took %+v", st)
		}
		step(t, video, files, began)
		if time.Since(came) > beat { // who looks for news a moment earlier gives, the other takes: let it change
			page.Goto(pageOf(origin, video) + "&live=1")
			came = time.Now()
		}
		page.Eval(`() => stats`, nil, &st)
	}
	t.Logf("%+v", st)
	if len(st.Invalid)+len(st.Warnings) > 0 {
		t.Errorf("the page got invalid %v, warnings %v", st.Invalid, st.Warnings)
	}
	progress, err := n.Playback.Progress(t.Context(), session.ID, 0)
	if err != nil || progress.Waiting != "" || progress.Bytes[control.FromServer] == 0 {
		t.Errorf("the node: %+v, %v", progress, err)
	}
	n.stop()
}

// beat is how long two viewers of a live stay as they began.
const beat = 25 * time.Second

// watch plays a live at its speed until the test ends.
func watch(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-nostdin", "-re", "-i", address, "-c", "copy", "-f", "null", "-")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
}

// step lets a live be as far as it is by now.
func step(t *testing.T, v *remotetest.Video, files [][]byte, began time.Time) {
	t.Helper()
	end := min(len(files), liveSize+int(time.Since(began)/lasting))
	var list strings.Builder
	fmt.Fprintf(&list, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n", end-liveSize)
	sums := map[string]string{}
	for i := end - liveSize; i < end; i++ {
		v.SetFile(name(i), files[i])
		fmt.Fprintf(&list, "#EXTINF:2.000000,\n%s\n", name(i))
		sum := sha256.Sum256(files[i])
		sums[name(i)] = hex.EncodeToString(sum[:])
	}
	digests, err := json.Marshal(sums)
	if err != nil {
		t.Fatal(err)
	}
	v.SetFile("segments-sha256.json", digests)
	v.SetFile("0.m3u8", []byte(list.String()))
}
