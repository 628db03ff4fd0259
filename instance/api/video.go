package api

import (
	"context"
	"net/http"
	"strconv"

	"vidiverse/instance/fault"
	"vidiverse/instance/label"
	"vidiverse/instance/rest"
	"vidiverse/instance/stats"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// VideoConfig is what the routes about videos need.
type VideoConfig struct {
	Service *video.Service
	Stats   *stats.Service
	Files   VideoFiles
	// Thumbnails makes the sizes of a picture that the owner chose, and stores
	// them. nil refuses such pictures.
	Thumbnails func(ctx context.Context, picture string) ([]stream.Thumbnail, error)
	TempDir    string // for pictures on their way; empty is the system's
	// HideNSFW leaves sensitive videos out of the lists of who has not said.
	HideNSFW bool

	FarMembers, FarStrangers bool // who sees videos of people whom nobody here follows, on their pages
}

// VideoFiles makes and removes the files of videos. It is the transcoding engine.
type VideoFiles interface {
	Again(ctx context.Context, caller user.Caller, ref video.Ref, web, force bool) error
	DropHLS(ctx context.Context, caller user.Caller, ref video.Ref) error
	DropHLSFile(ctx context.Context, caller user.Caller, ref video.Ref, file int64) error
	DropWebVideos(ctx context.Context, caller user.Caller, ref video.Ref, file int64) error
}

func (a *API) videoRoutes() []route {
	if a.Video.Service == nil {
		return nil
	}
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	const videos, one, of = "/api/v1/videos", "/api/v1/videos/{id}", "/api/v1/videos/{videoId}"
	rows := []route{
		{method: get, path: videos, auth: optional, docs: "getVideos", raw: a.shared(a.listVideos)},
		{method: get, path: videos + "/categories", docs: "getCategories", handle: constant(label.Categories())},
		{method: get, path: videos + "/licences", docs: "getLicences", handle: constant(label.Licences())},
		{method: get, path: videos + "/languages", docs: "getLanguages", handle: a.videoLanguages},
		{method: get, path: videos + "/privacies", docs: "getVideoPrivacyPolicies", handle: constant(label.Privacies())},
		{method: get, path: one, auth: optional, docs: "getVideo", raw: a.shared(a.video)},
		{method: put, path: one, auth: signedIn, docs: "putVideo", handle: a.editVideo},
		{method: del, path: one, auth: signedIn, docs: "delVideo", handle: a.deleteVideo},
		{method: get, path: one + "/description", auth: optional, docs: "getVideoDesc", handle: a.videoDescription},
		{method: get, path: of + "/captions", auth: optional, docs: "getVideoCaptions", handle: a.captions},
		{method: get, path: one + "/storyboards", auth: optional, handle: a.storyboards},
		{method: get, path: videos + "/live/{id}", auth: optional, docs: "getLiveId", handle: a.live},
		{method: get, path: one + "/source", auth: signedIn, docs: "getVideoSource", handle: a.videoSource},
		{method: get, path: one + "/metadata/{fileId}", auth: optional, docs: "getVideoFileMetadata", handle: a.videoMetadata},
		{method: put, path: one + "/rate", auth: signedIn, handle: a.rateVideo},
		{method: post, path: of + "/token", auth: optional, docs: "requestVideoToken", handle: a.videoToken},
		{method: get, path: of + "/passwords", auth: signedIn, handle: a.videoPasswords},
		{method: put, path: of + "/passwords", auth: signedIn, handle: a.putVideoPasswords},
		{method: post, path: of + "/passwords", auth: signedIn, handle: a.addVideoPassword},
		{method: del, path: of + "/passwords/{passwordId}", auth: signedIn, handle: a.deleteVideoPassword},
		{method: get, path: "/api/v1/users/me/videos", auth: signedIn, handle: a.myVideos},
		{method: get, path: "/api/v1/users/me/videos/{videoId}/rating", auth: signedIn, handle: a.myRating},
		{method: get, path: "/api/v1/accounts/{handle}/videos", auth: optional, raw: a.shared(a.accountVideos)},
		{method: get, path: "/api/v1/accounts/{handle}/ratings", auth: signedIn, handle: a.accountRatings},
		{method: get, path: "/api/v1/video-channels/{handle}/videos", auth: optional, raw: a.shared(a.channelVideos)},
	}
	rows = append(rows, a.videoFileRoutes(one)...)
	for _, path := range []string{of + "/views", of + "/watching"} {
		rows = append(rows, route{method: post, path: path, auth: optional, docs: "addView", handle: a.viewVideo},
			route{method: put, path: path, auth: optional, docs: "addView", handle: a.viewVideo})
	}
	return rows
}

// constant answers always the same.
func constant(v any) handler {
	return func(*http.Request, user.Caller) (any, error) { return v, nil }
}

// ref is the video that the path names.
func ref(r *http.Request) video.Ref { return video.Ref(param(r, "id") + param(r, "videoId")) }

// shown are the credentials that a request brings for one video.
func shown(r *http.Request) video.Credentials {
	return video.Credentials{Password: r.Header.Get("X-PeerTube-Video-Password"), FileToken: r.URL.Query().Get("videoFileToken")}
}

func (a *API) videoLanguages(r *http.Request, _ user.Caller) (any, error) {
	scope := r.URL.Query().Get("scope")
	if scope != "" && scope != "subtitle" {
		return nil, fault.New(fault.Invalid, "").WithField("scope", scope, "Should have a valid scope (subtitle)", "query")
	}
	return label.Languages(scope == "subtitle"), nil
}

func (a *API) video(r *http.Request, c user.Caller) (any, error) {
	v, err := a.Video.Service.Get(r.Context(), c, ref(r), video.Credentials{Password: shown(r).Password})
	if err != nil {
		return nil, err
	}
	return a.renderVideoDetails(v), nil
}

func (a *API) editVideo(r *http.Request, c user.Caller) (any, error) {
	if err := a.Video.Service.MayEdit(r.Context(), c, ref(r)); err != nil {
		return nil, err // before any picture is read
	}
	in, picture, err := a.videoInput(r)
	if err != nil {
		return nil, err
	}
	defer picture.remove()
	pictures, err := a.thumbnails(r.Context(), picture)
	if err != nil {
		return nil, err
	}
	return nil, a.Video.Service.Edit(r.Context(), c, ref(r), video.PatchOf(in), pictures)
}

func (a *API) deleteVideo(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Video.Service.Delete(r.Context(), c, ref(r))
}

func (a *API) videoDescription(r *http.Request, c user.Caller) (any, error) {
	text, err := a.Video.Service.Description(r.Context(), c, ref(r), shown(r))
	return rest.VideoDescription{Description: text}, err
}

func (a *API) videoSource(r *http.Request, c user.Caller) (any, error) {
	src, err := a.Video.Service.Source(r.Context(), c, ref(r))
	return a.renderSource(src), err
}

func (a *API) videoMetadata(r *http.Request, c user.Caller) (any, error) {
	file, err := strconv.ParseInt(param(r, "fileId"), 10, 32)
	if err != nil {
		return nil, fault.New(fault.Invalid, "").WithField("videoFileId", param(r, "fileId"), "Invalid value", "params")
	}
	return a.Video.Service.Metadata(r.Context(), c, ref(r), shown(r), file)
}

func (a *API) rateVideo(r *http.Request, c user.Caller) (any, error) {
	var in rest.VideoRateInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Video.Service.Rate(r.Context(), c, ref(r), shown(r), video.Rating(in.Rating))
}

func (a *API) myRating(r *http.Request, c user.Caller) (any, error) {
	id, rating, err := a.Video.Service.RatingOf(r.Context(), c, ref(r))
	return rest.VideoRating{VideoID: int64(id), Rating: string(rating)}, err
}

func (a *API) viewVideo(r *http.Request, c user.Caller) (any, error) {
	var in rest.VideoViewInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.CurrentTime == nil || !(*in.CurrentTime >= 0 && *in.CurrentTime < 1<<31) {
		return nil, fault.New(fault.Invalid, "").WithField("currentTime", nil, "Invalid value", "body")
	}
	return nil, a.Video.Stats.View(r.Context(), c, ref(r), shown(r), stats.View{
		CurrentTime: int(*in.CurrentTime), Seek: in.ViewEvent == "seek", Session: in.SessionID, Address: a.clientIP(r).String(),
	})
}

func (a *API) videoToken(r *http.Request, c user.Caller) (any, error) {
	t, err := a.Video.Service.NewFileToken(r.Context(), c, ref(r), shown(r))
	var out rest.VideoToken
	out.Files.Token, out.Files.Expires = t.Token, rest.Time(t.Expires)
	return out, err
}

func (a *API) videoPasswords(r *http.Request, c user.Caller) (any, error) {
	p, err := parsePage(r, "-createdAt")
	if err != nil {
		return nil, err
	}
	list, err := a.Video.Service.Passwords(r.Context(), c, ref(r))
	if err != nil {
		return nil, err
	}
	out := []rest.VideoPassword{}
	for _, v := range list[min(p.Start, len(list)):min(p.Start+p.Count, len(list))] {
		out = append(out, rest.VideoPassword{
			ID: v.ID, Password: v.Password, VideoID: int64(v.VideoID), CreatedAt: rest.Time(v.CreatedAt), UpdatedAt: rest.Time(v.UpdatedAt),
		})
	}
	return rest.NewPage(len(list), out), nil
}

func (a *API) putVideoPasswords(r *http.Request, c user.Caller) (any, error) {
	var in rest.VideoPasswordsInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Video.Service.PutPasswords(r.Context(), c, ref(r), in.Passwords)
}

func (a *API) addVideoPassword(r *http.Request, c user.Caller) (any, error) {
	var in rest.VideoPasswordsInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Video.Service.AddPassword(r.Context(), c, ref(r), in.Password)
}

func (a *API) deleteVideoPassword(r *http.Request, c user.Caller) (any, error) {
	id, err := strconv.ParseInt(param(r, "passwordId"), 10, 32)
	if err != nil {
		return nil, fault.New(fault.Invalid, "").WithField("passwordId", param(r, "passwordId"), "Invalid value", "params")
	}
	return nil, a.Video.Service.DeletePassword(r.Context(), c, ref(r), id)
}
