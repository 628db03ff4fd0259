package ffmpeg

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// Progress is one report of a running ffmpeg.
type Progress struct {
	Time  time.Duration // of the output written so far; 0 if unknown
	Frame int64
	Size  int64 // bytes written so far; 0 if unknown
	Speed float64
	End   bool
}

// Percent is how far p.Time is into total, 0 to 100.
func (p Progress) Percent(total time.Duration) int {
	if p.End {
		return 100
	}
	if total <= 0 || p.Time <= 0 {
		return 0
	}
	return int(min(100, 100*p.Time.Seconds()/total.Seconds()))
}

// maxProgressLine bounds one line of a report; longer ones end the parsing.
const maxProgressLine = 4 << 10

// ReadProgress parses the key=value lines of "-progress" and calls fn for each
// complete report until r ends. Lines it does not know are skipped.
func ReadProgress(r io.Reader, fn func(Progress)) error {
	var p Progress
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 512), maxProgressLine)
	for s.Scan() {
		key, value, ok := strings.Cut(strings.TrimSpace(s.Text()), "=")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch key {
		case "frame":
			p.Frame = count(value)
		case "total_size":
			p.Size = count(value)
		case "out_time_us":
			// out_time_ms holds microseconds too, by an old mistake of ffmpeg's.
			p.Time = time.Duration(min(count(value), int64(1)<<53)) * time.Microsecond
		case "speed":
			p.Speed, _ = strconv.ParseFloat(strings.TrimSuffix(value, "x"), 64) // N/A before the first frame
		case "progress":
			p.End = value == "end"
			fn(p)
		}
	}
	return s.Err()
}

// count parses a number of the report; "N/A" and negative numbers are 0.
func count(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
