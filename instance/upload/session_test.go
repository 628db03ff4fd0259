package upload_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
)

// People upload in chunks; each answer must say exactly what is stored.
func TestChunks(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	if p, err := ask(t, w, w.Alice, id); err != nil || p.Received != 0 {
		t.Fatalf("a fresh upload: got %+v, %v", p, err)
	}
	for from := 0; from < len(clip); from += 10_000 {
		to := min(from+10_000, len(clip))
		p, err := put(t, w, id, clip, from, to)
		if err != nil || p.Received != int64(to) {
			t.Fatalf("chunk %d-%d: got %+v, %v", from, to, p, err)
		}
		if (p.Video != nil) != (to == len(clip)) {
			t.Fatalf("chunk %d-%d: got video %v", from, to, p.Video)
		}
	}
	wantSame(t, w, clip)
	if got := w.Planned(); len(got) != 1 {
		t.Fatalf("got %v planned, want the one video", got)
	}
}

// A client that did not hear the last answer sends the last chunk again, and
// must be told the same; it must not make a second video.
func TestRepeatedLastChunk(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	first, err := put(t, w, id, clip, 0, len(clip))
	if err != nil || first.Video == nil {
		t.Fatalf("got %+v, %v", first, err)
	}
	for range 2 {
		again, err := put(t, w, id, clip, len(clip)/2, len(clip))
		if err != nil || again.Video == nil || *again.Video != *first.Video {
			t.Fatalf("got %+v, %v; want %+v", again.Video, err, first.Video)
		}
	}
	if p, err := ask(t, w, w.Alice, id); err != nil || p.Video == nil {
		t.Fatalf("status after the end: got %+v, %v", p, err)
	}
	if got := w.Planned(); len(got) != 1 {
		t.Fatalf("got videos %v, want one", got)
	}
}

// Overlapping and repeated chunks must neither be counted twice nor change
// what is stored; gaps and another total are conflicts.
func TestOverlapsAndGaps(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	if _, err := put(t, w, id, clip, 0, 1000); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want int }{{0, 1000, 1000}, {500, 600, 1000}, {900, 2000, 2000}, {0, 3000, 3000}} {
		if p, err := put(t, w, id, clip, c.from, c.to); err != nil || p.Received != int64(c.want) {
			t.Fatalf("%d-%d: got %+v, %v; want %d", c.from, c.to, p, err, c.want)
		}
	}
	_, err := put(t, w, id, clip, 4000, 5000)
	wantKind(t, err, fault.Conflict)
	for _, total := range []int64{int64(len(clip)) - 1, int64(len(clip)) + 1, 3000} {
		_, err := w.Uploads.Append(t.Context(), w.Alice, id, upload.Span{First: 2999, Last: 2999, Total: total}, bytes.NewReader(clip[:1]), nil)
		wantKind(t, err, fault.Conflict)
	}
	_, err = w.Uploads.Append(t.Context(), w.Alice, id, upload.Span{First: 3000, Last: int64(len(clip)), Total: -1}, bytes.NewReader(clip), nil)
	wantKind(t, err, fault.Conflict)
	if p, err := put(t, w, id, clip, 3000, len(clip)); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v", p, err)
	}
	wantSame(t, w, clip)
}

// A chunk whose connection is cut must keep the bytes that arrived.
func TestCutChunk(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	span := upload.Span{First: 0, Last: int64(len(clip)) - 1, Total: int64(len(clip))}
	_, err := w.Uploads.Append(t.Context(), w.Alice, id, span, breaking{bytes.NewReader(clip[:12_345])}, nil)
	wantKind(t, err, fault.Invalid)
	p, err := ask(t, w, w.Alice, id)
	if err != nil || p.Received != 12_345 {
		t.Fatalf("got %+v, %v; want the 12345 bytes that arrived", p, err)
	}
	if p, err := put(t, w, id, clip, 12_345, len(clip)); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v", p, err)
	}
	wantSame(t, w, clip)
}

// After a crash the file may be longer than what was promised, with anything
// in its tail. The restarted server must go on from the promise.
func TestRestartInTheMiddle(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	if _, err := put(t, w, id, clip, 0, 20_000); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(w.Config.Dir, string(id)), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 5000)); err != nil { // zeros, as a file system leaves after a power cut
		t.Fatal(err)
	}
	f.Close()
	stranger := filepath.Join(w.Config.Dir, "stranger")
	if err := os.WriteFile(stranger, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Restart()
	if _, err := os.Stat(stranger); err == nil {
		t.Error("a file of no upload outlived the start")
	}
	if info, err := os.Stat(filepath.Join(w.Config.Dir, string(id))); err != nil || info.Size() != 20_000 {
		t.Fatalf("got %v, %v; want a file of the 20000 bytes promised", info, err)
	}
	if p, err := ask(t, w, w.Alice, id); err != nil || p.Received != 20_000 {
		t.Fatalf("got %+v, %v; want 20000 received", p, err)
	}
	if p, err := put(t, w, id, clip, 20_000, len(clip)); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v", p, err)
	}
	wantSame(t, w, clip)
}

// A crash between moving the file and writing the rows must not lose it.
func TestRestartWhileProcessing(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	if _, err := put(t, w, id, clip, 0, len(clip)-1); err != nil {
		t.Fatal(err)
	}
	path, key := filepath.Join(w.Config.Dir, string(id)), "original-video-files/x.mp4"
	if err := os.WriteFile(path, clip, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Blob.Adopt(t.Context(), key, path); err != nil {
		t.Fatal(err)
	}
	err := w.DB.Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE upload SET state = 'processing', source_key = ?, received = size`, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Restart()
	if p, err := ask(t, w, w.Alice, id); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v; want the video", p, err)
	}
	wantSame(t, w, clip)
}

// One client hangs with a dead connection; the same person goes on from
// another network and must not wait for a time-out of minutes.
func TestSecondClientTakesOver(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	r, dead := io.Pipe()
	hung := make(chan error, 1)
	go func() {
		span := upload.Span{First: 0, Last: int64(len(clip)) - 1, Total: int64(len(clip))}
		_, err := w.Uploads.Append(context.WithoutCancel(t.Context()), w.Alice, id, span, r, func() { r.CloseWithError(errCut) })
		hung <- err
	}()
	if _, err := dead.Write(clip[:5000]); err != nil {
		t.Fatal(err)
	}
	p, err := ask(t, w, w.Alice, id)
	if err != nil || p.Received != 5000 {
		t.Fatalf("got %+v, %v; want the 5000 bytes of the first client", p, err)
	}
	if err := <-hung; err == nil {
		t.Fatal("the hung client was told that all is well")
	}
	if p, err := put(t, w, id, clip, 5000, len(clip)); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v", p, err)
	}
	wantSame(t, w, clip)
}

// Two clients that send at once must not mix their bytes: the second is let in
// when the first is done.
func TestTwoClientsAtOnce(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", func(c *upload.Config) { c.Stall = 5 * time.Second }), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	ends := make(chan error, 2)
	send := func(r io.Reader) {
		span := upload.Span{First: 0, Last: int64(len(clip)) - 1, Total: int64(len(clip))}
		_, err := w.Uploads.Append(context.WithoutCancel(t.Context()), w.Alice, id, span, r, nil)
		ends <- err
	}
	slow, first := io.Pipe()
	go send(slow)
	if _, err := first.Write(clip[:5000]); err != nil {
		t.Fatal(err)
	}
	second := signalling{bytes.NewReader(clip), make(chan struct{}, 100)}
	go send(second)
	select {
	case <-second.read:
		t.Error("the second client was read while the first was sending")
	case <-time.After(300 * time.Millisecond):
	}
	if _, err := first.Write(clip[5000:]); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second comes while the file is looked at, or after
		if err := <-ends; err != nil && fault.KindOf(err) != fault.Unavailable {
			t.Fatal(err)
		}
	}
	if p, err := ask(t, w, w.Alice, id); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v", p, err)
	}
	wantSame(t, w, clip)
	if got := w.Planned(); len(got) != 1 {
		t.Fatalf("got videos %v, want one", got)
	}
}

// signalling tells when it is read.
type signalling struct {
	io.Reader
	read chan struct{}
}

func (s signalling) Read(p []byte) (int, error) {
	select {
	case s.read <- struct{}{}:
	default:
	}
	return s.Reader.Read(p)
}

// While the last bytes are looked at, others are told to come back.
func TestBusyWhileProcessing(t *testing.T) {
	t.Parallel()
	probing, goOn := make(chan struct{}), make(chan struct{})
	w := uploadtest.New(t, "", func(c *upload.Config) {
		probe := c.Probe
		c.Probe = func(ctx context.Context, path string) (p uploadProbe, err error) {
			close(probing)
			<-goOn
			return probe(ctx, path)
		}
	})
	clip := uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	end := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		span := upload.Span{First: 0, Last: int64(len(clip)) - 1, Total: int64(len(clip))}
		_, err := w.Uploads.Append(ctx, w.Alice, id, span, bytes.NewReader(clip), nil)
		end <- err
	}()
	<-probing
	_, err := ask(t, w, w.Alice, id)
	wantKind(t, err, fault.Unavailable)
	if f, _ := fault.As(err); f.Retry != 5*time.Minute {
		t.Errorf("got retry after %v, want 5 min", f.Retry)
	}
	cancel() // the client hangs up: its upload has arrived all the same
	close(goOn)
	if err := <-end; err != nil {
		t.Fatal(err)
	}
	if p, err := ask(t, w, w.Alice, id); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v", p, err)
	}
}

// Upload ids are no secret key: another user's must stay closed.
func TestForeignUpload(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", nil)
	id := begin(t, w, "film.mp4", 1000)
	_, err := ask(t, w, w.Bob, id)
	wantKind(t, err, fault.Forbidden)
	wantKind(t, w.Uploads.Cancel(t.Context(), w.Bob, id), fault.Forbidden)
	for _, unknown := range []upload.ID{"", "nothing", "../../etc/passwd", "..", "\x00", upload.ID("x'" + id[2:]), id[1:], id + "0"} {
		_, err := ask(t, w, w.Alice, unknown)
		wantKind(t, err, fault.NotFound)
		wantKind(t, w.Uploads.Cancel(t.Context(), w.Alice, unknown), fault.NotFound)
	}
}

// A cancelled upload leaves nothing and is unknown afterwards.
func TestCancel(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	id := begin(t, w, "film.mp4", int64(len(clip)))
	if _, err := put(t, w, id, clip, 0, 5000); err != nil {
		t.Fatal(err)
	}
	if err := w.Uploads.Cancel(t.Context(), w.Alice, id); err != nil {
		t.Fatal(err)
	}
	wantNothing(t, w)
	_, err := put(t, w, id, clip, 5000, 6000)
	wantKind(t, err, fault.NotFound)
}

// A page that was reloaded begins again and must find its upload.
func TestBeginAgain(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", nil)
	id := begin(t, w, "film.mp4", 1000)
	again, existed, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: fields(w, "film.mp4"), Size: 1000, Mime: "video/mp4"})
	if err != nil || !existed || again != id {
		t.Fatalf("got %s, %v, %v; want %s", again, existed, err, id)
	}
	other := fields(w, "film.mp4")
	other.Set("name", "Another film")
	again, existed, err = w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: other, Size: 1000, Mime: "video/mp4"})
	if err != nil || existed || again == id {
		t.Fatalf("another description: got %s, %v, %v; want a new upload", again, existed, err)
	}
}
