package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// Jobs is what the server has to do. It is the job queue.
type Jobs interface {
	List(ctx context.Context, f job.Filter) ([]job.Job, int, error)
	Known(typ string) bool
	Pause()
	Resume()
}

// jobStates are the states that PeerTube names. A job here is never paused nor
// prioritized, so those two lists are empty.
var jobStates = []string{"waiting", "active", "completed", "failed", "delayed", "paused", "waiting-children", "prioritized"}

// jobTypes are PeerTube's, whose lists stock clients ask for. Where the same work
// is another job here they are empty.
var jobTypes = strings.Fields(`activitypub-cleaner activitypub-follow activitypub-http-broadcast activitypub-http-broadcast-parallel
	activitypub-http-fetcher activitypub-http-unicast activitypub-refresher actor-keys after-video-channel-import
	build-automatic-tags create-user-export email federate-video generate-video-storyboard import-user-archive
	manage-video-torrent move-to-file-system move-to-object-storage notify transcoding-job-builder video-channel-import
	video-file-import video-import video-live-ending video-redundancy video-studio-edition video-transcoding
	video-transcription videos-stats`)

func (a *API) pauseJobs(*http.Request, user.Caller) (any, error) {
	a.Jobs.Pause()
	return nil, nil
}

func (a *API) resumeJobs(*http.Request, user.Caller) (any, error) {
	a.Jobs.Resume()
	return nil, nil
}

func (a *API) listJobs(r *http.Request, _ user.Caller) (any, error) {
	state := param(r, "state")
	if state != "" && !slices.Contains(jobStates, state) {
		return nil, fault.New(fault.Invalid, "unknown state").WithField("state", state, "Invalid value", "params")
	}
	p, err := parsePage(r, "-createdAt")
	if err != nil {
		return nil, err
	}
	kind, err := queryText(r, "jobType", 100)
	if err == nil && kind != "" && !slices.Contains(jobTypes, kind) && !a.Jobs.Known(kind) {
		err = fault.New(fault.Invalid, "").WithField("jobType", kind, "Invalid value", "query")
	}
	if err != nil {
		return nil, err
	}
	if state == "paused" || state == "prioritized" {
		return rest.NewPage[rest.Job](0, nil), nil
	}
	f := job.Filter{Type: kind, Start: p.Start, Count: max(p.Count, 1), Sort: p.Sort}
	if state != "" {
		f.States = []job.State{job.State(state)}
	}
	list, total, err := a.Jobs.List(r.Context(), f)
	if err != nil {
		return nil, err
	}
	out := make([]rest.Job, 0, len(list))
	for _, j := range list[:min(p.Count, len(list))] {
		out = append(out, renderJob(j))
	}
	return rest.NewPage(total, out), nil
}

func renderJob(j job.Job) rest.Job {
	out := rest.Job{
		ID: strconv.FormatInt(int64(j.ID), 10), State: string(j.State), Type: j.Type, Data: j.Payload, Progress: j.Percent,
		CreatedAt: rest.Time(j.CreatedAt), FinishedOn: rest.Time(j.FinishedAt), ProcessedOn: rest.Time(j.StartedAt),
	}
	if len(out.Data) == 0 || string(out.Data) == "null" {
		out.Data = []byte("{}")
	}
	if j.Error != "" {
		out.Error = &j.Error
	}
	return out
}
