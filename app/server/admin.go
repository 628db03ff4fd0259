package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"vidiverse/app/config"
	"vidiverse/instance"
)

type backupCommand struct {
	place
	Folder string `arg:"" help:"New or empty folder."`
	Media  bool   `help:"Copy the media files too, not only their list."`
}

// Run implements the command.
func (c *backupCommand) Run(w world) error {
	folder, err := filepath.Abs(c.Folder)
	if err != nil {
		return err
	}
	_, err = c.order(w, "/backup", instance.Order{Folder: folder, Media: c.Media})
	return err
}

type checkCommand struct{ place }

// Run implements the command; findings make it fail.
func (c *checkCommand) Run(w world) error {
	reply, err := c.order(w, "/check", instance.Order{})
	if err == nil && len(reply.Lines) > 0 {
		err = errors.New("the instance is not in order")
	}
	return err
}

type resetCommand struct {
	place
	Username string `arg:"" help:"Whose password."`
	Stdin    bool   `help:"Read the new password from standard input instead of making one."`
}

// Run implements the command.
func (c *resetCommand) Run(w world) error {
	password := rand.Text()
	if c.Stdin {
		line, err := bufio.NewReader(w.in).ReadString('\n')
		if password = strings.TrimRight(line, "\r\n"); password == "" {
			return errors.Join(errors.New("no password on standard input"), err)
		}
	}
	_, err := c.order(w, "/reset-password", instance.Order{Username: c.Username, Password: password})
	if err == nil && !c.Stdin {
		fmt.Fprintln(w.out, "New password:", password)
	}
	return err
}

type restoreCommand struct {
	place
	Folder string `arg:"" help:"Folder that admin backup made."`
}

// Run implements the command.
func (c *restoreCommand) Run(w world) error {
	cfg, err := load(w, config.Flags{File: c.Config, Data: c.Data})
	if err != nil {
		return err
	}
	missing, err := instance.Restore(w.ctx, cfg, c.Folder)
	if err != nil {
		return err
	}
	for _, name := range missing {
		fmt.Fprintln(w.out, "missing:", name)
	}
	fmt.Fprintf(w.out, "Restored from %s.\n", c.Folder)
	if len(missing) > 0 {
		return fmt.Errorf("%d media files are neither in the backup nor in the data folder", len(missing))
	}
	return nil
}

// order has the running instance do it, or opens the data itself.
func (p place) order(w world, path string, o instance.Order) (instance.Reply, error) {
	cfg, err := load(w, config.Flags{File: p.Config, Data: p.Data})
	if err != nil {
		return instance.Reply{}, err
	}
	reply, running, err := instance.Ask(w.ctx, cfg.Data, path, o)
	if !running && err == nil {
		reply, err = alone(w, cfg, path, o)
	}
	for _, line := range reply.Lines {
		fmt.Fprintln(w.out, line)
	}
	if err == nil {
		fmt.Fprintln(w.out, reply.Text)
	}
	return reply, err
}

// alone works on a stopped instance.
func alone(w world, cfg instance.Config, path string, o instance.Order) (instance.Reply, error) {
	if !instance.Exists(cfg) {
		return instance.Reply{}, fmt.Errorf("there is no instance in %s (--data DIR names another folder)", cfg.Data)
	}
	i, err := instance.New(w.ctx, cfg)
	if err != nil {
		return instance.Reply{}, err
	}
	reply, err := i.Do(w.ctx, path, o)
	return reply, errors.Join(err, i.Close())
}
