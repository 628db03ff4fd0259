package remote

import (
	"net/url"
	"strings"

	"vidiverse/instance/rest"
	"vidiverse/p2p/metainfo"
)

// Torrent is the torrent that an origin published of a rendition's file. It may
// be of other bytes: whoever gives pieces checks them.
type Torrent struct {
	Hash     [20]byte `json:"hash"`
	URL      string   `json:"url"`      // of the .torrent, at the origin
	Trackers []string `json:"trackers"` // at the origin, over WebSocket and HTTP
}

// torrent reads what the origin says of a file's torrent; nil if it has none
// that may be joined. As with viewers, only the origin's own trackers are asked.
func (f *fetch) torrent(file rest.VideoFile) *Torrent {
	m, err := metainfo.ParseMagnet(file.MagnetURI)
	at, ok := originOf(file.TorrentURL)
	if err != nil || !ok || at != f.film.Origin || len(file.TorrentURL) > 2000 {
		return nil
	}
	home, _ := url.Parse(f.film.Origin) // it was parsed before
	t := &Torrent{Hash: m.Hash, URL: file.TorrentURL}
	for _, tr := range m.Trackers {
		scheme, rest, _ := strings.Cut(tr, "://")
		address := strings.Replace(scheme, "ws", "http", 1) + "://" + rest
		origin, ok := originOf(address)
		u, err := url.Parse(address)
		secure := scheme == "wss" || scheme == "https"
		if !ok || err != nil || u.Hostname() != home.Hostname() || !secure && origin != f.film.Origin || len(t.Trackers) == maxTrackers {
			continue
		}
		t.Trackers = append(t.Trackers, tr)
	}
	if len(t.Trackers) == 0 {
		return nil
	}
	return t
}
