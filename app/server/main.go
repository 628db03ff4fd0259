// Command vidiverse is the server: `vidiverse instance` runs a PeerTube
// compatible instance, `vidiverse admin …` keeps it in order, `vidiverse node`
// keeps and shares videos of instances, `vidiverse version` says what this is.
// Only wiring lives here.
//
// Exit status: 0 done (SIGTERM and SIGINT included), 1 it failed, 2 the
// command line or the configuration is wrong and nothing was opened.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"vidiverse/app/config"
)

const (
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line.
type commands struct {
	Instance instanceCommand `cmd:"" help:"Run the server until it is told to stop."`
	Admin    struct {
		Backup  backupCommand  `cmd:"" help:"Save the database, and the media if asked, in a new folder."`
		Restore restoreCommand `cmd:"" help:"Put a backup in place of what is there. The server must be stopped."`
		Check   checkCommand   `cmd:"" help:"Look for damage, missing files and files that belong to nothing."`
		Reset   resetCommand   `cmd:"" name:"reset-password" help:"Give a user a new password and sign them out everywhere."`
	} `cmd:"" help:"Maintenance; most of it works while the server runs."`
	Node struct {
		Run    nodeCommand   `cmd:"" default:"withargs" help:"Keep the newest videos of instances and give them to their viewers, until told to stop."`
		Status statusCommand `cmd:"" help:"Tell what the node holds, whom it serves, how much, and why not more."`
	} `cmd:"" help:"An edge node without a window."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

// world is what a command sees of the process.
type world struct {
	ctx      context.Context
	environ  []string
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(world{ctx, os.Environ(), os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run carries out one command line and returns the exit status.
func run(w world, args []string) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli, kong.Name("vidiverse"), kong.Description("Video without a landlord."),
		kong.Writers(w.out, w.err), kong.Exit(func(code int) { exit = code }), kong.Bind(w))
	if err != nil {
		panic(err) // the command line's own definition is wrong
	}
	command, err := parser.Parse(args)
	switch {
	case exit >= 0: // --help was answered
		return exit
	case err != nil:
		fmt.Fprintf(w.err, "vidiverse: %v (vidiverse --help lists what there is)\n", err)
		return exitUsage
	}
	err = command.Run(w)
	var problems config.Problems
	switch {
	case err == nil:
		return 0
	case errors.As(err, &problems):
		for _, p := range problems {
			fmt.Fprintln(w.err, p)
		}
		return exitUsage
	}
	fmt.Fprintln(w.err, "vidiverse:", err)
	return exitFailed
}

// version is set by the build, from the tag.
var version string

type versionCommand struct{}

func (versionCommand) Run(w world) error {
	fmt.Fprintln(w.out, "vidiverse", versionText())
	return nil
}

func versionText() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case version != "":
		return version
	case ok && info.Main.Version != "":
		return info.Main.Version
	}
	return "(devel)"
}
