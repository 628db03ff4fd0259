package rtc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// captured are descriptions of real browsers, see testdata/wire/rtc/README.md.
func captured(t testing.TB) map[string]string {
	t.Helper()
	dir := os.DirFS("../../testdata/wire/rtc")
	all := map[string]string{}
	for _, name := range []string{"chromium-offer.sdp", "chromium-answer.sdp"} {
		f, err := dir.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, maxSDP)
		n, err := f.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		all[name] = strings.ReplaceAll(string(buf[:n]), "\n", "\r\n")
	}
	return all
}

func anywhere(netip.Addr) bool { return true }

// head is a description without candidates.
const head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" +
	"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=mid:0\r\n" +
	"a=fingerprint:sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA\r\n"

func line(addr string, port int) string {
	return fmt.Sprintf("a=candidate:1 1 udp 2113937151 %s %d typ host generation 0\r\n", addr, port)
}

// TestRealDescriptions breaks when a browser's description is not understood.
func TestRealDescriptions(t *testing.T) {
	t.Parallel()
	for name, sdp := range captured(t) {
		d, err := parseSDP(sdp, anywhere)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := map[string]int{"chromium-answer.sdp": 2}[name]; len(d.candidates) != want {
			t.Errorf("%s: candidates %v", name, d.candidates)
		}
		if d.mid != "0" || d.maxMessage != 262144 || d.sctpPort != 5000 || d.ufrag == "" || len(d.fingerprint) != 8+95 {
			t.Errorf("%s: got %+v", name, d)
		}
	}
}

// TestHostileDescriptions breaks when a stranger's description makes us send to
// where nobody asked for it, or is not refused.
func TestHostileDescriptions(t *testing.T) {
	t.Parallel()
	open := func(a netip.Addr) bool { return reachable(a, Config{}) }
	lan := func(a netip.Addr) bool { return reachable(a, Config{LAN: true}) }
	for _, test := range []struct {
		name string
		sdp  string
		may  func(netip.Addr) bool
		want int // candidates, -1 for a refusal
	}{
		{"without a last line break", strings.TrimSuffix(head, "\r\n"), open, 0},
		{"public", head + line("9.9.9.9", 5000) + line("2a00::1", 5000), open, 2},
		{"loopback", head + line("127.0.0.1", 5000) + line("::1", 5000) + line("::ffff:127.0.0.1", 5000), open, 0},
		{"loopback on a LAN", head + line("127.0.0.1", 5000), lan, 0},
		{"private", head + line("10.0.0.1", 5000) + line("192.168.1.1", 5000) + line("fd00::1", 5000) + line("100.64.0.1", 5000), open, 0},
		{"private on a LAN", head + line("10.0.0.1", 5000) + line("fd00::1", 5000), lan, 2},
		{"link local", head + line("169.254.169.254", 5000) + line("fe80::1", 5000) + line("fe80::1%eth0", 5000), lan, 0},
		{"multicast", head + line("224.0.0.251", 5353) + line("ff02::1", 5000) + line("255.255.255.255", 5000) + line("0.0.0.0", 5000), lan, 0},
		{"services", head + line("9.9.9.9", 53) + line("9.9.9.9", 0) + line("9.9.9.9", 65536), open, 0},
		{"names", head + line("a.local", 5000) + line("example.com", 5000), open, 0},
		{"tcp", head + strings.Replace(line("9.9.9.9", 5000), "udp", "tcp", 1), open, 0},
		{"component 2", head + strings.Replace(line("9.9.9.9", 5000), "1 1", "1 2", 1), open, 0},
		{"one address, many ports", head + many(30, func(i int) string { return line("9.9.9.9", 5000+i) }), open, maxSameHost},
		{"many addresses", head + many(200, func(i int) string { return line(fmt.Sprint("9.9.9.", i), 5000) }), open, maxCandidates},
		{"many lines", head + many(1000, func(int) string { return "a=x\r\n" }), open, -1},
		{"long", head + "a=x:" + strings.Repeat("x", maxSDP) + "\r\n", open, -1},
		{"empty", "", open, -1},
		{"video", strings.Replace(head, "m=application", "m=video", 1), open, -1},
		{"two", head + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", open, -1},
		{"no password", strings.Replace(head, "ice-pwd", "ice-x", 1), open, -1},
		{"bad password", strings.Replace(head, "pwd:abcd", "pwd:ab d", 1), open, -1},
		{"weak fingerprint", strings.Replace(head, "sha-256", "md5", 1), open, -1},
		{"held", strings.Replace(head, "actpass", "holdconn", 1), open, -1},
	} {
		d, err := parseSDP(test.sdp, test.may)
		switch {
		case test.want < 0 && !errors.Is(err, ErrSDP):
			t.Errorf("%s: got %v, want ErrSDP", test.name, err)
		case test.want >= 0 && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want >= 0 && len(d.candidates) != test.want:
			t.Errorf("%s: got %d candidates, want %d", test.name, len(d.candidates), test.want)
		}
	}
}

func many(n int, f func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

// TestNoScan breaks when an offer makes us send packets into the network around
// us; with LAN it may.
func TestNoScan(t *testing.T) {
	t.Parallel()
	addrs, err := localAddresses(kernel{}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		if reachable(addr, Config{}) {
			continue // a public address is everybody's
		}
		for _, lan := range []bool{false, true} {
			victim, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
			if err != nil {
				t.Fatal(err)
			}
			defer victim.Close()
			h := serve(t, Config{Addresses: []netip.Addr{addr}, LAN: lan})
			offer := head + line(addr.String(), victim.LocalAddr().(*net.UDPAddr).Port)
			if _, err := h.Accept(t.Context(), offer); err != nil {
				t.Fatal(err)
			}
			wait := time.Second
			if lan {
				wait = patience
			}
			_ = victim.SetReadDeadline(time.Now().Add(wait))
			n, _, err := victim.ReadFrom(make([]byte, 1500))
			if got := err == nil; got != lan {
				t.Errorf("%v, LAN %v: got %d bytes, %v", addr, lan, n, err)
			}
			if !lan && h.Stats().Sent != 0 {
				t.Errorf("sent %d bytes", h.Stats().Sent)
			}
		}
	}
}

// FuzzSDP breaks when a description crashes us, or when what we make of it is
// not what pion takes.
func FuzzSDP(f *testing.F) {
	for _, sdp := range captured(f) {
		f.Add(sdp)
	}
	f.Add(head + line("9.9.9.9", 5000))
	f.Add(strings.Replace(head, "mid:0", "mid:data", 1) + "a=max-message-size:0\na=sctp-port:1\na=ice-lite\n")
	api := webrtc.NewAPI(webrtc.WithSettingEngine(webrtc.SettingEngine{LoggerFactory: silent{}}))
	f.Fuzz(func(t *testing.T, sdp string) {
		d, err := parseSDP(sdp, anywhere)
		if err != nil {
			return
		}
		if len(d.candidates) > maxCandidates {
			t.Errorf("%d candidates", len(d.candidates))
		}
		again, err := parseSDP(d.String(), anywhere)
		if err != nil || again.String() != d.String() {
			t.Fatalf("our own words are not understood: %v\n%s", err, d)
		}
		// For pion's sake the role is one that an offer has.
		d.setup, d.candidates = "actpass", d.candidates[:min(len(d.candidates), 1)]
		pc, err := api.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: d.String()}); err != nil {
			t.Errorf("pion: %v\n%s", err, d)
		}
	})
}
