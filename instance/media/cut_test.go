package media_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Who is blocked while a closed film is on its way gets no more of it, and what
// they were given to read it with is worth nothing.
func TestBlockedAreCutOff(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Private, "")
	h.settle(t)
	const size = 64 << 20 // more than the kernel holds for the two ends
	name := stream.FolderOf(f.uuid, true) + "/" + f.names.fragmented
	if err := h.Blob.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Blob.Put(t.Context(), name, io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	token, err := h.Videos.NewFileToken(t.Context(), h.Alice, video.Ref(f.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	byToken := f.base + f.names.playlist + "?videoFileToken=" + token.Token
	if res, _ := h.get(t, "GET", byToken); res.StatusCode != 200 {
		t.Fatalf("by the token: got %d", res.StatusCode)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", h.url+f.base+f.names.fragmented, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", h.token(t, "alice"))
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.CopyN(io.Discard, res.Body, 1000); err != nil || res.StatusCode != 200 {
		t.Fatalf("got %d, %v", res.StatusCode, err)
	}
	if err := h.Users.Block(t.Context(), user.Caller{UserID: 1, Role: user.Administrator}, h.Alice.UserID, "enough"); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil || n >= size-1000 {
		t.Errorf("%d bytes came after the block, %v", n, err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if res, _ := h.get(t, "GET", byToken); res.StatusCode != 401 {
		t.Errorf("by the token of who is blocked: got %d, want 401", res.StatusCode)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	return strings.NewReader(strings.Repeat("\x00", len(p))).Read(p)
}
