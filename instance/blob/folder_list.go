package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// List implements Store.
func (f *Folder) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		start := path.Dir(prefix + "x") // the deepest folder that holds every match
		if start != "." && f.check(start) != nil {
			yield(Info{}, f.check(start))
			return
		}
		err := fs.WalkDir(f.root.FS(), start, func(key string, d fs.DirEntry, err error) error {
			if err := errors.Join(ignoreAbsent(err), ctx.Err()); err != nil {
				return err
			}
			if err != nil || d == nil {
				return nil // vanished while we walked
			}
			if d.IsDir() {
				if key == temp || !related(key, prefix) {
					return fs.SkipDir
				}
				return nil
			}
			return f.visit(key, prefix, d, yield)
		})
		if err != nil && !errors.Is(err, fs.SkipAll) {
			yield(Info{}, fmt.Errorf("list %q: %w", prefix, err))
		}
	}
}

func (f *Folder) visit(key, prefix string, d fs.DirEntry, yield func(Info, error) bool) error {
	if !strings.HasPrefix(key, prefix) || !d.Type().IsRegular() {
		return nil
	}
	info, err := d.Info()
	if err != nil {
		return ignoreAbsent(err)
	}
	if !yield(Info{Key: key, Size: info.Size(), ModTime: info.ModTime()}, nil) {
		return fs.SkipAll
	}
	return nil
}

// related reports whether the folder can hold keys with the prefix.
func related(dir, prefix string) bool {
	return dir == "." || strings.HasPrefix(dir+"/", prefix) || strings.HasPrefix(prefix, dir+"/")
}
