package node_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
)

// TestCopies: what the node keeps is at the address that a mirror has, byte for
// byte what its origin gives, counts as given, and is nowhere once the origin is
// left.
func TestCopies(t *testing.T) {
	stock := remotetest.Stock(t, remotetest.Media{Split: true, Segments: 4})
	h := newHome(t)
	h.stop()
	h.http, h.page = freePort(t), freePort(t)
	h.open()
	in, err := h.near.Library.Add(t.Context(), stock.URL)
	must(t, in, err)
	must(t, 0, h.near.Mirrors.Set(t.Context(), stock.URL, 1<<30))
	var kept control.Holding
	h.await("the video is kept", func() bool {
		list, err := h.near.Mirrors.Holdings(t.Context())
		if must(t, list, err); len(list) == 1 {
			kept = list[0]
		}
		return kept.Part == 1
	})
	if _, err := http.Get("http://" + h.http); err == nil {
		t.Fatal("nobody was asked, and somebody listens")
	}
	must(t, 0, h.near.Sharing.Consent(t.Context(), true))

	origin := media(t, stock, kept)
	home, err := url.Parse(stock.URL)
	must(t, home, err)
	mirror := fmt.Sprintf("http://%s/redundancy/%s/%s", h.http, home.Host, kept.Video)
	name := origin[strings.LastIndex(origin, "/")+1:]
	var got []byte
	h.await("it is given", func() bool { got, err = read(mirror + "/" + name); return err == nil })
	want, err := read(origin)
	if must(t, want, err); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want the origin's %d", len(got), len(want))
	}
	h.await("it counts as given", func() bool {
		list, err := h.near.Mirrors.Holdings(t.Context())
		return must(t, list, err)[0].Sent == int64(len(want))
	})
	numbers(t, h, len(want))
	h.stop()
	h.open()
	list, err := h.near.Mirrors.Holdings(t.Context())
	if must(t, list, err); list[0].Sent != int64(len(want)) {
		t.Errorf("after a restart: got %d given, want %d", list[0].Sent, len(want))
	}
	h.await("it is given again", func() bool { _, err = read(mirror + "/" + name); return err == nil })
	must(t, 0, h.near.Library.Remove(t.Context(), stock.URL))
	h.await("it is gone", func() bool { _, err = read(mirror + "/" + name); return err != nil })
}

// numbers holds the page for Prometheus, what the node says and what was given
// against each other.
func numbers(t *testing.T, h *home, given int) {
	t.Helper()
	page, err := read("http://" + h.page + "/metrics")
	must(t, page, err)
	for _, want := range []string{
		fmt.Sprintf(`vidiverse_sent_bytes_total{transport="http"} %d`, given), `vidiverse_sent_bytes_total{transport="webtorrent"} 0`,
		"vidiverse_sharing 1\n", "vidiverse_held_videos 1\n", `vidiverse_connections{transport="http"} `,
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	use, err := h.far.Sharing.Use(t.Context())
	must(t, use, err)
	if len(use.Videos) != 1 || use.Videos[0].Sent != int64(given) || use.Videos[0].Title == "" {
		t.Errorf("by video: got %+v, want one with %d bytes", use.Videos, given)
	}
	var line, sent int64
	for _, one := range use.Transports {
		line, sent = line+one.Line, sent+one.Sent
	}
	if st := h.state(); line != st.Month || sent != int64(given) {
		t.Errorf("by transport: got %d on the line, %d of media, want the gate's %d and %d", line, sent, st.Month, given)
	}
	events, err := h.far.Sharing.Events(t.Context(), control.EventQuery{Video: use.Videos[0].Video})
	must(t, events, err)
	for _, e := range events {
		given -= int(e.Bytes)
		if e.Transport != control.TransportHTTP || e.Peer == 0 {
			t.Errorf("got %+v", e)
		}
		if e.Kind == control.EventClosed {
			given += int(e.Bytes) // of all that was given
		}
	}
	if given != 0 {
		t.Errorf("the events lack %d bytes: %+v", given, events)
	}
	if none, err := h.far.Sharing.Events(t.Context(), control.EventQuery{Transport: control.TransportBitTorrent}); err != nil || len(none) != 0 {
		t.Errorf("by a transport that nobody used: got %+v, %v", none, err)
	}
}

// media is the address of the first media file of a video.
func media(t *testing.T, stock *remotetest.Server, v control.Holding) string {
	t.Helper()
	body, err := read(stock.URL + "/api/v1/videos/" + v.Video)
	must(t, body, err)
	for _, part := range strings.Split(string(body), `"`) {
		if strings.HasSuffix(part, "-fragmented.mp4") && strings.HasPrefix(part, "http") && !strings.Contains(part, "/download/") {
			return part
		}
	}
	t.Fatalf("no media file in %.500s", body)
	return ""
}

// direct follows nobody elsewhere.
var direct = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func read(address string) ([]byte, error) {
	res, err := direct.Get(address)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, res.Status)
	}
	return io.ReadAll(res.Body)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, l, err)
	defer l.Close()
	return l.Addr().String()
}
