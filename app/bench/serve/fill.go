package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// film is the video whose files exist.
type film struct {
	uuid   string
	path   string // of its largest file, in URLs
	size   int64
	others []string // uuids of videos that are rows alone
}

// seconds of film are enough for many different ranges.
const seconds = 40

// publish brings a film through upload and transcoding.
func publish(ctx context.Context, i *measure.Instance, path string) (f film, err error) {
	if err := measure.Film(ctx, path, seconds); err != nil {
		return f, err
	}
	if err := i.SignIn(ctx); err != nil {
		return f, err
	}
	if f.uuid, err = i.Upload(ctx, path); err != nil {
		return f, err
	}
	v, err := i.Await(ctx, f.uuid, true)
	if err != nil {
		return f, err
	}
	for _, list := range v.StreamingPlaylists {
		for _, file := range list.Files {
			if file.Size > f.size {
				at, err := url.Parse(file.FileURL)
				if err != nil {
					return f, err
				}
				f.size, f.path = file.Size, at.Path
			}
		}
	}
	if f.path == "" {
		return f, errors.New("the film has no file")
	}
	return f, nil
}

// batch is how many videos are written in one transaction.
const batch = 250

// fill writes published videos with all their rows but no files, through the
// services that a running server uses.
func fill(ctx context.Context, data string, n int) (uuids []string, err error) {
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(data, "vidiverse.sqlite"), WriteLimit: time.Minute})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	files, err := blob.OpenFolder(filepath.Join(data, "storage"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	// One minute between two videos, the newest a minute ago.
	at := time.Now().Add(-time.Duration(n+1) * time.Minute)
	now := func() time.Time { at = at.Add(time.Millisecond); return at }
	base := &url.URL{Scheme: "http", Host: "one.test"}
	var videos *video.Service
	actors := actor.New(d, base, now)
	channels := channel.New(channel.Config{DB: d, Actors: actors, Accounts: account.New(d, actors, now), Now: now,
		Videos: func() channel.Videos { return videos }})
	videos = video.New(video.Config{DB: d, Blob: files, Jobs: job.New(d, job.Config{}), PublicURL: base, Now: now})
	home, err := channels.ByHandle(ctx, "root_channel")
	if err != nil {
		return nil, err
	}
	root := user.Caller{UserID: 1, Role: user.Administrator, AccountID: int64(home.AccountID), Username: "root"}
	for len(uuids) < n {
		err := d.Write(ctx, func(tx db.Tx) error {
			for range min(batch, n-len(uuids)) {
				at = at.Add(time.Minute)
				uuid, err := add(ctx, tx, videos, root, home.ID, len(uuids))
				if err != nil {
					return err
				}
				uuids = append(uuids, uuid)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return uuids, nil
}

func add(ctx context.Context, tx db.Tx, videos *video.Service, root user.Caller, home channel.ID, n int) (string, error) {
	v, err := videos.Create(ctx, tx, root, video.Draft{
		Name: fmt.Sprint("Video number ", n), ChannelID: home, Privacy: video.Public, Comments: video.CommentsEnabled,
		Category: 1 + n%18, Downloadable: true, Tags: []string{"one", "two"},
		Description: "A description of the length that people write who have something to say about their film.",
	}, stream.Source{Filename: "film.mp4"})
	if err != nil {
		return "", err
	}
	var pictures []stream.Thumbnail
	for _, w := range []int{280, 850, 1280, 1920} {
		pictures = append(pictures, stream.Thumbnail{Width: w, Height: w * 9 / 16, File: fmt.Sprintf("%s-%d.jpg", v.UUID, w)})
	}
	if err := videos.PutThumbnails(ctx, tx, v.ID, pictures); err != nil {
		return "", err
	}
	var list []stream.Rendition
	for _, h := range []int{0, 240, 360, 480, 720} {
		list = append(list, stream.Rendition{
			Resolution: h, FPS: 30, Width: h * 16 / 9, Height: h, HasVideo: h > 0, HasAudio: h == 0, Size: 1 << 20, Bandwidth: int64(h+96) * 1000,
			Codecs: "avc1.640028", File: fmt.Sprintf("%s-%d-fragmented.mp4", v.UUID, h), Playlist: fmt.Sprintf("%s-%d.m3u8", v.UUID, h),
		})
	}
	m := stream.Master{Name: v.UUID + "-master.m3u8", Sha256Name: v.UUID + "-segments-sha256.json"}
	return v.UUID, videos.PutRenditions(ctx, tx, v.ID, list, m)
}
