package video

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/user"
)

// itemColumns and itemJoins are one video as lists show it, in one statement:
// pictures come as one text a video, because both databases can make that and
// a second statement costs more than reading it apart.
const (
	itemColumns = `SELECT v.id, v.uuid, v.url, v.host_id, v.channel_id, v.name, v.description, v.category, v.licence, v.language,
	v.privacy, v.state, v.nsfw, v.nsfw_flags, v.nsfw_summary, v.wait_transcoding, v.duration, v.aspect_ratio, v.is_live,
	v.created_at, v.updated_at, v.published_at, v.originally_published_at,
	n.views, n.likes, n.dislikes, n.comments, n.downloads,
	c.display_name, ca.username, ca.url, ch.name, ` + imagesOf + `c.actor_id AND i.kind = 1),
	a.id, a.display_name, aa.username, aa.url, ah.name, ` + imagesOf + `a.actor_id AND i.kind = 1),
	(SELECT string_agg(t.width || ' ' || t.height || ' ' || t.file, ',') FROM thumbnail t WHERE t.video_id = v.id)`
	imagesOf = `(SELECT string_agg(i.width || ' ' || i.height || ' ' || i.file || ' ' || i.created_at || ' ' || i.updated_at, ',')
	FROM actor_image i WHERE i.actor_id = `
	itemJoins = ` FROM video v JOIN video_counter n ON n.video_id = v.id
	JOIN channel c ON c.id = v.channel_id JOIN actor ca ON ca.id = c.actor_id LEFT JOIN host ch ON ch.id = ca.host_id
	JOIN account a ON a.id = c.account_id JOIN actor aa ON aa.id = a.actor_id LEFT JOIN host ah ON ah.id = aa.host_id`

	// The numbers of a page are one argument, so that one statement serves all.
	itemsSQLite   = itemColumns + itemJoins + ` WHERE v.id IN (SELECT value FROM json_each('[' || ? || ']'))`
	itemsPostgres = itemColumns + itemJoins + ` WHERE v.id = ANY (CAST('{' || CAST(? AS TEXT) || '}' AS BIGINT[]))`

	// detailColumns are what only the page of a video shows.
	detailColumns = `, v.support, v.comments_policy, v.download_enabled, v.input_file_updated_at,
	(SELECT string_agg(t.name, '` + tagSeparator + `') FROM video_tag t WHERE t.video_id = v.id),
	c.actor_id, c.description, c.support, c.created_at, c.updated_at, cn.followers, cn.following, ` + imagesOf + `c.actor_id AND i.kind = 2),
	a.actor_id, a.user_id, a.description, a.created_at, a.updated_at, an.followers, an.following,
	m.id, m.name, m.sha256_name, f.visibility`
	detailJoins = ` JOIN actor_counter cn ON cn.actor_id = ca.id JOIN actor_counter an ON an.actor_id = aa.id
	LEFT JOIN hls_master m ON m.video_id = v.id AND m.retired_at IS NULL LEFT JOIN media_file f ON f.kind = 'master' AND f.name = m.name`
)

// tagSeparator is a sign that no tag holds: the rules refuse control characters.
const tagSeparator = "\x1f"

// hot are the statements that are asked all the time.
type hot struct{ items, byNumber, byUUID, renditions *db.Statement }

func newStore(d *db.DB) *store {
	details := itemColumns + detailColumns + itemJoins + detailJoins
	return &store{db: d, hot: hot{
		items:      d.Statement(either(d.Postgres(), itemsPostgres, itemsSQLite)),
		byNumber:   d.Statement(details + " WHERE v.id = ?"),
		byUUID:     d.Statement(details + " WHERE v.uuid = ?"),
		renditions: d.Statement(renditionColumns + " WHERE r.video_id = ? ORDER BY r.resolution DESC"),
	}}
}

// items are videos as lists show them, in the order of their numbers; those
// that are gone are left out.
func (s *store) items(ctx context.Context, ids []ID) ([]Item, error) {
	if len(ids) == 0 {
		return []Item{}, nil
	}
	place := make(map[ID]int, len(ids))
	var list []byte
	for i, id := range ids {
		place[id] = i
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, int64(id), 10)
	}
	rows, err := s.hot.items.Query(ctx, string(list))
	if err != nil {
		return nil, fmt.Errorf("list videos: %w", err)
	}
	defer rows.Close()
	items, row := make([]Item, 0, len(ids)), newItemRow()
	for rows.Next() {
		if err := rows.Scan(row.dest...); err != nil {
			return nil, fmt.Errorf("list videos: %w", err)
		}
		items = append(items, row.item())
	}
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	return items, rows.Err()
}

// itemRow is where a row of itemColumns is read to; it is used again for the
// next row.
type itemRow struct {
	it                                         Item
	host, category, licence, originally        sql.NullInt64
	description, language, summary             sql.NullString
	channelHost, accountHost                   sql.NullString
	channelAvatars, accountAvatars, thumbnails sql.NullString
	ratio                                      sql.NullFloat64
	created, updated, published                int64
	dest                                       []any
}

func newItemRow() *itemRow {
	r := &itemRow{}
	v := &r.it.Video
	r.dest = []any{
		&v.ID, &v.UUID, &v.URL, &r.host, &v.ChannelID, &v.Name, &r.description, &r.category, &r.licence, &r.language,
		&v.Privacy, &v.State, &v.NSFW, &v.NSFWFlags, &r.summary, &v.Wait, &v.Duration, &r.ratio, &v.IsLive,
		&r.created, &r.updated, &r.published, &r.originally,
		&v.Counters.Views, &v.Counters.Likes, &v.Counters.Dislikes, &v.Counters.Comments, &v.Counters.Downloads,
		&r.it.Channel.DisplayName, &r.it.Channel.Name, &r.it.Channel.URL, &r.channelHost, &r.channelAvatars,
		&r.it.Account.ID, &r.it.Account.DisplayName, &r.it.Account.Name, &r.it.Account.URL, &r.accountHost, &r.accountAvatars,
		&r.thumbnails,
	}
	return r
}

func (r *itemRow) item() Item {
	it := r.it
	v := &it.Video
	v.Local, v.Description, v.Language, v.NSFWSummary = !r.host.Valid, r.description.String, r.language.String, r.summary.String
	v.Category, v.Licence, v.AspectRatio = int(r.category.Int64), int(r.licence.Int64), r.ratio.Float64
	v.CreatedAt, v.UpdatedAt, v.PublishedAt = db.Time(r.created), db.Time(r.updated), db.Time(r.published)
	v.OriginallyAt, v.AccountID = nullTime(r.originally), account.ID(it.Account.ID)
	it.Channel.ID, it.Channel.Host, it.Account.Host = int64(v.ChannelID), r.channelHost.String, r.accountHost.String
	it.Channel.Avatars, it.Account.Avatars = readImages(r.channelAvatars.String), readImages(r.accountAvatars.String)
	it.Thumbnails = readImages(r.thumbnails.String)
	slices.Reverse(it.Thumbnails)
	it.Progress = -1
	return it
}

// details is one video with its owners and files, in two statements.
func (s *store) details(ctx context.Context, p parsed) (d Details, err error) {
	r := newItemRow()
	var support, tags, banners, master, sha256, folder sql.NullString
	var input, person, list sql.NullInt64
	var channelMade, channelChanged, accountMade, accountChanged int64
	row := s.hot.byUUID.QueryRow(ctx, p.uuid)
	if p.id != 0 {
		row = s.hot.byNumber.QueryRow(ctx, int64(p.id))
	}
	err = row.Scan(append(r.dest, &support, &r.it.Comments, &r.it.Downloadable, &input, &tags,
		&d.In.ActorID, &d.In.Description, &d.In.Support, &channelMade, &channelChanged, &d.In.Followers, &d.In.Following, &banners,
		&d.By.ActorID, &person, &d.By.Description, &accountMade, &accountChanged, &d.By.Followers, &d.By.Following,
		&list, &master, &sha256, &folder)...)
	if err != nil {
		return d, notFound(err)
	}
	d.Item = r.item()
	d.Support, d.InputFileAt, d.Tags = support.String, nullTime(input), []string{}
	if tags.Valid {
		d.Tags = strings.Split(tags.String, tagSeparator)
		slices.Sort(d.Tags)
	}
	d.In.CreatedAt, d.In.UpdatedAt = db.Time(channelMade), db.Time(channelChanged)
	d.By.CreatedAt, d.By.UpdatedAt = db.Time(accountMade), db.Time(accountChanged)
	d.By.UserID = user.ID(person.Int64)
	d.In.Images.Banners = actorImages(readImages(banners.String))
	d.owners()
	if master.Valid {
		d.Playlist = &Playlist{ID: list.Int64, Master: master.String, Sha256: sha256.String, Private: folder.String == "private"}
		d.Playlist.Renditions, err = s.renditions(ctx, d.ID)
	}
	return d, err
}

// owners fills in what the item says of channel and account.
func (d *Details) owners() {
	c, a := d.Item.Channel, d.Item.Account
	d.In.ID, d.In.AccountID, d.In.Name, d.In.Host = d.ChannelID, d.AccountID, c.Name, c.Host
	d.In.Local, d.In.URL, d.In.DisplayName, d.In.Images.Avatars = c.Host == "", c.URL, c.DisplayName, actorImages(c.Avatars)
	d.By.ID, d.By.Name, d.By.Host, d.By.URL = d.AccountID, a.Name, a.Host, a.URL
	d.By.DisplayName, d.By.Images.Avatars = a.DisplayName, actorImages(a.Avatars)
}

func actorImages(in []Image) []actor.Image {
	var out []actor.Image
	for _, i := range in {
		out = append(out, actor.Image(i))
	}
	return out
}

func (s *store) renditions(ctx context.Context, id ID) ([]Rendition, error) {
	rows, err := s.hot.renditions.Query(ctx, int64(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	of := map[ID]*Playlist{id: {}}
	for rows.Next() {
		if err := scanRendition(rows, of); err != nil {
			return nil, err
		}
	}
	return of[id].Renditions, rows.Err()
}

// readImages reads "width height file[ created updated],…", narrowest first.
func readImages(s string) []Image {
	if s == "" {
		return nil
	}
	out := make([]Image, 0, strings.Count(s, ",")+1)
	for p := range strings.SplitSeq(s, ",") {
		width, p, _ := strings.Cut(p, " ")
		height, p, _ := strings.Cut(p, " ")
		file, p, dated := strings.Cut(p, " ")
		im := Image{File: file}
		im.Width, _ = strconv.Atoi(width)   // the database wrote the number
		im.Height, _ = strconv.Atoi(height) // as above
		if dated {
			from, to, _ := strings.Cut(p, " ")
			created, _ := strconv.ParseInt(from, 10, 64) // as above
			updated, _ := strconv.ParseInt(to, 10, 64)   // as above
			im.CreatedAt, im.UpdatedAt = db.Time(created), db.Time(updated)
		}
		out = append(out, im)
	}
	slices.SortFunc(out, func(a, b Image) int { return cmp.Compare(a.Width, b.Width) })
	return out
}
