package object

import (
	"fmt"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/label"
	"vidiverse/instance/video"
)

// attributes adds captions, storyboard and what a live has.
func (r *Renderer) attributes(o *activitypub.Video, a video.Attributes) {
	for _, c := range a.Captions {
		s := activitypub.Subtitle{
			Label:                  activitypub.Label{Identifier: c.Language, Name: label.Language(c.Language)},
			AutomaticallyGenerated: c.Automatic,
			URL:                    activitypub.List[activitypub.Link]{{Type: "Link", MediaType: "text/vtt", Href: r.base + "/lazy-static/video-captions/" + c.File}},
		}
		if c.PlaylistURL != "" {
			s.URL = append(s.URL, activitypub.Link{Type: "Link", MediaType: activitypub.HLS, Href: c.PlaylistURL})
		}
		o.SubtitleLanguage = append(o.SubtitleLanguage, s)
	}
	if b := a.Storyboard; b != nil {
		o.Preview = activitypub.List[activitypub.Preview]{{Type: "Image", Rel: []string{"storyboard"}, URL: []activitypub.Sheet{{
			MediaType: "image/jpeg", Href: r.base + "/lazy-static/storyboards/" + b.File, Width: b.Width, Height: b.Height,
			TileWidth: b.TileWidth, TileHeight: b.TileHeight, TileDuration: duration(b.Seconds),
		}}}}
	}
	if l := a.Live; l != nil {
		latency, dvr := int(l.Latency), duration(l.DVR)
		o.LiveSaveReplay, o.PermanentLive, o.LatencyMode, o.DVRWindow = &l.SaveReplay, &l.Permanent, &latency, &dvr
		for _, at := range l.Starts {
			o.Schedules = append(o.Schedules, activitypub.Schedule{StartDate: stamp(at)})
		}
	}
}

func duration(seconds int) string { return fmt.Sprintf("PT%dS", seconds) }
