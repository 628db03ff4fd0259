package upload_test

import (
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
)

// The life of an upload must be the same on every database.
func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Now()
		w := uploadtest.On(t, d, "", func(c *upload.Config) { c.Now = func() time.Time { return now } })
		clip := uploadtest.Clip(t)
		w.SetQuota(w.Alice, int64(len(clip))*3/2, -1)
		id := begin(t, w, "film.mp4", int64(len(clip)))
		if again, existed, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: fields(w, "film.mp4"), Size: int64(len(clip)), Mime: "video/mp4"}); err != nil || !existed || again != id {
			t.Fatalf("the same upload again: got %s, %v, %v", again, existed, err)
		}
		_, _, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: fields(w, "other.mp4"), Size: int64(len(clip)), Mime: "video/mp4"})
		wantKind(t, err, fault.TooLarge)
		if p, err := put(t, w, id, clip, 0, 1000); err != nil || p.Received != 1000 {
			t.Fatalf("got %+v, %v", p, err)
		}
		w.Restart()
		p, err := put(t, w, id, clip, 1000, len(clip))
		if err != nil || p.Video == nil {
			t.Fatalf("got %+v, %v", p, err)
		}
		if again, err := ask(t, w, w.Alice, id); err != nil || again.Video == nil || *again.Video != *p.Video {
			t.Fatalf("asked again: got %+v, %v", again, err)
		}
		now = now.Add(2 * time.Hour)
		if err := w.Uploads.Expire(t.Context()); err != nil || w.Rows() != 0 {
			t.Fatalf("%d rows after expiry, %v", w.Rows(), err)
		}
		wantSame(t, w, clip)
		form, n := formOf(t, part{"name", "", "A film"}, part{name: "videofile", filename: "x.mp4", value: "PK\x03\x04"})
		_, err = w.Uploads.Direct(t.Context(), w.Alice, form, n)
		wantKind(t, err, fault.Invalid)
		if w.Rows() != 0 {
			t.Fatal("a refused form left a row")
		}
	})
}
