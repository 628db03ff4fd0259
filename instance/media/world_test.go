package media_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/gallery"
	"vidiverse/instance/media"
	"vidiverse/instance/stream"
	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// house serves the files of a few videos over real HTTP.
type house struct {
	*uploadtest.World
	url string

	mu  sync.Mutex
	log []media.Entry
}

// film is one video with its files.
type film struct {
	id     video.ID
	uuid   string
	base   string // path of its folder
	bytes  []byte // of the fragmented file
	names  struct{ fragmented, playlist, master, sha256, web string }
	prefix string
}

func open(t *testing.T, change func(*media.Config)) *house {
	t.Helper()
	h := &house{World: uploadtest.New(t, "", nil)}
	cfg := media.Config{
		Blob: h.Blob, Videos: h.Videos, Users: h.Users, Thumbnail: gallery.New(gallery.Config{DB: h.DB, Blob: h.Blob}).Still,
		Downloads: &media.Downloads{Videos: h.Videos, Folder: h.Blob, FFmpeg: &ffmpeg.Tools{}},
		Observe: func(e media.Entry) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.log = append(h.log, e)
		},
	}
	if change != nil {
		change(&cfg)
	}
	srv := httptest.NewServer(media.New(cfg))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

// film makes a published video with one rendition. Its bytes are noise, but
// for the real clip that downloads are made from.
func (h *house) film(t *testing.T, privacy video.Privacy, password string) film {
	t.Helper()
	ctx := t.Context()
	clip := uploadtest.Clip(t)
	fields := upload.Fields{"name": {"Ünïted \"film\" / 1"}, "channelId": {fmt.Sprint(h.Channel)}, "privacy": {fmt.Sprint(int(privacy))}, "filename": {"a.mp4"}}
	if password != "" {
		fields.Set("videoPasswords", password)
	}
	id, _, err := h.Uploads.Begin(ctx, h.Alice, upload.Start{Fields: fields, Size: int64(len(clip)), Mime: "video/mp4"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.Uploads.Append(ctx, h.Alice, id, upload.Span{Last: int64(len(clip)) - 1, Total: int64(len(clip))}, bytes.NewReader(clip), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := film{id: p.Video.ID, uuid: p.Video.UUID, bytes: clip}
	f.prefix = strings.ReplaceAll(f.uuid, "-", "")[:8] + "-x"
	f.names.fragmented, f.names.playlist = f.prefix+"-180-fragmented.mp4", f.prefix+"-180.m3u8"
	f.names.web = f.prefix + "-180.mp4"
	f.names.master, f.names.sha256 = f.prefix+"-master.m3u8", f.prefix+"-segments-sha256.json"
	h.fill(t, f, !privacy.Open())
	f.base = "/static/" + stream.FolderOf(f.uuid, !privacy.Open()) + "/"
	return f
}

func (h *house) fill(t *testing.T, f film, private bool) {
	t.Helper()
	ctx := t.Context()
	for name, body := range map[string]string{
		f.names.fragmented: string(f.bytes),
		f.names.playlist: "#EXTM3U\n#EXT-X-MAP:URI=\"" + f.names.fragmented + "\",BYTERANGE=\"100@0\"\n#EXTINF:2.0,\n#EXT-X-BYTERANGE:900@100\n" +
			f.names.fragmented + "\n#EXT-X-ENDLIST\n",
		f.names.master: "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"" + f.names.playlist +
			"\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + f.names.playlist + "\nhttps://elsewhere.test/x.m3u8\n",
		f.names.sha256: "{}",
	} {
		if _, err := h.Blob.Put(ctx, stream.FolderOf(f.uuid, private)+"/"+name, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Blob.Put(ctx, "thumbnails/"+f.prefix+".jpg", strings.NewReader("\xff\xd8\xff")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Blob.Put(ctx, stream.WebVideoKey(f.names.web, private), bytes.NewReader(f.bytes)); err != nil {
		t.Fatal(err)
	}
	err := h.DB.Write(ctx, func(tx db.Tx) error {
		err := h.Videos.PutWebVideos(ctx, tx, f.id, []stream.Rendition{{Resolution: 180, Width: 320, Height: 180, HasVideo: true, HasAudio: true,
			File: f.names.web, Size: int64(len(f.bytes))}}, private)
		if err != nil {
			return err
		}
		err = h.Videos.PutRenditions(ctx, tx, f.id, []stream.Rendition{{Resolution: 180, Width: 320, Height: 180, HasVideo: true, HasAudio: true,
			File: f.names.fragmented, Playlist: f.names.playlist, Size: int64(len(f.bytes))}},
			stream.Master{Name: f.names.master, Sha256Name: f.names.sha256, Private: private})
		if err != nil {
			return err
		}
		if err := h.Videos.PutThumbnails(ctx, tx, f.id, []stream.Thumbnail{{Width: 280, Height: 157, File: f.prefix + ".jpg"}}); err != nil {
			return err
		}
		return h.Videos.Publish(ctx, tx, f.id)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// get asks for a path with headers given in pairs.
func (h *house) get(t *testing.T, method, path string, header ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

// token signs somebody in.
func (h *house) token(t *testing.T, name string) string {
	t.Helper()
	client, err := h.Users.OAuthClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := h.Users.Login(t.Context(), user.Grant{Client: client, Type: "password", Username: name, Password: uploadtest.Password, IP: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + tokens.Access
}

// entries waits until n answers were observed: that happens after the client
// has them.
func (h *house) entries(t *testing.T, n int) []media.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for {
		h.mu.Lock()
		got := append([]media.Entry(nil), h.log...)
		h.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d answers observed, want %d", len(got), n)
		case <-time.After(time.Duration(rand.IntN(5)+1) * time.Millisecond):
		}
	}
}
