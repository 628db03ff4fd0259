package video

import (
	"context"
	"slices"
	"strconv"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/label"
	"vidiverse/instance/stream"
	"vidiverse/p2p/metainfo"
)

// Caps on the attributes of a remote video.
const (
	maxCaptions = 200 // there are about as many languages
	maxStarts   = 50
	maxSheet    = 1 << 15 // pixels
	maxTile     = 1 << 12
)

// attributes reads captions, storyboard and what a live has. What is odd is left
// out, as if it were not there.
func (d *RemoteDraft) attributes(o activitypub.Video) {
	for _, s := range o.SubtitleLanguage {
		c := Caption{Language: s.Identifier, Automatic: s.AutomaticallyGenerated}
		for _, l := range s.URL {
			switch {
			case l.MediaType == activitypub.HLS && c.PlaylistURL == "":
				c.PlaylistURL = webAddress(l.Href)
			case (l.MediaType == "text/vtt" || l.MediaType == "") && c.Address == "":
				c.Address = webAddress(l.Href)
			}
		}
		again := slices.ContainsFunc(d.Captions, func(k Caption) bool { return k.Language == c.Language })
		if c.Address != "" && !again && label.IsLanguage(c.Language) && len(d.Captions) < maxCaptions {
			d.Captions = append(d.Captions, c)
		}
	}
	d.Storyboard = readStoryboard(o.Preview)
	if o.IsLiveBroadcast {
		d.Live = readLive(o)
	}
}

// readStoryboard takes the first sheet; nil without a usable one.
func readStoryboard(list []activitypub.Preview) *Storyboard {
	for _, p := range list {
		if !slices.Contains(p.Rel, "storyboard") {
			continue
		}
		for _, s := range p.URL {
			b := Storyboard{
				Address: webAddress(s.Href), Width: s.Width, Height: s.Height, TileWidth: s.TileWidth, TileHeight: s.TileHeight,
				Seconds: seconds(s.TileDuration),
			}
			if s.MediaType == "image/jpeg" && b.usable() {
				return &b
			}
		}
	}
	return nil
}

func (b Storyboard) usable() bool {
	within := func(n, most int) bool { return n > 0 && n <= most }
	return b.Address != "" && within(b.Width, maxSheet) && within(b.Height, maxSheet) && within(b.TileWidth, min(b.Width, maxTile)) &&
		within(b.TileHeight, min(b.Height, maxTile)) && b.Seconds > 0
}

func readLive(o activitypub.Video) *Live {
	l := Live{Permanent: deref(o.PermanentLive), SaveReplay: deref(o.LiveSaveReplay), Latency: Latency(deref(o.LatencyMode)), DVR: seconds(deref(o.DVRWindow))}
	if !l.Latency.valid() {
		l.Latency = LatencyDefault
	}
	for _, s := range o.Schedules {
		at := moment(s.StartDate, time.Time{}, farFuture)
		if !at.IsZero() && len(l.Starts) < maxStarts && !slices.ContainsFunc(l.Starts, at.Equal) {
			l.Starts = append(l.Starts, at)
		}
	}
	slices.SortFunc(l.Starts, time.Time.Compare)
	return &l
}

var farFuture = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// putAttributes replaces what belongs to a remote video beside its files.
func (s *Service) putAttributes(ctx context.Context, tx db.Tx, id ID, d RemoteDraft) error {
	if err := s.store.putRemoteCaptions(ctx, tx, id, d.Captions, s.now()); err != nil {
		return err
	}
	if err := s.store.putRemoteStoryboard(ctx, tx, id, d.Storyboard, s.now()); err != nil {
		return err
	}
	return s.store.putLive(ctx, tx, id, d.Live)
}

// torrentOf is where the .torrent of a file is read from: empty where there is
// none, or nothing to know it by.
func (f RemoteFile) torrentOf() string {
	m, err := metainfo.ParseMagnet(f.Magnet)
	switch {
	case err != nil:
		return ""
	case f.TorrentURL == "" && len(m.Torrents) > 0:
		return webAddress(m.Torrents[0])
	}
	return f.TorrentURL
}

// torrentName names our copy of a file's .torrent, as PeerTube names its own;
// empty where there is none to copy.
func (f RemoteFile) torrentName(hls bool) string {
	if f.torrentOf() == "" {
		return ""
	}
	suffix := "-" + strconv.Itoa(f.Resolution)
	if hls {
		suffix += "-hls"
	}
	return access.NewUUID() + suffix + ".torrent"
}

// RemoteLinks are the addresses of a file of a remote video: the file at its own
// server, a copy of its torrent here, and a magnet that leads to that copy.
func (s *Service) RemoteLinks(it *Item, f RemoteFile) stream.Links {
	l := stream.Links{File: f.URL, Torrent: f.TorrentURL, Download: f.TorrentURL, Magnet: f.Magnet}
	m, err := metainfo.ParseMagnet(f.Magnet)
	if err != nil || f.Torrent == "" {
		return l
	}
	l.Torrent, l.Download = s.base+"/lazy-static/torrents/"+f.Torrent, s.base+"/download/torrents/"+f.Torrent
	l.Magnet = metainfo.Magnet{
		Hash: m.Hash, Name: it.Name, Torrents: []string{l.Torrent}, Trackers: it.Remote.Trackers, WebSeeds: []string{f.URL},
	}.String()
	return l
}
