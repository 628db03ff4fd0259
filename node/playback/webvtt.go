package playback

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxCues = 20_000
	maxText = 4 << 10 // bytes of one cue
)

var errCaptions = errors.New("playback: not subtitles")

// cleanCaptions reads WebVTT, or SubRip, and writes its cues as WebVTT. Styles,
// regions, notes and settings are left out: they are for browsers.
func cleanCaptions(raw []byte) ([]byte, error) {
	text := strings.ToValidUTF8(string(bytes.TrimPrefix(raw, []byte("\ufeff"))), string(utf8.RuneError))
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", string(utf8.RuneError)).Replace(text)
	vtt := strings.HasPrefix(text, "WEBVTT")
	out := bytes.NewBufferString("WEBVTT\n")
	cues := 0
	for block := range strings.SplitSeq(text, "\n\n") {
		from, to, words, ok := cue(block)
		if !ok {
			continue
		}
		if cues++; cues > maxCues {
			return nil, fmt.Errorf("%w: more than %d", errCaptions, maxCues)
		}
		fmt.Fprintf(out, "\n%s --> %s\n%s\n", stamp(from), stamp(to), words)
	}
	if !vtt && cues == 0 {
		return nil, errCaptions
	}
	return out.Bytes(), nil
}

// cue reads a block of lines: perhaps an identifier, then times, then words.
func cue(block string) (from, to time.Duration, words string, ok bool) {
	lines := strings.Split(strings.Trim(block, "\n"), "\n")
	for i, line := range lines[:min(2, len(lines))] {
		start, rest, found := strings.Cut(line, "-->")
		if !found {
			continue
		}
		end, _, _ := strings.Cut(strings.TrimSpace(rest), " ") // settings follow
		from, ok1 := clock(start)
		to, ok2 := clock(end)
		words := strings.TrimSpace(strings.Join(lines[i+1:], "\n"))
		ok := ok1 && ok2 && to > from && words != "" && len(words) <= maxText && !strings.Contains(words, "-->")
		return from, to, words, ok
	}
	return 0, 0, "", false
}

// clock reads [hours:]minutes:seconds.thousandths, with a comma in SubRip.
func clock(s string) (time.Duration, bool) {
	s = strings.Replace(strings.TrimSpace(s), ",", ".", 1)
	whole, fraction, _ := strings.Cut(s, ".")
	parts := strings.Split(whole, ":")
	if len(parts) < 2 || len(parts) > 3 || len(fraction) != 3 {
		return 0, false
	}
	total := uint64(0)
	for _, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return 0, false
		}
		total = total*60 + n
	}
	ms, err := strconv.ParseUint(fraction, 10, 16)
	return time.Duration(total)*time.Second + time.Duration(ms)*time.Millisecond, err == nil
}

func stamp(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}
