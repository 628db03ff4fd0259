package api

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
	"vidiverse/instance/video"
)

// A video of another server is shown as PeerTube shows it: its files at their
// addresses, its trackers, its host.
func TestRemoteVideosAreShapedAsPeerTubes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		w.must(d.Write(t.Context(), func(tx db.Tx) error {
			for _, q := range []string{
				`INSERT INTO host (id, name, created_at) VALUES (70, '127.0.0.1:9001', 1)`,
				`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES
					(70, 2, 'alicia', 70, 'http://127.0.0.1:9001/accounts/alicia', 'x', 'x', 1, 1), (71, 3, 'sea', 70, 'http://127.0.0.1:9001/video-channels/sea', 'x', 'x', 1, 1)`,
				`INSERT INTO actor_counter (actor_id) VALUES (70), (71)`,
				`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (70, 70, 'Alicia', 1, 1)`,
				`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (71, 71, 70, 'Sea', 1, 1)`,
			} {
				if _, err := tx.NewRaw(q).Exec(t.Context()); err != nil {
					return err
				}
			}
			return nil
		}))
		for file, captured := range map[string]string{"video-vod-remote.json": "video-vod.json", "video-live-remote.json": "video-live.json"} {
			raw, err := os.ReadFile("../activitypub/testdata/" + captured)
			w.must(err)
			o, err := activitypub.ParseVideo(raw)
			w.must(err)
			draft, err := video.ReadRemote(o, w.clock.now())
			w.must(err)
			draft.Host, draft.Channel = 70, 71
			w.must(d.Write(t.Context(), func(tx db.Tx) error {
				_, _, err := w.videos.SaveRemote(t.Context(), tx, draft)
				return err
			}))
			resp, body := w.do("GET", "/api/v1/videos/"+o.UUID, "", nil)
			resttest.Status(t, file, resp)
			resttest.Body(t, file, body)
			var got, want rest.VideoDetails
			w.must(json.Unmarshal(body, &got))
			w.must(json.Unmarshal(resttest.Load(t, file).Response.Body, &want))
			for what, pair := range map[string][2]any{
				"name": {got.Name, want.Name}, "url": {got.URL, want.URL}, "trackers": {got.TrackerURLs, want.TrackerURLs}, "host": {got.Channel.Host, want.Channel.Host},
				"playlist": {got.StreamingPlaylists[0].PlaylistURL, want.StreamingPlaylists[0].PlaylistURL}, "tags": {got.Tags, want.Tags},
				"digests": {got.StreamingPlaylists[0].SegmentsSHA256URL, want.StreamingPlaylists[0].SegmentsSHA256URL}, "files": {len(got.Files), len(want.Files)},
				"local": {got.IsLocal, false}, "published": {got.PublishedAt, want.PublishedAt}, "live": {got.IsLive, want.IsLive},
			} {
				if fmt.Sprint(pair[0]) != fmt.Sprint(pair[1]) {
					t.Errorf("%s: %s: got %v, want %v", file, what, pair[0], pair[1])
				}
			}
			for i := range got.Files {
				g, w := got.Files[i], want.Files[i]
				if g.FileURL != w.FileURL || g.FileDownloadURL != w.FileDownloadURL || g.Size != w.Size || g.MetadataURL != w.MetadataURL || g.Storage != nil {
					t.Errorf("%s: file %d: got %+v, want %+v", file, i, g, w)
				}
			}
			for i := range want.StreamingPlaylists[0].Files {
				g, w := got.StreamingPlaylists[0].Files[i], want.StreamingPlaylists[0].Files[i]
				if g.FileURL != w.FileURL || g.FileDownloadURL != w.FileDownloadURL || g.PlaylistURL != w.PlaylistURL {
					t.Errorf("%s: HLS file %d: got %+v, want %+v", file, i, g, w)
				}
			}
		}
	})
}
