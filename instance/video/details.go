package video

import (
	"context"
	"encoding/json"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

// Details are a video as its own page shows it.
type Details struct {
	Item                 // with Tags, Support, Comments, Downloadable, Playlist and WebVideos
	In   channel.Channel // where it is published
	By   account.Account // whose channel that is
}

// Get returns the details for who may see them. The owner also learns of a
// planned change and of the transcoding's progress.
func (s *Service) Get(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (Details, error) {
	p, err := ref.Parse()
	if err != nil {
		return Details{}, err
	}
	d, err := s.store.details(ctx, p)
	if err != nil {
		return Details{}, err
	}
	list, web, err := s.Files.Renditions(ctx, d.ID)
	if err != nil {
		return Details{}, err
	}
	d.WebVideos = web
	if d.Playlist != nil {
		d.Playlist.Renditions = list
	}
	h := access.Head{
		ID: d.ID, UUID: d.UUID, Privacy: d.Privacy, Published: d.State == Published, Local: d.Local, Owner: int64(d.AccountID),
		Channel: int64(d.ChannelID), Live: d.IsLive, Seconds: d.Duration,
	}
	if err := s.MaySee(ctx, h, p.ID != 0, caller, cred); err != nil {
		return Details{}, err
	}
	for _, host := range []*string{&d.In.Host, &d.By.Host} {
		if *host == "" {
			*host = s.host
		}
	}
	if err := s.addRemote(ctx, &d); err != nil {
		return Details{}, err
	}
	d.Viewers = s.cfg.Viewers(d.ID)
	one := []Item{d.Item}
	if err := s.addStarts(ctx, one); err != nil {
		return Details{}, err
	}
	d.Item = one[0]
	if h.OwnedBy(caller) || caller.Moderator() {
		items := []Item{d.Item}
		if err = s.addSchedules(ctx, items, []ID{d.ID}); err == nil {
			err = s.addProgress(ctx, items, []ID{d.ID})
		}
		d.Item = items[0]
	}
	return d, err
}

// Description is the whole text, for who may see the video.
func (s *Service) Description(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (string, error) {
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return "", err
	}
	d, err := s.store.draft(ctx, s.db.Read(), h.ID)
	return d.Description, err
}

// Seen is what is known of a video once it may be seen.
type Seen struct {
	ID      ID
	Seconds int // its length
	Live    bool
	Local   bool
}

// Visible answers whether the caller may see a video.
func (s *Service) Visible(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (Seen, error) {
	h, err := s.Find(ctx, caller, ref, cred)
	return Seen{ID: h.ID, Seconds: h.Seconds, Live: h.Live, Local: h.Local}, err
}

// Source describes the uploaded original for the video's owner.
func (s *Service) Source(ctx context.Context, caller user.Caller, ref Ref) (stream.SourceInfo, error) {
	h, err := s.Managed(ctx, caller, ref)
	if err != nil {
		return stream.SourceInfo{}, err
	}
	sources, err := s.Files.Sources(ctx, []ID{h.ID})
	if err != nil {
		return stream.SourceInfo{}, err
	}
	src, ok := sources[h.ID]
	if !ok {
		return src, fault.New(fault.NotFound, "Video source not found")
	}
	return src, nil
}

// Metadata is ffprobe's description of one file of a video.
func (s *Service) Metadata(ctx context.Context, caller user.Caller, ref Ref, cred Credentials, file int64) (json.RawMessage, error) {
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return nil, err
	}
	metadata, err := s.Files.Probed(ctx, h.ID, file)
	if err == nil && len(metadata) == 0 {
		err = fault.New(fault.NotFound, "Video file not found")
	}
	return metadata, err
}

// MayEdit refuses who may not change the video.
func (s *Service) MayEdit(ctx context.Context, caller user.Caller, ref Ref) error {
	_, err := s.Managed(ctx, caller, ref)
	return err
}
