package object

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// PageSize is how many members a page of a collection has.
const PageSize = 10

// maxPage bounds what a page may be asked for.
const maxPage = 1 << 20

func pageOf(url string, n int) string { return url + "?page=" + strconv.Itoa(n) }

// withPage names the size too where it is not the usual one: or the next page
// would begin elsewhere.
func withPage(url string, n, size int) string {
	if size == PageSize {
		return pageOf(url, n)
	}
	return pageOf(url, n) + "&size=" + strconv.Itoa(size)
}

// Page reads what page of a collection is asked for: 0 is the whole, which also
// those get who name no number.
func Page(query string) (int, error) {
	n, err := strconv.Atoi(query)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, nil
	}
	if n < 1 || n > maxPage {
		return 0, fault.New(fault.Invalid, "Incorrect request parameters: page").WithField("page", query, "Invalid value", "query")
	}
	return n, nil
}

// Collection is a collection or one of its pages: page 0 is the whole, which
// counts only. read gets the members of a page.
func Collection(url string, page, size int, total int64, read func(limit, offset int) (activitypub.List[json.RawMessage], error)) (activitypub.Collection, error) {
	if page == 0 {
		c := activitypub.Collection{ID: url, Type: "OrderedCollection", TotalItems: total}
		if total > 0 {
			c.First = withPage(url, 1, size)
		}
		return c, nil
	}
	items, err := read(size, (page-1)*size)
	if err != nil {
		return activitypub.Collection{}, err
	}
	c := activitypub.Collection{ID: withPage(url, page, size), Type: "OrderedCollectionPage", PartOf: url, OrderedItems: items, TotalItems: total}
	if int64(page*size) < total {
		c.Next = withPage(url, page+1, size)
	}
	if page > 1 {
		c.Prev = withPage(url, page-1, size)
	}
	return c, nil
}

// List names what collections of addresses there are of a video.
type List string

// The collections of a video.
const (
	Likes     List = "likes"
	Dislikes  List = "dislikes"
	Comments  List = "comments"
	Announces List = "announces"
)

// Of is a collection of addresses that belongs to a video, or a page of it.
func (r *Renderer) Of(ctx context.Context, v Facts, which List, page int) (activitypub.Collection, error) {
	total, err := r.store.countOf(ctx, which, v.ID)
	if err != nil {
		return activitypub.Collection{}, err
	}
	return Collection(v.URL+"/"+string(which), page, PageSize, total, func(limit, offset int) (activitypub.List[json.RawMessage], error) {
		urls, err := r.store.listOf(ctx, which, v.ID, limit, offset)
		return activitypub.Addresses(urls), err
	})
}

// MaxOutbox is how many items a page of an outbox may be asked to have.
const MaxOutbox = 50

// Outbox is what an actor of ours published, newest first: an account its
// videos, a channel and the instance what they announced.
func (r *Renderer) Outbox(ctx context.Context, by Party, page, size int) (activitypub.Collection, error) {
	total, err := r.store.countOutbox(ctx, by.ID)
	if err != nil {
		return activitypub.Collection{}, err
	}
	return Collection(by.URL+"/outbox", page, size, total, func(limit, offset int) (activitypub.List[json.RawMessage], error) {
		ids, err := r.store.outbox(ctx, by.ID, limit, offset)
		if err != nil {
			return nil, err
		}
		items := activitypub.List[json.RawMessage]{}
		for _, id := range ids {
			v, err := r.Known(ctx, id)
			if err != nil {
				return nil, err
			}
			item, err := published(v, by).Embedded()
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return items, nil
	})
}

// published is the activity by which an actor made a video known, as outboxes
// list it: with the video's address alone, and its audience.
func published(v Facts, by Party) activitypub.Activity {
	a := Announce(v, by)
	if v.Owner.ID == by.ID {
		a = activitypub.Activity{Type: "Create", ID: v.URL + "/activity", Actor: by.URL, Object: activitypub.Address(v.URL)}
	}
	to := v.Audience()
	a.To, a.CC = to.To, to.CC
	return a
}

// PlaylistsOf are the playlists of an account or channel that others are told of.
func (r *Renderer) PlaylistsOf(ctx context.Context, by Party, page int) (activitypub.Collection, error) {
	total, err := r.store.countPlaylists(ctx, by.ID)
	if err != nil {
		return activitypub.Collection{}, err
	}
	return Collection(by.URL+"/playlists", page, PageSize, total, func(limit, offset int) (activitypub.List[json.RawMessage], error) {
		urls, err := r.store.playlistsOf(ctx, by.ID, limit, offset)
		return activitypub.Addresses(urls), err
	})
}

// Party reads an actor as it stands in activities.
func (r *Renderer) Party(ctx context.Context, id actor.ID) (Party, error) {
	return r.store.party(ctx, id)
}

// Rate is the Like or Dislike of a video by an account of ours, by the number in
// its address; one that is not there is fault.NotFound.
func (r *Renderer) Rate(ctx context.Context, kind video.Rating, account string, number int64) (activitypub.Activity, error) {
	by, v, url, err := r.store.rate(ctx, string(kind), account, number)
	if err != nil {
		return activitypub.Activity{}, err
	}
	to := public(by)
	return activitypub.Activity{Type: rateType(kind), ID: url, Actor: by, To: to.To, CC: to.CC, Object: activitypub.Address(v)}, nil
}

// Share is the Announce of a video by an actor; one that is not there is
// fault.NotFound.
func (r *Renderer) Share(ctx context.Context, v Facts, by actor.ID) (activitypub.Activity, error) {
	for _, a := range v.Sharers {
		if a != by {
			continue
		}
		p, err := r.Party(ctx, by)
		if err == nil && p.Host != "" {
			err = fault.New(fault.NotFound, "Announce not found")
		}
		return Announce(v, p), err
	}
	return activitypub.Activity{}, fault.New(fault.NotFound, "Announce not found")
}
