package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"vidiverse/app/config"
	"vidiverse/node"
	"vidiverse/node/control"
)

// size is a number of bytes on the command line: "10GB", "800 kB".
type size int64

func (s *size) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > 1<<60 {
		return fmt.Errorf("%q is not a size such as 500MB or 10GB", text)
	}
	*s = size(n)
	return nil
}

// nodeFlags say which node is meant.
type nodeFlags struct {
	Data string `help:"Folder of what the node holds and knows (default: vidiverse in the user's data folder)." placeholder:"DIR"`
}

type nodeCommand struct {
	nodeFlags
	Follow []string `help:"Instance whose newest videos are kept and shared; may be repeated, and is remembered." placeholder:"URL" sep:"none"`
	Keep   size     `help:"Room for each instance followed on this command line." default:"10GB" placeholder:"SIZE"`
	Disk   *size    `help:"Room for all instances together; remembered." placeholder:"SIZE"`
	Rate   *size    `help:"Most that is sent in a second; 0 for no limit; remembered (at first 2MB)." placeholder:"SIZE"`
	Month  *size    `help:"Most that is sent in a calendar month; 0 for no limit; remembered (at first 100GB)." placeholder:"SIZE"`
	Hours  string   `help:"Share at these hours only, such as 23:00-07:00; remembered." placeholder:"FROM-TO"`
	Port   int      `help:"UDP port for other people's browsers (default: any)." placeholder:"PORT"`
	Bind   []string `help:"Local address to share from; may be repeated (default: all)." placeholder:"ADDRESS"`
	HTTP   string   `name:"http" help:"Also give what is held by HTTP, at this address; put a proxy with a certificate before it (default: nowhere)." placeholder:"HOST:PORT"`
	Metric string   `name:"metrics" help:"Answer Prometheus at this address, at /metrics (default: nowhere)." placeholder:"HOST:PORT"`
	LAN    bool     `name:"lan" help:"Also connect to people by private addresses."`
	NoOpen bool     `name:"no-router" help:"Do not ask the home's router to let people in (UPnP, NAT-PMP)."`
}

// Run implements the command: it returns when the process is told to stop.
func (c *nodeCommand) Run(w world) error {
	cfg, err := c.config(w)
	if err != nil {
		return err
	}
	n, err := node.Open(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer cancel() // a node that ended keeps nobody waiting
		return n.Serve(ctx)
	})
	g.Go(func() error {
		if err := c.prepare(ctx, n.Services()); err != nil {
			cancel()
			return err
		}
		p, err := n.Services().Settings.Preferences(ctx)
		if err != nil {
			return err
		}
		select {
		case <-n.Ready():
		case <-ctx.Done():
			return ctx.Err()
		}
		fmt.Fprintf(w.out, "The node is ready; `vidiverse node status` tells how it is doing.\n"+
			"It sends at most %s a second and %s a month. Viewers that it helps see the network address of this machine.\n",
			most(p.UploadRate), most(p.MonthCap))
		return c.follow(ctx, n.Services(), cfg.Log)
	})
	err = g.Wait()
	if w.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, n.Close())
}

func (c *nodeCommand) config(w world) (node.Config, error) {
	cfg := node.Config{
		Data: c.folder(w.environ), Port: c.Port, HTTP: c.HTTP, Metrics: c.Metric, LAN: c.LAN, NoRouter: c.NoOpen, UserAgent: "Vidiverse/" + versionText(),
		Log: slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	var problems config.Problems
	for _, text := range c.Bind {
		if err := cfg.Bind(text); err != nil {
			problems = append(problems, err.Error())
		}
	}
	for flag, address := range map[string]string{"http": c.HTTP, "metrics": c.Metric} {
		if _, _, err := net.SplitHostPort(address); address != "" && err != nil {
			problems = append(problems, fmt.Sprintf("--%s %q is not like 127.0.0.1:8080", flag, address))
		}
	}
	if c.Port < 0 || c.Port > 65535 {
		problems = append(problems, fmt.Sprintf("--port %d is not between 0 and 65535", c.Port))
	}
	if c.Hours != "" && !strings.Contains(c.Hours, "-") {
		problems = append(problems, fmt.Sprintf("--hours %q is not like 23:00-07:00", c.Hours))
	}
	if len(problems) > 0 {
		return cfg, problems
	}
	return cfg, nil
}

// folder is the same for a window and for a node without one, so that the one
// finds the other.
func (f nodeFlags) folder(environ []string) string {
	if f.Data != "" {
		return f.Data
	}
	return node.DefaultFolder(func(name string) string { return lookup(environ, name) })
}

// prepare carries out what the command line says of limits. Whoever starts a
// node on a command line wants it to share.
func (c *nodeCommand) prepare(ctx context.Context, s control.Services) error {
	p, err := s.Settings.Preferences(ctx)
	if err != nil {
		return err
	}
	for flag, to := range map[*size]*int64{c.Disk: &p.Disk, c.Rate: &p.UploadRate, c.Month: &p.MonthCap} {
		if flag != nil {
			*to = int64(*flag)
		}
	}
	if c.Hours != "" {
		p.From, p.To, _ = strings.Cut(c.Hours, "-")
	}
	if err := s.Settings.Set(ctx, p); err != nil {
		return config.Problems{err.Error()}
	}
	return s.Sharing.Consent(ctx, true)
}

// most is a limit in words.
func most(bytes int64) string {
	if bytes == 0 {
		return "any amount"
	}
	return amount(bytes)
}

// follow adds the instances named, and asks again those that do not answer.
func (c *nodeCommand) follow(ctx context.Context, s control.Services, log *slog.Logger) error {
	waiting := c.Follow
	for pause := 5 * time.Second; len(waiting) > 0; pause = min(2*pause, 10*time.Minute) {
		var later []string
		for _, address := range waiting {
			added, err := s.Library.Add(ctx, address)
			switch {
			case errors.Is(err, control.ErrInvalid):
				return config.Problems{err.Error()}
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				log.Warn("an instance to follow does not answer; it is asked again", "instance", address, "err", err)
				later = append(later, address)
				continue
			}
			if err := s.Mirrors.Set(ctx, added.Origin, int64(c.Keep)); err != nil {
				return err
			}
		}
		if waiting = later; len(waiting) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	<-ctx.Done()
	return nil
}

type statusCommand struct {
	nodeFlags
	JSON   bool   `name:"json" help:"As JSON, for programs."`
	Events bool   `help:"Tell instead what happened lately: who came, was given how much, was refused and why."`
	Peer   uint64 `help:"Only of this peer, by its number." placeholder:"N"`
	By     string `help:"Only of this transport." enum:",p2p-media-loader,webtorrent,bittorrent,http" default:"" placeholder:"TRANSPORT"`
}

// Run implements the command.
func (c *statusCommand) Run(w world) error {
	s, err := control.Dial(w.ctx, filepath.Join(c.folder(w.environ), node.SocketName))
	if errors.Is(err, control.ErrNoNode) {
		return fmt.Errorf("no node is running with its data in %s", c.folder(w.environ))
	}
	if err != nil {
		return err
	}
	if c.Events {
		return tell(w, s, control.EventQuery{Peer: c.Peer, Transport: c.By}, c.JSON)
	}
	return report(w, s, c.JSON)
}
