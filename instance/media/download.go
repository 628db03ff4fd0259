package media

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/blob"
	"vidiverse/instance/fault"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Downloads is what the /download routes need; all fields but Rate are required.
type Downloads struct {
	Videos interface {
		Get(ctx context.Context, caller user.Caller, ref video.Ref, c video.Credentials) (video.Details, error)
		SourceFile(ctx context.Context, caller user.Caller, token, name string) (stream.MediaFile, string, error)
	}
	Folder *blob.Folder
	FFmpeg *ffmpeg.Tools
	Rate   Rate // of the files that are put together on request
	// Counted is told of each download of a file of a video that begins; nil need
	// not know.
	Counted func(ctx context.Context, id video.ID, address string)

	asked  *rate
	making chan struct{} // one token a file that is being put together
}

// Limits of the files that are put together on request.
const (
	makingAtOnce = 2
	makingLimit  = 10 * time.Minute
	makingWait   = 5 * time.Second
)

func (d *Door) downloadRoutes() []route {
	d.Downloads.asked = newRate(d.Downloads.Rate)
	d.Downloads.making = make(chan struct{}, makingAtOnce)
	return []route{
		{"/download/streaming-playlists/hls/videos/{file}", d.downloadFile(fragmented)},
		{"/download/web-videos/{file}", d.downloadFile(wholeFile)},
		{"/download/torrents/{file}", d.torrent(true)},
		{"/download/videos/generate/{file}", d.downloadMade},
		{"/download/original-video-files/{file}", d.downloadOriginal},
	}
}

// How addresses name one file of a video.
var (
	fragmented = regexp.MustCompile(`^([0-9A-Za-z-]{1,36})-([0-9]{1,5})-fragmented\.(mp4|m4a)$`)
	wholeFile  = regexp.MustCompile(`^([0-9A-Za-z-]{1,36})-([0-9]{1,5})\.(mp4|m4a|webm|ogv)$`)
)

// downloadFile sends one rendition as a file to keep.
func (d *Door) downloadFile(named *regexp.Regexp) handler {
	return func(w *meter, r *http.Request) error {
		m := named.FindStringSubmatch(chi.URLParam(r, "file"))
		if m == nil {
			return errAbsent
		}
		v, err := d.downloadable(w, r, video.Ref(m[1]))
		if err != nil {
			return err
		}
		for _, f := range filesOf(v) {
			if strconv.Itoa(f.Resolution) != m[2] || f.Web != (named == wholeFile) {
				continue
			}
			file, err := d.rendition(r, v, f)
			if err != nil {
				return err
			}
			attach(w.Header(), fmt.Sprintf("%s-%dp%s", v.Name, f.Resolution, filepath.Ext(f.File)))
			d.counted(r, v)
			return d.send(d.throttled(w, r), r, content{key: file.Key, kind: contentType(f.File), cache: cacheOf(file)})
		}
		return errAbsent
	}
}

// filesOf are all files of a video, those of its playlist first.
func filesOf(v video.Details) (all []stream.Rendition) {
	if v.Playlist != nil {
		all = slices.Clone(v.Playlist.Renditions)
	}
	return append(all, v.WebVideos...)
}

// downloadOriginal sends the uploaded file back to who may change the video.
func (d *Door) downloadOriginal(w *meter, r *http.Request) error {
	name := chi.URLParam(r, "file")
	if !plain(name) {
		return errAbsent
	}
	caller, shown, err := d.credentials(r)
	if err != nil {
		return err
	}
	f, filename, err := d.Downloads.Videos.SourceFile(r.Context(), caller, shown.FileToken, name)
	if err != nil {
		return absent(err)
	}
	attach(w.Header(), filename)
	d.closed.hold(w, caller)
	return d.send(d.throttled(w, r), r, content{key: f.Key, kind: f.ContentType, cache: cachePrivate})
}

// downloadable finds a video whose files the caller may keep: the owner and
// moderators always, others if the owner allows it.
func (d *Door) downloadable(w *meter, r *http.Request, ref video.Ref) (video.Details, error) {
	caller, shown, err := d.credentials(r)
	if err != nil {
		return video.Details{}, err
	}
	v, err := d.Downloads.Videos.Get(r.Context(), caller, ref, shown)
	if err != nil {
		return v, err
	}
	own := caller.Moderator() || (caller.SignedIn() && caller.AccountID == int64(v.AccountID))
	if !v.Downloadable && !own {
		return v, fault.New(fault.Forbidden, "Downloads of this video are not enabled.")
	}
	if len(filesOf(v)) == 0 {
		return v, errAbsent
	}
	if !v.Privacy.Open() {
		d.closed.hold(w, caller)
	}
	return v, nil
}

func (d *Door) rendition(r *http.Request, v video.Details, f stream.Rendition) (stream.MediaFile, error) {
	kind, uuid := stream.MediaHLS, v.UUID
	if f.Web {
		kind, uuid = stream.MediaWebVideo, ""
	}
	if f.Private {
		kind += "-private"
	}
	file, err := d.Videos.MediaFile(r.Context(), kind, uuid, f.File)
	return file, absent(err)
}

func cacheOf(f stream.MediaFile) string {
	if f.Public {
		return cachePublic
	}
	return cachePrivate
}

// downloadMade puts picture and sound, which HLS keeps apart, into one file.
func (d *Door) downloadMade(w *meter, r *http.Request) error {
	name := chi.URLParam(r, "file")
	ref := strings.TrimSuffix(strings.TrimSuffix(name, ".mp4"), ".m4a")
	v, err := d.downloadable(w, r, video.Ref(ref))
	if err != nil {
		return err
	}
	parts, err := chosen(r.URL.Query()["videoFileIds"], filesOf(v))
	if err != nil {
		return err
	}
	var inputs []ffmpeg.Input
	for _, f := range parts {
		file, err := d.rendition(r, v, f)
		if err != nil {
			return err
		}
		path, ok := d.Downloads.Folder.Path(file.Key)
		if !ok {
			return errAbsent
		}
		inputs = append(inputs, ffmpeg.Input{Path: path, Format: "mov"})
	}
	title := v.Name + ".mp4"
	switch best := slices.MaxFunc(parts, func(a, b stream.Rendition) int { return a.Resolution - b.Resolution }); {
	case best.HasVideo:
		title = fmt.Sprintf("%s-%dp.mp4", v.Name, best.Resolution)
	default:
		title = v.Name + ".m4a"
	}
	if err := d.Downloads.asked.admit(d.Remote(r), time.Now()); err != nil {
		return err
	}
	d.counted(r, v)
	return d.sendMade(w, r, inputs, title)
}

// counted tells that a download begins: one that goes on began before.
func (d *Door) counted(r *http.Request, v video.Details) {
	from := r.Header.Get("Range")
	if d.Downloads.Counted == nil || r.Method != http.MethodGet || from != "" && !strings.HasPrefix(from, "bytes=0-") {
		return
	}
	d.Downloads.Counted(r.Context(), v.ID, d.Remote(r).String())
}

// chosen finds the files that were asked for: at most one picture, one sound.
func chosen(ids []string, have []stream.Rendition) ([]stream.Rendition, error) {
	bad := fault.New(fault.Invalid, "videoFileIds must name one or two files of this video")
	if len(ids) == 0 || len(ids) > 2 {
		return nil, bad
	}
	var list []stream.Rendition
	pictures, sounds := 0, 0
	for _, id := range ids {
		i := slices.IndexFunc(have, func(f stream.Rendition) bool { return strconv.FormatInt(f.ID, 10) == id })
		if i < 0 {
			return nil, bad
		}
		if have[i].HasVideo {
			pictures++
		} else {
			sounds++
		}
		list = append(list, have[i])
	}
	if pictures > 1 || sounds > 1 {
		return nil, bad
	}
	return list, nil
}

// sendMade copies the streams, without decoding, into a file that goes with
// the answer. Only a few are made at once: each takes the disk for a while.
func (d *Door) sendMade(w *meter, r *http.Request, inputs []ffmpeg.Input, title string) error {
	ctx, cancel := context.WithTimeout(r.Context(), makingLimit)
	defer cancel()
	select {
	case d.Downloads.making <- struct{}{}:
	case <-time.After(makingWait):
		return fault.New(fault.Unavailable, "Too many downloads are being prepared.").WithRetry(30 * time.Second)
	case <-ctx.Done():
		return ctx.Err()
	}
	dir, err := os.MkdirTemp(d.Downloads.Folder.TempDir(), "download")
	if err != nil {
		<-d.Downloads.making
		return err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "made.mp4")
	options := []string{"-c", "copy", "-movflags", "+faststart", "-f", "mp4"}
	for i := range inputs {
		options = append(options, "-map", strconv.Itoa(i)+":v?", "-map", strconv.Itoa(i)+":a?")
	}
	err = d.Downloads.FFmpeg.Run(ctx, ffmpeg.Command{
		Args: ffmpeg.Build(inputs, "", []ffmpeg.Output{{Path: out, Options: options}}), Limits: ffmpeg.TranscodeLimits})
	<-d.Downloads.making
	if err != nil {
		return fmt.Errorf("put a download together: %w", err)
	}
	f, err := os.Open(out)
	if err != nil {
		return err
	}
	defer f.Close()
	attach(w.Header(), title)
	return sendOpen(d.throttled(w, r), r, f, content{key: out, kind: contentType(title), cache: cachePrivate})
}

// throttled lets the operator slow downloads down.
func (d *Door) throttled(w *meter, r *http.Request) *meter {
	if d.Throttle != nil {
		w.ResponseWriter = d.Throttle(w.ResponseWriter, d.Remote(r))
	}
	return w
}

// attach names the file to keep, twice: in ASCII for old programs, and in
// UTF-8 (RFC 8187). The name is a user's, so nothing in it may end the header,
// climb folders or turn around how it is read.
func attach(h http.Header, name string) {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		case strings.ContainsRune(`/\:*?"<>|%`, r):
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	clean = strings.TrimLeft(clean, ". ")
	ascii := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '_'
		}
		return r
	}, clean)
	h.Set("Content-Disposition", `attachment; filename="`+ascii+`"; filename*=UTF-8''`+strings.ReplaceAll(url.QueryEscape(clean), "+", "%20"))
}
