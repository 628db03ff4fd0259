package video

import (
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

// NUL and broken UTF-8, which PostgreSQL refuses as text, are refused before it
// sees them, or left out: never an internal error.
func TestTextThatNoDatabaseHolds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v, sensitive := w.create(w.alice), true
		for _, bad := range []string{"one\x00two", "one\xfftwo"} {
			for name, p := range map[string]Patch{
				"name": {Name: &bad}, "description": {Description: &bad}, "support": {Support: &bad}, "language": {Language: &bad},
				"nsfwSummary": {NSFWSummary: &bad, NSFW: &sensitive}, "tags": {Tags: &[]string{bad}}, "videoPasswords": {Passwords: &[]string{bad}},
			} {
				w.kind(w.videos.Edit(w.ctx(), w.alice, ref(v), p, nil), fault.Invalid, name)
				draft := w.draft(w.alice)
				p.apply(&draft)
				w.kind(w.videos.CheckDraft(w.ctx(), w.alice, &draft), fault.Invalid, "draft's "+name)
			}
			_, err := w.videos.MediaFile(w.ctx(), stream.MediaHLS, v.UUID, bad)
			w.kind(err, fault.NotFound, "a file")
			_, _, err = w.videos.SourceFile(w.ctx(), w.alice, "", bad)
			w.kind(err, fault.NotFound, "an original")
			_, err = w.videos.Get(w.ctx(), w.alice, Ref(bad), Credentials{Password: bad, FileToken: bad})
			if err == nil || fault.KindOf(err) == fault.Internal {
				t.Errorf("a reference: got %v", err)
			}
			for _, f := range []Filter{{Search: bad}, {Host: bad}, {Languages: []string{bad}}, {TagsOneOf: []string{bad}}, {ChannelNames: []string{bad}}} {
				_, err := w.videos.List(w.ctx(), user.Caller{}, f)
				w.kind(err, fault.Invalid, "a filter")
			}
			w.must(d.Write(w.ctx(), func(tx db.Tx) error {
				made, err := w.videos.Create(w.ctx(), tx, w.alice, w.draft(w.alice), stream.Source{Filename: bad, Probe: probe()})
				v = made
				return err
			}))
		}
	})
}
