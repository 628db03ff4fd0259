package api

import (
	"net/http"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func (a *API) subscriptionRoutes() []route {
	const path = "/api/v1/users/me/subscriptions"
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	all := []route{
		{method: get, path: path, auth: signedIn, handle: a.listSubscriptions},
		{method: post, path: path, auth: signedIn, handle: a.subscribe},
		{method: get, path: path + "/exist", auth: signedIn, handle: a.subscriptionsExist},
		{method: get, path: path + "/{uri}", auth: signedIn, handle: a.subscription},
		{method: del, path: path + "/{uri}", auth: signedIn, handle: a.unsubscribe},
	}
	if a.Video.Service != nil {
		all = append(all, route{method: get, path: path + "/videos", auth: signedIn, handle: a.subscriptionVideos})
	}
	return all
}

func (a *API) subscriptionVideos(r *http.Request, c user.Caller) (any, error) {
	return a.videoPage(r, c, video.Filter{Subscriber: account.ID(c.AccountID)})
}

func (a *API) listSubscriptions(r *http.Request, c user.Caller) (any, error) {
	p, err := parsePage(r, "-createdAt", "id", "channelUpdatedAt")
	if err != nil {
		return nil, err
	}
	q := channel.Query{Start: p.Start, Count: p.Count, Sort: p.Sort}
	if q.Search, err = searched(r); err != nil {
		return nil, err
	}
	list, total, err := a.Channels.Subscriptions(r.Context(), c, q)
	if err != nil {
		return nil, err
	}
	ids := make([]account.ID, len(list))
	for i, ch := range list {
		ids[i] = ch.AccountID
	}
	owners, err := a.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	out := make([]rest.Channel, len(list))
	for i, ch := range list {
		out[i] = rest.Channel{ChannelBase: a.renderChannel(ch), OwnerAccount: a.renderAccount(owners[ch.AccountID])}
	}
	return rest.NewPage(total, out), nil
}

func (a *API) subscribe(r *http.Request, c user.Caller) (any, error) {
	var in rest.Subscribe
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Channels.Subscribe(r.Context(), c, in.URI)
}

func (a *API) subscriptionsExist(r *http.Request, c user.Caller) (any, error) {
	q := r.URL.Query()
	return a.Channels.Subscribed(r.Context(), c, append(q["uris"], q["uris[]"]...))
}

func (a *API) subscription(r *http.Request, c user.Caller) (any, error) {
	ch, err := a.Channels.Subscription(r.Context(), c, param(r, "uri"))
	if err != nil {
		return nil, err
	}
	owner, err := a.Accounts.ByID(r.Context(), ch.AccountID)
	if err != nil {
		return nil, err
	}
	return rest.Channel{ChannelBase: a.renderChannel(ch), OwnerAccount: a.renderAccount(owner)}, nil
}

func (a *API) unsubscribe(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Channels.Unsubscribe(r.Context(), c, param(r, "uri"))
}
