//go:build cgo

package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"vidiverse/node"
	"vidiverse/node/control"
	"vidiverse/ui"
	"vidiverse/ui/page"
	"vidiverse/ui/player"
	"vidiverse/ui/theme"
)

// options is the command line.
type options struct {
	data     string
	lan      bool
	noRouter bool
	bind     string
	link     string
	quiet    bool
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	if !canDraw(runtime.GOOS, os.Getenv) {
		fmt.Fprintln(os.Stderr, "There is no screen to open a window on: DISPLAY and WAYLAND_DISPLAY are empty. A node without a window is started with: vidiverse node")
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := run(ctx, o, log); err != nil {
		fmt.Fprintln(os.Stderr, "vidiverse-desktop:", err)
		os.Exit(1)
	}
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{data: node.DefaultFolder(os.Getenv)}
	f := flag.NewFlagSet("vidiverse-desktop [link]", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.data, "data", o.data, "folder of what the node holds and knows")
	f.BoolVar(&o.lan, "lan", false, "also connect to people by private addresses")
	f.BoolVar(&o.noRouter, "no-router", false, "do not ask the home's router to let people in (UPnP, NAT-PMP)")
	f.StringVar(&o.bind, "bind", "", "local address to share from (default: all)")
	f.BoolVar(&o.quiet, "silent", false, "play without a sound device")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 1 {
		fmt.Fprintln(out, "give one link at most")
		return o, errors.New("too many arguments")
	}
	o.link = linkOf(f.Arg(0))
	return o, nil
}

// linkOf makes a whole path of a .torrent file that was named from where the
// program was started.
func linkOf(argument string) string {
	if !strings.EqualFold(filepath.Ext(argument), ".torrent") || strings.Contains(argument, ":") {
		return argument
	}
	if path, err := filepath.Abs(argument); err == nil {
		return path
	}
	return argument
}

// canDraw reports whether there is a screen. The window library ends the
// process where there is none.
func canDraw(system string, getenv func(string) string) bool {
	switch system {
	case "windows", "darwin":
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

// run shows the window until it is closed or ctx ends.
func run(ctx context.Context, o options, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	services, ended, err := connect(ctx, o, log)
	if errors.Is(err, errHanded) {
		return nil
	}
	if err != nil {
		return err
	}
	app.SetMetadata(metadata())
	a := app.New()
	a.SetIcon(theme.Logo())
	w := ui.Open(ctx, ui.Config{App: a, Services: services, Version: version, Link: o.link, Log: log,
		Players: page.Players(player.Options{Silent: o.quiet, Log: log})})
	defer context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })()
	w.Fyne().SetMaster()
	w.Fyne().ShowAndRun()
	cancel()
	w.Wait()
	return <-ended
}

// metadata is that of FyneApp.toml, which a built program does not read.
func metadata() fyne.AppMetadata {
	return fyne.AppMetadata{ID: "vidiverse.desktop", Name: "Vidiverse", Version: version, Build: 1, Icon: theme.Logo(), Release: true,
		Migrations: map[string]bool{"fyneDo": true}}
}

// errHanded says that a window is open, and has the link.
var errHanded = errors.New("the window that is open has the link")

// connect talks to the node that runs for this user, or runs one here. ended
// yields once, when that node has ended. Where a window of that node is open, the
// link is handed over to it: errHanded.
func connect(ctx context.Context, o options, log *slog.Logger) (control.Services, <-chan error, error) {
	ended := make(chan error, 1)
	services, err := control.Dial(ctx, filepath.Join(o.data, node.SocketName))
	switch {
	case err == nil:
		if err := services.Links.Hand(ctx, o.link); !errors.Is(err, control.ErrUnavailable) {
			return services, nil, cmp.Or(err, errHanded)
		}
		ended <- nil
		return services, ended, nil
	case !errors.Is(err, control.ErrNoNode):
		return services, nil, err
	}
	cfg := node.Config{Data: o.data, LAN: o.lan, NoRouter: o.noRouter, UserAgent: "Vidiverse/" + version, Log: log}
	if o.bind != "" {
		if err := cfg.Bind(o.bind); err != nil {
			return services, nil, err
		}
	}
	n, err := node.Open(cfg)
	if err != nil {
		return services, nil, err
	}
	go func() { ended <- errors.Join(n.Serve(ctx), n.Close()) }()
	return n.Services(), ended, nil
}
