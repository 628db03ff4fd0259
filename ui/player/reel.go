package player

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"os/exec"
	"strings"
)

// reel is one child ffmpeg from a position on.
type reel struct {
	run      int
	cmd      *exec.Cmd
	pictures chan *image.RGBA // closed at the end, when err is set
	err      error
	stop     chan struct{}
}

// Pictures of a child are at most this large.
const reelWidth, reelHeight = 1280, 720

// startReel begins to decode. The child reads nothing but http on loopback, and
// its environment names no proxy.
func startReel(program string, run int, s Source) (*reel, error) {
	formats := "mov"
	if s.Live {
		formats = "hls,mpegts,mov,aac"
	}
	args := []string{"-hide_banner", "-nostdin", "-v", "error", "-max_pixels", "35389440",
		"-protocol_whitelist", "tcp,http", "-format_whitelist", formats}
	if !s.Live {
		args = append(args, "-ss", seconds(s.At))
	}
	args = append(args, "-i", s.Media, "-map", "0:v:0", "-an", "-sn", "-dn", "-vf",
		fmt.Sprintf("fps=%d,scale=w='min(%d,iw)':h='min(%d,ih)':force_original_aspect_ratio=decrease", tempo, reelWidth, reelHeight),
		"-c:v", "pam", "-pix_fmt", "rgba", "-f", "image2pipe", "pipe:1")
	r := &reel{run: run, cmd: exec.Command(program, args...), pictures: make(chan *image.RGBA), stop: make(chan struct{})}
	r.cmd.Env = []string{"LC_ALL=C"}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go r.read(out)
	return r, nil
}

// read hands over the child's pictures. Three buffers are enough: one is read
// into while one is due and one is on the screen.
func (r *reel) read(out io.Reader) {
	defer close(r.pictures)
	var bufs [3]*image.RGBA
	in := bufio.NewReaderSize(out, 1<<16)
	for i := 0; ; i++ {
		buf, err := readPAM(in, bufs[i%3])
		if err != nil {
			r.err = r.cmd.Wait()
			if r.err == nil && !errors.Is(err, io.EOF) {
				r.err = err
			}
			return
		}
		bufs[i%3] = buf
		select {
		case r.pictures <- buf:
		case <-r.stop:
			_ = r.cmd.Wait() // it was killed
			return
		}
	}
}

// end kills the child and waits for it.
func (r *reel) end() {
	if r == nil {
		return
	}
	close(r.stop)
	_ = r.cmd.Process.Kill() // it may have ended
	for range r.pictures {
	}
}

// readPAM reads one picture of netpbm's PAM format in RGB_ALPHA, into buf if it
// fits.
func readPAM(in *bufio.Reader, buf *image.RGBA) (*image.RGBA, error) {
	var w, h, depth int
	for line := 0; ; line++ {
		text, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if line == 0 && string(text) != "P7\n" || line > 10 {
			return nil, errors.New("player: not a picture")
		}
		key, value, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		switch key {
		case "WIDTH":
			_, err = fmt.Sscan(value, &w)
		case "HEIGHT":
			_, err = fmt.Sscan(value, &h)
		case "DEPTH":
			_, err = fmt.Sscan(value, &depth)
		}
		if err != nil {
			return nil, err
		}
		if key == "ENDHDR" {
			break
		}
	}
	if w < 1 || w > reelWidth || h < 1 || h > reelHeight || depth != 4 {
		return nil, errors.New("player: not a picture of a video")
	}
	buf = canvas(buf, image.Pt(w, h))
	_, err := io.ReadFull(in, buf.Pix)
	return buf, err
}
