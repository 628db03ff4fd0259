package viewmodel_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vidiverse/node/control"
	"vidiverse/ui/player"
	"vidiverse/ui/uitest"
	"vidiverse/ui/viewmodel"
)

// A magnet link and a .torrent file reach the node; what is none does not, and
// people are told.
func TestTorrentLinks(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.node.Do(func(n *uitest.Node) { n.Videos = append(n.Videos, uitest.Torrent()) })
	o := s.desk.Opening()
	var found control.Ref
	problem := ""
	o.Found = func(ref control.Ref) { found = ref }
	o.Failed = func(p viewmodel.Problem) { problem = p.Text }
	file := filepath.Join(t.TempDir(), "a film.torrent")
	if err := os.WriteFile(file, []byte("d4:infoe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{" magnet:?xt=urn:btih:aa&dn=x ", file, "file://" + filepath.ToSlash(strings.ReplaceAll(file, " ", "%20"))} {
		found = control.Ref{}
		o.Open(link)
		s.Until(t, link+" is found", func() bool { return found.Origin == control.TorrentOrigin })
	}
	log := s.node.Log()
	if !slices.Contains(log, "magnet magnet:?xt=urn:btih:aa&dn=x") || !slices.Contains(log, "torrent of 8 bytes") {
		t.Errorf("the node was asked %q", log)
	}
	for _, link := range []string{"/nowhere.torrent", "file://host/x.torrent", "file:///etc/passwd", "x.torrent"} {
		problem = ""
		o.Open(link)
		s.Until(t, link+" is refused", func() bool { return problem != "" })
	}
	if log := s.node.Log(); len(log) > 0 {
		t.Errorf("the node was asked %q", log)
	}
	if name := s.desk.TorrentName("magnet:?xt=urn:btih:aa&dn=A%20film%0Aof%20mine"); strings.ContainsAny(name, "\n") || !strings.HasPrefix(name, "A film") {
		t.Errorf("got %q", name)
	}
}

// The page of a torrent says how it comes along.
func TestSwarm(t *testing.T) {
	t.Parallel()
	s := open(t)
	torrent := uitest.Torrent()
	s.node.Do(func(n *uitest.Node) {
		n.Videos = append(n.Videos, torrent)
		n.Progress = uitest.TorrentProgress()
	})
	film := &uitest.Film{}
	v := s.desk.Watch(torrent.Ref, film.Players()(func() {}, func(player.Player) {}))
	v.Load()
	defer v.Close()
	if v.Waiting != "Looking for somebody who has it" {
		t.Errorf("while it is opened it says %q", v.Waiting)
	}
	s.Until(t, "it is said", func() bool { return v.Swarm.Title != "" && v.Title != "" && v.Waiting == "" })
	if v.Swarm.Part != .25 || len(v.Swarm.Lines) != 4 || v.Channel != "Torrent" || !strings.Contains(v.Swarm.Progress, "of") {
		t.Errorf("got %+v", v.Swarm)
	}
}
