package remote

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	const uuid = "e6b078bc-3feb-4c72-8f4f-aff5828507e1"
	for text, want := range map[string]Address{
		"peertube.example":                                      {Origin: "https://peertube.example"},
		"  PeerTube.Example.  ":                                 {Origin: "https://peertube.example"},
		"https://peertube.example/":                             {Origin: "https://peertube.example"},
		"HTTPS://peertube.example:443":                          {Origin: "https://peertube.example"},
		"http://peertube.example:80/about":                      {Origin: "http://peertube.example"},
		"peertube.example:8443":                                 {Origin: "https://peertube.example:8443"},
		"https://vidéo.example":                                 {Origin: "https://xn--vido-dpa.example"},
		"localhost:9000":                                        {Origin: "http://localhost:9000"},
		"http://localhost:9000":                                 {Origin: "http://localhost:9000"},
		"192.168.1.10:9000":                                     {Origin: "http://192.168.1.10:9000"},
		"[::1]:9000":                                            {Origin: "http://[::1]:9000"},
		"https://[2606:4700:0::1111]/":                          {Origin: "https://[2606:4700::1111]"},
		"nas:9000":                                              {Origin: "http://nas:9000"},
		"nas.local":                                             {Origin: "http://nas.local"},
		"https://a.example/w/uudAEwiGGmQZza":                    {Origin: "https://a.example", Video: "uudAEwiGGmQZza"},
		"a.example/w/uudAEwiGGmQZza?start=1m&autoplay=1#x":      {Origin: "https://a.example", Video: "uudAEwiGGmQZza"},
		"https://a.example/videos/watch/" + uuid:                {Origin: "https://a.example", Video: uuid},
		"https://a.example/videos/watch/" + uuid + ";start=9":   {Origin: "https://a.example", Video: uuid},
		"https://a.example/videos/embed/uudAEwiGGmQZza?title=0": {Origin: "https://a.example", Video: "uudAEwiGGmQZza"},
		"https://a.example/videos/watch/" + uuid + "/":          {Origin: "https://a.example", Video: uuid},
		"https://a.example/w/p/playlist":                        {Origin: "https://a.example"},
		"https://a.example/videos/watch/playlist/" + uuid:       {Origin: "https://a.example"},
		"https://a.example/w/..%2f..%2fetc":                     {Origin: "https://a.example"},
	} {
		if got, err := ParseAddress(text); err != nil || got != want {
			t.Errorf("%q: got %+v %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", "peertube", "https://", "ftp://a.example", "file:///etc/passwd", "javascript:alert(1)", "https://u@a.example", "https://u:p@a.example",
		"a.example b.example", "https://a.example:99999", "https://a.example:0", "https://a.example:http", "https://[::1", "https://[fe80::1%25eth0]/",
		"http://a..example", "https://-a.example", "a@b.example", "\x00a.example", "https:\\\\a.example", "magnet:?xt=urn:btih:aa", strings.Repeat("a", 3000),
		"https:a.example", "..", "/w/abc", "https://1.2.3.4.5", "vidiverse://add?origin=https://a.example",
	} {
		if got, err := ParseAddress(text); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: got %+v %v, want ErrAddress", text, got, err)
		}
	}
}

// What is accepted is the same when it is read again, and can be trusted to be
// an origin and nothing more.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"peertube.example", "http://localhost:9000/w/abc", "https://[::1]:9/videos/watch/x", "https://vidéo.example:443", "ftp://x", "a:b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.Origin)
		if err != nil || again.Origin != a.Origin || again.Video != "" {
			t.Errorf("%q: got %q, then %q %v", text, a.Origin, again.Origin, err)
		}
		if o, ok := originOf(a.Origin); !ok || o != a.Origin {
			t.Errorf("%q: %q is not its own origin: %q", text, a.Origin, o)
		}
		if strings.ContainsAny(a.Video, "/\\%?#.") || len(a.Video) > 36 {
			t.Errorf("%q: got video %q", text, a.Video)
		}
	})
}
