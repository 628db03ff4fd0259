package instance

import (
	"context"
	"database/sql"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/rest"
)

const statsQuery = `SELECT
	(SELECT count(*) FROM local_user),
	(SELECT count(*) FROM local_user WHERE last_login > ?),
	(SELECT count(*) FROM local_user WHERE last_login > ?),
	(SELECT count(*) FROM local_user WHERE last_login > ?),
	(SELECT count(*) FROM local_user WHERE role = 1),
	(SELECT count(*) FROM local_user WHERE role = 0),
	(SELECT COALESCE(SUM(n.views), 0) FROM video_counter n JOIN video v ON v.id = n.video_id WHERE v.host_id IS NULL),
	(SELECT COALESCE(SUM(n.downloads), 0) FROM video_counter n JOIN video v ON v.id = n.video_id WHERE v.host_id IS NULL),
	(SELECT count(*) FROM comment c JOIN account a ON a.id = c.account_id JOIN actor t ON t.id = a.actor_id
		WHERE t.host_id IS NULL AND c.deleted_at IS NULL),
	(SELECT count(*) FROM comment WHERE deleted_at IS NULL),
	(SELECT COALESCE(SUM(f.size), 0) FROM media_file f JOIN video v ON v.id = f.video_id WHERE v.host_id IS NULL),
	(SELECT count(*) FROM channel c JOIN actor t ON t.id = c.actor_id WHERE t.host_id IS NULL AND t.deleted_at IS NULL),
	(SELECT count(DISTINCT channel_id) FROM video WHERE host_id IS NULL AND created_at > ?),
	(SELECT count(DISTINCT channel_id) FROM video WHERE host_id IS NULL AND created_at > ?),
	(SELECT count(DISTINCT channel_id) FROM video WHERE host_id IS NULL AND created_at > ?),
	(SELECT count(*) FROM playlist p JOIN account a ON a.id = p.account_id JOIN actor t ON t.id = a.actor_id
		WHERE t.host_id IS NULL AND p.privacy <> 3),
	(SELECT count(*) FROM follow f JOIN actor t ON t.id = f.target_id WHERE t.host_id IS NULL AND t.kind = 1),
	(SELECT count(*) FROM follow f JOIN actor t ON t.id = f.follower_id WHERE t.host_id IS NULL AND t.kind = 1),
	(SELECT AVG(processed_at - created_at) FROM report WHERE processed_at IS NOT NULL),
	(SELECT count(*) FROM report),
	(SELECT count(*) FROM report WHERE processed_at IS NOT NULL)`

// statistics counts what the database knows of an instance.
func (s store) statistics(ctx context.Context, now time.Time) (st rest.ServerStats, err error) {
	day, week, month := db.Millis(now.AddDate(0, 0, -1)), db.Millis(now.AddDate(0, 0, -7)), db.Millis(now.AddDate(0, -1, 0))
	var response sql.NullFloat64
	err = s.db.Read().QueryRowContext(ctx, statsQuery, day, week, month, day, week, month).Scan(
		&st.Users, &st.DailyUsers, &st.WeeklyUsers, &st.MonthlyUsers, &st.Moderators, &st.Admins,
		&st.LocalViews, &st.LocalDownloads, &st.LocalComments, &st.Comments, &st.LocalFilesSize,
		&st.LocalChannels, &st.DailyChannels, &st.WeeklyChannels, &st.MonthlyChannels, &st.LocalPlaylists,
		&st.Followers, &st.Following, &response, &st.Abuses, &st.AbusesProcessed,
	)
	if response.Valid {
		st.AbuseResponse = &response.Float64
	}
	return st, err
}
