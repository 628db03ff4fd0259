package video

import (
	"context"
	"math"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

// Create writes the rows of a new video in the caller's transaction. The draft
// must have passed CheckDraft. The video is to be transcoded, or published if
// this instance does not transcode.
func (s *Service) Create(ctx context.Context, tx db.Tx, caller user.Caller, d Draft, src stream.Source) (Video, error) {
	now := s.now().UTC().Truncate(time.Millisecond)
	if err := d.check(now, true); err != nil {
		return Video{}, err
	}
	if err := s.store.ownsChannel(ctx, tx, d.ChannelID, caller.AccountID); err != nil {
		return Video{}, err
	}
	v := Video{
		UUID: access.NewUUID(), Local: true, ChannelID: d.ChannelID, AccountID: account.ID(caller.AccountID),
		Name: d.Name, Description: d.Description, Support: d.Support,
		Category: d.Category, Licence: d.Licence, Language: d.Language, Privacy: d.Privacy, State: ToTranscode,
		NSFW: d.NSFW, NSFWFlags: d.NSFWFlags, NSFWSummary: d.NSFWSummary, Comments: d.Comments,
		Downloadable: d.Downloadable, Wait: d.WaitTranscoding, OriginallyAt: d.OriginallyAt,
		CreatedAt: now, UpdatedAt: now, PublishedAt: now,
	}
	v.URL = s.base + "/videos/watch/" + v.UUID
	v.Duration, v.AspectRatio = shape(src.Probe)
	if !s.cfg.Transcodes {
		v.State = Published
	}
	if err := s.store.insert(ctx, tx, &v); err != nil {
		return Video{}, err
	}
	if err := s.insertParts(ctx, tx, v.ID, d, src); err != nil {
		return Video{}, err
	}
	tx.AfterCommit(s.Forget)
	return v, s.tell(ctx, tx, v.ID, standing{})
}

func (s *Service) insertParts(ctx context.Context, tx db.Tx, id ID, d Draft, src stream.Source) error {
	if err := s.store.putTags(ctx, tx, id, d.Tags); err != nil {
		return err
	}
	if err := s.store.putSchedule(ctx, tx, id, d.Schedule); err != nil {
		return err
	}
	if d.Privacy == PasswordProtected {
		if err := s.Rights.SetPasswords(ctx, tx, id, d.Passwords); err != nil {
			return err
		}
	}
	return s.Files.PutSource(ctx, tx, id, src)
}

// shape is the duration in whole seconds and the ratio of width to height as
// shown; sound alone has none.
func shape(p stream.Probe) (seconds int, aspect float64) {
	seconds = int(math.Round(p.Duration.Seconds()))
	if seconds == 0 && p.Duration > 0 {
		seconds = 1
	}
	if p.Video != nil {
		w, h := p.Video.Size()
		aspect = math.Round(float64(w)/float64(h)*10000) / 10000
	}
	return seconds, aspect
}
