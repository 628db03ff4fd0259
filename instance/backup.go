package instance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// A backup is a folder:
//
//	manifest.json      what belongs to it, with digests
//	vidiverse.sqlite   the database as of one moment
//	storage/…          media files, when they were asked for
const (
	manifestName = "manifest.json"
	databaseName = "vidiverse.sqlite"
	mediaName    = "storage"
)

// Manifest lists what a backup holds and what the database expects beside it.
type Manifest struct {
	Made     time.Time
	URL      string // whose backup it is
	Database BackupFile
	Media    []BackupFile // a digest only of files that are in the backup
}

// BackupFile is one file: a name inside the backup, or a media key.
type BackupFile struct {
	Name   string
	Size   int64
	SHA256 string `json:",omitempty"`
}

// Backup writes a consistent copy of the database, and of the media files if
// asked, into a new or empty folder, while the instance runs. Media files
// never change once written, so a copy taken a little later still fits; one
// that was deleted meanwhile is left out.
func (i *Instance) Backup(ctx context.Context, folder string, media bool) (m Manifest, err error) {
	if err := emptyFolder(folder); err != nil {
		return m, err
	}
	m = Manifest{Made: i.now().UTC(), URL: i.cfg.URL}
	file := filepath.Join(folder, databaseName)
	if err := i.db.Backup(ctx, file); err != nil {
		return m, fmt.Errorf("back up the database: %w", err)
	}
	if m.Database, err = digest(file); err != nil {
		return m, err
	}
	files, err := store{i.db}.files(ctx)
	if err != nil {
		return m, fmt.Errorf("list media files: %w", err)
	}
	for _, f := range files {
		entry := BackupFile{Name: f.key, Size: f.size}
		if media {
			entry, err = copyMedia(ctx, i.files, f.key, filepath.Join(folder, mediaName))
			if fault.KindOf(err) == fault.NotFound {
				continue
			} else if err != nil {
				return m, fmt.Errorf("copy %s: %w", f.key, err)
			}
		}
		m.Media = append(m.Media, entry)
	}
	return m, writeManifest(filepath.Join(folder, manifestName), m)
}

func emptyFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err == nil && len(entries) > 0 {
		err = fault.New(fault.Conflict, "%s is not empty: a backup needs a folder of its own", folder)
	}
	return err
}

// digest hashes a file that is complete.
func digest(name string) (BackupFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return BackupFile{}, err
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	return BackupFile{filepath.Base(name), n, hex.EncodeToString(hash.Sum(nil))}, err
}

func copyMedia(ctx context.Context, from blob.Store, key, folder string) (BackupFile, error) {
	in, err := from.Open(ctx, key)
	if err != nil {
		return BackupFile{}, err
	}
	defer in.Close()
	name := filepath.Join(folder, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return BackupFile{}, err
	}
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return BackupFile{}, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, hash), in)
	err = errors.Join(err, out.Sync(), out.Close())
	return BackupFile{key, n, hex.EncodeToString(hash.Sum(nil))}, err
}

// writeManifest goes last: a folder without one is no backup.
func writeManifest(name string, m Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// Restore puts a backup in the place of cfg's database and media. Nobody may
// have the data folder open. What stood there is kept beside it, with the
// moment in its name. The answer lists media files that the backup names and
// neither it nor the data folder holds.
func Restore(ctx context.Context, cfg Config, folder string) (missing []string, err error) {
	m, err := readBackup(folder)
	if err != nil {
		return nil, err
	}
	file, err := cfg.sqliteFile()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return nil, err
	}
	lock, err := db.LockFolder(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	media := filepath.Join(folder, mediaName)
	files, err := blob.OpenFolder(cfg.Files)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	for _, f := range m.Media {
		if lost, err := restoreMedia(ctx, files, media, f); err != nil {
			return nil, err
		} else if lost {
			missing = append(missing, f.Name)
		}
	}
	return missing, replaceDatabase(filepath.Join(folder, databaseName), file, time.Now())
}

// readBackup reads a manifest and verifies the digests of what it lists.
func readBackup(folder string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	if err != nil {
		return m, fault.New(fault.NotFound, "%s is no backup: %w", folder, err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fault.New(fault.Invalid, "%s: %w", manifestName, err)
	}
	got, err := digest(filepath.Join(folder, databaseName))
	if err != nil {
		return m, err
	}
	if got != m.Database {
		return m, fault.New(fault.Invalid, "the backup is damaged: %s has digest %s, want %s", databaseName, got.SHA256, m.Database.SHA256)
	}
	for _, f := range m.Media {
		if f.SHA256 == "" {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return m, fault.New(fault.Invalid, "the backup names a file outside it: %q", f.Name)
		}
		got, err := digest(filepath.Join(folder, mediaName, filepath.FromSlash(f.Name)))
		if err != nil || got.SHA256 != f.SHA256 {
			return m, fault.New(fault.Invalid, "the backup is damaged: %s is not what was saved", f.Name)
		}
	}
	return m, nil
}

// restoreMedia copies a file of the backup, or looks for it where it was.
func restoreMedia(ctx context.Context, files *blob.Folder, media string, f BackupFile) (lost bool, err error) {
	info, err := files.Stat(ctx, f.Name)
	if err == nil && (f.Size < 0 || info.Size == f.Size) {
		return false, nil
	}
	if f.SHA256 == "" {
		return true, nil
	}
	in, err := os.Open(filepath.Join(media, filepath.FromSlash(f.Name)))
	if err != nil {
		return false, err
	}
	defer in.Close()
	_, err = files.Put(ctx, f.Name, in)
	return false, err
}

// replaceDatabase moves what stands aside and puts the copy in its place, so
// that a crash in between leaves one or the other.
func replaceDatabase(from, to string, at time.Time) error {
	fresh := to + ".restored"
	if err := copyFile(from, fresh); err != nil {
		return err
	}
	aside := to + ".before-restore-" + at.UTC().Format("20060102-150405")
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(to+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(fresh, to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
