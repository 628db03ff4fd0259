package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// Jobs lists what the server has to do. It is the job queue.
type Jobs interface {
	List(ctx context.Context, f job.Filter) ([]job.Job, int, error)
}

// jobStates are the states that PeerTube names. A job here is never paused nor
// prioritized, so those two lists are empty.
var jobStates = []string{"waiting", "active", "completed", "failed", "delayed", "paused", "waiting-children", "prioritized"}

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
