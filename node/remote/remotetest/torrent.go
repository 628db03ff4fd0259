package remotetest

import (
	"bytes"
	"net/http"
	"strings"

	"vidiverse/p2p/metainfo"
)

// published is the torrent of a file, as PeerTube makes it.
type published struct {
	raw  []byte
	hash [20]byte
}

// torrent makes the torrent of a rendition, once. Video.s.mu is not needed.
func (v *Video) torrent(r Rendition) published {
	v.torrents.Lock()
	defer v.torrents.Unlock()
	if p, ok := v.made[r.Name]; ok {
		return p
	}
	raw, hash, err := metainfo.Make(bytes.NewReader(r.Bytes), int64(len(r.Bytes)), metainfo.Options{
		Name: metainfo.CleanName(v.UUID) + " " + r.Name, AnnounceList: [][]string{{v.s.socket()}, {v.s.URL + "/tracker/announce"}},
		URLList: []string{v.folder() + r.Name},
	})
	if err != nil {
		v.s.t.Error(err)
	}
	if v.made == nil {
		v.made = map[string]published{}
	}
	v.made[r.Name] = published{raw, hash}
	return v.made[r.Name]
}

func (s *Server) socket() string { return strings.Replace(s.URL, "http", "ws", 1) + "/tracker/socket" }

// torrentFile answers with a .torrent.
func (s *Server) torrentFile(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/lazy-static/torrents/"), ".torrent")
	for _, v := range s.Videos() {
		for _, one := range v.Renditions() {
			if one.Name == name {
				w.Header().Set("Content-Type", "application/x-bittorrent")
				_, _ = w.Write(v.torrent(one).raw) // the client may have gone
				return
			}
		}
	}
	http.NotFound(w, r)
}

// Magnet is the link of a rendition's torrent.
func (v *Video) Magnet(r Rendition) metainfo.Magnet {
	return metainfo.Magnet{Hash: v.torrent(r).hash, Name: v.UUID, Torrents: []string{v.s.URL + "/lazy-static/torrents/" + r.Name + ".torrent"},
		Trackers: []string{v.s.URL + "/tracker/announce", v.s.socket()}, WebSeeds: []string{v.folder() + r.Name}}
}
