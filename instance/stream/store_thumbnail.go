package stream

import (
	"context"
	"database/sql"
	"errors"

	"vidiverse/instance/fault"
)

// ThumbnailKey finds where the picture of that name lies. Names are random, so
// whoever was shown one may have it; a name of no picture is fault.NotFound.
func (s *Files) ThumbnailKey(ctx context.Context, file string) (string, error) {
	if !findable(file) {
		return "", fault.New(fault.NotFound, "File not found")
	}
	if err := s.store.hasThumbnail(ctx, file); err != nil {
		return "", err
	}
	return thumbnailKey(file), nil
}

func (s *store) hasThumbnail(ctx context.Context, file string) error {
	var id int64
	err := s.db.Read().QueryRowContext(ctx, "SELECT id FROM thumbnail WHERE file = ?", file).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "File not found")
	}
	return err
}
