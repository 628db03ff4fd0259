package api

import (
	"context"
	"net/http"

	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

const rightFollow = 2

func (a *API) followRoutes() []route {
	const following, followers = "/api/v1/server/following", "/api/v1/server/followers"
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	return []route{
		{method: get, path: following, handle: a.listFollowing},
		{method: post, path: following, auth: admin, right: rightFollow, handle: a.followServers},
		{method: del, path: following + "/{hostOrHandle}", auth: admin, right: rightFollow, handle: a.unfollowServer},
		{method: get, path: followers, handle: a.listFollowers},
		{method: del, path: followers + "/{handle}", auth: admin, right: rightFollow, handle: a.decideFollower((*actor.Service).RemoveFollower)},
		{method: post, path: followers + "/{handle}/accept", auth: admin, right: rightFollow, handle: a.decideFollower((*actor.Service).AcceptFollower)},
		{method: post, path: followers + "/{handle}/reject", auth: admin, right: rightFollow, handle: a.decideFollower((*actor.Service).RejectFollower)},
		{method: get, path: "/api/v1/accounts/{handle}/followers", auth: signedIn, handle: a.accountFollowers},
		{method: get, path: "/api/v1/video-channels/{handle}/followers", auth: signedIn, handle: a.channelFollowers},
	}
}

func (a *API) listFollowing(r *http.Request, _ user.Caller) (any, error) {
	return a.serverFollows(r, func(q *actor.FollowQuery, me actor.ID) { q.By = []actor.ID{me} }, "-createdAt", "redundancyAllowed", "state")
}

func (a *API) listFollowers(r *http.Request, _ user.Caller) (any, error) {
	return a.serverFollows(r, func(q *actor.FollowQuery, me actor.ID) { q.Of = []actor.ID{me} }, "-createdAt", "state", "score")
}

// serverFollows lists follows by or of this server.
func (a *API) serverFollows(r *http.Request, whose func(*actor.FollowQuery, actor.ID), sorts ...string) (any, error) {
	me, err := a.Actors.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	var q actor.FollowQuery
	whose(&q, me.ID)
	if q.State, err = followState(r); err != nil {
		return nil, err
	}
	if q.Kinds, err = actorKinds(r); err != nil {
		return nil, err
	}
	return a.followPage(r, q, sorts...)
}

func followState(r *http.Request) (actor.State, error) {
	switch v := r.URL.Query().Get("state"); v {
	case "", string(actor.Pending), string(actor.Accepted), string(actor.Rejected):
		return actor.State(v), nil
	default:
		return "", fault.New(fault.Invalid, "Incorrect request parameters").WithField("state", v, "Invalid value", "query")
	}
}

func actorKinds(r *http.Request) ([]actor.Kind, error) {
	switch v := r.URL.Query().Get("actorType"); v {
	case "":
		return nil, nil
	case "Application":
		return []actor.Kind{actor.Application}, nil
	case "Person":
		return []actor.Kind{actor.Person}, nil
	case "Group":
		return []actor.Kind{actor.Group}, nil
	case "Service", "Organization":
		return []actor.Kind{0}, nil // kept as persons: of these there are none
	default:
		return nil, fault.New(fault.Invalid, "Incorrect request parameters").WithField("actorType", v, "Invalid value", "query")
	}
}

// followPage answers a page of follows.
func (a *API) followPage(r *http.Request, q actor.FollowQuery, sorts ...string) (any, error) {
	p, err := parsePage(r, sorts...)
	if err != nil {
		return nil, err
	}
	if q.Search, err = queryText(r, "search", maxSearch); err != nil {
		return nil, err
	}
	q.Start, q.Count, q.Sort = p.Start, p.Count, p.Sort
	list, total, err := a.Actors.Follows(r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := make([]rest.ActorFollow, len(list))
	for i, f := range list {
		out[i] = rest.ActorFollow{
			ID: int64(f.ID), Follower: a.renderSide(f.From), Following: a.renderSide(f.To), Score: f.Score, State: string(f.State),
			CreatedAt: rest.Time(f.CreatedAt), UpdatedAt: rest.Time(f.UpdatedAt),
		}
	}
	return rest.NewPage(total, out), nil
}

func (a *API) renderSide(s actor.Side) rest.FollowedActor {
	host, made := s.Host, s.Published
	if s.Local() {
		host = a.Actors.Host()
	}
	if made.IsZero() {
		made = s.CreatedAt
	}
	return rest.FollowedActor{
		ActorSummary: rest.ActorSummary{
			URL: s.URL, Name: s.Username, Host: host, ID: int64(s.ID), Avatars: a.images("avatars", s.Avatars), HostRedundancyAllowed: s.RedundancyAllowed,
		},
		FollowingCount: s.FollowingCount, FollowersCount: s.FollowerCount, CreatedAt: rest.Time(made), Banners: a.images("banners", s.Banners),
	}
}

func (a *API) followServers(r *http.Request, _ user.Caller) (any, error) {
	var in rest.ServerFollow
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Actors.AskServers(r.Context(), in.Hosts, in.Handles)
}

func (a *API) unfollowServer(r *http.Request, _ user.Caller) (any, error) {
	return nil, a.Actors.UnfollowServer(r.Context(), param(r, "hostOrHandle"))
}

// decideFollower has do work on a follower of this server.
func (a *API) decideFollower(do func(*actor.Service, context.Context, actor.FollowID) error) handler {
	return func(r *http.Request, _ user.Caller) (any, error) {
		f, err := a.Actors.FollowerOfInstance(r.Context(), param(r, "handle"))
		if err != nil {
			return nil, err
		}
		return nil, do(a.Actors, r.Context(), f.ID)
	}
}

func (a *API) accountFollowers(r *http.Request, c user.Caller) (any, error) {
	ids, err := a.Channels.FollowedAccount(r.Context(), c, param(r, "handle"))
	if err != nil {
		return nil, err
	}
	return a.followPage(r, actor.FollowQuery{Of: ids, State: actor.Accepted}, "-createdAt")
}

func (a *API) channelFollowers(r *http.Request, c user.Caller) (any, error) {
	ids, err := a.Channels.FollowedChannel(r.Context(), c, param(r, "handle"))
	if err != nil {
		return nil, err
	}
	return a.followPage(r, actor.FollowQuery{Of: ids, State: actor.Accepted}, "-createdAt")
}
