package instance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vidiverse/instance/blob"
	"vidiverse/instance/db"
)

// Instance is an opened server. Serve runs it; maintenance works on it with
// and without Serve.
type Instance struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	db      *db.DB
	files   *blob.Folder
	handler http.Handler
	release func()
	remote  func(*http.Request) netip.Addr
	services
}

// New opens the data folder, the database and the files, and builds what
// Serve will run. Close it, also when Serve was never called. It fails when
// another process has the data folder.
func New(ctx context.Context, cfg Config) (i *Instance, err error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	i = &Instance{cfg: cfg, log: cfg.Logger, now: time.Now}
	if i.log == nil {
		i.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.Close())
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o750); err != nil {
		return i, err
	}
	if i.release, err = lockData(cfg); err != nil {
		return i, err
	}
	if i.db, err = db.Open(ctx, db.Config{URL: cfg.Database, Log: i.log}); err != nil {
		return i, err
	}
	if i.files, err = blob.OpenFolder(cfg.Files); err != nil {
		return i, err
	}
	if err := i.build(ctx); err != nil {
		return i, err
	}
	i.handler, err = i.router()
	return i, err
}

// Close gives everything back that New opened. Serve must have returned.
func (i *Instance) Close() error {
	var errs []error
	for _, c := range []io.Closer{i.closable(i.files != nil, i.files), i.closable(i.db != nil, i.db)} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	if i.release != nil {
		i.release()
	}
	return errors.Join(errs...)
}

// closable avoids the interface that holds a nil pointer.
func (i *Instance) closable(open bool, c io.Closer) io.Closer {
	if !open {
		return nil
	}
	return c
}

// sqliteFile returns the path of the SQLite database.
func (c Config) sqliteFile() (string, error) {
	file, ok := strings.CutPrefix(c.Database, "sqlite:")
	if !ok {
		return "", errors.New("this works on SQLite; PostgreSQL has pg_dump and pg_restore")
	}
	return file, nil
}

// lockData takes the data folder for this process. db.Open locks the folder
// of a SQLite file, which usually is the same one and then enough.
func lockData(cfg Config) (release func(), err error) {
	if file, err := cfg.sqliteFile(); err == nil && sameFolder(filepath.Dir(file), cfg.Data) {
		return func() {}, nil
	}
	lock, err := db.LockFolder(cfg.Data)
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Release() }, nil // the system drops it anyway
}

func sameFolder(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// Exists reports whether cfg's data folder holds an instance. PostgreSQL is
// taken to: only opening it could tell.
func Exists(cfg Config) bool {
	file, err := cfg.sqliteFile()
	if err != nil {
		return true
	}
	_, err = os.Stat(file)
	return err == nil
}

func (i *Instance) String() string { return fmt.Sprintf("instance at %s", i.cfg.URL) }
