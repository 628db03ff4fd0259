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
	"vidiverse/instance/video"
)

// results are all that one job made.
type results struct {
	list     []stream.Rendition // of HLS
	web      []stream.Rendition
	pictures []stream.Thumbnail
	later    []rung
	master   stream.Master // zero without a list

	all    []stream.Rendition // what the master lists
	allWeb []stream.Rendition
}

// finish moves all files into the store and then enters them, in one
// transaction with the end of the job and the jobs that follow.
func (a *attempt) finish(ctx context.Context, made []stream.Rendition, pictures []stream.Thumbnail, later []rung) (err error) {
	o := results{pictures: pictures, later: later}
	for _, r := range made {
		if r.Web {
			o.web = append(o.web, r)
		} else {
			o.list = append(o.list, r)
		}
	}
	o.all, o.allWeb = merge(a.work.Renditions, o.list), merge(a.work.WebVideos, o.web)
	for _, r := range o.web {
		if _, err := a.Blob.Adopt(ctx, stream.WebVideoKey(r.File, a.work.Private), filepath.Join(a.dir, r.File)); err != nil {
			return err
		}
	}
	if len(o.list) > 0 {
		if o.master, err = a.storeList(ctx, a.work, a.dir, a.names, o.list, o.all); err != nil {
			return err
		}
		o.master.Lists = numbers(a.work.Renditions)
	}
	if _, err := a.adoptThumbnails(ctx, a.dir, pictures); err != nil {
		return err
	}
	a.entering = true
	return a.job.Finish(ctx, func(tx db.Tx) error { return a.enter(ctx, tx, o) })
}

// storeList moves the files of new renditions from dir into the store, and a
// master of all.
func (e *Engine) storeList(ctx context.Context, w video.Work, dir string, n names, made, all []stream.Rendition) (stream.Master, error) {
	m := stream.Master{Name: n.master(), Sha256Name: n.sha256(), Private: w.Private}
	list := masterOf(all)
	m.Swarms = list.Swarms(e.Videos.MasterURL(w.UUID, m.Name, m.Private))
	files := map[string][]byte{m.Name: list.Bytes(), m.Sha256Name: digestsOf(all).Bytes()}
	m.Size, m.Sha256Size = int64(len(files[m.Name])), int64(len(files[m.Sha256Name]))
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return m, err
		}
	}
	order := []string{}
	for _, r := range made {
		order = append(order, r.File, r.Playlist)
	}
	folder := stream.FolderOf(w.UUID, m.Private)
	for _, name := range append(order, m.Sha256Name, m.Name) {
		if _, err := e.Blob.Adopt(ctx, folder+"/"+name, filepath.Join(dir, name)); err != nil {
			return m, err
		}
	}
	return m, nil
}

func numbers(list []stream.Rendition) []int64 {
	all := make([]int64, len(list))
	for i, r := range list {
		all[i] = r.ID
	}
	return all
}

// enter writes the rows that follow from a finished job.
func (a *attempt) enter(ctx context.Context, tx db.Tx, o results) error {
	id := a.p.Video
	if len(o.list) > 0 {
		if err := a.Videos.PutRenditions(ctx, tx, id, o.list, o.master); err != nil {
			return err
		}
	}
	if err := a.Videos.PutWebVideos(ctx, tx, id, o.web, a.work.Private); err != nil {
		return err
	}
	wanted := a.p.Wanted
	if a.p.Rung == nil {
		if err := a.Videos.PutThumbnails(ctx, tx, id, o.pictures); err != nil {
			return err
		}
		if err := a.Videos.Publish(ctx, tx, id); err != nil {
			return err
		}
		wanted = resolutions(o.later)
		if err := a.planLater(ctx, tx, o.later, wanted); err != nil {
			return err
		}
	}
	if a.Settings.KeepOriginal || a.p.Again || a.lacks(wanted, o) {
		return nil
	}
	return a.Videos.DropSource(ctx, tx, id)
}

// lacks tells whether something is still to be made of the source.
func (a *attempt) lacks(wanted []int, o results) bool {
	return slices.ContainsFunc(wanted, func(want int) bool {
		is := func(r stream.Rendition) bool { return r.Resolution == want }
		return !a.set.NoHLS && !slices.ContainsFunc(o.all, is) || a.webWanted(want) && !slices.ContainsFunc(o.allWeb, is)
	})
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
			Audio: a.work.Source.Probe.Audio != nil && (r.Resolution == 0 || !a.split()), Done: done / total, Share: weigh(r) / total,
			Web: a.p.Web, NoHLS: a.p.NoHLS, Again: a.p.Again}
		_, err := a.Jobs.Enqueue(ctx, tx, job.Spec{Type: JobType, Payload: p, Priority: lowerPriority + i, OrderKey: orderKey(a.p.Video)})
		if err != nil {
			return err
		}
		done += weigh(r)
	}
	return nil
}
