package ffmpeg

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Timing is what the packets of a video stream tell about cutting it.
type Timing struct {
	MaxGap time.Duration // longest way from one key frame to the next
	Sound  bool          // every packet has a time, and decoding times grow
}

// scanWhole is the size up to which every packet is looked at; larger files
// are sampled at the beginning, in the middle and near the end.
const scanWhole = 256 << 20

// Timing reads the packets of stream p.Video without decoding any.
func (t *Tools) Timing(ctx context.Context, path string, p Probe) (Timing, error) {
	spans := []string{""}
	if p.Size > scanWhole {
		middle, end := p.Duration/2, max(0, p.Duration-60*time.Second)
		spans = []string{"%+60", Seconds(middle) + "%+60", Seconds(end) + "%"}
	}
	all := Timing{Sound: true}
	for _, span := range spans {
		one, err := t.timing(ctx, path, p, span)
		if err != nil {
			return Timing{}, err
		}
		all.MaxGap = max(all.MaxGap, one.MaxGap)
		all.Sound = all.Sound && one.Sound
	}
	return all, nil
}

func (t *Tools) timing(ctx context.Context, path string, p Probe, span string) (Timing, error) {
	args := append([]string{"-hide_banner", "-v", "error"}, inputArgs(Input{Format: p.Format})...)
	args = append(args, "-select_streams", strconv.Itoa(p.Video.Index),
		"-show_entries", "packet=pts_time,dts_time,flags", "-print_format", "csv=p=0")
	if span != "" {
		args = append(args, "-read_intervals", span)
	}
	args = append(args, "-i", "file:"+path)
	pr, pw := io.Pipe()
	c := child{name: t.ffprobe(), args: args, stdout: pw, limits: Limits{Memory: probeLimits.Memory, FileSize: 1},
		nice: t.Nice, stall: 10 * time.Minute}
	var got Timing
	var wg sync.WaitGroup
	wg.Go(func() {
		var err error
		got, err = readPackets(pr)
		pr.CloseWithError(err)
	})
	err := c.run(ctx)
	pw.Close()
	wg.Wait()
	if err != nil {
		return Timing{}, fmt.Errorf("read packets: %w", err)
	}
	return got, nil
}

// readPackets parses lines of "pts,dts,flags"; K in the flags is a key frame.
func readPackets(r io.Reader) (Timing, error) {
	t := Timing{Sound: true}
	var lastDTS, lastKey, end float64
	n := 0
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 256), 4<<10)
	for s.Scan() {
		f := strings.Split(strings.TrimSpace(s.Text()), ",")
		if len(f) < 3 {
			continue
		}
		pts, err1 := strconv.ParseFloat(f[0], 64)
		dts, err2 := strconv.ParseFloat(f[1], 64)
		if err1 != nil || err2 != nil {
			t.Sound = false
			continue
		}
		key := strings.Contains(f[2], "K")
		switch {
		case n == 0:
			lastKey, end = pts, pts
			t.Sound = t.Sound && key
		case dts <= lastDTS || dts-lastDTS > 10:
			t.Sound = false
		}
		if key {
			t.gap(pts - lastKey)
			lastKey = pts
		}
		lastDTS, end = dts, max(end, pts)
		n++
	}
	t.gap(end - lastKey)
	t.Sound = t.Sound && n > 0
	return t, s.Err()
}

func (t *Timing) gap(seconds float64) {
	if seconds > 0 && seconds < 1e9 {
		t.MaxGap = max(t.MaxGap, time.Duration(seconds*float64(time.Second)))
	}
}
