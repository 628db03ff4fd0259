package remote

import (
	"time"

	"vidiverse/instance/hls"
	"vidiverse/p2p"
)

// Film is what a video's files are, as its own server says. It survives JSON.
type Film struct {
	Origin     string       `json:"origin"` // of the server that published it
	UUID       string       `json:"uuid"`
	Title      string       `json:"title"`
	Master     string       `json:"master"`   // URL of the master playlist: the swarms' id
	Trackers   []string     `json:"trackers"` // WebSocket URLs
	Hashes     [][20]byte   `json:"hashes"`   // that the server federates: no other may be announced
	Mirrors    []string     `json:"mirrors"`  // folders with copies of the media files, for Client.Mirror
	Renditions []Rendition  `json:"renditions"`
	Captions   []Caption    `json:"captions"`
	Live       bool         `json:"live"`              // then Renditions is empty
	LiveURL    string       `json:"liveUrl"`           // master of a live
	Streams    []LiveStream `json:"streams,omitempty"` // of a live, those that may be shared
	Digests    string       `json:"digests,omitempty"` // of them: the URL of the list, by file name
	Fetched    time.Time    `json:"fetched"`
	Version    [32]byte     `json:"version"` // changes whenever a file does
}

// Rendition is one media file of a film: a picture with or without its sound,
// or a sound.
type Rendition struct {
	Kind      hls.Kind // Secondary is the sound of variants that have none
	Index     int      // position in the master among its kind
	Height    int      // PeerTube's resolution, the shorter side; 0 of a sound
	Width     int
	FPS       int
	Bandwidth int64 // bits a second
	Codecs    string
	Sound     bool   // a Main variant whose sound is the film's Secondary rendition
	URL       string // of the media file
	Size      int64  // bytes of it
	File      p2p.FileID
	Init      []byte // the file's header
	Segments  []hls.Segment
	Extents   []p2p.Extent // the segments with their digests; empty if not all have one: then it may be played, never kept or shared
	Torrent   *Torrent     // nil if the server published none
	Swarms    []hls.Swarm  // those of this rendition that the server federates
}

// Caption is a subtitle file in WebVTT.
type Caption struct {
	Language  string `json:"language"` // "fr"
	Label     string `json:"label"`    // "French"
	URL       string `json:"url"`
	Automatic bool   `json:"automatic"`
}
