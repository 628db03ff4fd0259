package uitest

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math"
	"time"

	"vidiverse/node/control"
)

// When is the time of the tests.
var When = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

// New returns a node that follows two instances, has answered with yes, and is
// sending to four people.
func New() *Node {
	n := &Node{Now: When, handed: make(chan string),
		Following: []control.Instance{
			{Origin: "https://mare.example", Host: "mare.example", Name: "Maré Vidéo", Description: "Videos from the coast"},
			{Origin: "https://tube.example", Host: "tube.example", Name: "Tube", Description: "Everything else"}},
		Known: map[string]control.Instance{"new.example": {Origin: "https://new.example", Host: "new.example", Name: "New"}},
		State: control.SharingState{On: true, Rate: 1_200_000, People: 6, Serving: 4, Today: 3e9, Month: 41e9, MonthCap: 200e9, Videos: 20, Bytes: 31e9},
		Prefs: control.Preferences{UploadRate: 2_000_000, MonthCap: 200_000_000_000, Disk: 50_000_000_000},
	}
	n.Videos = cast()
	n.Keeping = []control.Mirror{{Origin: "https://mare.example", Limit: 50e9, Videos: 20, Bytes: 31e9, Doing: control.Word{ID: control.WordFetching, Title: "Tide mill, restored"}}}
	for i, v := range n.Videos {
		n.Held = append(n.Held, control.Holding{Ref: v.Ref, Title: v.Title, Bytes: int64(i+1) * 4e8, Part: 1 - float64(i)/10, Sent: int64(i) * 1e9, Mirror: i%2 == 0})
	}
	n.give()
	n.Progress = control.Progress{
		Bytes:    map[string]int64{control.FromDevice: 69e6, control.FromPeople: 187e6, control.FromMirror: 37e6, control.FromServer: 19e6},
		Verified: 78, Peers: 7,
		Spans: []control.Span{span(0, 40, control.FromServer), span(40, 250, control.FromPeople), span(250, 275, control.FromMirror),
			span(275, 430, control.FromPeople), span(430, 490, control.FromMirror), span(490, 620, control.FromPeople), span(620, 690, control.FromDevice)},
	}
	return n
}

// give has been given by three ways, to three people of which two are there.
func (n *Node) give() {
	a, b := n.Videos[0], n.Videos[1]
	n.State.Why = control.WhyRate
	n.Used = control.Use{Since: When.Add(-5 * time.Hour), Transports: []control.TransportUse{
		{Transport: control.TransportMediaLoader, Given: control.Given{Line: 2_300_000_000, Sent: 2_100_000_000, Vain: 96_000_000, Refused: 12}, Connections: 41, Open: 2},
		{Transport: control.TransportWebTorrent, Given: control.Given{Line: 620_000_000, Sent: 600_000_000}, Connections: 3, Open: 1},
		{Transport: control.TransportBitTorrent},
		{Transport: control.TransportHTTP, Given: control.Given{Line: 310_000_000, Sent: 300_000_000, Refused: 1}, Connections: 9},
	}, Videos: []control.VideoUse{
		{Video: a.Ref, Title: a.Title, Given: control.Given{Line: 2_800_000_000, Sent: 2_600_000_000, Refused: 13}},
		{Video: b.Ref, Title: b.Title, Given: control.Given{Line: 430_000_000, Sent: 400_000_000}},
	}}
	n.People = []control.Peer{
		{ID: 53, Transport: control.TransportMediaLoader, Video: a.Ref, Title: a.Title, Sent: 120e6, Since: When.Add(-4 * time.Minute), Address: "192.0.2.41:50104"},
		{ID: 50, Transport: control.TransportWebTorrent, Video: b.Ref, Title: b.Title, Sent: 40e6, Since: When.Add(-31 * time.Minute), Address: "[2001:db8::7]:6881"},
	}
	event := control.Event{At: When, Peer: 53, Transport: control.TransportMediaLoader, Video: a.Ref, Title: a.Title}
	opened, gave, refused, closed := event, event, event, event
	opened.Number, opened.Kind = 1, control.EventOpened
	gave.Number, gave.Kind, gave.Bytes, gave.Took = 2, control.EventGave, 8e6, 3400*time.Millisecond
	refused.Number, refused.Kind, refused.Reason, refused.Times = 3, control.EventRefused, "busy", 2
	closed.Number, closed.Kind, closed.Bytes, closed.Took, closed.Peer = 4, control.EventClosed, 90e6, 7*time.Minute, 52
	n.Told = []control.Event{opened, gave, refused, closed}
}

func span(from, to int, source string) control.Span {
	return control.Span{From: time.Duration(from) * time.Second, To: time.Duration(to) * time.Second, Source: source}
}

func cast() []control.Video {
	video := func(id, title, channel, host string, views int64, age time.Duration, long time.Duration) control.Video {
		return control.Video{
			Card: control.Card{Ref: control.Ref{Origin: "https://" + host, Video: id}, Title: title, Channel: channel, Host: host,
				Thumbnail: "thumb-" + id, Duration: long, Views: views, Published: When.Add(-age)},
			Poster: "poster-" + id, Page: "https://" + host + "/w/" + id,
			Description: "From the **Hospice de France** to the lakes, with too much cheese in the bag. Track and notes below.",
		}
	}
	const day = 24 * time.Hour
	all := []control.Video{
		video("pyrenees", "The slow road across the Pyrenees, day three", "Marche & Montagne", "mare.example", 1204, 3*day, 24*time.Minute+18*time.Second),
		video("canoe", "Building a canoe from one spruce tree", "Hands & Wood", "tube.example", 842, 7*day, 41*time.Minute+7*time.Second),
		video("garden", "Permaculture garden: what survived the dry summer and what we will plant now", "Le Potager Partagé", "mare.example", 3400, 2*day, 18*time.Minute+52*time.Second),
		video("conf", "FOSDEM: native seeders for the fediverse", "Libre Conf", "tube.example", 0, time.Hour, 0),
		video("bread", "Bread at four in the morning", "Fournil", "mare.example", 9100, 31*day, 12*time.Minute+33*time.Second),
		video("tides", "How tides work, explained with a bathtub", "Sciences en short", "mare.example", 15_000, 5*day, 8*time.Minute+46*time.Second),
	}
	all[3].Live, all[3].Watching = true, 216
	all[4].Kept = true
	return all
}

// Picture paints a landscape whose colours follow from a name: a PNG of 16:9.
func Picture(name string) []byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name[min(len(name), 7):])) // a hash takes everything
	base := palettes[h.Sum32()%uint32(len(palettes))]
	const w, high = 320, 180
	img := image.NewRGBA(image.Rect(0, 0, w, high))
	for y := range high {
		for x := range w {
			c := base[0]
			for i := 1; i < len(base); i++ {
				t := float64(x)/w*math.Pi*float64(i+1) + float64(h.Sum32()%7)
				if float64(y) > high*(.3+.16*float64(i))+14*math.Sin(t) {
					c = base[i]
				}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

func hex(n uint32) color.RGBA { return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255} }

var palettes = [][]color.RGBA{
	{hex(0xF4C68B), hex(0xC9694A), hex(0x5B2E46), hex(0x2C1B33)},
	{hex(0xBEDFE9), hex(0x72A8BA), hex(0x2E5D70), hex(0x152F3D)},
	{hex(0xEAE3CF), hex(0xA9B388), hex(0x5C7A50), hex(0x283F31)},
	{hex(0xD9C7E8), hex(0x8E7DB8), hex(0x50478A), hex(0x231D4A)},
	{hex(0xCFE5D6), hex(0x7DB79B), hex(0x3C7D6C), hex(0x173A3A)},
}

// Torrent is a film of a torrent, for tests that add it to a node.
func Torrent() control.Video {
	return control.Video{Card: control.Card{Ref: control.Ref{Origin: control.TorrentOrigin, Video: "08ada5a7a6183aae1e09d831df6748d566095a10"},
		Title: "A walk along the old canal.mkv"}, Page: "magnet:?xt=urn:btih:08ada5a7a6183aae1e09d831df6748d566095a10&dn=A+walk"}
}

// TorrentProgress is that of a quarter of it.
func TorrentProgress() control.Progress {
	return control.Progress{Bytes: map[string]int64{control.FromPeople: 280e6, control.FromServer: 20e6}, Verified: 1144, Peers: 5,
		Torrent: &control.Torrent{Name: "A walk along the old canal.mkv", Files: 3, Length: 1.2e9, Held: 3e8, Rate: 4.2e6, Sent: 6e6,
			Browsers: 2, Programs: 3, Servers: 1}}
}
