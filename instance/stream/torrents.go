package stream

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/p2p/metainfo"
)

// Torrent is the .torrent of a media file; its Name is empty while there is none.
type Torrent struct {
	Name string // of the file under torrents/
	Hash [20]byte
}

// jobTorrent has PeerTube's name.
const jobTorrent = "manage-video-torrent"

const torrents = "torrents/"

type torrentPayload struct {
	Video  access.VideoID `json:"videoId"`
	File   int64          `json:"videoFileId"`
	Secret string         `json:"secret"` // names follow from it
}

// uuid begins the name of one attempt's file: random to others, but known to
// the attempt after it.
func (p torrentPayload) uuid(attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", p.Secret, attempt))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// torrentFacts are what a torrent is made of, and what is there already.
type torrentFacts struct {
	video      access.VideoID
	uuid       string
	title      string
	open       bool // anybody may have the file, so the torrent says where it lies
	kind       string
	name       string // of the media file
	private    bool   // the folder it lies in
	size       int64
	resolution int

	made   string // name of the torrent there is, empty for none
	titled string
	seeded bool
}

func (f torrentFacts) current() bool {
	return f.made != "" && f.titled == f.title && f.seeded == f.open
}

// wantTorrents defers the making of torrents to a job a file. There is no
// dedupe key: a change while a torrent is being made needs another one.
func (s *Files) wantTorrents(ctx context.Context, tx db.Tx, id access.VideoID, files []int64) error {
	if len(s.announce) == 0 {
		return nil
	}
	for _, f := range files {
		_, err := s.jobs.Enqueue(ctx, tx, job.Spec{
			Type: jobTorrent, Payload: torrentPayload{id, f, rand.Text()}, Attempts: 10, OrderKey: "torrent:" + strconv.FormatInt(f, 10),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Retitled has the torrents of a video made anew: what they are called, or
// whether they say where the file lies, has changed.
func (s *Files) Retitled(ctx context.Context, tx db.Tx, id access.VideoID) error {
	files, err := s.store.torrentable(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.wantTorrents(ctx, tx, id, files)
}

// manageTorrent brings the torrent of one file up to date. What an attempt that
// died has left is removed by the next one.
func (s *Files) manageTorrent(ctx context.Context, j *job.Job) error {
	var p torrentPayload
	if err := j.Decode(&p); err != nil {
		return err
	}
	if err := s.dropAttempts(ctx, p, j.Attempt-1); err != nil {
		return err
	}
	f, err := s.store.torrentFacts(ctx, s.db.Read(), p.File)
	if fault.KindOf(err) == fault.NotFound || (err == nil && f.current()) {
		return nil
	}
	if err != nil {
		return err
	}
	body, hash, err := s.torrent(ctx, f)
	if err != nil {
		return fmt.Errorf("torrent of %s: %w", f.name, err)
	}
	name := p.uuid(j.Attempt) + f.suffix()
	size, err := s.blob.Put(ctx, torrents+name, bytes.NewReader(body))
	if err == nil {
		err = j.Finish(ctx, func(tx db.Tx) error { return s.enterTorrent(ctx, tx, p, f, name, hash, size) })
	}
	if err != nil {
		return errors.Join(err, s.sweepKeys(context.WithoutCancel(ctx), []string{torrents + name}))
	}
	return nil
}

// dropAttempts removes what attempts 1 to last left without a row. There are
// some only after a crash.
func (s *Files) dropAttempts(ctx context.Context, p torrentPayload, last int) error {
	var left []string
	for a := 1; a <= last; a++ {
		for info, err := range s.blob.List(ctx, torrents+p.uuid(a)) {
			if err != nil {
				return err
			}
			left = append(left, info.Key)
		}
	}
	return s.sweepKeys(ctx, left)
}

// enterTorrent makes the new torrent the file's. The old one goes at once, as
// PeerTube's does: what was open must not stay so.
func (s *Files) enterTorrent(ctx context.Context, tx db.Tx, p torrentPayload, made torrentFacts, name string, hash [20]byte, size int64) error {
	now, err := s.store.torrentFacts(ctx, tx, p.File)
	if fault.KindOf(err) == fault.NotFound { // deleted meanwhile
		return s.enqueueDelete(ctx, tx, []string{torrents + name})
	}
	if err != nil {
		return err
	}
	if now.made != "" {
		if err := s.enqueueDelete(ctx, tx, []string{torrents + now.made}); err != nil {
			return err
		}
	}
	if err := s.swarmsChanged(ctx, tx, made.video); err != nil {
		return err
	}
	if err := s.store.putTorrent(ctx, tx, p.File, Torrent{name, hash}, size, made, s.now()); err != nil {
		return err
	}
	if now.title != made.title || now.open != made.open {
		if err := s.wantTorrents(ctx, tx, made.video, []int64{p.File}); err != nil {
			return err
		}
	}
	if err := s.swarmsChanged(ctx, tx, made.video); err != nil {
		return err
	}
	// Others are told of all torrents of a video at once.
	if n, err := s.store.lacking(ctx, tx, made.video); err != nil || n > 0 {
		return err
	}
	return s.shown(ctx, tx, made.video)
}

// torrent makes the bytes: from the old torrent where there is one, else by
// reading the file once.
func (s *Files) torrent(ctx context.Context, f torrentFacts) ([]byte, [20]byte, error) {
	o := metainfo.Options{Name: f.infoName(), AnnounceList: [][]string{{s.announce[1]}, {s.announce[0]}}, Created: s.now()}
	if f.open {
		o.URLList = []string{s.base + "/static/" + fileKey(f.kind, f.uuid, f.name, false)}
	}
	if f.made != "" {
		if old, err := s.readSmall(ctx, torrents+f.made, metainfo.MaxTorrent); err == nil {
			if body, hash, err := metainfo.Rewrite(old, o); err == nil {
				return body, hash, nil
			}
		}
	}
	film, err := s.blob.Open(ctx, fileKey(f.kind, f.uuid, f.name, f.private))
	if err != nil {
		return nil, [20]byte{}, err
	}
	defer film.Close()
	return metainfo.Make(stoppable{ctx, film}, f.size, o)
}

// stoppable lets a reading of many gigabytes end with its context.
type stoppable struct {
	ctx context.Context
	io.Reader
}

func (s stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(b)
}

// infoName is what PeerTube calls the file inside the torrent.
func (f torrentFacts) infoName() string {
	return metainfo.CleanName(f.title) + " " + strconv.Itoa(f.resolution) + "p" + path.Ext(f.name)
}

// suffix ends the name of the .torrent, after a UUID of its own.
func (f torrentFacts) suffix() string {
	s := "-" + strconv.Itoa(f.resolution)
	if f.kind == kindFragmented {
		s += "-hls"
	}
	return s + ".torrent"
}

// sweepTorrents asks for the torrents that are missing or old: of files from
// before there were torrents, or while they were switched off.
func (s *Files) sweepTorrents(ctx context.Context) error {
	if len(s.announce) == 0 {
		return nil
	}
	stale, err := s.store.staleTorrents(ctx)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(stale, sweepBatch) {
		err := s.db.Write(ctx, func(tx db.Tx) error {
			for _, p := range batch {
				if err := s.wantTorrents(ctx, tx, p.Video, []int64{p.File}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// TorrentFile finds a .torrent, and what to call it at home.
func (s *Files) TorrentFile(ctx context.Context, name string) (MediaFile, string, error) {
	if !findable(name) {
		return MediaFile{}, "", fault.New(fault.NotFound, "Torrent file not found")
	}
	return s.store.torrentFile(ctx, name)
}

// Links are the addresses that REST and ActivityPub give of a file.
type Links struct {
	File     string
	Torrent  string // empty while there is none, as are the next two
	Download string // of the torrent
	Magnet   string
}

// LinksOf are those of one file of a video, whose title is part of the magnet. A
// closed video's magnet does not say where the file lies.
func (s *Files) LinksOf(uuid, title string, p access.Privacy, r Rendition) Links {
	kind := kindFragmented
	if r.Web {
		kind = kindWebVideo
	}
	l := Links{File: s.base + "/static/" + fileKey(kind, uuid, r.File, r.Private)}
	if r.Torrent.Name == "" {
		return l
	}
	l.Torrent, l.Download = s.base+"/lazy-static/torrents/"+r.Torrent.Name, s.base+"/download/torrents/"+r.Torrent.Name
	m := metainfo.Magnet{Hash: r.Torrent.Hash, Name: title, Torrents: []string{l.Torrent}, Trackers: s.announce}
	if p.Open() {
		m.WebSeeds = []string{l.File}
	}
	l.Magnet = m.String()
	return l
}

// torrentLimits: hashing reads a file as fast as the disk gives it, so one at a
// time.
const (
	torrentsAtOnce = 1
	torrentTime    = 3 * time.Hour
)
