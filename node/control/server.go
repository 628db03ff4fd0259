package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// question answers one POST.
type question func(ctx context.Context, arguments []byte) (any, error)

// ask makes a question of a method.
func ask[A, R any](fn func(context.Context, A) (R, error)) question {
	return func(ctx context.Context, raw []byte) (any, error) {
		var arguments A
		if err := json.Unmarshal(raw, &arguments); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		return fn(ctx, arguments)
	}
}

// tell makes a question of a method that only succeeds or fails.
func tell[A any](fn func(context.Context, A) error) question {
	return ask(func(ctx context.Context, a A) (none, error) { return none{}, fn(ctx, a) })
}

// look makes a question of a method without arguments.
func look[R any](fn func(context.Context) (R, error)) question {
	return ask(func(ctx context.Context, _ none) (R, error) { return fn(ctx) })
}

func questions(s Services) map[string]question {
	l, p := s.Library, s.Playback
	return map[string]question{
		"/library/add":       ask(func(ctx context.Context, a textArgs) (Instance, error) { return l.Add(ctx, a.Text) }),
		"/library/remove":    tell(func(ctx context.Context, a textArgs) error { return l.Remove(ctx, a.Text) }),
		"/library/instances": look(l.Instances),
		"/library/list":      ask(l.List),
		"/library/video":     ask(l.Video),
		"/library/resolve":   ask(func(ctx context.Context, a textArgs) (Ref, error) { return l.Resolve(ctx, a.Text) }),
		"/library/picture":   ask(func(ctx context.Context, a pictureArgs) ([]byte, error) { return l.Picture(ctx, a.Ref, a.Name) }),

		"/playback/open":     ask(func(ctx context.Context, a openArgs) (Session, error) { return p.Open(ctx, a.Ref, a.Quality) }),
		"/playback/prepare":  tell(func(ctx context.Context, a sessionArgs) error { return p.Prepare(ctx, a.ID, a.At) }),
		"/playback/choose":   ask(func(ctx context.Context, a sessionArgs) (Session, error) { return p.Choose(ctx, a.ID, a.Quality) }),
		"/playback/progress": ask(func(ctx context.Context, a sessionArgs) (Progress, error) { return p.Progress(ctx, a.ID, a.At) }),
		"/playback/close":    tell(func(ctx context.Context, a sessionArgs) error { return p.Close(ctx, a.ID) }),

		"/sharing/state":   look(s.Sharing.State),
		"/sharing/consent": tell(func(ctx context.Context, a consentArgs) error { return s.Sharing.Consent(ctx, a.Share) }),
		"/sharing/pause":   tell(func(ctx context.Context, a pauseArgs) error { return s.Sharing.Pause(ctx, a.Until) }),
		"/sharing/peers":   look(s.Sharing.Peers),
		"/sharing/use":     look(s.Sharing.Use),
		"/sharing/events":  ask(s.Sharing.Events),

		"/mirrors/list":     look(s.Mirrors.List),
		"/mirrors/set":      tell(func(ctx context.Context, a mirrorArgs) error { return s.Mirrors.Set(ctx, a.Origin, a.Limit) }),
		"/mirrors/holdings": look(s.Mirrors.Holdings),

		"/settings/preferences": look(s.Settings.Preferences),
		"/settings/set":         tell(s.Settings.Set),

		"/torrents/link": ask(func(ctx context.Context, a textArgs) (Ref, error) { return s.Torrents.Link(ctx, a.Text) }),
		"/torrents/file": ask(func(ctx context.Context, a fileArgs) (Ref, error) { return s.Torrents.File(ctx, a.File) }),

		"/links/hand": tell(func(ctx context.Context, a textArgs) error { return s.Links.Hand(ctx, a.Text) }),
		"/links/next": look(s.Links.Next),
	}
}

// Handler answers what a client of Dial asks. Who may connect is decided by the
// socket it is served on.
func Handler(s Services) http.Handler {
	all := questions(s)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(versionHeader, strconv.Itoa(Version))
		value, err := answer(all, w, r)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			value = failureOf(err)
		}
		_ = json.NewEncoder(w).Encode(value) // a caller that left misses nothing
	})
}

func answer(all map[string]question, w http.ResponseWriter, r *http.Request) (any, error) {
	if theirs := r.Header.Get(versionHeader); theirs != strconv.Itoa(Version) {
		return nil, fmt.Errorf("%w: this node speaks %d and the caller %q", ErrVersion, Version, theirs)
	}
	q, known := all[r.URL.Path]
	if !known || r.Method != http.MethodPost {
		return nil, fmt.Errorf("%w: no such question", ErrInvalid)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxArguments))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return q(r.Context(), raw)
}

// Listen opens the socket at path for this user alone, in a folder that it
// makes so. A socket that nobody answers any more is replaced; one that is
// answered is an error that says so.
func Listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = conn.Close() // nothing was said on it
		return nil, fmt.Errorf("control socket: another node answers at %s", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != os.ModeSocket {
		return nil, fmt.Errorf("control socket: %s exists and is no socket", path)
	}
	_ = os.Remove(path) // Listen says if that failed
	l, err := listenPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return l, nil
}

// Serve answers on l until ctx ends, and closes it.
func Serve(ctx context.Context, l net.Listener, s Services) error {
	srv := &http.Server{
		Handler:           Handler(s),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    8 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(wait) // questions end with ctx; what does not is cut below
	})
	err := srv.Serve(l)
	if stop() { // it ended by itself
		return fmt.Errorf("control socket: %w", err)
	}
	<-ended
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, ignoreClosed(srv.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
