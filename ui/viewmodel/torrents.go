package viewmodel

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// Bounds of what is opened: a node refuses longer ones anyhow.
const (
	maxLink    = 2000
	maxMagnet  = 32 << 10
	maxTorrent = 10 << 20
)

// IsMagnet reports whether a text is a magnet link.
func IsMagnet(text string) bool {
	const scheme = "magnet:"
	text = strings.TrimSpace(text)
	return len(text) > len(scheme) && len(text) <= maxMagnet && strings.EqualFold(text[:len(scheme)], scheme)
}

// TorrentFile returns the path of a .torrent file that a text names, as a path
// from the root or a file URL of this computer.
func TorrentFile(text string) (path string, ok bool) {
	path = text
	if u, err := url.Parse(text); err == nil && strings.EqualFold(u.Scheme, "file") {
		if u.Host != "" && u.Host != "localhost" {
			return "", false
		}
		path = filepath.FromSlash(u.Path)
	}
	return path, filepath.IsAbs(path) && strings.EqualFold(filepath.Ext(path), ".torrent")
}

// TorrentName is what to call a magnet link or a .torrent file, for people.
func (d *Desk) TorrentName(link string) string {
	name := ""
	if path, ok := TorrentFile(link); ok {
		name = filepath.Base(path)
	} else if u, err := url.Parse(strings.TrimSpace(link)); err == nil {
		name = u.Query().Get("dn")
	}
	if name = words.Clean(name, 80); name == "" {
		name = d.Words.Say("torrent.unnamed")
	}
	return name
}

// torrent asks the node for the torrent of a link or file.
func (o *Opening) torrent(link string) {
	ask(o.Scope, &o.asked, func(ctx context.Context) (control.Ref, error) {
		path, ok := TorrentFile(link)
		if !ok {
			return o.Services.Torrents.Link(ctx, strings.TrimSpace(link))
		}
		file, err := readTorrent(path)
		if err != nil {
			return control.Ref{}, fmt.Errorf("%w: %w", control.ErrNotFound, err)
		}
		return o.Services.Torrents.File(ctx, file)
	}, func(ref control.Ref, err error) {
		if err != nil {
			o.Failed(*problem(o.Words, "magnet", err))
			return
		}
		o.Found(ref)
	})
}

// readTorrent reads a plain file of a bounded size.
func readTorrent(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxTorrent { // a pipe would never end
		return nil, fmt.Errorf("%s is no torrent", filepath.Base(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTorrent))
}

// Swarm is what a watch page says of a torrent; its zero value is of a video
// that is none.
type Swarm struct {
	Title    string
	Progress string  // "312 MB of 1.2 GB on this computer"
	Part     float64 // 0 to 1
	Speed    string
	Lines    []string // who is connected, by transport
	Note     string   // why nobody is
}

func (s Swarm) equal(o Swarm) bool {
	return s.Title == o.Title && s.Progress == o.Progress && s.Part == o.Part && s.Speed == o.Speed && s.Note == o.Note && same(s.Lines, o.Lines)
}

// swarm says what a node knows of a torrent.
func (d *Desk) swarm(t *control.Torrent) Swarm {
	if t == nil {
		return Swarm{}
	}
	w := d.Words
	s := Swarm{Title: w.Say("torrent.title"), Speed: w.Say("torrent.rate.none")}
	s.Progress = w.Say("torrent.progress", "held", w.Bytes(max(t.Held, 0)), "length", w.Bytes(max(t.Length, 0)))
	if t.Length > 0 {
		s.Part = clamp(float64(t.Held) / float64(t.Length))
	}
	if t.Rate > 0 {
		s.Speed = w.Say("torrent.rate", "rate", w.Rate(t.Rate))
	}
	if t.Held >= t.Length && t.Length > 0 {
		s.Speed = w.Say("torrent.whole")
	}
	for _, line := range []struct {
		id string
		n  int
	}{{"torrent.browsers", t.Browsers}, {"torrent.programs", t.Programs}, {"torrent.servers", t.Servers}} {
		if line.n > 0 {
			s.Lines = append(s.Lines, w.Count(line.id, line.n))
		}
	}
	if t.Sent > 0 {
		s.Lines = append(s.Lines, w.Say("torrent.sent", "bytes", w.Bytes(t.Sent)))
	}
	if t.Alone {
		s.Note = w.Say("torrent.alone")
	}
	return s
}
