package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"vidiverse/instance/fault"
)

// The control socket lets maintenance commands work on a running instance: it
// lies in the data folder, and only the folder's owner may open it.
//
//	POST /backup {"Folder", "Media"}   POST /check   POST /reset-password {"Username", "Password"}
//	answer: 200 and a Reply, or 422 and a Reply with Error
const controlName = "control.sock"

// Order is what a maintenance command asks for.
type Order struct {
	Folder             string // absolute
	Media              bool
	Username, Password string
}

// Reply is what it answers.
type Reply struct {
	Lines []string // findings of a check
	Text  string   // one sentence on what was done
	Error string
}

func (i *Instance) listenControl(ctx context.Context) (net.Listener, error) {
	name := filepath.Join(i.cfg.Data, controlName)
	// We hold the lock of the folder, so a socket here is a dead process's.
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", name)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (i *Instance) controlHandler() http.Handler {
	mux := http.NewServeMux()
	for path := range orders {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			var o Order
			if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&o); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			reply, err := i.Do(r.Context(), path, o)
			if err != nil {
				reply.Error = err.Error()
				w.WriteHeader(http.StatusUnprocessableEntity)
			}
			_ = json.NewEncoder(w).Encode(reply) // the asker hung up: nobody to tell
		})
	}
	return mux
}

var orders = map[string]func(i *Instance, ctx context.Context, o Order) (Reply, error){
	"/backup": func(i *Instance, ctx context.Context, o Order) (Reply, error) {
		m, err := i.Backup(ctx, o.Folder, o.Media)
		what := "the database"
		if o.Media {
			what = fmt.Sprintf("the database and %d media files", len(m.Media))
		}
		return Reply{Text: fmt.Sprintf("Saved %s in %s.", what, o.Folder)}, err
	},
	"/check": func(i *Instance, ctx context.Context, _ Order) (Reply, error) {
		lines, err := i.Check(ctx)
		return Reply{Lines: lines, Text: fmt.Sprintf("%d findings.", len(lines))}, err
	},
	"/reset-password": func(i *Instance, ctx context.Context, o Order) (Reply, error) {
		err := i.users.ResetPassword(ctx, o.Username, o.Password)
		return Reply{Text: fmt.Sprintf("%s has the new password and was signed out everywhere.", o.Username)}, err
	},
}

// Do carries out one order on an opened instance.
func (i *Instance) Do(ctx context.Context, path string, o Order) (Reply, error) {
	do, known := orders[path]
	if !known {
		return Reply{}, fault.New(fault.NotFound, "no such order: %s", path)
	}
	return do(i, ctx, o)
}

// Ask has the running instance of a data folder carry out an order. running is
// false when none runs there.
func Ask(ctx context.Context, data, path string, o Order) (reply Reply, running bool, err error) {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", filepath.Join(data, controlName))
		},
	}}
	body, err := json.Marshal(o)
	if err != nil {
		return reply, false, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://instance"+path, bytes.NewReader(body))
	if err != nil {
		return reply, false, err
	}
	res, err := client.Do(req)
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" && !errors.Is(err, fs.ErrPermission) {
		return reply, false, nil
	}
	if err != nil {
		return reply, true, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
		return reply, true, fmt.Errorf("answer of the running instance: %w", err)
	}
	if reply.Error != "" {
		return reply, true, errors.New(reply.Error)
	}
	return reply, true, nil
}
