package transcode

// Settings are what an operator may choose. Zero values are PeerTube's
// defaults where PeerTube has one that is not "off".
type Settings struct {
	Resolutions    []int // switched on, 0 is sound alone; any order
	AlwaysOriginal bool  // also the source's own resolution
	MaxFPS         int   // frames a second; default 60
	Threads        int   // of one ffmpeg; 0 lets it choose
	Concurrency    int   // jobs at once; default 1
	SplitAudio     bool  // sound in a file of its own, in HLS
	WebVideos      bool  // also each resolution as one progressive file
	NoHLS          bool  // web videos alone
	KeepOriginal   bool  // the uploaded file stays after the last rendition

	ThumbnailSizes  []Size // default PeerTube's five
	ThumbnailFrames int    // frames looked at to choose one; default 50
}

// Size of a picture in pixels.
type Size struct{ Width, Height int }

// of is what a job makes: it was planned for kinds of files that may no longer
// be the settings'.
func (s Settings) of(p payload) Settings {
	s.WebVideos, s.NoHLS = p.Web, p.NoHLS
	s.SplitAudio = s.SplitAudio && !p.NoHLS
	return s
}

func (s Settings) withDefaults() Settings {
	if s.MaxFPS == 0 {
		s.MaxFPS = 60
	}
	if s.Concurrency == 0 {
		s.Concurrency = 1
	}
	if len(s.ThumbnailSizes) == 0 {
		s.ThumbnailSizes = []Size{{280, 157}, {850, 480}, {1280, 720}, {1920, 1080}, {1400, 1400}}
	}
	if s.ThumbnailFrames == 0 {
		s.ThumbnailFrames = 50
	}
	return s
}
