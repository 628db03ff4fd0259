package instance

import (
	"context"
	"database/sql"
	"errors"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// storedFile is a file that some row needs. A negative size is not recorded.
type storedFile struct {
	key  string
	size int64
}

// store reads what the packages below wrote, for maintenance alone.
type store struct{ db *db.DB }

// filesQuery is every file of every row, by blob key.
const filesQuery = `
SELECT CASE WHEN f.kind = 'web-video'
    THEN 'web-videos/' || CASE WHEN f.visibility = 'private' THEN 'private/' ELSE '' END || f.name
    ELSE 'streaming-playlists/hls/' || CASE WHEN f.visibility = 'private' THEN 'private/' ELSE '' END || v.uuid || '/' || f.name
  END, f.size FROM media_file f JOIN video v ON v.id = f.video_id
UNION ALL SELECT blob_key, size FROM video_source WHERE blob_key IS NOT NULL
UNION ALL SELECT 'thumbnails/' || file, -1 FROM thumbnail
UNION ALL SELECT 'avatars/' || file, -1 FROM actor_image`

func (s store) files(ctx context.Context) (files []storedFile, err error) {
	rows, err := s.db.Read().QueryContext(ctx, filesQuery)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var f storedFile
		if err := rows.Scan(&f.key, &f.size); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, rows.Err()
}

// picture finds the key of a thumbnail or avatar by its file's name.
func (s store) picture(ctx context.Context, folder, query, file string) (string, error) {
	var found string
	err := s.db.Read().QueryRowContext(ctx, query, file).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.New(fault.NotFound, "File not found")
	}
	return folder + found, err
}

func (s store) thumbnail(ctx context.Context, file string) (string, error) {
	return s.picture(ctx, "thumbnails/", "SELECT file FROM thumbnail WHERE file = ?", file)
}

func (s store) avatar(ctx context.Context, file string) (string, error) {
	return s.picture(ctx, "avatars/", "SELECT file FROM actor_image WHERE file = ?", file)
}
