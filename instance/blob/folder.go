package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"vidiverse/instance/fault"
)

// temp is the folder of unfinished files, inside the store so that a finished
// one only has to be renamed. No key may lie in it.
const temp = "tmp"

// Folder is a Store in a local folder. It never follows a symbolic link out of
// that folder.
type Folder struct {
	dir  string
	root *os.Root
	self *os.File // the folder itself
}

// OpenFolder opens or makes the folder and sweeps what a killed process left
// unfinished. Only one process may have it open; the lock of the data folder
// sees to that.
func OpenFolder(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make storage folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open storage folder: %w", err)
	}
	self, err := root.Open(".")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open storage folder: %w", err), root.Close())
	}
	f := &Folder{dir: dir, root: root, self: self}
	if err := errors.Join(root.RemoveAll(temp), root.Mkdir(temp, 0o750)); err != nil {
		return nil, errors.Join(fmt.Errorf("sweep storage folder: %w", err), f.Close())
	}
	return f, nil
}

// Close closes the folder; open Files stay readable.
func (f *Folder) Close() error { return errors.Join(f.self.Close(), f.root.Close()) }

// TempDir is a folder for files that will be adopted. It is emptied when the
// store is opened.
func (f *Folder) TempDir() string { return filepath.Join(f.dir, temp) }

// Path is where key lies on the local disk, for programs that need a name, as
// ffmpeg does. It is false when the key is not there.
func (f *Folder) Path(key string) (string, bool) {
	if f.check(key) != nil {
		return "", false
	}
	if info, err := f.root.Stat(key); err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	return filepath.Join(f.dir, filepath.FromSlash(key)), true
}

// Put implements Store.
func (f *Folder) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := f.check(key); err != nil {
		return 0, err
	}
	part := path.Join(temp, "put-"+rand.Text())
	size, err := f.write(ctx, part, r)
	if err == nil {
		err = f.place(part, key)
	}
	if err != nil {
		return 0, errors.Join(explain("store "+key, err), ignoreAbsent(f.root.Remove(part)))
	}
	return size, nil
}

func (f *Folder) write(ctx context.Context, part string, r io.Reader) (int64, error) {
	w, err := f.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(w, reader{ctx, r})
	if err == nil {
		err = w.Sync()
	}
	return size, errors.Join(err, w.Close())
}

// place gives a finished, synced file its name. The folder is synced after the
// rename, and new folders in theirs: only then does a power cut not undo it.
func (f *Folder) place(part, key string) (err error) {
	// A Delete of the last file of a folder may take the folder away between
	// making it and moving into it: then it is made again.
	for range 4 {
		var made []string
		if made, err = f.makeDirs(path.Dir(key)); err == nil {
			err = f.root.Rename(part, key)
		}
		if err == nil {
			return f.sync(append(made, path.Dir(key))...)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// makeDirs makes dir and its parents and returns the folders that got a new entry.
func (f *Folder) makeDirs(dir string) (changed []string, err error) {
	if dir == "." {
		return nil, nil
	}
	if info, err := f.root.Stat(dir); err == nil && info.IsDir() {
		return nil, nil
	}
	if changed, err = f.makeDirs(path.Dir(dir)); err != nil {
		return nil, err
	}
	if err := f.root.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return append(changed, path.Dir(dir)), nil
}

func (f *Folder) sync(dirs ...string) error {
	for _, dir := range dirs {
		d, err := f.root.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Adopt implements Store. A file under TempDir is renamed, any other copied.
func (f *Folder) Adopt(ctx context.Context, key, name string) (int64, error) {
	if err := f.check(key); err != nil {
		return 0, err
	}
	rel, err := filepath.Rel(f.dir, name)
	if err != nil || !filepath.IsLocal(rel) {
		return f.adoptCopy(ctx, key, name)
	}
	size, err := f.settle(rel)
	if err == nil {
		err = f.place(rel, key)
	}
	return size, explain("store "+key, err)
}

func (f *Folder) settle(rel string) (int64, error) {
	r, err := f.root.OpenFile(rel, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s is not a regular file", rel)
	}
	return info.Size(), r.Sync()
}

func (f *Folder) adoptCopy(ctx context.Context, key, name string) (int64, error) {
	r, err := os.Open(name)
	if err != nil {
		return 0, explain("store "+key, err)
	}
	defer r.Close()
	size, err := f.Put(ctx, key, r)
	if err != nil {
		return 0, err
	}
	return size, os.Remove(name)
}

// Open implements Store; the File is an *os.File.
func (f *Folder) Open(_ context.Context, key string) (File, error) {
	if err := f.check(key); err != nil {
		return nil, err
	}
	file, err := f.open(key)
	if err != nil {
		return nil, explain("open "+key, err)
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(absent(key), err, file.Close())
	}
	return file, nil
}

// Stat implements Store.
func (f *Folder) Stat(_ context.Context, key string) (Info, error) {
	if err := f.check(key); err != nil {
		return Info{}, err
	}
	info, err := f.root.Stat(key)
	if err != nil {
		return Info{}, explain("stat "+key, err)
	}
	if !info.Mode().IsRegular() {
		return Info{}, absent(key)
	}
	return Info{Key: key, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Delete implements Store. The folder of a video goes with its last file.
func (f *Folder) Delete(_ context.Context, key string) error {
	if err := f.check(key); err != nil {
		return err
	}
	if err := ignoreAbsent(f.root.Remove(key)); err != nil {
		return explain("delete "+key, err)
	}
	f.prune(path.Dir(key))
	return nil
}

// prune removes empty folders below the first level. One that is not empty
// refuses, which ends the walk.
func (f *Folder) prune(dir string) {
	for strings.Contains(dir, "/") && path.Dir(dir) != "." && f.root.Remove(dir) == nil {
		dir = path.Dir(dir)
	}
}

// Rename implements Store.
func (f *Folder) Rename(_ context.Context, from, to string) error {
	if err := errors.Join(f.check(from), f.check(to)); err != nil {
		return err
	}
	if _, err := f.root.Stat(from); err != nil {
		return explain("rename "+from, err)
	}
	if err := f.place(from, to); err != nil {
		return explain("rename "+from, err)
	}
	if err := f.sync(path.Dir(from)); err != nil {
		return explain("rename "+from, err)
	}
	f.prune(path.Dir(from))
	return nil
}

// Free implements Store: the space an unprivileged process may still fill.
func (f *Folder) Free(context.Context) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(f.dir, &s); err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

func (f *Folder) check(key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if key == temp || strings.HasPrefix(key, temp+"/") {
		return fault.New(fault.Invalid, "%q is the folder of unfinished files", key)
	}
	return nil
}

// reader ends a copy when the caller has gone.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

func absent(key string) error { return fault.New(fault.NotFound, "file %s not found", key) }

// explain turns what the system says into the vocabulary of rules.
func explain(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fault.New(fault.NotFound, "%s: no such file: %w", what, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fault.New(fault.Unavailable, "%s: storage is full: %w", what, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EIO):
		return fault.New(fault.Unavailable, "%s: storage does not take writes: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
