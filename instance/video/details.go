package video

import (
	"context"
	"encoding/json"
	"strings"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Details are a video as its own page shows it.
type Details struct {
	Item                 // with Tags, Support, Comments, Downloadable and Playlist
	In   channel.Channel // where it is published
	By   account.Account // whose channel that is
}

// Get returns the details for who may see them. The owner also learns of a
// planned change and of the transcoding's progress.
func (s *Service) Get(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (Details, error) {
	p, err := ref.parse()
	if err != nil {
		return Details{}, err
	}
	d, err := s.store.details(ctx, p)
	if err != nil {
		return Details{}, err
	}
	h := head{
		id: d.ID, uuid: d.UUID, privacy: d.Privacy, state: d.State, local: d.Local, owner: int64(d.AccountID),
		channel: int64(d.ChannelID), live: d.IsLive, seconds: d.Duration,
	}
	if err := s.maySee(ctx, h, p.id != 0, caller, cred); err != nil {
		return Details{}, err
	}
	for _, host := range []*string{&d.In.Host, &d.By.Host} {
		if *host == "" {
			*host = s.host
		}
	}
	d.Viewers = s.cfg.Viewers(d.ID)
	if h.owned(caller) || caller.Moderator() {
		items := []Item{d.Item}
		err = s.addOwnerFacts(ctx, items, []ID{d.ID})
		d.Item = items[0]
	}
	return d, err
}

// Description is the whole text, for who may see the video.
func (s *Service) Description(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (string, error) {
	h, err := s.visible(ctx, caller, ref, cred)
	if err != nil {
		return "", err
	}
	d, err := s.store.draft(ctx, s.db.Read(), h.id)
	return d.Description, err
}

// Seen is what is known of a video once it may be seen.
type Seen struct {
	ID      ID
	Seconds int // its length
	Live    bool
}

// Visible answers whether the caller may see a video.
func (s *Service) Visible(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (Seen, error) {
	h, err := s.visible(ctx, caller, ref, cred)
	return Seen{ID: h.id, Seconds: h.seconds, Live: h.live}, err
}

// Source describes the uploaded original for the video's owner.
func (s *Service) Source(ctx context.Context, caller user.Caller, ref Ref) (SourceInfo, error) {
	h, err := s.managed(ctx, caller, ref)
	if err != nil {
		return SourceInfo{}, err
	}
	sources, err := s.store.sources(ctx, []ID{h.id})
	if err != nil {
		return SourceInfo{}, err
	}
	src, ok := sources[h.id]
	if !ok {
		return src, fault.New(fault.NotFound, "Video source not found")
	}
	return src, nil
}

// Metadata is ffprobe's description of one file of a video.
func (s *Service) Metadata(ctx context.Context, caller user.Caller, ref Ref, cred Credentials, file int64) (json.RawMessage, error) {
	h, err := s.visible(ctx, caller, ref, cred)
	if err != nil {
		return nil, err
	}
	_, metadata, err := s.store.digests(ctx, h.id, file)
	if err == nil && metadata == "" {
		err = fault.New(fault.NotFound, "Video file not found")
	}
	return json.RawMessage(metadata), err
}

// Extents are the segments of one file with their digests.
func (s *Service) Extents(ctx context.Context, id ID, file int64) ([]Extent, error) {
	packed, _, err := s.store.digests(ctx, id, file)
	if err != nil {
		return nil, err
	}
	return DecodeExtents(packed)
}

const originals = "original-video-files/"

// OriginalName is the last part of an original's key, by which it is
// downloaded; false when no original is kept.
func OriginalName(key string) (string, bool) {
	return strings.CutPrefix(key, originals)
}

// MayEdit refuses who may not change the video.
func (s *Service) MayEdit(ctx context.Context, caller user.Caller, ref Ref) error {
	_, err := s.managed(ctx, caller, ref)
	return err
}

// RatingsOf are an account's ratings of some videos.
func (s *Service) RatingsOf(ctx context.Context, of account.ID, items []Item) (map[ID]Rating, error) {
	ids := make([]ID, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.store.ratings(ctx, of, ids)
}
