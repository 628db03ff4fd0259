package instance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vidiverse/instance/fault"
	"vidiverse/instance/job"
)

// unlisted are folders whose files no row needs to name: work in progress, and
// copies of other servers' files, which go by age.
var unlisted = []string{"tmp/", "tmp-persistent/", "cache/"}

// Check looks for damage: in the database, for rows whose file is missing or
// has another size, and for files that belong to nothing. It answers one
// line a finding and changes nothing. Files younger than the oldest running job
// may be its unfinished work, and are left out.
func (i *Instance) Check(ctx context.Context) ([]string, error) {
	begin, err := i.oldestWork(ctx)
	if err != nil {
		return nil, err
	}
	found, err := i.db.Check(ctx)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	var keys []string
	for info, err := range i.files.List(ctx, "") {
		if err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
		if slices.ContainsFunc(unlisted, func(dir string) bool { return strings.HasPrefix(info.Key, dir) }) {
			continue
		}
		sizes[info.Key] = info.Size
		if info.ModTime.Before(begin) {
			keys = append(keys, info.Key)
		}
	}
	files, err := store{i.db}.files(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.key] = true
		if line := i.compare(ctx, f, sizes); line != "" {
			found = append(found, line)
		}
	}
	for _, key := range keys {
		if !wanted[key] {
			found = append(found, fmt.Sprintf("orphan: %s (%d bytes) belongs to nothing", key, sizes[key]))
		}
	}
	return found, nil
}

// oldestWork is when the oldest running job began, or now.
func (i *Instance) oldestWork(ctx context.Context) (time.Time, error) {
	begin := i.now()
	active, _, err := i.jobs.List(ctx, job.Filter{States: []job.State{job.Active}, Count: 100, Sort: "createdAt"})
	for _, j := range active {
		if j.StartedAt.Before(begin) {
			begin = j.StartedAt
		}
	}
	return begin, err
}

// compare asks again for a file that the list did not show: it may have come
// in between.
func (i *Instance) compare(ctx context.Context, f storedFile, sizes map[string]int64) string {
	size, listed := sizes[f.key]
	if !listed {
		info, err := i.files.Stat(ctx, f.key)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			return "missing: " + f.key
		case err != nil:
			return fmt.Sprintf("unreadable: %s: %v", f.key, err)
		}
		size = info.Size
	}
	if f.size >= 0 && size != f.size {
		return fmt.Sprintf("wrong size: %s has %d bytes, want %d", f.key, size, f.size)
	}
	return ""
}
