package activitypub

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const captured = "../../testdata/wire/activitypub/"

// tree is JSON without its layout, numbers as they are written.
func tree(t testing.TB, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return v
}

func bodies(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"*.json", "deliveries/*.json"} {
		names, err := filepath.Glob(captured + pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var delivery struct {
				Request *struct{ RawBody string }
			}
			if json.Unmarshal(raw, &delivery) == nil && delivery.Request != nil {
				raw = []byte(delivery.Request.RawBody)
			}
			if short := strings.TrimPrefix(name, captured); short != "keys.json" && len(raw) > 0 {
				all[short] = raw
			}
		}
	}
	return all
}

// written is a document that its reader read and its writer wrote again.
func written(t testing.TB, raw []byte) ([]byte, error) {
	t.Helper()
	type writer interface{ JSON() ([]byte, error) }
	read := func(w writer, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		return w.JSON()
	}
	switch kind := typeOf(raw); kind {
	case "Video":
		v, err := ParseVideo(raw)
		return read(v, err)
	case "Note":
		v, err := ReadNote(raw)
		return read(v, err)
	case "Tombstone":
		v, err := ReadTombstone(raw)
		return read(v, err)
	case "Playlist":
		v, err := ReadPlaylist(raw)
		return read(v, err)
	case "PlaylistElement":
		v, err := ReadPlaylistElement(raw)
		return read(v, err)
	case "CacheFile":
		v, err := ReadCacheFile(raw)
		return read(v, err)
	case "WatchAction":
		v, err := ReadWatchAction(raw)
		return read(v, err)
	case "PlayerSettings":
		v, err := ReadPlayerSettings(raw)
		return read(v, err)
	case "Person", "Group", "Application":
		v, err := ReadActor(raw)
		return read(v, err)
	case "OrderedCollection", "OrderedCollectionPage":
		v, err := ReadCollection(raw)
		return read(v, err)
	case "":
		v, err := ReadChapters(raw)
		return read(v, err)
	}
	return activity(t, raw)
}

// activity reads and writes an activity, and in it the object as what it is.
func activity(t testing.TB, raw []byte) ([]byte, error) {
	a, err := ReadActivity(raw)
	if err != nil {
		return nil, err
	}
	if a.ObjectType != "" {
		b, err := written(t, a.Object)
		if err != nil {
			return nil, err
		}
		object := tree(t, b).(map[string]any)
		if !bytes.Contains(a.Object, []byte(`"@context"`)) {
			delete(object, "@context") // it stands outside
		}
		if a.Object, err = Marshal(object); err != nil {
			return nil, err
		}
	}
	return a.JSON()
}

// What PeerTube serves and sends is read whole and written the same, @context
// and all: other servers take our documents for its own.
func TestCapturedDocuments(t *testing.T) {
	for name, raw := range bodies(t) {
		got, err := written(t, raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := tree(t, raw).(map[string]any)
		delete(want, "signature") // instance/signature
		object, _ := tree(t, got).(map[string]any)
		if want["@context"] == nil {
			delete(object, "@context") // a body that PeerTube failed to sign
		}
		if !reflect.DeepEqual(object, want) {
			for k := range want {
				if !reflect.DeepEqual(object[k], want[k]) {
					t.Errorf("%s: %s: got %v, want %v", name, k, object[k], want[k])
				}
			}
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// The contexts are PeerTube's, byte for byte: a signature over them depends on
// each term, and software that knows no JSON-LD compares text.
func TestCapturedContexts(t *testing.T) {
	kinds := map[string]bool{}
	for name, raw := range bodies(t) {
		var doc struct {
			Context json.RawMessage `json:"@context"`
			Type    string
			Object  json.RawMessage
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		handWritten := strings.Contains(name, "from-test-actor") || strings.Contains(name, "without-ld-signature")
		if doc.Context == nil || handWritten {
			continue
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, doc.Context); err != nil {
			t.Fatal(err)
		}
		kind := map[string]string{
			"Note": "Comment", "Tombstone": "Comment", "PlaylistElement": "Playlist", "": "Chapters",
			"Person": "Actor", "Group": "Actor", "Application": "Actor",
		}
		is, renamed := kind[doc.Type]
		if !renamed {
			is = contextOf(doc.Type, doc.Object)
		}
		if got := Context(is); string(got) != compact.String() {
			t.Errorf("%s: %s: got %s, want %s", name, is, got, compact.String())
		}
		kinds[is] = true
	}
	for kind := range contexts {
		if !kinds[kind] && kind != "RejectReply" && kind != "" {
			t.Errorf("no capture has the context of %s", kind)
		}
	}
}
