package object

import (
	"context"

	"vidiverse/instance/actor"
)

func (s store) profile(ctx context.Context, a actor.Actor) (p profile, err error) {
	if a.Kind == actor.Group {
		err = s.db.Read().QueryRowContext(ctx, `SELECT c.display_name, c.description, c.support, o.url FROM channel c
			JOIN account a ON a.id = c.account_id JOIN actor o ON o.id = a.actor_id WHERE c.actor_id = ?`, int64(a.ID)).
			Scan(&p.Name, &p.Text, &p.Support, &p.Owner)
	} else {
		err = s.db.Read().QueryRowContext(ctx, `SELECT display_name, description FROM account WHERE actor_id = ?`, int64(a.ID)).
			Scan(&p.Name, &p.Text)
	}
	return p, missing(err, "Actor")
}

func (s store) channelOf(ctx context.Context, id actor.ID) (channel int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT id FROM channel WHERE actor_id = ?`, int64(id)).Scan(&channel)
	return channel, missing(err, "Video channel")
}
