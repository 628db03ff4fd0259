package video

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

// The statements of what is shown of a video. Pictures come as one text a
// video, because both databases can make that and a second statement costs more
// than reading it apart. Who publishes is asked apart for lists: a page often
// shows several videos of one channel.
const (
	itemColumns = `SELECT v.id, v.uuid, v.url, v.host_id, v.channel_id, v.name, v.description, v.category, v.licence, v.language,
	v.privacy, v.state, v.nsfw, v.nsfw_flags, v.nsfw_summary, v.wait_transcoding, v.duration, v.aspect_ratio, v.is_live,
	v.created_at, v.updated_at, v.published_at, v.originally_published_at,
	n.views, n.likes, n.dislikes, n.comments, n.downloads,
	(SELECT string_agg(t.width || ' ' || t.height || ' ' || t.file, ',') FROM thumbnail t WHERE t.video_id = v.id)`
	itemTables = ` FROM video v JOIN video_counter n ON n.video_id = v.id`

	ownerColumns = `c.id, c.display_name, ca.username, ca.url, ch.name, ` + imagesOf + `c.actor_id AND i.kind = 1),
	a.id, a.display_name, aa.username, aa.url, ah.name, ` + imagesOf + `a.actor_id AND i.kind = 1)`
	imagesOf = `(SELECT string_agg(i.width || ' ' || i.height || ' ' || i.file || ' ' || i.created_at || ' ' || i.updated_at, ',')
	FROM actor_image i WHERE i.actor_id = `
	ownerJoins = ` JOIN actor ca ON ca.id = c.actor_id LEFT JOIN host ch ON ch.id = ca.host_id
	JOIN account a ON a.id = c.account_id JOIN actor aa ON aa.id = a.actor_id LEFT JOIN host ah ON ah.id = aa.host_id`

	// The numbers of a page are one argument, so that one statement serves all.
	inSQLite   = ` IN (SELECT value FROM json_each('[' || ? || ']'))`
	inPostgres = ` = ANY (CAST('{' || CAST(? AS TEXT) || '}' AS BIGINT[]))`

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
type hot struct{ items, owners, byNumber, byUUID *db.Statement }

func newStore(d *db.DB) *store {
	in := either(d.Postgres(), inPostgres, inSQLite)
	details := itemColumns + ", " + ownerColumns + detailColumns + itemTables + " JOIN channel c ON c.id = v.channel_id" + ownerJoins + detailJoins
	return &store{db: d, hot: hot{
		items:    d.Statement(itemColumns + itemTables + " WHERE v.id" + in),
		owners:   d.Statement("SELECT " + ownerColumns + " FROM channel c" + ownerJoins + " WHERE c.id" + in),
		byNumber: d.Statement(details + " WHERE v.id = ?"),
		byUUID:   d.Statement(details + " WHERE v.uuid = ?"),
	}}
}

// numberList writes numbers as the statements with many want them.
func numberList[T ~int64](ids []T) string {
	list := make([]byte, 0, len(ids)*8)
	for i, id := range ids {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, int64(id), 10)
	}
	return string(list)
}

// items are videos as lists show them, in the order of their numbers; those
// that are gone are left out.
func (s *store) items(ctx context.Context, ids []ID) ([]Item, error) {
	items := make([]Item, 0, len(ids))
	if len(ids) == 0 {
		return items, nil
	}
	rows, err := s.hot.items.Query(ctx, numberList(ids))
	if err != nil {
		return nil, fmt.Errorf("list videos: %w", err)
	}
	defer rows.Close()
	row := newItemRow()
	for rows.Next() {
		if err := rows.Scan(row.dest...); err != nil {
			return nil, fmt.Errorf("list videos: %w", err)
		}
		items = append(items, row.item())
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	place := make(map[ID]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	return s.addOwners(ctx, items)
}

// addOwners says of each item who publishes it.
func (s *store) addOwners(ctx context.Context, items []Item) ([]Item, error) {
	var ids []channel.ID
	for _, it := range items {
		if !slices.Contains(ids, it.ChannelID) {
			ids = append(ids, it.ChannelID)
		}
	}
	rows, err := s.hot.owners.Query(ctx, numberList(ids))
	if err != nil {
		return nil, fmt.Errorf("find who publishes: %w", err)
	}
	defer rows.Close()
	row := newOwnerRow()
	for rows.Next() {
		if err := rows.Scan(row.dest...); err != nil {
			return nil, fmt.Errorf("find who publishes: %w", err)
		}
		ch, acc := row.owners()
		for i := range items {
			if int64(items[i].ChannelID) == ch.ID {
				items[i].setOwners(ch, acc)
			}
		}
	}
	return items, rows.Err()
}

func (it *Item) setOwners(ch, acc Owner) {
	it.Channel, it.Account, it.AccountID = ch, acc, account.ID(acc.ID)
}

// ownerRow is where a row of ownerColumns is read to.
type ownerRow struct {
	channel, account               Owner
	channelHost, accountHost       sql.NullString
	channelAvatars, accountAvatars sql.NullString
	dest                           []any
}

func newOwnerRow() *ownerRow {
	r := &ownerRow{}
	c, a := &r.channel, &r.account
	r.dest = []any{
		&c.ID, &c.DisplayName, &c.Name, &c.URL, &r.channelHost, &r.channelAvatars,
		&a.ID, &a.DisplayName, &a.Name, &a.URL, &r.accountHost, &r.accountAvatars,
	}
	return r
}

func (r *ownerRow) owners() (ch, acc Owner) {
	ch, acc = r.channel, r.account
	ch.Host, acc.Host = r.channelHost.String, r.accountHost.String
	ch.Avatars, acc.Avatars = readImages(r.channelAvatars.String), readImages(r.accountAvatars.String)
	return ch, acc
}

// itemRow is where a row of itemColumns is read to; it is used again for the
// next row.
type itemRow struct {
	it                                         Item
	host, category, licence, originally        sql.NullInt64
	description, language, summary, thumbnails sql.NullString
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
	v.OriginallyAt = db.NullTime(r.originally)
	it.Thumbnails = readImages(r.thumbnails.String)
	slices.Reverse(it.Thumbnails)
	it.Progress = -1
	return it
}

// details is one video with its owners and files, in two statements.
func (s *store) details(ctx context.Context, p access.Address) (d Details, err error) {
	r, o := newItemRow(), newOwnerRow()
	var support, tags, banners, master, sha256, folder sql.NullString
	var input, person, list sql.NullInt64
	var channelMade, channelChanged, accountMade, accountChanged int64
	row := s.hot.byUUID.QueryRow(ctx, p.UUID)
	if p.ID != 0 {
		row = s.hot.byNumber.QueryRow(ctx, int64(p.ID))
	}
	err = row.Scan(append(append(r.dest, o.dest...), &support, &r.it.Comments, &r.it.Downloadable, &input, &tags,
		&d.In.ActorID, &d.In.Description, &d.In.Support, &channelMade, &channelChanged, &d.In.Followers, &d.In.Following, &banners,
		&d.By.ActorID, &person, &d.By.Description, &accountMade, &accountChanged, &d.By.Followers, &d.By.Following,
		&list, &master, &sha256, &folder)...)
	if err != nil {
		return d, access.NotFound(err)
	}
	d.Item = r.item()
	d.Item.setOwners(o.owners())
	d.Support, d.InputFileAt, d.Tags = support.String, db.NullTime(input), []string{}
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
		d.Playlist = &stream.Playlist{ID: list.Int64, Master: master.String, Sha256: sha256.String, Private: folder.String == "private"}
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
