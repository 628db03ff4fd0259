package api

import (
	"net/http"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

func (a *API) listChannels(r *http.Request, _ user.Caller) (any, error) {
	return a.channelPage(r, channel.Query{Near: true})
}

// channelPage answers a list of channels, each with the summary of its owner.
func (a *API) channelPage(r *http.Request, q channel.Query, sorts ...string) (any, error) {
	if len(sorts) == 0 {
		sorts = []string{"-createdAt", "id", "name", "updatedAt"}
	}
	p, err := parsePage(r, sorts...)
	if err != nil {
		return nil, err
	}
	text, err := searched(r)
	if err != nil {
		return nil, err
	}
	if q.Search == "" {
		q.Search = text
	}
	q.Start, q.Count, q.Sort = p.Start, p.Count, p.Sort
	list, total, err := a.Channels.List(r.Context(), q)
	if err != nil {
		return nil, err
	}
	ids := make([]account.ID, len(list))
	for i, c := range list {
		ids[i] = c.AccountID
	}
	owners, err := a.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	out := make([]rest.ListedChannel, len(list))
	for i, c := range list {
		out[i] = rest.ListedChannel{ChannelBase: a.renderChannel(c), OwnerAccount: a.renderAccountSummary(owners[c.AccountID])}
	}
	return rest.NewPage(total, out), nil
}

func (a *API) channel(r *http.Request, _ user.Caller) (any, error) {
	c, err := a.Channels.ByHandle(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	owner, err := a.Accounts.ByID(r.Context(), c.AccountID)
	if err != nil {
		return nil, err
	}
	a.seen(r, c.URL, c.FetchedAt)
	return rest.Channel{ChannelBase: a.renderChannel(c), OwnerAccount: a.renderAccount(owner)}, nil
}

func (a *API) createChannel(r *http.Request, c user.Caller) (any, error) {
	var in rest.ChannelCreate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	id, err := a.Channels.Create(r.Context(), c, channel.Draft(in))
	var out rest.ChannelCreated
	out.VideoChannel.ID = int64(id)
	return out, err
}

func (a *API) updateChannel(r *http.Request, c user.Caller) (any, error) {
	var in rest.ChannelUpdate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Channels.Update(r.Context(), c, param(r, "handle"), channel.Patch{
		DisplayName: in.DisplayName, Description: given(in.Description), Support: given(in.Support),
		BulkSupport: in.BulkVideosSupportUpdate,
	})
}

func (a *API) deleteChannel(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Channels.Delete(r.Context(), c, param(r, "handle"))
}
