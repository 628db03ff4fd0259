package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"vidiverse/app/config"
	"vidiverse/instance"
)

// place is the flags that say which instance is meant.
type place struct {
	Config string `help:"Configuration file, in PeerTube's key names." placeholder:"FILE"`
	Data   string `help:"Folder of the database and the media (default: data)." placeholder:"DIR"`
}

type instanceCommand struct {
	place
	Listen    string `help:"Address to listen on." placeholder:"HOST:PORT"`
	URL       string `help:"Public address: what people type, part of every link." placeholder:"PUBLIC_URL"`
	NoClient  bool   `help:"Serve no pages, only what programs use."`
	NoPlugins bool   `help:"Run no plugins."`
}

// Run implements the command: it returns when the process is told to stop.
func (c *instanceCommand) Run(w world) error {
	cfg, err := load(w, config.Flags{
		File: c.Config, Data: c.Data, Listen: c.Listen, URL: c.URL, NoClient: c.NoClient, NoPlugins: c.NoPlugins,
	})
	if err != nil {
		return err
	}
	cfg.RootPassword = lookup(w.environ, "PT_INITIAL_ROOT_PASSWORD")
	cfg.Ready = func(url, password string) {
		hint := ""
		if password != "" {
			hint = fmt.Sprintf("Sign in as root with the password %s\nIt is shown this once; `vidiverse admin reset-password root` makes a new one.\n", password)
		}
		fmt.Fprintf(w.out, "%sVidiverse is ready: %s\n", hint, url)
	}
	i, err := instance.New(w.ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(i.Serve(w.ctx), i.Close())
}

// load reads the configuration and tells its warnings.
func load(w world, f config.Flags) (instance.Config, error) {
	cfg, warnings, err := config.Load(f, w.environ)
	for _, line := range warnings {
		fmt.Fprintln(w.err, "warning:", line)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return cfg, config.Problems{err.Error()}
	}
	cfg.Logger = slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: cfg.Log.Level}))
	cfg.Version = versionText()
	return cfg, err
}

func lookup(environ []string, name string) string {
	for _, e := range environ {
		if value, found := strings.CutPrefix(e, name+"="); found {
			return value
		}
	}
	return ""
}
