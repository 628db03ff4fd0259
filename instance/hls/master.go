package hls

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Master is the list of a video's renditions. Positions in it are part of the
// swarms' names, so a list that changes needs a new file name.
type Master struct {
	Variants  []Variant
	Audio     []Track // the group "audio": the sound of variants that have none
	Subtitles []Track // the group "subtitles"
}

// Variant is one entry a player may choose. A variant without a picture has
// zero Width, Height and FrameRate.
type Variant struct {
	URI        string // of its media playlist
	Resolution int    // PeerTube's number, for the order; not written
	Bandwidth  int64  // bits a second, the sound of the audio group included
	Width      int
	Height     int
	FrameRate  float64
	Codecs     string // joined by commas, that of the audio group included
	UsesAudio  bool   // its sound is in the group "audio"
}

// Track is an EXT-X-MEDIA entry.
type Track struct {
	Name     string
	Language string
	URI      string
}

// Sort puts the variants in PeerTube's order: ascending resolution.
func (m *Master) Sort() {
	slices.SortStableFunc(m.Variants, func(a, b Variant) int { return cmp.Compare(a.Resolution, b.Resolution) })
}

// Bytes writes the playlist as PeerTube 8.2 does, in the order of Variants.
func (m Master) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n\n")
	for _, t := range m.Subtitles {
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=%s,DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,LANGUAGE=%s,URI=%s\n",
			quote(t.Name), quote(t.Language), quote(t.URI))
	}
	b.WriteString("\n")
	for _, t := range m.Audio {
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=%s,AUTOSELECT=YES,DEFAULT=YES,URI=%s\n", quote(t.Name), quote(t.URI))
	}
	b.WriteString("\n")
	for _, v := range m.Variants {
		m.writeVariant(&b, v)
	}
	return b.Bytes()
}

func (m Master) writeVariant(b *bytes.Buffer, v Variant) {
	fmt.Fprintf(b, "#EXT-X-STREAM-INF:BANDWIDTH=%d", v.Bandwidth)
	if v.Width > 0 && v.Height > 0 {
		fmt.Fprintf(b, ",RESOLUTION=%dx%d", v.Width, v.Height)
	}
	if v.FrameRate > 0 {
		fmt.Fprintf(b, ",FRAME-RATE=%s", decimal(v.FrameRate))
	}
	if v.Codecs != "" {
		fmt.Fprintf(b, ",CODECS=%s", quote(v.Codecs))
	}
	if v.UsesAudio && len(m.Audio) > 0 {
		b.WriteString(`,AUDIO="audio"`)
	}
	if len(m.Subtitles) > 0 {
		b.WriteString(`,SUBTITLES="subtitles"`)
	}
	fmt.Fprintf(b, "\n%s\n", v.URI)
}

// quote writes a quoted string; the format has no escape for quotes and line
// ends, so they are dropped.
func quote(s string) string {
	return `"` + strings.Map(func(r rune) rune {
		if r == '"' || r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s) + `"`
}

// decimal writes 29.97 for 29.97 and 30 for 30.000.
func decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', 3, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}
