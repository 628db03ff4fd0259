package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/ui/player"
)

// secret stands for a node's token.
const secret = "/0123456789abcdefghij/"

// seeks is how many are timed.
const seeks = 30

// result is what a player did.
type result struct {
	Rate, CPU        float64 // pictures a second; percent of a core
	SeekP50, SeekP95 float64 // milliseconds
}

// run is a child of this program that prints its result.
func run(ctx context.Context, cmd *exec.Cmd) (r result, err error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}

// ours plays, then seeks, and prints the result.
func ours(ctx context.Context, url string, length time.Duration) error {
	news := make(chan struct{}, 1)
	p, err := player.New(player.Options{Kind: player.MPV, Silent: true, OnFrame: func() {
		select {
		case news <- struct{}{}:
		default: // it was told
		}
	}})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Open(player.Source{Media: url, Caption: -1}); err != nil {
		return err
	}
	if err := until(ctx, func() bool { s := p.State(); return s.Position > time.Second }); err != nil {
		return err
	}
	pictures, cpu, end := 0, ownCPU(), time.After(length)
	for playing := true; playing; {
		select {
		case <-news:
			p.Frame(1280, 720)
			pictures++
		case <-end:
			playing = false
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r := result{Rate: float64(pictures) / length.Seconds(), CPU: 100 * (ownCPU() - cpu) / length.Seconds()}
	p.Pause(true)
	r.SeekP50, r.SeekP95, err = timeSeeks(func(at time.Duration) error {
		p.Seek(at)
		return until(ctx, func() bool { return !p.State().Seeking })
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// timeSeeks goes to the same places each time.
func timeSeeks(seek func(at time.Duration) error) (p50, p95 float64, err error) {
	places := rand.New(rand.NewPCG(1, 2))
	var took []float64
	for range seeks {
		begin := time.Now()
		if err := seek(time.Duration(places.IntN(59000)) * time.Millisecond); err != nil {
			return 0, 0, err
		}
		took = append(took, float64(time.Since(begin).Microseconds())/1000)
	}
	slices.Sort(took)
	return took[seeks/2], took[seeks*95/100], nil
}

func until(ctx context.Context, ok func() bool) error {
	limit := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-time.After(time.Millisecond):
		case <-limit:
			return fmt.Errorf("the player does not go on")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func ownCPU() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// mpv does the same with the program itself, told over its socket.
func mpv(ctx context.Context, dir, url, output string, length time.Duration) (r result, err error) {
	socket := filepath.Join(dir, output)
	cmd := exec.CommandContext(ctx, "mpv", "--no-config", "--vo="+output, "--ao=null", "--hwdec=no", "--hr-seek=yes", "--keep-open=yes", "--really-quiet",
		"--geometry=1280x720", "--input-ipc-server="+socket, "--", url)
	if output == "gpu" {
		cmd.Args = slices.Insert(cmd.Args, 2, "--gpu-sw=yes")
	}
	if err := cmd.Start(); err != nil {
		return r, err
	}
	defer func() {
		_ = cmd.Process.Kill() // it would play on
		_ = cmd.Wait()
	}()
	var conn net.Conn
	if err := until(ctx, func() bool { conn, err = net.Dial("unix", socket); return err == nil }); err != nil {
		return r, err
	}
	defer conn.Close()
	events := bufio.NewScanner(conn)
	heard := func(event string) error {
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		for events.Scan() {
			var e struct{ Event string }
			if json.Unmarshal(events.Bytes(), &e) == nil && e.Event == event {
				return nil
			}
		}
		return fmt.Errorf("no %s: %w", event, events.Err())
	}
	fmt.Fprintln(conn, `{"command":["seek",0,"absolute+exact"]}`) // what happened before the socket was there is not told
	if err := heard("playback-restart"); err != nil {
		return r, err
	}
	time.Sleep(time.Second) // as ours: what opening costs is over
	cpu := measure.CPU(cmd.Process.Pid)
	time.Sleep(length)
	r.CPU = 100 * (measure.CPU(cmd.Process.Pid) - cpu).Seconds() / length.Seconds()
	fmt.Fprintln(conn, `{"command":["set_property","pause",true]}`)
	r.SeekP50, r.SeekP95, err = timeSeeks(func(at time.Duration) error {
		fmt.Fprintf(conn, `{"command":["seek",%.3f,"absolute+exact"]}`+"\n", at.Seconds())
		return heard("playback-restart")
	})
	return r, err
}
