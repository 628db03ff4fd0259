package remotetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/hls"
)

// Media says what a video's files are. The zero Media is three segments of a
// second, 144p and 240p, with sound in each.
type Media struct {
	Heights  []int // ascending; even numbers
	Split    bool  // sound apart
	Segments int   // of one second each, but for Length
	Length   int   // seconds of a segment
	Rate     int   // kbit/s of the pictures, about; 0 leaves it to the encoder
}

func (m Media) defaults() Media {
	if m.Heights == nil {
		m.Heights = []int{144, 240}
	}
	m.Segments, m.Length = max(m.Segments, 0), max(m.Length, 1)
	if m.Segments == 0 {
		m.Segments = 3
	}
	return m
}

// Rendition is one encoded file, by the names that its video gave.
type Rendition struct {
	Height, Width int // 0 of a sound
	FPS           int
	Name          string // of the media file
	Playlist      string // of its media playlist
	Media         hls.Media
	Bytes         []byte
	Codecs        string
}

var encoded struct {
	sync.Mutex
	known map[string][]Rendition
}

// encode makes the files, once in a process for each kind, with the options
// that PeerTube gives to ffmpeg.
func encode(t testing.TB, m Media) []Rendition {
	t.Helper()
	encoded.Lock()
	defer encoded.Unlock()
	key := fmt.Sprint(m)
	if list, ok := encoded.known[key]; ok {
		return slices.Clone(list)
	}
	var list []Rendition
	for _, h := range m.Heights {
		list = append(list, encodeOne(t, m, h))
	}
	if m.Split {
		list = append(list, encodeOne(t, m, 0))
	}
	if encoded.known == nil {
		encoded.known = map[string][]Rendition{}
	}
	encoded.known[key] = list
	return slices.Clone(list)
}

func encodeOne(t testing.TB, m Media, height int) Rendition {
	t.Helper()
	const fps = 25
	dir, seconds := t.TempDir(), strconv.Itoa(m.Segments*m.Length)
	args := []string{"-v", "error", "-nostdin", "-y"}
	if height > 0 {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%dx%d:rate=%d:duration=%s", width(height), height, fps, seconds))
	}
	if height == 0 || !m.Split {
		args = append(args, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration="+seconds, "-c:a", "aac", "-b:a", "64k", "-shortest")
	}
	if height > 0 {
		gop := strconv.Itoa(fps * m.Length)
		args = append(args, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0")
		if m.Rate > 0 {
			rate := strconv.Itoa(m.Rate) + "k"
			args = append(args, "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate, "-x264-params", "nal-hrd=cbr")
		}
	}
	args = append(args, "-f", "hls", "-hls_time", strconv.Itoa(m.Length), "-hls_list_size", "0", "-hls_playlist_type", "vod",
		"-hls_segment_filename", filepath.Join(dir, "x.mp4"), "-hls_segment_type", "fmp4", "-hls_flags", "single_file", filepath.Join(dir, "x.m3u8"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	r := Rendition{Height: height, Codecs: "mp4a.40.2"}
	r.Bytes = read(t, filepath.Join(dir, "x.mp4"))
	list, err := hls.ReadMedia(bytes.NewReader(read(t, filepath.Join(dir, "x.m3u8"))))
	if err != nil {
		t.Fatal(err)
	}
	r.Media = list
	if height > 0 {
		r.Width, r.FPS = width(height), fps
		r.Codecs = picture(r.Bytes)
		if !m.Split {
			r.Codecs += ",mp4a.40.2"
		}
	}
	return r
}

// picture is the codec string of the first H.264 track.
func picture(file []byte) string {
	i := bytes.Index(file, []byte("avcC"))
	if i < 0 || i+8 > len(file) {
		return "avc1.42c00d"
	}
	return fmt.Sprintf("avc1.%x", file[i+5:i+8])
}

func width(height int) int { return (height*16/9 + 1) &^ 1 }

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// digests are those of a rendition's segments; wrong ones have a bit turned.
func (r Rendition) digests(wrong bool) hls.FileDigests {
	d := hls.FileDigests{File: r.Name}
	for _, s := range r.Media.Segments {
		e := hls.Extent{Range: s.Range, Sum: sha256.Sum256(r.Bytes[s.Offset:s.End()])}
		if wrong {
			e.Sum[0] ^= 1
		}
		d.Extents = append(d.Extents, e)
	}
	return d
}

// bandwidth is the peak in bits a second, as PeerTube writes it.
func (r Rendition) bandwidth() int64 {
	peak := int64(0)
	for _, s := range r.Media.Segments {
		peak = max(peak, int64(float64(s.Length)*8/max(s.Duration.Seconds(), 0.1)))
	}
	return peak
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
