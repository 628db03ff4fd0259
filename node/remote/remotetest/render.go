package remotetest

import (
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

//go:embed testdata/*.json
var captured embed.FS

// The captured video and its server.
const (
	capturedHost  = "127.0.0.1:9001"
	capturedUUID  = "e6b078bc-3feb-4c72-8f4f-aff5828507e1"
	capturedShort = "uudAEwiGGmQZza4HuoY6Kg"
)

// template is a captured body with our host, and the names of v if it is given.
func (s *Server) template(name string, v *Video) map[string]any {
	raw, err := captured.ReadFile("testdata/" + name)
	if err != nil {
		panic(err) // a file of this package
	}
	text := strings.NewReplacer(capturedHost, s.Host(), url.QueryEscape(capturedHost), url.QueryEscape(s.Host())).Replace(string(raw))
	if v != nil {
		text = strings.NewReplacer(capturedUUID, v.UUID, capturedShort, v.Short).Replace(text)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(err) // as above
	}
	return m
}

func (v *Video) base(m map[string]any, id int) map[string]any {
	m["id"], m["name"], m["isLive"], m["duration"] = id, v.title, v.live, v.media.Segments*v.media.Length
	m["publishedAt"], m["createdAt"], m["updatedAt"] = v.published, v.published, v.updated
	m["privacy"] = map[string]any{"id": v.privacy, "label": map[int]string{Public: "Public", Unlisted: "Unlisted"}[v.privacy]}
	if v.live {
		m["duration"] = 0
	}
	return m
}

// listed is the video in a list.
func (v *Video) listed(id int) map[string]any { return v.base(v.s.template("listed.json", v), id) }

// detailed is the video by REST.
func (v *Video) detailed(id int) map[string]any {
	m := v.base(v.s.template("video.json", v), id)
	list := m["streamingPlaylists"].([]any)[0].(map[string]any)
	list["playlistUrl"], list["segmentsSha256Url"], list["redundancies"] = v.folder()+v.master, v.folder()+v.sha256, []any{}
	sample := list["files"].([]any)[0].(map[string]any)
	files := []any{}
	for i := len(v.renditions) - 1; i >= 0; i-- { // the best first
		r := v.renditions[i]
		f := map[string]any{}
		for k, x := range sample {
			f[k] = x
		}
		label := fmt.Sprintf("%dp", r.Height)
		if r.Height == 0 {
			label = "Audio only"
		}
		f["resolution"] = map[string]any{"id": r.Height, "label": label}
		f["width"], f["height"], f["size"], f["fps"] = r.Width, r.Height, len(r.Bytes), r.FPS
		f["fileUrl"], f["playlistUrl"] = v.folder()+r.Name, v.folder()+r.Playlist
		link := v.Magnet(r)
		f["magnetUri"], f["torrentUrl"] = link.String(), link.Torrents[0]
		f["hasVideo"], f["hasAudio"] = r.Height > 0, r.Height == 0 || !v.media.Split
		files = append(files, f)
	}
	list["files"], m["files"] = files, []any{}
	if v.detail != nil {
		v.detail(m)
	}
	return m
}

// federated is the video as an ActivityPub object.
func (v *Video) federated() map[string]any {
	m := v.s.template("object.json", v)
	m["name"], m["isLiveBroadcast"], m["updated"] = v.title, v.live, v.updated
	m["duration"] = fmt.Sprintf("PT%dS", v.media.Segments*v.media.Length)
	var links []any
	for _, l := range m["url"].([]any) {
		link := l.(map[string]any)
		switch kind := link["mediaType"]; {
		case kind == "application/x-mpegURL":
			link["href"], link["tag"] = v.folder()+v.master, v.tags()
		case kind != nil && kind != "text/html": // web videos, of which there are none
			continue
		}
		links = append(links, link)
	}
	m["url"] = links
	if v.object != nil {
		v.object(m)
	}
	return m
}

func (v *Video) tags() []any {
	var tags []any
	for _, h := range v.hashes() {
		tags = append(tags, map[string]any{"type": "Infohash", "name": hex.EncodeToString(h[:])})
	}
	tags = append(tags, map[string]any{"type": "Link", "name": "sha256", "mediaType": "application/json", "href": v.folder() + v.sha256})
	for i := len(v.renditions) - 1; i >= 0; i-- {
		r := v.renditions[i]
		tags = append(tags, map[string]any{
			"type": "Link", "mediaType": "video/mp4", "href": v.folder() + r.Name, "height": r.Height, "width": r.Width, "size": len(r.Bytes), "fps": r.FPS,
		})
	}
	return tags
}
