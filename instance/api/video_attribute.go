package api

import (
	"net/http"
	"time"

	"vidiverse/instance/label"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

func (a *API) captions(r *http.Request, c user.Caller) (any, error) {
	list, err := a.Video.Service.Captions(r.Context(), c, ref(r), shown(r))
	if err != nil {
		return nil, err
	}
	out := make([]rest.VideoCaption, len(list))
	for i, k := range list {
		path := "/lazy-static/video-captions/" + k.File
		out[i] = rest.VideoCaption{
			Language: rest.Label[string]{ID: k.Language, Label: label.Language(k.Language)}, AutomaticallyGenerated: k.Automatic,
			CaptionPath: path, FileURL: a.base() + path, M3U8URL: optionalText(k.PlaylistURL), UpdatedAt: rest.Time(k.UpdatedAt),
		}
	}
	return rest.NewPage(len(out), out), nil
}

func (a *API) storyboards(r *http.Request, c user.Caller) (any, error) {
	out := rest.VideoStoryboards{Storyboards: []rest.VideoStoryboard{}}
	b, err := a.Video.Service.Storyboard(r.Context(), c, ref(r), shown(r))
	if err != nil || b == nil {
		return out, err
	}
	path := "/lazy-static/storyboards/" + b.File
	out.Storyboards = append(out.Storyboards, rest.VideoStoryboard{
		FileURL: a.base() + path, StoryboardPath: path, TotalHeight: b.Height, TotalWidth: b.Width,
		SpriteWidth: b.TileWidth, SpriteHeight: b.TileHeight, SpriteDuration: b.Seconds,
	})
	return out, nil
}

// live tells of a live what anybody may know.
func (a *API) live(r *http.Request, c user.Caller) (any, error) {
	l, err := a.Video.Service.Live(r.Context(), c, ref(r), shown(r))
	if err != nil {
		return nil, err
	}
	return rest.LiveVideo{
		PermanentLive: l.Permanent, SaveReplay: l.SaveReplay, LatencyMode: int(l.Latency), DVRWindow: l.DVR, Schedules: liveSchedules(l.Starts),
	}, nil
}

func liveSchedules(starts []time.Time) []rest.LiveSchedule {
	out := make([]rest.LiveSchedule, len(starts))
	for i, at := range starts {
		out[i].StartAt = rest.Time(at)
	}
	return out
}
