package user

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
)

// orders is the whole list of what may follow ORDER BY.
var orders = map[string]string{
	"id":            `u.id`,
	"username":      `u.username`,
	"createdAt":     `u.created_at`,
	"lastLoginDate": `COALESCE(u.last_login, 0)`,
	"role":          `u.role`,
	"videoQuotaUsed": `(SELECT COALESCE(SUM(f.size), 0) FROM (` + files + `) f JOIN video v ON v.id = f.video_id
		JOIN channel c ON c.id = v.channel_id WHERE c.account_id = a.id)`,
}

// files are all files that count as somebody's.
const files = `SELECT video_id, size, created_at FROM media_file
	UNION ALL SELECT video_id, size, created_at FROM video_source WHERE blob_key IS NOT NULL`

func (q Query) where() (text string, args []any) {
	text = `WHERE (? = '' OR lower(u.username) LIKE ? ESCAPE '!' OR lower(u.email) LIKE ? ESCAPE '!' OR lower(a.display_name) LIKE ? ESCAPE '!') `
	like := contains(q.Search)
	args = []any{q.Search, like, like, like}
	if q.Blocked != nil {
		text += `AND u.blocked = ? `
		args = append(args, flag(*q.Blocked))
	}
	if q.Role != nil {
		text += `AND u.role = ? `
		args = append(args, int(*q.Role))
	}
	return text, args
}

func contains(search string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(search)) + "%"
}

func (store) countBy(ctx context.Context, q bun.IDB, by Query) (n int, err error) {
	where, args := by.where()
	err = q.NewRaw(`SELECT count(*) FROM local_user u JOIN account a ON a.user_id = u.id `+where, args...).Scan(ctx, &n)
	return n, err
}

func (store) list(ctx context.Context, q bun.IDB, by Query) ([]Account, error) {
	column, down := orders[strings.TrimPrefix(by.Sort, "-")], ""
	if column == "" {
		column, by.Sort = orders["createdAt"], "-createdAt"
	}
	if strings.HasPrefix(by.Sort, "-") {
		down = ` DESC`
	}
	where, args := by.where()
	var rows []row
	err := q.NewRaw(columns+where+`ORDER BY `+column+down+`, u.id`+down+` LIMIT ? OFFSET ?`, append(args, by.Count, by.Start)...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	list := make([]Account, len(rows))
	for i, r := range rows {
		if list[i], err = r.account(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (store) usage(ctx context.Context, q bun.IDB, ids []ID, since int64) (map[ID]Usage, error) {
	found := make(map[ID]Usage, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	err := db.Each(ctx, q, func(r *sql.Rows) error {
		var id ID
		var u Usage
		if err := r.Scan(&id, &u.Total, &u.Daily); err != nil {
			return err
		}
		found[id] = u
		return nil
	}, `SELECT a.user_id, SUM(f.size), SUM(CASE WHEN f.created_at >= ? THEN f.size ELSE 0 END)
		FROM account a JOIN channel c ON c.account_id = a.id JOIN video v ON v.channel_id = c.id
		JOIN (`+files+`) f ON f.video_id = v.id WHERE a.user_id IN (?) GROUP BY a.user_id`, since, bun.List(ids))
	return found, err
}

func (store) stats(ctx context.Context, q bun.IDB, account int64) (st Stats, err error) {
	err = q.NewRaw(`SELECT
		(SELECT count(*) FROM video v JOIN channel c ON c.id = v.channel_id WHERE c.account_id = ?),
		(SELECT count(*) FROM comment WHERE account_id = ? AND deleted_at IS NULL),
		(SELECT count(*) FROM report WHERE flagged_id = ?),
		(SELECT count(*) FROM report WHERE flagged_id = ? AND state = 3),
		(SELECT count(*) FROM report WHERE reporter_id = ?)`, account, account, account, account, account).
		Scan(ctx, &st.Videos, &st.Comments, &st.Reported, &st.ReportsAccepted, &st.ReportsOwn)
	return st, err
}

func (store) complete(ctx context.Context, q bun.IDB, search string) (names []string, err error) {
	err = q.NewRaw(`SELECT username FROM local_user WHERE lower(username) LIKE ? ESCAPE '!' ORDER BY username LIMIT 10`,
		contains(search)).Scan(ctx, &names)
	return names, err
}

// manage writes what only others may change of a user.
func (store) manage(ctx context.Context, tx db.Tx, a Account) error {
	_, err := tx.NewRaw(`UPDATE local_user SET role = ?, admin_flags = ?, video_quota = ?, video_quota_daily = ? WHERE id = ?`,
		int(a.Role), a.AdminFlags, a.VideoQuota, a.VideoQuotaDaily, a.ID).Exec(ctx)
	return err
}

func (store) setBlocked(ctx context.Context, tx db.Tx, id ID, blocked bool, reason string, now int64) error {
	_, err := tx.NewRaw(`UPDATE local_user SET blocked = ?, blocked_reason = ?, updated_at = ? WHERE id = ?`,
		flag(blocked), db.Text(reason), now, id).Exec(ctx)
	return err
}

func (store) delete(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.NewRaw(`DELETE FROM local_user WHERE id = ?`, id).Exec(ctx)
	return err
}
