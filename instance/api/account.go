package api

import (
	"net/http"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

func (a *API) listAccounts(r *http.Request, _ user.Caller) (any, error) {
	p, err := parsePage(r, "-createdAt")
	if err != nil {
		return nil, err
	}
	list, total, err := a.Accounts.List(r.Context(), account.Query{Start: p.Start, Count: p.Count, Descending: p.Sort == "-createdAt"})
	if err != nil {
		return nil, err
	}
	out := make([]rest.Account, len(list))
	for i, v := range list {
		out[i] = a.renderAccount(v)
	}
	return rest.NewPage(total, out), nil
}

func (a *API) account(r *http.Request, _ user.Caller) (any, error) {
	v, err := a.Accounts.ByName(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	a.seen(r, v.URL, v.FetchedAt)
	return a.renderAccount(v), nil
}

func (a *API) accountChannels(r *http.Request, _ user.Caller) (any, error) {
	owner, err := a.Accounts.ByName(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	return a.channelPage(r, channel.Query{Account: owner.ID})
}
