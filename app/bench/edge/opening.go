package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/node"
	"vidiverse/node/control"
	"vidiverse/ui/player"
)

// openings is how often a film is opened each way.
const openings = 20

// opening is the time from opening a film to its first picture: in a node that
// never saw the film, and in the same node again, which has its beginning. mpv
// is running already and opens the film's largest file.
func opening(ctx context.Context, o options) (rows []measure.Row, err error) {
	dir, err := os.MkdirTemp("", "bench-edge")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	i, err := measure.StartInstance(ctx, o.binary, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, i.Stop()) }()
	film := filepath.Join(dir, "film.mp4")
	if err := errors.Join(measure.Film(ctx, film, 12), i.SignIn(ctx)); err != nil {
		return nil, err
	}
	uuid, err := i.Upload(ctx, film)
	if err != nil {
		return nil, err
	}
	v, err := i.Await(ctx, uuid, true)
	if err != nil {
		return nil, err
	}
	files := v.StreamingPlaylists[0].Files
	url := files[0].FileURL
	for n, height := 0, 0; n < len(files); n++ {
		if files[n].Resolution.ID > height {
			height, url = files[n].Resolution.ID, files[n].FileURL
		}
	}
	fresh, again, err := openInNodes(ctx, dir, control.Ref{Origin: "http://" + i.Addr, Video: uuid})
	if err != nil {
		return nil, err
	}
	mpv, err := openInMPV(ctx, filepath.Join(dir, "mpv"), url)
	if err != nil {
		return nil, fmt.Errorf("mpv: %w", err)
	}
	const of = "mpv that runs, same film, now"
	for _, p := range []int{50, 95} {
		rows = append(rows, measure.Row{Figure: fmt.Sprintf("first picture of a new film, p%d", p), Unit: "ms", Ours: part(fresh, p), Peer: part(mpv, p), Of: of},
			measure.Row{Figure: fmt.Sprintf("  opened again, p%d", p), Unit: "ms", Ours: part(again, p), Peer: part(mpv, p), Of: of})
	}
	return rows, nil
}

// part is the p-th percentile, in ms.
func part(took []time.Duration, p int) float64 {
	slices.Sort(took)
	return float64(took[min(len(took)-1, len(took)*p/100)].Microseconds()) / 1000
}

func openInNodes(ctx context.Context, dir string, ref control.Ref) (fresh, again []time.Duration, err error) {
	pictures := make(chan struct{}, 1)
	p, err := player.New(player.Options{Kind: player.MPV, Silent: true, OnFrame: func() {
		select {
		case pictures <- struct{}{}:
		default: // it was told
		}
	}})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	for n := range openings {
		err := inNode(ctx, filepath.Join(dir, fmt.Sprint("n", n)), func(s control.Services) error {
			if _, err := s.Library.Add(ctx, ref.Origin); err != nil {
				return err
			}
			for _, list := range []*[]time.Duration{&fresh, &again} {
				took, err := open(ctx, s.Playback, p, pictures, ref)
				if err != nil {
					return err
				}
				*list = append(*list, took)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return fresh, again, nil
}

// inNode runs a node in this process, as the window does.
func inNode(ctx context.Context, data string, use func(control.Services) error) error {
	n, err := node.Open(node.Config{Data: data, UserAgent: "Vidiverse"})
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- n.Serve(serving) }()
	err = use(n.Services())
	stop()
	return errors.Join(err, <-done, n.Close())
}

// open plays until the first picture is there to be drawn.
func open(ctx context.Context, nodes control.Playback, p player.Player, pictures <-chan struct{}, ref control.Ref) (took time.Duration, err error) {
	begin := time.Now()
	s, err := nodes.Open(ctx, ref, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, nodes.Close(ctx, s.ID)) }()
	if err := p.Open(player.Source{Media: s.Media, Sound: s.Sound, Caption: -1, Duration: s.Duration}); err != nil {
		return 0, err
	}
	limit := time.After(30 * time.Second)
	for p.Frame(1280, 720) == nil {
		select {
		case <-pictures:
		case <-limit:
			return 0, fmt.Errorf("no picture in 30 s: %v", p.State().Err)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return time.Since(begin), nil
}

// openInMPV does the same with the program, told over its socket.
func openInMPV(ctx context.Context, socket, url string) (took []time.Duration, err error) {
	cmd := exec.CommandContext(ctx, "mpv", "--no-config", "--idle=yes", "--vo=null", "--ao=null", "--hwdec=no", "--really-quiet", "--input-ipc-server="+socket)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = cmd.Process.Kill() // it would wait for ever
		_ = cmd.Wait()
	}()
	var conn net.Conn
	for begin := time.Now(); ; measure.Settle(ctx, 10*time.Millisecond) {
		if conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Since(begin) > 30*time.Second || ctx.Err() != nil {
			return nil, err
		}
	}
	defer conn.Close()
	events := bufio.NewScanner(conn)
	heard := func(event string) error {
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second)) // a socket has them
		for events.Scan() {
			var e struct{ Event string }
			if json.Unmarshal(events.Bytes(), &e) == nil && e.Event == event {
				return nil
			}
		}
		return fmt.Errorf("no %s: %w", event, events.Err())
	}
	for range openings {
		begin := time.Now()
		fmt.Fprintf(conn, "{\"command\":[\"loadfile\",%q]}\n", url)
		if err := heard("playback-restart"); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin))
		fmt.Fprintln(conn, `{"command":["stop"]}`)
		if err := heard("idle"); err != nil {
			return nil, err
		}
	}
	return took, nil
}
