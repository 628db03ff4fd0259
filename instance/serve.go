package instance

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/thejerf/suture/v4"
)

const (
	headerLimit = 30 * time.Second
	idleLimit   = 2 * time.Minute
	drainLimit  = 10 * time.Second // how long a stopping server waits for answers under way
)

// written is before any moment at which this program can run.
var written = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Serve listens and runs everything until ctx ends. Then the ports are given
// back at once, answers under way get some seconds, jobs are stopped where
// they stand (they go on at the next start), and Serve returns nil.
func (i *Instance) Serve(ctx context.Context) error {
	listener, control, err := i.listen(ctx)
	if err != nil {
		return err
	}
	// After listening: a password made for root must not be lost because the
	// port was taken.
	if err := i.begin(ctx); err != nil {
		return errors.Join(err, listener.Close(), control.Close())
	}
	if i.now().Before(written) {
		i.log.Warn("the clock of this machine is wrong: set it, or sign-in and other servers' signatures will fail", "now", i.now())
	}
	failed := make(chan error, 2)
	public := i.server(i.handler)
	public.ReadTimeout = i.cfg.RequestLimit
	inside := i.server(i.controlHandler())
	go func() { failed <- public.Serve(listener) }()
	go func() { failed <- inside.Serve(control) }()

	tree := suture.New("instance", suture.Spec{EventHook: i.supervised, Timeout: drainLimit})
	for _, s := range i.running() {
		tree.Add(s)
	}
	treeCtx, stopTree := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTree()
	stopped := tree.ServeBackground(treeCtx)
	if i.cfg.Ready != nil {
		i.cfg.Ready(i.cfg.URL, i.firstPassword)
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	stopTree() // sockets of the tracker and jobs end now; answers go on
	shut := errors.Join(shutdown(drain, public), shutdown(drain, inside))
	<-stopped
	// The jobs have ended; views that they would have written are lost otherwise.
	return errors.Join(err, shut, i.stats.FlushViews(drain))
}

func (i *Instance) listen(ctx context.Context) (public, control net.Listener, err error) {
	if public = i.cfg.Listener; public == nil {
		if public, err = (&net.ListenConfig{}).Listen(ctx, "tcp", i.cfg.Listen); err != nil {
			return nil, nil, err
		}
	}
	if i.cfg.ProxyProtocol {
		public = behind(public, i.cfg.TrustProxy)
	}
	if control, err = i.listenControl(ctx); err != nil {
		return nil, nil, errors.Join(err, public.Close())
	}
	return public, control, nil
}

// shutdown closes the listener at once and waits for answers under way; what
// is not done by the end of ctx is cut.
func shutdown(ctx context.Context, s *http.Server) error {
	err := s.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return s.Close()
	}
	return err
}

func (i *Instance) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(i.log.Handler(), slog.LevelDebug),
	}
}

// supervised tells the log when something stopped that should run.
func (i *Instance) supervised(e suture.Event) {
	if e.Type() != suture.EventTypeResume {
		i.log.Error("service stopped", "event", e.String())
	}
}
