package hls

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kind of a stream inside a master, as P2P Media Loader names it.
type Kind string

// The two kinds: entries of EXT-X-STREAM-INF, and audio entries of EXT-X-MEDIA.
const (
	Main      Kind = "main"
	Secondary Kind = "secondary"
)

// Swarm is the info hash of one stream under one scheme.
type Swarm struct {
	Scheme Generation
	Hash   [20]byte
}

// SwarmHashG2 is the info hash of the stream at a zero-based position: of
// variants in file order for Main, of audio tracks for Secondary. The URL is
// that of the master playlist, exactly as REST gives it.
func SwarmHashG2(masterURL string, kind Kind, index int) [20]byte {
	sum := md5.Sum([]byte(streamID(masterURL, kind, strconv.Itoa(index))))
	return infoHash(sum[1:16])
}

// SwarmHashG3 is the info hash of the stream with the given properties.
func SwarmHashG3(masterURL string, kind Kind, p Properties) [20]byte {
	sum := sha1.Sum([]byte(streamID(masterURL, kind, p.ShortID())))
	return infoHash(sum[:15])
}

// SwarmHashG4 is the info hash of the stream of a video with the given
// resolution, 0 for sound alone.
func SwarmHashG4(video string, kind Kind, resolution int) [20]byte {
	label := "default"
	if resolution > 0 {
		label = strconv.Itoa(resolution)
	}
	sum := sha1.Sum([]byte(fmt.Sprintf("pt-v2-%s-%s-default-%s", video, kind, label)))
	return infoHash(sum[:15])
}

func streamID(masterURL string, kind Kind, index string) string {
	return fmt.Sprintf("v2-%s-%s-%s", masterURL, kind, index)
}

// infoHash is 15 bytes as 20 letters: the letters are the hash.
func infoHash(b []byte) (h [20]byte) {
	base64.StdEncoding.Encode(h[:], b)
	return h
}

// Swarms lists every hash that stock players may announce for the master. Like
// PeerTube it has one G2 hash more of kind Main than there are variants if the
// sound is apart, because PeerTube counts files.
func (m Master) Swarms(masterURL string) []Swarm {
	var all []Swarm
	for i := range len(m.Variants) + len(m.Audio) {
		all = append(all, Swarm{G2, SwarmHashG2(masterURL, Main, i)})
	}
	for i := range m.Audio {
		all = append(all, Swarm{G2, SwarmHashG2(masterURL, Secondary, i)})
	}
	if len(m.Audio) == 0 && slices.ContainsFunc(m.Variants, func(v Variant) bool { return v.Resolution == 0 }) {
		all = append(all, Swarm{G2, SwarmHashG2(masterURL, Secondary, 0)})
	}
	for i := range m.Variants {
		all = append(all, m.swarmG3(masterURL, Main, i))
	}
	for i := range m.Audio {
		all = append(all, m.swarmG3(masterURL, Secondary, i))
	}
	return all
}

// StreamSwarms are those that players of now make around one stream: a variant,
// or an audio track.
func (m Master) StreamSwarms(masterURL string, kind Kind, index int) []Swarm {
	return []Swarm{{G2, SwarmHashG2(masterURL, kind, index)}, m.swarmG3(masterURL, kind, index)}
}

func (m Master) swarmG3(masterURL string, kind Kind, index int) Swarm {
	if kind == Main {
		return Swarm{G3, SwarmHashG3(masterURL, Main, m.Variants[index].properties())}
	}
	t := m.Audio[index]
	return Swarm{G3, SwarmHashG3(masterURL, Secondary, Properties{Codecs: m.audioCodec(), Language: t.Language, Name: t.Name})}
}

// audioCodec is what hls.js takes for the codec of the audio group: the sound
// of the first variant that uses it.
func (m Master) audioCodec() string {
	for _, v := range m.Variants {
		for c := range strings.SplitSeq(v.Codecs, ",") {
			if v.UsesAudio && strings.HasPrefix(c, "mp4a") {
				return c
			}
		}
	}
	return ""
}

// properties are those hls.js knows of a variant: the picture's codec alone.
func (v Variant) properties() Properties {
	p := Properties{Bitrate: v.Bandwidth, Width: v.Width, Height: v.Height}
	for c := range strings.SplitSeq(v.Codecs, ",") {
		if !strings.HasPrefix(c, "mp4a") {
			p.Codecs = c
			break
		}
	}
	if v.FrameRate > 0 {
		p.FrameRate = decimal(v.FrameRate)
	}
	return p
}

// Properties are what scheme G3 names a stream by. Zero values are absent.
type Properties struct {
	Bitrate    int64
	Codecs     string
	Width      int
	Height     int
	Language   string
	Channels   string
	Name       string
	FrameRate  string
	VideoRange string
}

// ShortID is the digest of the normalised properties.
func (p Properties) ShortID() string {
	language := firstLetters(strings.ToLower(p.Language), 2)
	if strings.EqualFold(p.Language, "und") {
		language = ""
	}
	channels, _, _ := strings.Cut(p.Channels, "/")
	rate := p.FrameRate
	if f, err := strconv.ParseFloat(rate, 64); err == nil {
		rate = strconv.FormatFloat(f, 'f', -1, 64)
	}
	sum := sha1.Sum([]byte(strings.Join([]string{
		strconv.FormatInt(p.Bitrate, 10), normalCodecs(p.Codecs), number(p.Width), number(p.Height), language, channels,
		strings.ToLower(strings.TrimSpace(p.Name)), rate, strings.ToUpper(strings.TrimSpace(p.VideoRange)),
	}, "-")))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func firstLetters(s string, n int) string {
	return s[:min(n, len(s))]
}

// oldAVC is RFC 4281's decimal form of an H.264 codec: profile and level.
var oldAVC = regexp.MustCompile(`^avc1\.(\d{2,3})\.(\d{2})$`)

func normalCodecs(s string) string {
	if s == "" {
		return ""
	}
	var all []string
	for c := range strings.SplitSeq(s, ",") {
		c = strings.ToLower(strings.TrimSpace(c))
		if m := oldAVC.FindStringSubmatch(c); m != nil {
			profile, _ := strconv.Atoi(m[1]) // two or three digits
			level, _ := strconv.Atoi(m[2])
			c = fmt.Sprintf("avc1.%02x00%02x", profile, level)
		}
		all = append(all, c)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}
