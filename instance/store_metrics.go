package instance

import (
	"context"
)

// sum is one number of the database.
type sum struct {
	what, label, state string
	value              float64
}

// sumsQuery reads them all in one statement.
const sumsQuery = `
SELECT 'users', '', '', COUNT(*) FROM local_user
UNION ALL SELECT 'channels', 'local', '', COUNT(*) FROM channel c JOIN account a ON a.id = c.account_id WHERE a.user_id IS NOT NULL
UNION ALL SELECT 'videos', CASE WHEN host_id IS NULL THEN 'local' ELSE 'remote' END, '', COUNT(*) FROM video GROUP BY 2
UNION ALL SELECT 'views', 'local', '', COALESCE(SUM(n.views), 0) FROM video_counter n JOIN video v ON v.id = n.video_id WHERE v.host_id IS NULL
UNION ALL SELECT 'bytes', 'local', '', COALESCE(SUM(f.size), 0) FROM media_file f JOIN video v ON v.id = f.video_id WHERE v.host_id IS NULL
UNION ALL SELECT 'jobs', type, state, COUNT(*) FROM job GROUP BY type, state`

func (s store) sums(ctx context.Context) (all []sum, err error) {
	rows, err := s.db.Read().QueryContext(ctx, sumsQuery)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one sum
		if err := rows.Scan(&one.what, &one.label, &one.state, &one.value); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
