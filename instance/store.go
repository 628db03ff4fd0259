package instance

import (
	"context"

	"vidiverse/instance/db"
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
UNION ALL SELECT 'thumbnails/' || file, -1 FROM thumbnail WHERE remote_url IS NULL
UNION ALL SELECT 'thumbnails/' || file, -1 FROM playlist_thumbnail WHERE remote_url IS NULL
UNION ALL SELECT 'captions/' || file, -1 FROM caption WHERE remote_url IS NULL
UNION ALL SELECT 'storyboards/' || file, -1 FROM storyboard WHERE remote_url IS NULL
UNION ALL SELECT 'torrents/' || name, size FROM torrent
UNION ALL SELECT 'avatars/' || file, -1 FROM actor_image WHERE remote_url IS NULL`

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
