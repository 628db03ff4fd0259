package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vidiverse/node/control"
	"vidiverse/p2p/metainfo"
)

// TestTorrentsOfANode: what a node holds of an instance, aria2 fetches from it
// by the magnet link that the instance published, as the node is the only peer;
// and a .torrent of the instance plays in a node that shares nothing.
func TestTorrentsOfANode(t *testing.T) {
	t.Parallel()
	h := housed(t, web)
	uuid := h.person.upload("A film.mp4", load(t, clip), nil)
	whole, parts := h.person.torrented(uuid)
	h.holds(1)
	if err := h.Sharing.Consent(t.Context(), true); err != nil {
		t.Fatal(err)
	}

	f := parts[0]
	film := h.get(f.FileURL).body
	m := must(metainfo.ParseMagnet(f.MagnetURI))(t)
	h.person.eventually("the node has announced the torrent", func() bool {
		a := h.person.scrape(m.Hash) // over HTTP and over WebSocket: it counts as two
		return strings.Contains(a, "8:completei1e") || strings.Contains(a, "8:completei2e")
	})
	m.WebSeeds, m.Torrents = nil, nil
	folder := filepath.Join(t.TempDir(), "taken")
	taker := aria2(t, folder, "--seed-time=0", m.String())
	name := must(metainfo.Read(h.get(f.TorrentURL).body))(t).Name
	h.person.arrives(filepath.Join(folder, name), film, taker)
	h.edge.eventually("it counts as given", func(ctx context.Context) bool {
		list, err := h.Mirrors.Holdings(ctx)
		return err == nil && len(list) == 1 && list[0].Sent >= int64(len(film))
	})

	if err := h.Sharing.Consent(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	h.edge.plays(h.get(whole[0].TorrentDownloadURL).body, h.get(whole[0].FileURL).body)
	h.server.check()
}

// scrape is what the HTTP tracker says of a hash.
func (s *server) scrape(hash [20]byte) string {
	s.Helper()
	var escaped strings.Builder
	for _, b := range hash {
		escaped.WriteString("%" + strconv.FormatInt(int64(b)+256, 16)[1:])
	}
	return string(s.get("/tracker/scrape?info_hash=" + escaped.String()).body)
}

// plays opens a .torrent and reads its film as a player does.
func (n *edge) plays(torrent, film []byte) {
	n.Helper()
	ref, err := n.Torrents.File(n.Context(), torrent)
	if err != nil {
		n.Fatal(err)
	}
	session, err := n.Playback.Open(n.Context(), ref, 0)
	if err != nil {
		n.Fatal(err)
	}
	for _, from := range []int{len(film) / 2, 0} {
		req, err := http.NewRequestWithContext(n.Context(), http.MethodGet, session.Media, nil)
		if err != nil {
			n.Fatal(err)
		}
		req.Header.Set("Range", "bytes="+strconv.Itoa(from)+"-")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			n.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close() // it was read
		if err != nil || !bytes.Equal(got, film[from:]) {
			n.Fatalf("from %d: %d bytes, %v", from, len(got), err)
		}
	}
	p, err := n.Playback.Progress(n.Context(), session.ID, 0)
	if err != nil || p.Torrent == nil || !p.Torrent.Alone || p.Bytes[control.FromServer] != int64(len(film)) {
		n.Errorf("got %+v %+v, %v", p, p.Torrent, err)
	}
	if err := n.Playback.Close(n.Context(), session.ID); err != nil {
		n.Error(err)
	}
}
