package rtc

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// What a stranger's description may hold. Chromium sends 600 bytes and one to
// six candidates; a machine with many networks sends 3 KB.
const (
	maxSDP        = 16 << 10
	maxSDPLines   = 256
	maxCandidates = 20
	maxSameHost   = 4    // candidates that name one address
	minPort       = 1024 // below are services, which no browser's socket is
)

// description is what we take from a session description: one data channel's
// transport, nothing else. What it is rendered to is all that pion ever sees.
type description struct {
	ufrag, pwd  string
	lite        bool
	fingerprint string // algorithm and colon-separated hex
	setup       string
	mid         string
	sctpPort    uint64
	maxMessage  uint64
	candidates  []candidate
}

type candidate struct {
	addr     netip.AddrPort
	priority uint64
	kind     string
}

// parseSDP takes a description apart. Candidates that may not be reached are
// left out, names (mDNS) among them: the browser comes to us, and is known then
// by where it came from. No candidate at all is fine for the same reason.
func parseSDP(text string, reachable func(netip.Addr) bool) (*description, error) {
	if len(text) > maxSDP {
		return nil, fmt.Errorf("%w: %d bytes", ErrSDP, len(text))
	}
	if strings.Count(text, "\n") > maxSDPLines {
		return nil, fmt.Errorf("%w: too many lines", ErrSDP)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\r\n"
	}
	said, err := (&webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}).Unmarshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if m := said.MediaDescriptions; len(m) != 1 || !dataChannel(m[0].MediaName) {
		return nil, fmt.Errorf("%w: not one data channel", ErrSDP)
	}
	d := &description{sctpPort: 5000, maxMessage: 65536, mid: "0"}
	for _, a := range slices.Concat(said.Attributes, said.MediaDescriptions[0].Attributes) {
		d.attribute(a.Key, a.Value, reachable)
	}
	if d.ufrag == "" || d.pwd == "" || d.fingerprint == "" || d.setup == "" {
		return nil, fmt.Errorf("%w: incomplete", ErrSDP)
	}
	return d, nil
}

// dataChannel reads a media line.
func dataChannel(m sdp.MediaName) bool {
	secure := len(m.Protos) >= 2 && slices.Equal(m.Protos[len(m.Protos)-2:], []string{"DTLS", "SCTP"})
	return m.Media == "application" && secure && len(m.Formats) > 0 && m.Formats[0] == "webrtc-datachannel"
}

// attribute keeps what is understood and well-formed; of several, the first.
func (d *description) attribute(name, value string, reachable func(netip.Addr) bool) {
	switch name {
	case "ice-ufrag":
		if d.ufrag == "" && iceChars(value, 4, 64) {
			d.ufrag = value
		}
	case "ice-pwd":
		if d.pwd == "" && iceChars(value, 22, 128) {
			d.pwd = value
		}
	case "ice-lite":
		d.lite = true
	case "fingerprint":
		if d.fingerprint == "" {
			d.fingerprint = fingerprint(value)
		}
	case "setup":
		if d.setup == "" && (value == "actpass" || value == "active" || value == "passive") {
			d.setup = value
		}
	case "mid":
		if token(value) {
			d.mid = value
		}
	case "sctp-port":
		if n, err := strconv.ParseUint(value, 10, 16); err == nil && n > 0 {
			d.sctpPort = n
		}
	case "max-message-size":
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			d.maxMessage = n
		}
	case "candidate":
		d.candidate(value, reachable)
	}
}

// candidate reads "foundation component transport priority address port typ kind …".
func (d *description) candidate(value string, reachable func(netip.Addr) bool) {
	f := strings.Fields(value)
	if len(d.candidates) == maxCandidates || len(f) < 8 || f[1] != "1" || !strings.EqualFold(f[2], "udp") || f[6] != "typ" {
		return
	}
	priority, err1 := strconv.ParseUint(f[3], 10, 32)
	addr, err2 := netip.ParseAddr(f[4])
	port, err3 := strconv.ParseUint(f[5], 10, 16)
	if err1 != nil || err2 != nil || err3 != nil || port < minPort || !reachable(addr.Unmap()) {
		return
	}
	switch f[7] {
	case "host", "srflx", "prflx", "relay":
	default:
		return
	}
	c := candidate{netip.AddrPortFrom(addr.Unmap(), uint16(port)), priority, f[7]}
	same := 0
	for _, other := range d.candidates {
		if other.addr == c.addr {
			return
		}
		if other.addr.Addr() == c.addr.Addr() {
			same++
		}
	}
	if same < maxSameHost {
		d.candidates = append(d.candidates, c)
	}
}

// String is the description in our own words.
func (d *description) String() string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n")
	if d.lite {
		b.WriteString("a=ice-lite\r\n")
	}
	fmt.Fprintf(&b, "a=group:BUNDLE %s\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n", d.mid)
	fmt.Fprintf(&b, "a=mid:%s\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s\r\na=setup:%s\r\n",
		d.mid, d.ufrag, d.pwd, d.fingerprint, d.setup)
	fmt.Fprintf(&b, "a=sctp-port:%d\r\na=max-message-size:%d\r\n", d.sctpPort, d.maxMessage)
	for i, c := range d.candidates {
		b.WriteString("a=" + c.line(i) + "\r\n")
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String()
}

func (c candidate) line(foundation int) string {
	s := fmt.Sprintf("candidate:%d 1 udp %d %s %d typ %s", foundation+1, c.priority, c.addr.Addr(), c.addr.Port(), c.kind)
	if c.kind != "host" {
		s += " raddr 0.0.0.0 rport 0"
	}
	return s
}

// fingerprint reads "sha-256 AB:CD:…", empty if it is not one we check.
func fingerprint(value string) string {
	algorithm, sum, _ := strings.Cut(value, " ")
	algorithm = strings.ToLower(algorithm)
	size := map[string]int{"sha-256": 32, "sha-384": 48, "sha-512": 64}[algorithm]
	if size == 0 || len(sum) != 3*size-1 {
		return ""
	}
	for i := 2; i < len(sum); i += 3 {
		if sum[i] != ':' {
			return ""
		}
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(sum, ":", ""))
	if err != nil || len(raw) != size {
		return ""
	}
	return algorithm + " " + strings.ToUpper(sum)
}

func iceChars(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && only(s, "+/")
}

func token(s string) bool { return len(s) >= 1 && len(s) <= 32 && only(s, "-_.+") }

// only reports whether s is of ASCII letters, digits and those of more.
func only(s, more string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return true
}
