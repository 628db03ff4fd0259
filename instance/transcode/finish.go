package transcode

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
)

// finish moves all files into the store and then enters them, in one
// transaction with the end of the job and the jobs that follow.
func (a *attempt) finish(ctx context.Context, made []stream.Rendition, pictures []stream.Thumbnail, later []rung) error {
	all := merge(a.work.Renditions, made)
	m := stream.Master{Name: a.names.master(), Sha256Name: a.names.sha256(), Private: a.work.Private}
	list := masterOf(all)
	m.Swarms = list.Swarms(a.Videos.MasterURL(a.work.UUID, m.Name, m.Private))
	files := map[string][]byte{m.Name: list.Bytes(), m.Sha256Name: digestsOf(all).Bytes()}
	m.Size, m.Sha256Size = int64(len(files[m.Name])), int64(len(files[m.Sha256Name]))
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(a.dir, name), text, 0o600); err != nil {
			return err
		}
	}
	order := []string{}
	for _, r := range made {
		order = append(order, r.File, r.Playlist)
	}
	folder := stream.FolderOf(a.work.UUID, m.Private)
	for _, name := range append(order, m.Sha256Name, m.Name) {
		if _, err := a.Blob.Adopt(ctx, folder+"/"+name, filepath.Join(a.dir, name)); err != nil {
			return err
		}
	}
	if _, err := a.adoptThumbnails(ctx, a.dir, pictures); err != nil {
		return err
	}
	a.entering = true
	return a.job.Finish(ctx, func(tx db.Tx) error { return a.enter(ctx, tx, made, m, pictures, later, all) })
}

// enter writes the rows that follow from a finished job.
func (a *attempt) enter(ctx context.Context, tx db.Tx, made []stream.Rendition, m stream.Master, pictures []stream.Thumbnail, later []rung, all []stream.Rendition) error {
	id := a.p.Video
	if err := a.Videos.PutRenditions(ctx, tx, id, made, m); err != nil {
		return err
	}
	wanted := a.p.Wanted
	if a.p.Rung == nil {
		if err := a.Videos.PutThumbnails(ctx, tx, id, pictures); err != nil {
			return err
		}
		if err := a.Videos.Publish(ctx, tx, id); err != nil {
			return err
		}
		wanted = resolutions(later)
		if err := a.planLater(ctx, tx, later, wanted); err != nil {
			return err
		}
	}
	have := func(want int) bool {
		return slices.ContainsFunc(all, func(r stream.Rendition) bool { return r.Resolution == want })
	}
	if a.Settings.KeepOriginal || slices.ContainsFunc(wanted, func(w int) bool { return !have(w) }) {
		return nil
	}
	return a.Videos.DropSource(ctx, tx, id)
}

func resolutions(list []rung) []int {
	var all []int
	for _, r := range list {
		all = append(all, r.Resolution)
	}
	return all
}

// planLater enqueues one job for each further rendition, largest first.
func (a *attempt) planLater(ctx context.Context, tx db.Tx, later []rung, wanted []int) error {
	weigh := func(r rung) float64 { return max(1e5, float64(r.Width)*float64(r.Height)*r.FPS) }
	var total, done float64
	for _, r := range later {
		total += weigh(r)
	}
	for i, r := range later {
		p := payload{Video: a.p.Video, UUID: a.work.UUID, Secret: a.p.Secret + "-" + fmt.Sprint(r.Resolution), Rung: &r, Wanted: wanted,
			Audio: a.work.Source.Probe.Audio != nil && (r.Resolution == 0 || !a.split()), Done: done / total, Share: weigh(r) / total}
		_, err := a.Jobs.Enqueue(ctx, tx, job.Spec{Type: JobType, Payload: p, Priority: lowerPriority + i, OrderKey: orderKey(a.p.Video)})
		if err != nil {
			return err
		}
		done += weigh(r)
	}
	return nil
}
