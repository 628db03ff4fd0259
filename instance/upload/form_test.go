package upload_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"path/filepath"
	"strings"
	"testing"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
)

// Forms send their parts in any order, lists in three spellings.
func TestDirect(t *testing.T) {
	t.Parallel()
	clip := uploadtest.Clip(t)
	w := uploadtest.New(t, "", nil)
	film := part{name: "videofile", filename: "My Film.MP4", value: string(clip)}
	name, channel := part{"name", "", "A film"}, part{"channelId", "", fmt.Sprint(w.Channel)}
	for i, parts := range [][]part{
		{name, channel, film},
		{film, name, channel},
		{name, {"tags[]", "", "one"}, film, {"tags[]", "", "two"}, channel},
		{name, {"tags[0]", "", "one"}, {"tags[1]", "", "two"}, channel, film},
	} {
		form, n := formOf(t, parts...)
		v, err := w.Uploads.Direct(t.Context(), w.Alice, form, n)
		if err != nil || v.ID == 0 || len(v.UUID) != 36 {
			t.Fatalf("form %d: got %+v, %v", i, v, err)
		}
	}
	if got := w.Planned(); len(got) != 4 {
		t.Fatalf("got %v planned, want 4", got)
	}
	for _, f := range w.Files() {
		if filepath.Ext(f) != ".mp4" || strings.Contains(f, "Film") || filepath.Base(filepath.Dir(f)) != "original-video-files" {
			t.Errorf("stored as %s, want a name of ours in original-video-files", f)
		}
	}
}

// A form that is out of bounds must be refused and leave nothing.
func TestDirectRefuses(t *testing.T) {
	t.Parallel()
	w := uploadtest.New(t, "", func(c *upload.Config) { c.MaxSize = 100_000 })
	name, channel := part{"name", "", "A film"}, part{"channelId", "", fmt.Sprint(w.Channel)}
	film := part{name: "videofile", filename: "film.mp4", value: string(noise(1000))}
	many := []part{name, channel, film}
	for i := range 120 {
		many = append(many, part{fmt.Sprintf("other%d", i), "", "x"})
	}
	for _, c := range []struct {
		name  string
		parts []part
		want  fault.Kind
	}{
		{"no file", []part{name, channel}, fault.Invalid},
		{"an empty file", []part{name, channel, {name: "videofile", filename: "film.mp4"}}, fault.Unprocessable},
		{"a file too large", []part{name, channel, {name: "videofile", filename: "film.mp4", value: string(noise(100_001))}}, fault.TooLarge},
		{"a field too long", []part{name, channel, {"description", "", strings.Repeat("a", 70_000)}, film}, fault.TooLarge},
		{"too many fields", many, fault.Invalid},
		{"a long field name", []part{{strings.Repeat("n", 101), "", "x"}, name, channel, film}, fault.Invalid},
		{"a file nobody asked for", []part{name, channel, {name: "torrentfile", filename: "x.torrent", value: "x"}, film}, fault.Invalid},
		{"a second film", []part{name, channel, film, film}, fault.Invalid},
		{"a foreign channel", []part{name, {"channelId", "", "999999"}, film}, fault.Invalid},
		{"noise", []part{name, channel, film}, fault.Unsupported},
		{"a kind of file we do not take", []part{name, channel, {name: "videofile", filename: "film.exe", value: "MZ"}}, fault.Unsupported},
	} {
		form, n := formOf(t, c.parts...)
		_, err := w.Uploads.Direct(t.Context(), w.Alice, form, n)
		if err == nil || fault.KindOf(err) != c.want {
			t.Errorf("%s: got %v (%v), want %v", c.name, err, fault.KindOf(err), c.want)
		}
		wantNothing(t, w)
	}
}

// The connection of a form may be cut anywhere; nothing may stay behind.
func TestDirectCut(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	var whole bytes.Buffer
	m := multipart.NewWriter(&whole)
	f, err := m.CreateFormFile("videofile", "film.mp4")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(clip)
	_ = m.WriteField("name", "A film")
	_ = m.Close()
	for _, at := range []int{0, 1, 60, 200, 10_000, whole.Len() - 30, whole.Len() - 3} {
		form := multipart.NewReader(breaking{bytes.NewReader(whole.Bytes()[:at])}, m.Boundary())
		_, err := w.Uploads.Direct(t.Context(), w.Alice, form, int64(whole.Len()))
		wantKind(t, err, fault.Invalid)
		wantNothing(t, w)
	}
}

// What a user calls a file must never become a path.
func TestHostileFileNames(t *testing.T) {
	t.Parallel()
	w, clip := uploadtest.New(t, "", nil), uploadtest.Clip(t)
	for i, name := range []string{
		"../../../etc/cron.d/x.mp4", "..\\..\\windows\\x.mp4", "/etc/x.mp4", "\\\\server\\share\\x.mp4", "CON.mp4", "x\x00y.mp4",
		"..%2f..%2fx.mp4", "․․/x.mp4", "C:x.mp4", strings.Repeat("ä", 300) + ".mp4", ".mp4",
	} {
		b := fields(w, name)
		b.Set("name", fmt.Sprintf("Film %d", i))
		id, _, err := w.Uploads.Begin(t.Context(), w.Alice, upload.Start{Fields: b, Size: int64(len(clip)), Mime: "video/mp4"})
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Errorf("%q: got %v, want a refusal or an upload", name, err)
			}
			continue
		}
		if p, err := put(t, w, id, clip, 0, len(clip)); err != nil || p.Video == nil {
			t.Errorf("%q: got %+v, %v", name, p, err)
		}
	}
	originals := filepath.Join(w.Folder, "files", "original-video-files")
	for _, f := range w.Files() {
		if base := filepath.Base(f); filepath.Dir(f) != originals || len(base) != len("00000000-0000-4000-8000-000000000000.mp4") {
			t.Errorf("stored as %s", f)
		}
	}
}

// JSON bodies say the same as forms, typed or as text.
func TestParseJSON(t *testing.T) {
	t.Parallel()
	f, err := upload.ParseJSON([]byte(`{"name":"Resumable upload","channelId":2,"privacy":"1","filename":"sample10.mp4","waitTranscoding":true,
		"tags":["a b","c"],"nsfw":false,"category":null,"scheduleUpdate":{"updateAt":"2030-01-01T00:00:00.000Z","privacy":1},"other":{"deep":{"er":1}}}`))
	if err != nil {
		t.Fatal(err)
	}
	in, err := rest.ParseVideoForm(f)
	if err != nil || in.Name.Value != "Resumable upload" || in.ChannelID.Value != 2 || in.Privacy.Value != 1 || !in.WaitTranscoding.Value ||
		len(in.Tags.Value) != 2 || in.Tags.Value[0] != "a b" || in.ScheduleUpdate.Value.Privacy != 1 || f.Get("filename") != "sample10.mp4" {
		t.Fatalf("got %+v, %v", in, err)
	}
	for _, bad := range []string{"", "[]", "null", "1", `{"name":`, strings.Repeat("[", 100_000)} {
		if _, err := upload.ParseJSON([]byte(bad)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.20q: got %v, want invalid", bad, err)
		}
	}
	if _, err := upload.ParseJSON(bytes.Repeat([]byte(" "), 500_001)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a body too long: got %v", err)
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"name":"x","tags":["a"],"channelId":1}`, `{"scheduleUpdate":{"updateAt":null}}`, `{"":[[[]]]}`, `{"tags":[{}]}`, "\xff", `{"a":-1e999}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, err := upload.ParseJSON(b)
		if err == nil {
			_, _ = rest.ParseVideoForm(fields)
		}
	})
}

func FuzzForm(f *testing.F) {
	const head = "--b\r\nContent-Disposition: form-data; name="
	for _, s := range []string{
		head + "\"name\"\r\n\r\nA film\r\n--b--\r\n",
		head + "\"videofile\"; filename=\"x.mp4\"\r\nContent-Type: video/mp4\r\n\r\nxx\r\n--b--\r\n",
		head + "\"videofile\"; filename*=UTF-8''..%2fx.mp4\r\n\r\n", "--b\r\n\r\n", "--b--", "",
	} {
		f.Add([]byte(s))
	}
	w := uploadtest.New(f, "", nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := w.Uploads.Direct(t.Context(), w.Alice, multipart.NewReader(bytes.NewReader(b), "b"), int64(len(b)))
		if err == nil {
			t.Fatal("noise became a video")
		}
		if left, _ := filepath.Glob(filepath.Join(w.Config.Dir, "*")); len(left) > 0 {
			t.Fatalf("left behind: %v", left)
		}
	})
}
