// Package gallery keeps the pictures of people: avatars and banners that they
// chose; and copies of other servers' small files, fetched when somebody looks:
// pictures, captions, torrents.
//
//	chosen ─▶ every size ─▶ avatars/…, rows of actor_image
//	asked  ─▶ ours: its key │ another server's: its copy, or ask that server once ─▶ cache/…
package gallery

import (
	"context"
	"crypto/rand"
	"errors"
	"image"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/picture"
	"vidiverse/p2p/guard"
)

// Kind is what a picture of an actor is for, by PeerTube's number.
type Kind int

// The kinds.
const (
	Avatar Kind = 1
	Banner Kind = 2
)

// sizes are those of PeerTube, the largest first.
var sizes = map[Kind][]image.Point{
	Avatar: {{1500, 1500}, {600, 600}, {120, 120}, {48, 48}},
	Banner: {{1920, 317}, {600, 100}},
}

// Config is what a Service needs; DB, Blob and Actors are required.
type Config struct {
	DB     *db.DB
	Blob   blob.Store
	Dir    string         // for files on their way, on the disk of Blob
	Actors *actor.Service // told that somebody looks different now
	Jobs   *job.Queue     // removes what is no longer shown; nil removes at once
	Remote *guard.Client  // nil shows no pictures of other servers
	Log    *slog.Logger
	Now    func() time.Time

	FaceLife  time.Duration // of copies of avatars and banners; default 7 days
	StillLife time.Duration // of copies of thumbnails, captions and torrents; default 3 h
	SheetLife time.Duration // of copies of storyboards; default 24 h
}

// Service is safe for concurrent use.
type Service struct {
	Config
	store  store
	copies copies
}

// New makes the service. It starts nothing; have Sweep called now and then.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.FaceLife == 0 {
		c.FaceLife = 7 * 24 * time.Hour
	}
	if c.StillLife == 0 {
		c.StillLife = 3 * time.Hour
	}
	if c.SheetLife == 0 {
		c.SheetLife = 24 * time.Hour
	}
	s := &Service{Config: c, store: store{c.DB}, copies: newCopies()}
	if c.Jobs != nil {
		c.Jobs.Handle(jobDelete, job.Options{Timeout: time.Hour}, s.deleteFiles)
	}
	return s
}

const jobDelete = "delete-pictures"

type deletePayload struct {
	Files []string `json:"files"`
}

// Discard has pictures removed that no row names once tx is committed.
func (s *Service) Discard(ctx context.Context, tx db.Tx, files []string) error {
	if len(files) == 0 {
		return nil
	}
	_, err := s.Jobs.Enqueue(ctx, tx, job.Spec{Type: jobDelete, Payload: deletePayload{files}, Attempts: 20})
	return err
}

func (s *Service) deleteFiles(ctx context.Context, j *job.Job) error {
	var p deletePayload
	if err := j.Decode(&p); err != nil {
		return err
	}
	var errs []error
	for _, f := range p.Files {
		errs = append(errs, s.Blob.Delete(ctx, key(f)))
	}
	return errors.Join(errs...)
}

// Pick gives an actor of ours the picture in a local file, in every size, in
// place of the one before. What is no picture is fault.Unsupported, what is too
// large fault.TooLarge. Whether the actor is the caller's is the caller's to know.
func (s *Service) Pick(ctx context.Context, of actor.ID, k Kind, path string) ([]actor.Image, error) {
	img, err := picture.Read(path)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.Dir, "face-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made, err := s.make(ctx, dir, img, k)
	if err == nil {
		err = s.put(ctx, of, k, made)
	}
	if err != nil {
		s.drop(ctx, names(made))
		return nil, err
	}
	return s.of(ctx, of, k)
}

// make writes every size into the store.
func (s *Service) make(ctx context.Context, dir string, img image.Image, k Kind) (made []actor.Image, err error) {
	ext, write := ".jpg", picture.WriteJPEG
	if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
		ext, write = ".png", picture.WritePNG
	}
	src := picture.RGBA(picture.Shrink(img, sizes[k][0].X))
	for _, size := range sizes[k] {
		one := actor.Image{Width: size.X, Height: size.Y, File: strings.ToLower(rand.Text()) + ext}
		path := filepath.Join(dir, one.File)
		if err := write(path, picture.Cover(src, size.X, size.Y)); err != nil {
			return made, err
		}
		if _, err := s.Blob.Adopt(ctx, key(one.File), path); err != nil {
			return made, err
		}
		made = append(made, one)
	}
	return made, nil
}

func (s *Service) put(ctx context.Context, of actor.ID, k Kind, made []actor.Image) error {
	var before []string
	err := s.DB.Write(ctx, func(tx db.Tx) (err error) {
		if before, err = s.store.replace(ctx, tx, of, k, made, db.Millis(s.Now())); err != nil {
			return err
		}
		if s.Jobs != nil {
			if err := s.Discard(ctx, tx, before); err != nil {
				return err
			}
			before = nil
		}
		return s.Actors.Touch(ctx, tx, of)
	})
	if err == nil {
		s.drop(ctx, before)
	}
	return err
}

// Remove takes an actor's picture away; none is no error.
func (s *Service) Remove(ctx context.Context, of actor.ID, k Kind) error {
	return s.put(ctx, of, k, nil)
}

func (s *Service) of(ctx context.Context, of actor.ID, k Kind) ([]actor.Image, error) {
	all, err := s.Actors.Images(ctx, s.DB.Read(), []actor.ID{of})
	if k == Avatar {
		return all[of].Avatars, err
	}
	return all[of].Banners, err
}

// drop removes files that no row names. What fails stays, and only costs space.
func (s *Service) drop(ctx context.Context, files []string) {
	for _, f := range files {
		if err := s.Blob.Delete(context.WithoutCancel(ctx), key(f)); err != nil {
			s.Log.Warn("picture not removed", "file", f, "err", err)
		}
	}
}

func names(made []actor.Image) (files []string) {
	for _, m := range made {
		files = append(files, m.File)
	}
	return files
}

func key(file string) string { return "avatars/" + file }

// Sweep removes copies of other servers' files that are old.
func (s *Service) Sweep(ctx context.Context) error {
	var errs []error
	for prefix, life := range map[string]time.Duration{
		faces.cache: s.FaceLife, stills.cache: s.StillLife, captions.cache: s.StillLife, torrents.cache: s.StillLife, storyboards.cache: s.SheetLife,
	} {
		for info, err := range s.Blob.List(ctx, prefix) {
			if err != nil {
				return errors.Join(append(errs, err)...)
			}
			if s.Now().Sub(info.ModTime) > life {
				errs = append(errs, s.Blob.Delete(ctx, info.Key))
			}
		}
	}
	return errors.Join(errs...)
}
