package remotetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"vidiverse/instance/hls"
)

// Video is a video of a Server. Its fields do not change.
type Video struct {
	UUID, Short string

	s *Server // its lock guards what follows

	title      string
	privacy    int
	deleted    bool
	live       bool
	published  time.Time
	updated    time.Time
	media      Media
	renditions []Rendition
	master     string
	sha256     string
	files      map[string][]byte // by name, in the video's folder

	detail func(map[string]any)
	object func(map[string]any)

	torrents sync.Mutex
	made     map[string]published // by file name
}

// Add publishes a video.
func (s *Server) Add(m Media) *Video {
	s.t.Helper()
	list := encode(s.t, m.defaults())
	uuid := newUUID()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &Video{
		UUID: uuid, Short: newUUID()[:8] + "ShortUUID", s: s, title: fmt.Sprintf("Video %d", len(s.videos)+1), privacy: Public,
		published: time.Date(2026, 11, 1, 12, len(s.videos), 0, 0, time.UTC), media: m.defaults(),
	}
	v.updated = v.published
	v.put(list)
	s.videos = append(s.videos, v)
	return v
}

// AddLive publishes a live whose master playlist has one variant of no
// segments.
func (s *Server) AddLive() *Video {
	s.t.Helper()
	v := s.Add(Media{Heights: []int{144}, Segments: 1})
	s.mu.Lock()
	defer s.mu.Unlock()
	v.live, v.master, v.sha256 = true, "master.m3u8", "segments-sha256.json"
	v.files = map[string][]byte{
		v.master: []byte("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH=75900,RESOLUTION=256x144\n0.m3u8\n\n"),
		v.sha256: []byte("{}\n"),
		"0.m3u8": []byte("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"),
	}
	v.renditions = nil
	return v
}

// put names files and writes the playlists and digests over them.
func (v *Video) put(list []Rendition) {
	v.files = map[string][]byte{}
	v.renditions = list
	v.master, v.sha256 = newUUID()+"-master.m3u8", newUUID()+"-segments-sha256.json"
	var m hls.Master
	for i := range list {
		r := &list[i]
		base := fmt.Sprintf("%s-%d", newUUID(), r.Height)
		r.Name, r.Playlist = base+"-fragmented.mp4", base+".m3u8"
		r.Media.File = r.Name
		v.files[r.Name], v.files[r.Playlist] = r.Bytes, r.Media.Bytes()
		if r.Height == 0 {
			m.Audio = append(m.Audio, hls.Track{Name: "Audio", URI: r.Playlist})
			continue
		}
		codecs := r.Codecs
		if v.media.Split {
			codecs += ",mp4a.40.2"
		}
		m.Variants = append(m.Variants, hls.Variant{
			URI: r.Playlist, Resolution: r.Height, Bandwidth: r.bandwidth(), Width: r.Width, Height: r.Height,
			FrameRate: float64(r.FPS), Codecs: codecs, UsesAudio: v.media.Split,
		})
	}
	v.files[v.master] = m.Bytes()
	v.putDigests(false)
}

func (v *Video) putDigests(wrong bool) {
	var d hls.Digests
	for _, r := range v.renditions {
		d = append(d, r.digests(wrong))
	}
	v.files[v.sha256] = d.Bytes()
}

func (v *Video) folder() string { return v.s.URL + "/static/streaming-playlists/hls/" + v.UUID + "/" }

func (v *Video) open() bool { return !v.deleted && (v.privacy == Public || v.privacy == Unlisted) }

// hashes are those that a stock server computes: one a file, and one for the
// sound.
func (v *Video) hashes() (all [][20]byte) {
	url := v.folder() + v.master
	for i := range max(len(v.renditions), 1) {
		all = append(all, hls.SwarmHashG2(url, hls.Main, i))
	}
	if v.media.Split {
		all = append(all, hls.SwarmHashG2(url, hls.Secondary, 0))
	}
	return all
}

// Master is the URL of the master playlist now.
func (v *Video) Master() string {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.folder() + v.master
}

// Hashes are the swarms that the server federates now.
func (v *Video) Hashes() [][20]byte {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.hashes()
}

// Renditions are the files now, in the order of the master; the sound is last.
func (v *Video) Renditions() []Rendition {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return slices.Clone(v.renditions)
}

// SetPrivacy changes who may watch. The tracker forgets its verdicts.
func (v *Video) SetPrivacy(privacy int) { v.change(func() { v.privacy = privacy }) }

// Delete removes the video: it answers 404.
func (v *Video) Delete() { v.change(func() { v.deleted = true }) }

// SetTitle renames the video.
func (v *Video) SetTitle(title string) { v.change(func() { v.title = title }) }

// Replace gives the video other files, with other names and digests, as after a
// new upload.
func (v *Video) Replace(m Media) {
	v.s.t.Helper()
	list := encode(v.s.t, m.defaults())
	v.change(func() {
		v.media = m.defaults()
		v.put(list)
	})
}

// Rewrite keeps the names of the media files but changes bytes of each segment
// and their digests with them: what an origin must never do.
func (v *Video) Rewrite() {
	v.change(func() {
		for i := range v.renditions {
			r := &v.renditions[i]
			r.Bytes = slices.Clone(r.Bytes)
			for _, s := range r.Media.Segments {
				r.Bytes[s.End()-1] ^= 0xff
			}
			v.files[r.Name] = r.Bytes
		}
		v.putDigests(false)
	})
}

// WrongDigests serves digests that no segment has.
func (v *Video) WrongDigests() { v.change(func() { v.putDigests(true) }) }

// SetFile puts a file into the video's folder, or takes it away with nil.
func (v *Video) SetFile(name string, content []byte) {
	v.change(func() {
		v.files = maps.Clone(v.files)
		if v.files[name] = content; content == nil {
			delete(v.files, name)
		}
	})
}

// File is a file of the video's folder; nil if there is none.
func (v *Video) File(name string) []byte {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.files[name]
}

// MasterName is the name of the master playlist, in the video's folder.
func (v *Video) MasterName() string {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.master
}

// DigestsName is the name of the digest list.
func (v *Video) DigestsName() string {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.sha256
}

// EditDetail has f change the REST answer of the video; nil ends that. f must
// not ask the server or the video.
func (v *Video) EditDetail(f func(detail map[string]any)) { v.change(func() { v.detail = f }) }

// EditObject has f change the ActivityPub object of the video; nil ends that. f
// must not ask the server or the video.
func (v *Video) EditObject(f func(object map[string]any)) { v.change(func() { v.object = f }) }

func (v *Video) change(f func()) {
	v.s.mu.Lock()
	before := v.hashes()
	f()
	v.updated = v.updated.Add(time.Second)
	after := v.hashes()
	v.s.mu.Unlock()
	for _, h := range append(before, after...) {
		v.s.Tracker.Forget(h)
	}
}
