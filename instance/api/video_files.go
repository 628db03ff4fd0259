package api

import (
	"context"
	"net/http"
	"strconv"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func (a *API) videoFileRoutes(one string) []route {
	if a.Video.Files == nil {
		return nil
	}
	const del = http.MethodDelete
	return []route{
		{method: del, path: one + "/hls", auth: admin, right: rightManageFiles, handle: a.dropHLS},
		{method: del, path: one + "/hls/{fileId}", auth: admin, right: rightManageFiles, handle: a.dropFile(a.Video.Files.DropHLSFile)},
		{method: del, path: one + "/web-videos", auth: admin, right: rightManageFiles, handle: a.dropWebVideos},
		{method: del, path: one + "/web-videos/{fileId}", auth: admin, right: rightManageFiles, handle: a.dropFile(a.Video.Files.DropWebVideos)},
		{method: http.MethodPost, path: one + "/transcoding", auth: admin, right: rightTranscode, handle: a.transcodeVideo},
	}
}

func (a *API) dropHLS(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Video.Files.DropHLS(r.Context(), c, ref(r))
}

func (a *API) dropWebVideos(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Video.Files.DropWebVideos(r.Context(), c, ref(r), 0)
}

func (a *API) dropFile(drop func(context.Context, user.Caller, video.Ref, int64) error) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		file, err := strconv.ParseInt(param(r, "fileId"), 10, 32)
		if err != nil || file < 1 {
			return nil, fault.New(fault.Invalid, "").WithField("videoFileId", param(r, "fileId"), "Invalid value", "params")
		}
		return nil, drop(r.Context(), c, ref(r), file)
	}
}

func (a *API) transcodeVideo(r *http.Request, c user.Caller) (any, error) {
	var in rest.VideoTranscodingInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.TranscodingType != "hls" && in.TranscodingType != "web-video" {
		return nil, fault.New(fault.Invalid, "").WithField("transcodingType", in.TranscodingType, "Invalid value", "body")
	}
	return nil, a.Video.Files.Again(r.Context(), c, ref(r), in.TranscodingType == "web-video", in.ForceTranscoding)
}
