package instance

import (
	"context"

	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// statistics is what an instance tells everybody of itself.
func (i *Instance) statistics(ctx context.Context) (rest.ServerStats, error) {
	st, err := store{i.db}.statistics(ctx, i.now())
	if err != nil {
		return st, err
	}
	st.Redundancy = []rest.RedundancyStats{{Strategy: "manual"}} // nothing of others is kept here yet
	ours := true
	for _, part := range []struct {
		local *bool
		into  *int64
	}{{nil, &st.Videos}, {&ours, &st.LocalVideos}} {
		list, err := i.videos.List(ctx, user.Caller{}, video.Filter{IsLocal: part.local, TotalOnly: true})
		if err != nil {
			return st, err
		}
		*part.into = int64(list.Total)
	}
	if i.inbox == nil {
		return st, nil
	}
	effective, dropped, since := i.inbox.Worked()
	st.Count(effective, dropped)
	if age := i.now().Sub(since).Seconds(); age > 0 {
		st.PerSecond = float64(st.Processed) / age
	}
	st.Waiting, err = i.waiting(ctx)
	return st, err
}
