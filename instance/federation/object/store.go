package object

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// store reads what is rendered. It writes nothing.
type store struct{ db *db.DB }

func missing(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "%s not found", what)
	}
	return err
}

// partyColumns are an actor's, whose table and host are named by the letters.
const partyColumns = "%[1]s.id, %[1]s.url, %[1]s.username, COALESCE(%[2]s.name, '')"

func party(actor, host string) string { return fmt.Sprintf(partyColumns, actor, host) }

func (p *Party) dest() []any { return []any{&p.ID, &p.URL, &p.Name, &p.Host} }

func (s store) party(ctx context.Context, id actor.ID) (p Party, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT "+party("a", "h")+" FROM actor a LEFT JOIN host h ON h.id = a.host_id WHERE a.id = ?", int64(id)).
		Scan(p.dest()...)
	return p, missing(err, "Actor")
}

func (s store) video(ctx context.Context, id video.ID) (f Facts, err error) {
	var host sql.NullInt64
	var updated int64
	dest := append([]any{&f.ID, &f.UUID, &f.URL, &f.Privacy, &f.State, &host, &updated}, append(f.Owner.dest(), f.Channel.dest()...)...)
	err = s.db.Read().QueryRowContext(ctx, "SELECT v.id, v.uuid, v.url, v.privacy, v.state, v.host_id, v.updated_at, "+party("aa", "ah")+", "+party("ca", "ch")+`
		FROM video v JOIN channel c ON c.id = v.channel_id JOIN actor ca ON ca.id = c.actor_id LEFT JOIN host ch ON ch.id = ca.host_id
		JOIN account a ON a.id = c.account_id JOIN actor aa ON aa.id = a.actor_id LEFT JOIN host ah ON ah.id = aa.host_id
		WHERE v.id = ?`, int64(id)).Scan(dest...)
	if err != nil {
		return f, missing(err, "Video")
	}
	f.Local, f.Updated = !host.Valid, db.Time(updated)
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var a actor.ID
		err := r.Scan(&a)
		f.Sharers = append(f.Sharers, a)
		return err
	}, "SELECT actor_id FROM video_share WHERE video_id = ? ORDER BY id", int64(id))
	return f, err
}

func (s store) comment(ctx context.Context, id int64) (c Comment, of video.ID, err error) {
	var author sql.NullInt64
	var url, name, host, approval, parent sql.NullString
	var created, updated int64
	var deleted sql.NullInt64
	var foreign sql.NullInt64
	err = s.db.Read().QueryRowContext(ctx, `SELECT c.id, c.url, c.video_id, c.text, c.held, c.approval_url, c.created_at, c.updated_at, c.deleted_at,
		a.id, a.url, a.username, h.name, a.host_id, p.url
		FROM comment c LEFT JOIN account o ON o.id = c.account_id LEFT JOIN actor a ON a.id = o.actor_id LEFT JOIN host h ON h.id = a.host_id
		LEFT JOIN comment p ON p.id = c.parent_id WHERE c.id = ?`, id).
		Scan(&c.ID, &c.URL, &of, &c.Text, &c.Held, &approval, &created, &updated, &deleted, &author, &url, &name, &host, &foreign, &parent)
	c.Author = Party{ID: actor.ID(author.Int64), URL: url.String, Name: name.String, Host: host.String}
	c.Local = author.Valid && !foreign.Valid
	c.Approval, c.Parent, c.Created, c.Updated, c.Deleted = approval.String, parent.String, db.Time(created), db.Time(updated), db.NullTime(deleted)
	return c, of, missing(err, "Comment")
}

// above are the authors of the comments above one, nearest first, each once.
// Deleted comments have none, and held ones are nobody's business.
func (s store) above(ctx context.Context, id int64) (all []Party, err error) {
	seen := map[actor.ID]bool{}
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var p Party
		if err := r.Scan(p.dest()...); err != nil {
			return err
		}
		if !seen[p.ID] {
			all = append(all, p)
		}
		seen[p.ID] = true
		return nil
	}, `WITH RECURSIVE up (id, level) AS (SELECT parent_id, 1 FROM comment WHERE id = ? AND parent_id IS NOT NULL
		UNION ALL SELECT c.parent_id, up.level + 1 FROM comment c JOIN up ON c.id = up.id WHERE c.parent_id IS NOT NULL AND up.level < 100)
		SELECT `+party("a", "h")+` FROM up JOIN comment c ON c.id = up.id JOIN account o ON o.id = c.account_id
		JOIN actor a ON a.id = o.actor_id LEFT JOIN host h ON h.id = a.host_id WHERE c.held = 0 AND c.deleted_at IS NULL ORDER BY up.level`, id)
	return all, err
}

func (s store) playlist(ctx context.Context, where string, arg any) (p Playlist, err error) {
	var description, thumbnail, channelURL, channelName, channelHost sql.NullString
	var position, channelID, host sql.NullInt64
	var created, updated int64
	dest := append([]any{&p.ID, &p.UUID, &p.URL, &p.Name, &description, &p.Privacy, &p.Kind, &position, &thumbnail, &created, &updated, &p.Elements,
		&host, &channelID, &channelURL, &channelName, &channelHost}, p.Owner.dest()...)
	err = s.db.Read().QueryRowContext(ctx, `SELECT p.id, p.uuid, p.url, p.name, p.description, p.privacy, p.type, p.channel_position,
		(SELECT t.width || ' ' || t.height || ' ' || t.file FROM playlist_thumbnail t WHERE t.playlist_id = p.id ORDER BY abs(t.width - 280), t.id LIMIT 1),
		p.created_at, p.updated_at, (SELECT COUNT(*) FROM playlist_element e WHERE e.playlist_id = p.id), a.host_id, ca.id, ca.url, ca.username, ch.name, `+party("a", "h")+`
		FROM playlist p JOIN account o ON o.id = p.account_id JOIN actor a ON a.id = o.actor_id LEFT JOIN host h ON h.id = a.host_id
		LEFT JOIN channel c ON c.id = p.channel_id LEFT JOIN actor ca ON ca.id = c.actor_id LEFT JOIN host ch ON ch.id = ca.host_id
		WHERE `+where, arg).Scan(dest...)
	p.Description, p.Position, p.Local = description.String, int(position.Int64), !host.Valid
	if _, err := fmt.Sscan(thumbnail.String, &p.Thumbnail.Width, &p.Thumbnail.Height, &p.Thumbnail.File); err != nil {
		p.Thumbnail = video.Image{} // it has none
	}
	p.Channel = Party{ID: actor.ID(channelID.Int64), URL: channelURL.String, Name: channelName.String, Host: channelHost.String}
	p.Created, p.Updated = db.Time(created), db.Time(updated)
	return p, missing(err, "Video playlist")
}

func (s store) elements(ctx context.Context, playlist int64, page int) (ids []int64, err error) {
	err = s.db.Read().NewRaw("SELECT id FROM playlist_element WHERE playlist_id = ? ORDER BY position, id LIMIT ? OFFSET ?",
		playlist, PageSize, (page-1)*PageSize).Scan(ctx, &ids)
	return ids, err
}

func (s store) element(ctx context.Context, playlist, id int64) (e activitypub.PlaylistElement, err error) {
	var url sql.NullString
	var start, stop sql.NullInt64
	err = s.db.Read().QueryRowContext(ctx, `SELECT e.position, e.start_at, e.stop_at, v.url FROM playlist_element e LEFT JOIN video v ON v.id = e.video_id
		WHERE e.id = ? AND e.playlist_id = ?`, id, playlist).Scan(&e.Position, &start, &stop, &url)
	e.URL, e.StartTimestamp, e.StopTimestamp = activitypub.Ref(url.String), seconds(start), seconds(stop)
	return e, missing(err, "Playlist element")
}

func seconds(n sql.NullInt64) *int {
	if !n.Valid {
		return nil
	}
	v := int(n.Int64)
	return &v
}
