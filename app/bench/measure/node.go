package measure

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"

	"vidiverse/node"
	"vidiverse/node/control"
)

// Node is the built program as a node without a window, in a process of its
// own. Its services are asked over its socket.
type Node struct {
	*Process
	control.Services
}

// StartNode runs the program at binary with its data in the folder data and its
// log beside it, and waits until it answers. env is added to the environment.
func StartNode(ctx context.Context, binary, data string, args, env []string) (*Node, error) {
	log, err := os.OpenFile(data+".log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own
	cmd := exec.CommandContext(ctx, binary, append([]string{"node", "--data", data}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	n := &Node{}
	n.Process, err = Launch(ctx, cmd, func() (err error) {
		n.Services, err = control.Dial(ctx, filepath.Join(data, node.SocketName))
		return err
	})
	return n, err
}
