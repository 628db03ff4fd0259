package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gentle is a configuration for tests that are not about limits.
const gentle = `
rates_limit: {api: {max: 100000}, login: {max: 1000}, client: {max: 100000}}
transcoding:
  threads: 1
  original_file: {keep: true}
  resolutions: {144p: true, 240p: false, 360p: true, 480p: false, 720p: false, 1080p: false}
`

// apart is gentle, with the sound in a file of its own.
const apart = gentle + `  hls: {split_audio_and_video: true}
`

// sending is a resumable upload, as PeerTube's client does it.
type sending struct {
	person
	path string
	data []byte
}

func (p person) begin(filename string, data []byte) sending {
	p.Helper()
	body, err := json.Marshal(map[string]any{
		"name": filename, "channelId": p.channel, "privacy": 1, "filename": filename, "waitTranscoding": true,
	})
	if err != nil {
		p.Fatal(err)
	}
	a := p.ask(http.MethodPost, "/api/v1/videos/upload-resumable", body, "Content-Type", "application/json",
		"X-Upload-Content-Length", fmt.Sprint(len(data)), "X-Upload-Content-Type", "video/mp4")
	location := a.header.Get("Location")
	if a.status != http.StatusCreated || location == "" {
		p.Fatalf("begin an upload: got %d %s", a.status, a.body)
	}
	return sending{p, location[strings.Index(location, "/api/"):], data}
}

// put sends the bytes from first up to end, end excluded.
func (s sending) put(first, end int) answer {
	s.Helper()
	return s.ask(http.MethodPut, s.path, s.data[first:end], "Content-Type", "application/octet-stream",
		"Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, end-1, len(s.data)))
}

// received asks how many bytes the server has.
func (s sending) received() (n int) {
	s.Helper()
	a := s.ask(http.MethodPut, s.path, nil, "Content-Range", fmt.Sprintf("bytes */%d", len(s.data)))
	if a.status != http.StatusPermanentRedirect {
		s.Fatalf("status of an upload: got %d %s", a.status, a.body)
	}
	if r := a.header.Get("Range"); r != "" {
		var last int
		if _, err := fmt.Sscanf(r, "bytes=0-%d", &last); err != nil {
			s.Fatalf("status of an upload: got Range %q", r)
		}
		n = last + 1
	}
	return n
}

// dangle begins to send the bytes from first up to end over a connection of its
// own, and stays in the middle of them. It returns when the server has written
// some of them, and says how many were sent.
func (s sending) dangle(first, end int) (conn net.Conn, sent int) {
	s.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() }) // mostly closed before
	half := (first + end) / 2
	_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes %d-%d/%d\r\nContent-Length: %d\r\n\r\n%s",
		s.path, s.addr, s.token, first, end-1, len(s.data), end-first, s.data[first:half])
	if err != nil {
		s.Fatal(err)
	}
	s.eventually("the server writes what arrives", func() bool { return s.onDisk() > int64(first) })
	return conn, half
}

// onDisk is the size of the unfinished upload's file.
func (s sending) onDisk() (n int64) {
	names, err := filepath.Glob(s.files("tmp-persistent/*"))
	if err != nil {
		s.Fatal(err)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil { // else it is gone
			n += info.Size()
		}
	}
	return n
}

// TestUploadCut: people on trains finish their uploads. A connection that
// breaks, and one that just falls silent, lose nothing that had arrived.
func TestUploadCut(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	up := s.signIn().begin("train.mp4", load(t, clip))
	third := len(up.data) / 3

	conn, sent := up.dangle(0, 2*third)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	at := up.received()
	if at == 0 || at > sent {
		t.Fatalf("after a cut: got %d bytes, want some of the %d sent", at, sent)
	}
	_, sent = up.dangle(at, len(up.data))
	begin := time.Now()
	back := up.received() // while the old connection still stands
	if back <= at || back > sent {
		t.Fatalf("beside a silent connection: got %d bytes, want more than %d and up to %d", back, at, sent)
	}
	t.Logf("taken over after %v", time.Since(begin))
	up.finish(back)
	s.stop()
	s.check()
}

// finish sends what is left and looks at the published video.
func (s sending) finish(from int) {
	s.Helper()
	if a := s.put(from, from+1); a.status != http.StatusPermanentRedirect {
		s.Fatalf("the next byte: got %d %s", a.status, a.body)
	}
	uuid := s.made(s.put(from+1, len(s.data)))
	v := s.settle(uuid)
	if v.Duration != clipSeconds {
		s.Errorf("got a video of %d s, want %d", v.Duration, clipSeconds)
	}
	if got := s.original(uuid); !bytes.Equal(got, s.data) {
		s.Errorf("the original is not what was sent: %d bytes, want %d", len(got), len(s.data))
	}
	if n := s.onDisk(); n != 0 {
		s.Errorf("the finished upload leaves %d bytes behind", n)
	}
}

// TestUploadKilled: a server that dies in the middle of an upload keeps what it
// acknowledged, and takes the rest when it is back.
func TestUploadKilled(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	up := s.signIn().begin("crash.mp4", load(t, clip))
	acknowledged := len(up.data) / 4
	if a := up.put(0, acknowledged); a.status != http.StatusPermanentRedirect {
		t.Fatalf("first chunk: got %d %s", a.status, a.body)
	}
	_, sent := up.dangle(acknowledged, len(up.data))
	s.kill()
	s.start()
	at := up.received()
	if at < acknowledged || at > sent {
		t.Fatalf("after a crash: got %d bytes, want the %d acknowledged, at most the %d sent", at, acknowledged, sent)
	}
	up.finish(at)
	s.stop()
	s.check()
}
