package video

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vidiverse/instance/access"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/label"
)

// Caps on what is kept of a remote video's object.
const (
	maxAddress   = 2000 // bytes of a URL
	maxMagnet    = 8000 // bytes
	maxFiles     = 40   // of each kind
	maxPictures  = 20
	maxTrackers  = 20
	maxSwarms    = 100
	maxDuration  = 1 << 30 // seconds
	maxCounter   = 1 << 50
	maxRemoteTag = 30
)

// ReadRemote takes from the object of a video what is kept of it. Members that
// are missing or odd get PeerTube's defaults, texts are cut to PeerTube's
// lengths; only what has no name or no address is fault.Invalid. Host and
// Channel are the caller's to fill in.
func ReadRemote(o activitypub.Video, now time.Time) (RemoteDraft, error) {
	d := RemoteDraft{
		URL: webAddress(o.ID), Name: cut(o.Name, 120), Description: cut(text(o.Content), 10000), Support: cut(text(o.Support), 1000),
		NSFW: o.Sensitive, NSFWSummary: cut(text(o.Summary), 250), Downloadable: o.DownloadEnabled, Wait: o.WaitTranscoding,
		Duration: seconds(o.Duration), IsLive: o.IsLiveBroadcast, EmbedURL: webAddress(text(o.EmbedURL)),
		Views: bounded(o.Views), Downloads: bounded(o.Downloads), Privacy: Unlisted, Media: readMedia(o),
		Collections: Collections{
			Likes: webAddress(o.Likes), Dislikes: webAddress(o.Dislikes), Shares: webAddress(o.Shares), Comments: webAddress(o.Comments),
			Chapters: webAddress(string(o.HasParts)), Settings: webAddress(string(o.PlayerSettings)),
		},
	}
	if d.URL == "" || strings.TrimSpace(d.Name) == "" {
		return RemoteDraft{}, fault.New(fault.Invalid, "The object is no video that can be shown.")
	}
	for _, to := range o.To {
		if to == activitypub.Public || to == "as:Public" || to == "Public" {
			d.Privacy = Public
		}
	}
	d.UUID = access.NewUUID()
	if p, err := access.Ref(o.UUID).Parse(); err == nil && p.UUID != "" {
		d.UUID = p.UUID
	}
	d.codes(o)
	d.times(o, now)
	d.tagged(o)
	d.pictures(o)
	d.attributes(o)
	return d, nil
}

// codes reads what is named by number or code.
func (d *RemoteDraft) codes(o activitypub.Video) {
	if n := number(o.Category); label.IsCategory(n) {
		d.Category = n
	}
	if n := number(o.Licence); label.IsLicence(n) {
		d.Licence = n
	}
	if o.Language != nil && label.IsLanguage(o.Language.Identifier) {
		d.Language = o.Language.Identifier
	}
	d.State = Published
	if s := State(o.State); s.valid() {
		d.State = s
	}
	d.Comments = CommentsDisabled
	if c := CommentsPolicy(o.CommentsPolicy); c.valid() {
		d.Comments = c
	}
	if r := o.AspectRatio; r != nil && *r > 0 && *r < 100 {
		d.AspectRatio = math.Round(*r*10000) / 10000
	}
}

// ahead is how far another server's clock may be: of versions that it wrote
// within that time the later is the newer.
const ahead = 30 * time.Minute

// times reads the dates. One that is missing is now; none lies in the future,
// where its video would lead every list.
func (d *RemoteDraft) times(o activitypub.Video, now time.Time) {
	d.PublishedAt = moment(o.Published, now, now)
	d.UpdatedAt = moment(o.Updated, d.PublishedAt, now.Add(ahead))
	d.OriginallyAt = moment(text(o.OriginallyPublishedAt), time.Time{}, now.AddDate(1000, 0, 0))
}

func (d *RemoteDraft) tagged(o activitypub.Video) {
	for _, t := range o.Tag {
		switch name := strings.TrimSpace(strings.TrimPrefix(t.Name, "#")); {
		case t.Type == "SensitiveTag" && name == "violent":
			d.NSFWFlags |= 1
		case t.Type == "SensitiveTag" && name == "explicitSex":
			d.NSFWFlags |= 2
		case t.Type != "Hashtag" || len(d.Tags) == 5 || slices.Contains(d.Tags, name):
		case db.Sized(name, 2, maxRemoteTag) && !strings.ContainsFunc(name, unicode.IsControl):
			d.Tags = append(d.Tags, name)
		}
	}
	if !d.NSFW {
		d.NSFWFlags, d.NSFWSummary = 0, ""
	}
}

func (d *RemoteDraft) pictures(o activitypub.Video) {
	for _, i := range o.Icon {
		address := webAddress(i.URL)
		if address != "" && len(d.Thumbnails) < maxPictures && size(i.Width) == i.Width && size(i.Height) == i.Height {
			d.Thumbnails = append(d.Thumbnails, RemoteImage{URL: address, Width: i.Width, Height: i.Height})
		}
	}
}

// readMedia finds files, playlist and trackers among the addresses of a video.
func readMedia(o activitypub.Video) (m RemoteMedia) {
	m.Web = readFiles(o.URL)
	for _, l := range o.URL {
		if l.MediaType == activitypub.HLS && webAddress(l.Href) != "" {
			m.PlaylistURL, m.HLS = l.Href, readFiles(l.Tag)
			break
		}
	}
	if m.PlaylistURL != "" {
		m.DigestsURL = webAddress(o.DigestsURL())
		m.Hashes = o.Hashes()
		m.Hashes = m.Hashes[:min(len(m.Hashes), maxSwarms)]
	}
	var overHTTP []string
	for _, l := range o.URL {
		u, err := url.Parse(l.Href)
		if err != nil || len(l.Href) > maxAddress || u.Host == "" || !slices.Contains(l.Rel, "tracker") || !storable(l.Href) {
			continue
		}
		switch u.Scheme {
		case "ws", "wss":
			m.Trackers = append(m.Trackers, l.Href)
		case "http", "https":
			overHTTP = append(overHTTP, l.Href)
		}
	}
	m.Trackers = append(m.Trackers, overHTTP...)
	m.Trackers = m.Trackers[:min(len(m.Trackers), maxTrackers)]
	return m
}

// readFiles are the media files of a list of links. What describes a file
// stands beside it, and is known by its height and rate.
func readFiles(links []activitypub.Link) (files []RemoteFile) {
	for _, l := range links {
		address := webAddress(l.Href)
		if address == "" || !media(l.MediaType) || slices.Contains(l.Rel, "metadata") || len(files) == maxFiles {
			continue
		}
		f := RemoteFile{
			URL: address, MIME: l.MediaType, Resolution: size(deref(l.Height)), Width: size(deref(l.Width)), FPS: max(-1, min(deref(l.FPS), 1000)),
			Size: bounded(deref(l.Size)), HasVideo: !strings.HasPrefix(l.MediaType, "audio/"), HasAudio: true,
		}
		f.Height = f.Resolution
		if kinds := probed(l); len(kinds) > 0 {
			f.HasAudio, f.HasVideo = slices.Contains(kinds, "audio"), slices.Contains(kinds, "video")
		}
		for _, o := range links {
			if deref(o.Height) != deref(l.Height) || o.FPS != nil && l.FPS != nil && *o.FPS != *l.FPS {
				continue
			}
			switch {
			case o.MediaType == "application/json" && slices.Contains(o.Rel, "metadata"):
				f.MetadataURL = webAddress(o.Href)
			case o.MediaType == activitypub.Torrent:
				f.TorrentURL = webAddress(o.Href)
			case o.MediaType == activitypub.Magnet && strings.HasPrefix(o.Href, "magnet:?") && len(o.Href) <= maxMagnet && storable(o.Href):
				f.Magnet = o.Href
			}
		}
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(a, b RemoteFile) int { return b.Resolution - a.Resolution })
	return files
}

func media(kind string) bool {
	switch kind {
	case "video/mp4", "video/webm", "video/ogg", "audio/mp4", "video/MP2T":
		return true
	}
	return false
}

func probed(l activitypub.Link) (kinds []string) {
	for _, p := range l.Attachment {
		if p.Name == "ffprobe_codec_type" {
			kinds = append(kinds, p.Value)
		}
	}
	return kinds
}

// webAddress is a URL that can be kept and asked, or "".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxAddress || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || !storable(s) {
		return ""
	}
	return s
}

func storable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func text(p *string) string { return deref(p) }

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func cut(s string, most int) string {
	s = db.Storable(s)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

func number(l *activitypub.Label) int {
	if l == nil {
		return 0
	}
	n, err := strconv.Atoi(l.Identifier)
	if err != nil {
		return 0
	}
	return n
}

// seconds reads "PT{n}S", and hours and minutes as others write them.
func seconds(s string) int {
	rest, ok := strings.CutPrefix(s, "PT")
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(strings.ToLower(rest))
	if err != nil || d < 0 {
		return 0
	}
	return min(int(math.Round(d.Seconds())), maxDuration)
}

func bounded(n int64) int64 { return max(0, min(n, maxCounter)) }

func size(n int) int { return max(0, min(n, 1<<16)) }

// moment reads a date, or otherwise, and is at most latest.
func moment(s string, otherwise, latest time.Time) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return otherwise
	}
	if t.After(latest) {
		t = latest
	}
	return t.UTC().Truncate(time.Millisecond)
}
