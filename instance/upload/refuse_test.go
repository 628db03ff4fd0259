package upload_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"vidiverse/instance/fault"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
)

type uploadProbe = ffmpeg.Probe

// What is no video must be refused in words that help, and leave nothing.
func TestNoVideo(t *testing.T) {
	t.Parallel()
	clip := uploadtest.Clip(t)
	for _, c := range []struct {
		name, body string
		want       fault.Kind
		says       string
	}{
		{"zip", "PK\x03\x04" + string(noise(2000)), fault.Unsupported, "a ZIP archive"},
		{"text", strings.Repeat("Dear diary. ", 100), fault.Unsupported, "a text file"},
		{"picture", "\x89PNG\r\n\x1a\n" + string(noise(2000)), fault.Unsupported, "a PNG picture"},
		{"page", "<!DOCTYPE html><html>", fault.Unsupported, "a web page"},
		{"playlist of local files", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", fault.Unsupported, "a playlist"},
		{"concat script", "ffconcat version 1.0\nfile /etc/passwd\n", fault.Unsupported, "a list of files"},
		{"program", "\x7fELF" + string(noise(500)), fault.Unsupported, "a program"},
		{"zeros", string(make([]byte, 5000)), fault.Unsupported, "zeros"},
		{"half a film", string(clip[:300]), fault.Unprocessable, "not a video we can read"},
		{"a film's head and noise", string(clip[:40]) + string(noise(5000)), fault.Unprocessable, "not a video we can read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := uploadtest.New(t, "", nil)
			id := begin(t, w, "film.mp4", int64(len(c.body)))
			_, err := put(t, w, id, []byte(c.body), 0, len(c.body))
			wantKind(t, err, c.want)
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "Try MP4, WebM") {
				t.Errorf("got %q, want it to say %q and what to try", err, c.says)
			}
			if strings.Contains(err.Error(), w.Folder) {
				t.Errorf("the answer %q tells a path of the server", err)
			}
			wantNothing(t, w)
		})
	}
}

// What can be refused before the first byte is refused then.
func TestBeginRefuses(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", func(c *upload.Config) { c.MaxSize = 1_000_000 })
	for _, c := range []struct {
		name   string
		change func(*upload.Start)
		want   fault.Kind
	}{
		{"empty file", func(b *upload.Start) { b.Size = 0 }, fault.Unprocessable},
		{"no length", func(b *upload.Start) { b.Size = -1 }, fault.Invalid},
		{"no type", func(b *upload.Start) { b.Mime = "" }, fault.Invalid},
		{"too large", func(b *upload.Start) { b.Size = 1_000_001 }, fault.TooLarge},
		{"no file name", func(b *upload.Start) { b.Fields.Del("filename") }, fault.Invalid},
		{"a document", func(b *upload.Start) { b.Fields.Set("filename", "thesis.pdf") }, fault.Unsupported},
		{"no extension", func(b *upload.Start) { b.Fields.Set("filename", "film") }, fault.Unsupported},
		{"extension with a blank", func(b *upload.Start) { b.Fields.Set("filename", "film.mp4 .webm") }, 0},
		{"short name", func(b *upload.Start) { b.Fields.Set("name", "x") }, fault.Invalid},
		{"foreign channel", func(b *upload.Start) { b.Fields.Set("channelId", "999999") }, fault.Invalid},
		{"bad number", func(b *upload.Start) { b.Fields.Set("category", "many") }, fault.Invalid},
	} {
		b := upload.Start{Fields: fields(w, "film.mp4"), Size: 1000, Mime: "video/mp4"}
		c.change(&b)
		_, _, err := w.Uploads.Begin(t.Context(), w.Alice, b)
		if c.want == 0 && err == nil {
			continue
		}
		if err == nil || fault.KindOf(err) != c.want {
			t.Errorf("%s: got %v (%v), want %v", c.name, err, fault.KindOf(err), c.want)
		}
	}
}

// One answer names everything that is wrong with a form, as PeerTube's does.
func TestRefusedFieldsTogether(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", nil)
	err := w.Uploads.Missing(t.Context(), w.Alice, upload.Fields{"name": {"x"}})
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid {
		t.Fatalf("got %v", err)
	}
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	if got, want := strings.Join(names, " "), "name channelId videofile"; got != want {
		t.Errorf("got fields %q, want %q", got, want)
	}
}

// Open uploads count against the quota from their first moment, or two at once
// would both fit.
func TestQuotaIsReserved(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", nil)
	for _, c := range []struct {
		name         string
		total, daily int64
	}{{"in all", 10_000, -1}, {"a day", -1, 10_000}} {
		w.SetQuota(w.Alice, c.total, c.daily)
		id := begin(t, w, "a.mp4", 6000)
		_, _, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: fields(w, "b.mp4"), Size: 6000, Mime: "video/mp4"})
		wantKind(t, err, fault.TooLarge)
		if f, _ := fault.As(err); f.Code != "quota_reached" {
			t.Errorf("%s: got code %q", c.name, f.Code)
		}
		form, n := formOf(t, part{name: "videofile", filename: "c.mp4", value: string(noise(5000))})
		_, err = w.Uploads.Direct(t.Context(), w.Alice, form, n)
		wantKind(t, err, fault.TooLarge)
		form, _ = formOf(t, part{"name", "", "A film"}, part{"channelId", "", fmt.Sprint(w.Channel)},
			part{name: "videofile", filename: "c.mp4", value: string(noise(5000))})
		_, err = w.Uploads.Direct(t.Context(), w.Alice, form, -1) // a length that is not told is counted afterwards
		wantKind(t, err, fault.TooLarge)
		if err := w.Uploads.Cancel(t.Context(), w.Alice, id); err != nil {
			t.Fatal(err)
		}
		wantNothing(t, w)
		id = begin(t, w, "b.mp4", 6000) // the reservation went with the upload
		if err := w.Uploads.Cancel(t.Context(), w.Alice, id); err != nil {
			t.Fatal(err)
		}
	}
}

// Many uploads begun at the same moment must not together exceed the quota.
func TestQuotaAtOnce(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", nil)
	w.SetQuota(w.Alice, 10_000, -1)
	got := make(chan error, 8)
	for i := range 8 {
		go func() {
			b := upload.Start{Fields: fields(w, fmt.Sprintf("%d.mp4", i)), Size: 3000, Mime: "video/mp4"}
			_, _, err := w.Uploads.Begin(context.WithoutCancel(t.Context()), w.Alice, b)
			got <- err
		}()
	}
	fit := 0
	for range 8 {
		if <-got == nil {
			fit++
		}
	}
	if fit != 3 {
		t.Fatalf("%d uploads of 3000 bytes were let into 10000, want 3", fit)
	}
}

// Somebody who opens uploads without end must be stopped.
func TestOpenLimit(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", func(c *upload.Config) { c.MaxOpen = 3 })
	for i := range 3 {
		begin(t, w, fmt.Sprintf("%d.mp4", i), 1000)
	}
	_, _, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: fields(w, "x.mp4"), Size: 1000, Mime: "video/mp4"})
	wantKind(t, err, fault.TooMany)
}

// An upload that nobody continues gives its space back; one in use does not.
func TestExpire(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := uploadtest.New(t, "", func(c *upload.Config) { c.Now = func() time.Time { return now } })
	clip := uploadtest.Clip(t)
	old := begin(t, w, "old.mp4", int64(len(clip)))
	if _, err := put(t, w, old, clip, 0, 5000); err != nil {
		t.Fatal(err)
	}
	now = now.Add(40 * time.Minute)
	fresh := begin(t, w, "fresh.mp4", int64(len(clip)))
	if _, err := put(t, w, fresh, clip, 0, 5000); err != nil {
		t.Fatal(err)
	}
	now = now.Add(25 * time.Minute)
	if err := w.Uploads.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := ask(t, w, w.Alice, old)
	wantKind(t, err, fault.NotFound)
	if p, err := ask(t, w, w.Alice, fresh); err != nil || p.Received != 5000 {
		t.Fatalf("the upload in use: got %+v, %v", p, err)
	}
	if got := w.Files(); len(got) != 1 {
		t.Fatalf("got files %v, want that of the upload in use", got)
	}
}

// A full disk must be said, and the bytes must not stay on it.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	w := uploadtest.New(t, folder, nil)
	_, _, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: fields(w, "film.mp4"), Size: 3 << 20, Mime: "video/mp4"})
	wantKind(t, err, fault.Unavailable)

	big := noise(900_000)
	id := begin(t, w, "film.mp4", int64(len(big)))
	ballast := folder + "/ballast" // the disk fills while the upload runs
	if err := os.WriteFile(ballast, noise(500_000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = put(t, w, id, big, 0, len(big))
	wantKind(t, err, fault.Unavailable)
	if !strings.Contains(err.Error(), "no space left") || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	wantNothing(t, w)

	form, _ := formOf(t, part{name: "videofile", filename: "c.mp4", value: string(big)})
	_, err = w.Uploads.Direct(t.Context(), w.Alice, form, -1)
	wantKind(t, err, fault.Unavailable)
	wantNothing(t, w)

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	clip := uploadtest.Clip(t) // and when there is room again, all goes on
	id = begin(t, w, "film.mp4", int64(len(clip)))
	if p, err := put(t, w, id, clip, 0, len(clip)); err != nil || p.Video == nil {
		t.Fatalf("got %+v, %v", p, err)
	}
}
