package upload_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"testing"

	"vidiverse/instance/fault"
	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
	"vidiverse/instance/user"
)

// fields describe a video in alice's channel.
func fields(w *uploadtest.World, filename string) upload.Fields {
	return upload.Fields{"name": {"A film"}, "channelId": {fmt.Sprint(w.Channel)}, "privacy": {"1"}, "filename": {filename}}
}

// begin opens an upload for alice.
func begin(t *testing.T, w *uploadtest.World, filename string, size int64) upload.ID {
	t.Helper()
	id, existed, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: fields(w, filename), Size: size, Mime: "video/mp4"})
	if err != nil || existed {
		t.Fatalf("Begin: existed %v, %v", existed, err)
	}
	return id
}

// put sends body[from:to] of an upload of alice's.
func put(t *testing.T, w *uploadtest.World, id upload.ID, body []byte, from, to int) (upload.Progress, error) {
	t.Helper()
	span := upload.Span{First: int64(from), Last: int64(to - 1), Total: int64(len(body))}
	return w.Uploads.Append(t.Context(), w.Alice, id, span, bytes.NewReader(body[from:to]), nil)
}

func ask(t *testing.T, w *uploadtest.World, c user.Caller, id upload.ID) (upload.Progress, error) {
	t.Helper()
	return w.Uploads.Append(t.Context(), c, id, upload.Span{Total: -1, Query: true}, bytes.NewReader(nil), nil)
}

// part is one part of a form; a file if it has a filename.
type part struct{ name, filename, value string }

func formOf(t testing.TB, parts ...part) (*multipart.Reader, int64) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, p := range parts {
		var w io.Writer
		var err error
		if p.filename != "" {
			w, err = m.CreateFormFile(p.name, p.filename)
		} else {
			w, err = m.CreateFormField(p.name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.value); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return multipart.NewReader(bytes.NewReader(b.Bytes()), m.Boundary()), int64(b.Len())
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Fatalf("got %v (%v), want %v", err, fault.KindOf(err), want)
	}
}

// wantNothing fails if rows or files of uploads are left.
func wantNothing(t *testing.T, w *uploadtest.World) {
	t.Helper()
	if files := w.Files(); len(files) > 0 || w.Rows() > 0 {
		t.Fatalf("left behind: %d rows, files %v", w.Rows(), files)
	}
}

// wantSame fails unless the one file of the world is what was sent.
func wantSame(t *testing.T, w *uploadtest.World, sent []byte) {
	t.Helper()
	files := w.Files()
	if len(files) != 1 {
		t.Fatalf("got files %v, want the original alone", files)
	}
	got, err := os.ReadFile(files[0])
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("the stored file differs from what was sent: %d bytes against %d, %v", len(got), len(sent), err)
	}
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// breaking reads some bytes and then fails, as a cut connection does.
type breaking struct {
	r io.Reader
}

var errCut = errors.New("connection reset by peer")

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = errCut
	}
	return n, err
}
