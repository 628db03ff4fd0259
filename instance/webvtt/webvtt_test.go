package webvtt

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n"

// What captions may hold stays; what a page could take for its own does not.
func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", cue + "Hello\n", cue + "Hello\n\n"},
		{"allowed", cue + "<b>a</b> <i.loud>b</i> <v Élodie B.>c</v> <lang fr>d</lang> <00:01.500>e <ruby>f<rt>g</rt></ruby>",
			cue + "<b>a</b> <i.loud>b</i> <v Élodie B.>c</v> <lang fr>d</lang> <00:01.500>e <ruby>f<rt>g</rt></ruby>\n"},
		{"script", cue + "a<script>alert(1)</script>b", cue + "aalert(1)b\n"},
		{"handler", cue + `<b onmouseover=alert(1)>x</b><img src=x onerror=alert(1)>`, cue + "x</b>\n"},
		{"voice with a handler", cue + `<v a" onclick="x">y`, cue + "y\n"},
		{"tag in a tag", cue + "<scr<b>ipt>", cue + "&lt;scr<b>ipt>\n"},
		{"open tag", cue + "1 < 2", cue + "1 &lt; 2\n"},
		{"over two lines", cue + "<img\nsrc=x>", cue + "&lt;img\nsrc=x>\n"},
		{"in the timing", "WEBVTT\n\n00:01.000 --> 00:02.000 <img src=x>\na", cue[:len(cue)-1] + " \na\n"},
		{"line ends", "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\ra", cue + "a\n"},
		{"mark at the front", bom + cue + "a", cue + "a\n"},
		{"mark inside a tag", cue + "<scr\uFEFFipt>a", cue + "a\n"},
		{"other bytes", cue + "caf\xe9\x00", cue + "caf\uFFFD\uFFFD\n"},
		{"style sheet", "WEBVTT\n\nSTYLE \n::cue { background: url(https://x.test) }\n\n00:01.000 --> 00:02.000\na", "WEBVTT\n\n\n00:01.000 --> 00:02.000\na\n"},
		{"header text", "WEBVTT <script>\n\na", "WEBVTT\n\na\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Clean([]byte(tt.in))
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	for name, in := range map[string]string{
		"nothing": "", "a page": "<!doctype html><script>", "SubRip": "1\n00:00:01,000 --> 00:00:02,000\na\n", "other word": "WEBVTTX\n",
		"two bytes a sign": "\xff\xfeW\x00E\x00B\x00V\x00T\x00T\x00", "too large": cue + strings.Repeat("a", Max),
		"too large when tidied": cue + strings.Repeat("<", Max/2),
	} {
		if _, err := Clean([]byte(in)); err == nil {
			t.Errorf("%s: taken for captions", name)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{cue + "a <b>b</b>", cue + "<scr<b>ipt>", bom + cue, "WEBVTT\n\nSTYLE\n<", cue + "\xff<v \xfe>"} {
		f.Add([]byte(s))
	}
	bad := regexp.MustCompile(`(?i)<\s*/?(script|img|svg|iframe|a|style|object|embed|link|meta)\b|<[^>]*=`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Clean(raw)
		if err != nil {
			return
		}
		if !utf8.Valid(got) || bad.Match(got) || !strings.HasPrefix(string(got), "WEBVTT\n") {
			t.Errorf("of %q: %q", raw, got)
		}
	})
}
