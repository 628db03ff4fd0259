package video

import (
	"context"
	"net/url"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
)

// RemoteDraft is a video of another server as its object tells it, read and
// bounded by ReadRemote. Optional members are zero when absent.
type RemoteDraft struct {
	URL          string // for ever; its server alone speaks for it
	UUID         string
	Host         int64 // number of that server
	Channel      channel.ID
	Name         string
	Description  string
	Support      string
	Category     int
	Licence      int
	Language     string
	Privacy      Privacy
	State        State
	NSFW         bool
	NSFWFlags    NSFWFlags
	NSFWSummary  string
	Comments     CommentsPolicy
	Downloadable bool
	Wait         bool
	Duration     int // seconds
	AspectRatio  float64
	IsLive       bool
	PublishedAt  time.Time
	UpdatedAt    time.Time
	OriginallyAt time.Time
	Views        int64
	Downloads    int64
	Tags         []string
	Thumbnails   []RemoteImage
	Media        RemoteMedia
	Captions     []Caption   // File and UpdatedAt are not read
	Storyboard   *Storyboard // likewise
	Live         *Live       // of lives
	EmbedURL     string
	Collections  Collections
	Quiet        bool // found while something else was read: people are not told of it
}

// RemoteImage is a picture on another server.
type RemoteImage struct {
	URL           string
	Width, Height int
}

// Collections are where a video's server lists what belongs to it; empty where
// it names none.
type Collections struct {
	Likes, Dislikes, Shares, Comments, Chapters, Settings string
}

// RemoteMedia is where a video of another server is played from.
type RemoteMedia struct {
	PlaylistURL string // of the HLS master; empty without HLS
	DigestsURL  string
	Hashes      [][20]byte // of its swarms
	Trackers    []string   // sockets first
	HLS, Web    []RemoteFile
	FetchedAt   time.Time // when its server was last asked
}

// RemoteFile is one media file on another server.
type RemoteFile struct {
	ID          int64 // given by the database
	URL         string
	Resolution  int
	FPS         int
	Width       int
	Height      int
	Size        int64
	MIME        string
	HasAudio    bool
	HasVideo    bool
	MetadataURL string
	TorrentURL  string
	Magnet      string
	Torrent     string // name of our copy, given when it is saved; empty without
}

// RemoteState is what is known of when a remote video was read.
type RemoteState struct {
	ID        ID
	URL       string
	Name      string
	State     State
	UpdatedAt time.Time // as its server says
	FetchedAt time.Time
	Failures  int
	Channel   channel.ID
	Local     bool
	Collections
}

// ByURL finds a video by its address, of this server or another; fault.NotFound.
func (s *Service) ByURL(ctx context.Context, q bun.IDB, url string) (ID, error) {
	r, err := s.store.remoteState(ctx, q, url)
	return r.ID, err
}

// RemoteByURL is ByURL with what refreshing needs to know.
func (s *Service) RemoteByURL(ctx context.Context, q bun.IDB, url string) (RemoteState, error) {
	return s.store.remoteState(ctx, q, url)
}

// SaveRemote writes a video of another server, new or changed. An address that
// is one of ours, or of a video of another server than before, is
// fault.Forbidden; so is a UUID that another video has. What is known to be
// newer is left as it is. The caller has checked that the object came from its
// own server, and that the channel is of the same one.
func (s *Service) SaveRemote(ctx context.Context, tx db.Tx, d RemoteDraft) (ID, bool, error) {
	old, err := s.store.remoteState(ctx, tx, d.URL)
	if fault.KindOf(err) == fault.NotFound {
		id, err := s.insertRemote(ctx, tx, d)
		return id, true, err
	}
	if err != nil {
		return 0, false, err
	}
	if old.Local {
		return 0, false, fault.New(fault.Forbidden, "A video of this server cannot be changed by another.")
	}
	if d.UpdatedAt.Before(old.UpdatedAt) { // it came late
		return old.ID, false, s.store.markFetched(ctx, tx, old.ID, s.now())
	}
	if err := s.store.sameServer(ctx, tx, old.ID, d); err != nil {
		return 0, false, err
	}
	if err := s.store.updateRemote(ctx, tx, old.ID, d); err != nil {
		return 0, false, err
	}
	if err := s.putRemoteParts(ctx, tx, old.ID, d); err != nil {
		return 0, false, err
	}
	tx.AfterCommit(s.Forget)
	if d.IsLive && d.State != old.State && s.cfg.LiveChanged != nil {
		tx.AfterCommit(func() { s.cfg.LiveChanged(ctx, old.ID) })
	}
	return old.ID, false, nil
}

func (s *Service) insertRemote(ctx context.Context, tx db.Tx, d RemoteDraft) (ID, error) {
	id, err := s.store.insertRemote(ctx, tx, d)
	if err != nil {
		return 0, err
	}
	if err := s.putRemoteParts(ctx, tx, id, d); err != nil {
		return 0, err
	}
	tx.AfterCommit(s.Forget)
	if d.Quiet {
		return id, nil
	}
	return id, s.cfg.News.Tell(ctx, tx, news.Change{What: news.VideoHeard, ID: int64(id)})
}

func (s *Service) putRemoteParts(ctx context.Context, tx db.Tx, id ID, d RemoteDraft) error {
	if err := s.store.putTags(ctx, tx, id, d.Tags); err != nil {
		return err
	}
	if err := s.store.putRemote(ctx, tx, id, d, s.now()); err != nil {
		return err
	}
	if err := s.store.putRemoteFiles(ctx, tx, id, d.Media, s.now()); err != nil {
		return err
	}
	if err := s.store.putRemoteImages(ctx, tx, id, d.Thumbnails, s.now()); err != nil {
		return err
	}
	if err := s.putAttributes(ctx, tx, id, d); err != nil {
		return err
	}
	return s.store.rank(ctx, tx, id)
}

// RemoveRemote deletes a video of another server with all that hangs on it and
// remembers its address. A video of ours is fault.Forbidden.
func (s *Service) RemoveRemote(ctx context.Context, tx db.Tx, id ID) error {
	h, err := s.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	if h.Local {
		return fault.New(fault.Forbidden, "A video of this server cannot be deleted by another.")
	}
	tx.AfterCommit(s.Forget)
	return s.store.bury(ctx, tx, h, s.now())
}

// Refreshed notes that a remote video was asked for: failed counts failures in
// a row, success ends the row.
func (s *Service) Refreshed(ctx context.Context, tx db.Tx, id ID, failed bool) error {
	if failed {
		return s.store.countFailure(ctx, tx, id, s.now())
	}
	return s.store.markFetched(ctx, tx, id, s.now())
}

// SetRates writes the totals of likes and dislikes that a remote video's server
// counts: it alone hears of all. A negative number leaves as is.
func (s *Service) SetRates(ctx context.Context, tx db.Tx, id ID, likes, dislikes int64) error {
	tx.AfterCommit(s.changed)
	return s.store.setRates(ctx, tx, id, likes, dislikes)
}

// addMedia says of the remote ones of some videos where they are played from,
// and of all which mirrors they have.
func (s *Service) addMedia(ctx context.Context, items []Item) error {
	var all, far []ID
	for _, it := range items {
		all = append(all, it.ID)
		if !it.Local {
			far = append(far, it.ID)
		}
	}
	if len(all) == 0 {
		return nil
	}
	mirrors, err := s.store.mirrors(ctx, s.db.Read(), all, s.now())
	if err != nil {
		return err
	}
	var media map[ID]*RemoteMedia
	if len(far) > 0 {
		if media, err = s.store.remoteMedia(ctx, s.db.Read(), far); err != nil {
			return err
		}
	}
	for i := range items {
		items[i].Remote, items[i].Mirrors = media[items[i].ID], mirrors[items[i].ID]
	}
	return nil
}

func (s *Service) addRemote(ctx context.Context, d *Details) error {
	items := []Item{d.Item}
	err := s.addMedia(ctx, items)
	d.Item = items[0]
	if err == nil && d.Remote != nil && s.cfg.Looked != nil {
		s.cfg.Looked(ctx, d.Video, *d.Remote)
	}
	return err
}

// Origin is scheme and host of the server whose video it is.
func (v Video) Origin() string {
	u, err := url.Parse(v.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
