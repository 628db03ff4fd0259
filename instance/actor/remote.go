package actor

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/signature"
)

// Bounds of what other servers say of their actors.
const (
	maxAddress    = 2000 // bytes of a URL
	maxRemoteName = 255
	maxPictures   = 10 // of one kind
	maxSide       = 20_000
)

// Remote is an actor as its own server describes it.
type Remote struct {
	URL, Username                           string
	Kind                                    Kind
	Inbox, SharedInbox                      string // SharedInbox may be empty
	Outbox, Followers, Following, Playlists string // each may be empty
	PublicKey                               string // PEM
	Avatars, Banners                        []RemoteImage
	Published                               time.Time // zero: not told
	Totals                                  *Totals   // nil: not known
	ReadAt                                  time.Time // when reading it began; zero is now
}

// Totals is how many follow an actor and how many it follows.
type Totals struct{ Followers, Following int64 }

// RemoteImage is a picture on another server.
type RemoteImage struct {
	URL, MediaType string
	Width, Height  int // 0: not told
}

// Address checks that an id or address from outside is a URL that this server
// would speak to, and writes it in one way: scheme and host in small letters,
// no default port. Only a server that is itself on http takes http.
func (s *Service) Address(raw string) (string, error) {
	if len(raw) > maxAddress || !text(raw) {
		return "", fault.New(fault.Invalid, "The address is too long")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", fault.New(fault.Invalid, "The address is not a URL")
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || s.base.Scheme != "http"):
		return "", fault.New(fault.Invalid, "The address is not of https")
	case u.Hostname() == "" || u.User != nil || u.Opaque != "":
		return "", fault.New(fault.Invalid, "The address has no host")
	case u.Scheme == "https" && u.Port() == "443", u.Scheme == "http" && u.Port() == "80", u.Port() == "":
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
		u.Host = strings.TrimSuffix(u.Host, ":")
	}
	return u.String(), nil
}

// HostOf is the host[:port] of an address that Address made.
func HostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// check makes what may be stored of r, or tells why nothing may.
func (s *Service) check(r Remote) (Remote, error) {
	address, err := s.Address(r.URL)
	if err != nil {
		return r, err
	}
	r.URL = address
	host := HostOf(r.URL)
	switch {
	case host == s.Host():
		return r, fault.New(fault.Invalid, "An actor of this server comes from nowhere else")
	case strings.Contains(r.URL, "#"):
		return r, fault.New(fault.Invalid, "The id of an actor has no fragment")
	case r.Kind != Application && r.Kind != Person && r.Kind != Group:
		return r, fault.New(fault.Invalid, "An actor of that kind is not known")
	case !validRemoteName(r.Username):
		return r, fault.New(fault.Invalid, "The actor has no valid name")
	}
	if r.Inbox, err = s.beside(host, r.Inbox); err != nil || r.Inbox == "" {
		return r, fault.New(fault.Invalid, "The inbox of an actor is on its own server")
	}
	// Whoever else is named there would get everything that is sent to the actor.
	if r.SharedInbox, err = s.beside(host, r.SharedInbox); err != nil || r.SharedInbox == "" {
		r.SharedInbox = r.Inbox
	}
	for _, p := range []*string{&r.Outbox, &r.Followers, &r.Following, &r.Playlists} {
		if *p, err = s.beside(host, *p); err != nil {
			*p = "" // and is not read
		}
	}
	if _, err := signature.ParsePublic(r.PublicKey); err != nil {
		return r, fault.New(fault.Invalid, "The actor has no usable key: %w", err)
	}
	r.Avatars, r.Banners = s.pictures(r.Avatars), s.pictures(r.Banners)
	return r, nil
}

// beside takes an address on the host, and an empty one.
func (s *Service) beside(host, address string) (string, error) {
	if address == "" {
		return "", nil
	}
	address, err := s.Address(address)
	if err == nil && HostOf(address) != host {
		err = fault.New(fault.Invalid, "%s is not on %s", address, host)
	}
	return address, err
}

// pictures leaves out what could not be shown.
func (s *Service) pictures(all []RemoteImage) []RemoteImage {
	var kept []RemoteImage
	for _, img := range all {
		address, err := s.Address(img.URL)
		if err != nil || len(kept) == maxPictures || extension(img.MediaType) == "" {
			continue
		}
		img.URL = address
		img.Width, img.Height = min(max(img.Width, 0), maxSide), min(max(img.Height, 0), maxSide)
		kept = append(kept, img)
	}
	return kept
}

// extension is the end of the name under which a picture of that type is kept.
func extension(mediaType string) string {
	switch strings.ToLower(mediaType) {
	case "image/jpeg", "image/jpg":
		return ".jpg"
	case "image/png", "": // said of none
		return ".png"
	case "image/webp":
		return ".webp"
	case "image/gif":
		return ".gif"
	}
	return ""
}

// validRemoteName tells whether an actor elsewhere may have the name.
func validRemoteName(name string) bool {
	return name != "" && len(name) <= maxRemoteName && wordly(name)
}

// SaveRemote keeps what another server says of its actor, whose document the
// caller read at exactly r.URL. An id never changes its host, kind or URL, and
// never is one of this server: fault.Invalid. A name that another actor of that
// host and kind has is fault.Conflict. What was buried after r.ReadAt stays so:
// fault.Gone.
func (s *Service) SaveRemote(ctx context.Context, tx db.Tx, r Remote) (id ID, created bool, err error) {
	if r, err = s.check(r); err != nil {
		return 0, false, err
	}
	buried, err := s.store.tombstone(ctx, tx, r.URL)
	if err != nil {
		return 0, false, err
	}
	if buried.Valid && !r.ReadAt.IsZero() && buried.Int64 >= db.Millis(r.ReadAt) {
		return 0, false, fault.New(fault.Gone, "The actor was deleted")
	}
	if buried.Valid {
		if err := s.store.unbury(ctx, tx, r.URL); err != nil {
			return 0, false, err
		}
	}
	id, created, err = s.keepRemote(ctx, tx, r)
	if err != nil {
		return 0, false, err
	}
	if r.Totals != nil {
		if err := s.store.setCounters(ctx, tx, id, max(0, r.Totals.Followers), max(0, r.Totals.Following)); err != nil {
			return 0, false, err
		}
	}
	if err := s.store.learnKey(ctx, tx, id, r.PublicKey); err != nil {
		return 0, false, err
	}
	tx.AfterCommit(func() { s.keys.forget(id) })
	if err := s.keepImages(ctx, tx, id, avatarKind, r.Avatars); err != nil {
		return 0, false, err
	}
	return id, created, s.keepImages(ctx, tx, id, bannerKind, r.Banners)
}

func (s *Service) keepRemote(ctx context.Context, tx db.Tx, r Remote) (id ID, created bool, err error) {
	now := db.Millis(s.now())
	host, err := s.HostID(ctx, tx, HostOf(r.URL))
	if err != nil {
		return 0, false, err
	}
	row := remoteRow{Remote: r, host: host}
	if err := s.store.freeName(ctx, tx, row); err != nil {
		return 0, false, err
	}
	if n, err := s.store.nameHolder(ctx, tx, row); err != nil || n > 0 {
		if err == nil {
			err = fault.New(fault.Conflict, "%s has another actor of the name %s", HostOf(r.URL), r.Username)
		}
		return 0, false, err
	}
	known, err := s.one(s.store.actors(ctx, tx, `WHERE t.url = ?`, r.URL))
	switch {
	case fault.KindOf(err) == fault.NotFound:
		id, err = s.store.insertRemote(ctx, tx, row, now)
		return id, err == nil, err
	case err != nil:
		return 0, false, err
	case known.Local() || known.Kind != r.Kind:
		return 0, false, fault.New(fault.Invalid, "An actor stays what it is")
	}
	return known.ID, false, s.store.updateRemote(ctx, tx, known.ID, row, now)
}

// keepImages keeps the names of pictures that are still there, so that copies
// of them stay good.
func (s *Service) keepImages(ctx context.Context, tx db.Tx, id ID, kind int, images []RemoteImage) error {
	known, err := s.store.remoteImages(ctx, tx, id, kind)
	if err != nil {
		return err
	}
	for _, img := range images {
		if _, ok := known[img.URL]; ok {
			delete(known, img.URL)
			continue
		}
		if err := s.store.insertRemoteImage(ctx, tx, id, kind, randomName()+extension(img.MediaType), img, db.Millis(s.now())); err != nil {
			return err
		}
	}
	for _, file := range known {
		if err := s.store.deleteImage(ctx, tx, file); err != nil {
			return err
		}
	}
	return nil
}

// randomName is a UUID of version 4.
func randomName() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ImageSource is where a picture of that name is read from; empty for those of
// this server's own people.
func (s *Service) ImageSource(ctx context.Context, file string) (string, error) {
	if !db.Sized(file, 1, 500) {
		return "", fault.New(fault.NotFound, "File not found")
	}
	return s.store.imageSource(ctx, s.db.Read(), file)
}

// MarkFetched notes that an actor was asked for again, with or without success.
func (s *Service) MarkFetched(ctx context.Context, tx db.Tx, id ID) error {
	return s.store.markFetched(ctx, tx, id, db.Millis(s.now()))
}

// RetireRemote notes that an actor of another server was deleted there. Its
// follows and pictures go; its row and key stay, so that a Delete that comes
// once more can be verified. What it made is the caller's to remove.
func (s *Service) RetireRemote(ctx context.Context, tx db.Tx, id ID) error {
	a, err := s.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if a.Local() {
		return fault.New(fault.Invalid, "An actor of this server is not deleted from elsewhere")
	}
	if err := s.store.dropFollows(ctx, tx, id, "1 = 1"); err != nil {
		return err
	}
	_, err = s.store.retire(ctx, tx, id, db.Millis(s.now()))
	return err
}
