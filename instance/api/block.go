package api

import (
	"context"
	"net/http"

	"vidiverse/instance/account"
	"vidiverse/instance/block"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

func (a *API) blockRoutes() []route {
	const mine, ours = "/api/v1/users/me/blocklist", "/api/v1/server/blocklist"
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	all := []route{{method: get, path: "/api/v1/blocklist/status", auth: optional, handle: a.blockStatus}}
	for _, l := range []struct {
		prefix            string
		auth              level
		accounts, servers int
		by                muter
	}{{mine, signedIn, 0, 0, ownMutes}, {ours, moderator, rightBlockAccounts, rightBlockServers, a.instanceMutes}} {
		accounts, servers := l.prefix+"/accounts", l.prefix+"/servers"
		all = append(all,
			route{method: get, path: accounts, auth: l.auth, right: l.accounts, handle: a.listAccountBlocks(l.by)},
			route{method: post, path: accounts, auth: l.auth, right: l.accounts, handle: a.blockAccount(l.by)},
			route{method: del, path: accounts + "/{handle}", auth: l.auth, right: l.accounts, handle: a.unblockAccount(l.by)},
			route{method: get, path: servers, auth: l.auth, right: l.servers, handle: a.listServerBlocks(l.by)},
			route{method: post, path: servers, auth: l.auth, right: l.servers, handle: a.blockServer(l.by)},
			route{method: del, path: servers + "/{host}", auth: l.auth, right: l.servers, handle: a.unblockServer(l.by)},
		)
	}
	return all
}

// muter is the account whose mutes a route is about.
type muter func(context.Context, user.Caller) (account.ID, error)

func ownMutes(_ context.Context, c user.Caller) (account.ID, error) {
	return account.ID(c.AccountID), nil
}

func (a *API) instanceMutes(ctx context.Context, _ user.Caller) (account.ID, error) {
	return a.Blocks.Instance(ctx)
}

func (a *API) listAccountBlocks(of muter) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		by, q, err := blockQuery(r, c, of)
		if err != nil {
			return nil, err
		}
		list, total, err := a.Blocks.Accounts(r.Context(), by, q)
		if err != nil {
			return nil, err
		}
		ids := []account.ID{by}
		for _, b := range list {
			ids = append(ids, b.Target)
		}
		found, err := a.Accounts.ByIDs(r.Context(), ids)
		if err != nil {
			return nil, err
		}
		out := make([]rest.AccountBlock, len(list))
		for i, b := range list {
			out[i] = rest.AccountBlock{
				ByAccount: a.renderAccount(found[b.By]), BlockedAccount: a.renderAccount(found[b.Target]), CreatedAt: rest.Time(b.At),
			}
		}
		return rest.NewPage(total, out), nil
	}
}

func (a *API) listServerBlocks(of muter) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		by, q, err := blockQuery(r, c, of)
		if err != nil {
			return nil, err
		}
		list, total, err := a.Blocks.Servers(r.Context(), by, q)
		if err != nil {
			return nil, err
		}
		owner, err := a.Accounts.ByID(r.Context(), by)
		if err != nil {
			return nil, err
		}
		out := make([]rest.ServerBlock, len(list))
		for i, b := range list {
			out[i] = rest.ServerBlock{
				ByAccount: a.renderAccount(owner), BlockedServer: rest.Host{Host: b.Host}, CreatedAt: rest.Time(b.At),
			}
		}
		return rest.NewPage(total, out), nil
	}
}

func blockQuery(r *http.Request, c user.Caller, of muter) (account.ID, block.Query, error) {
	p, err := parsePage(r, "-createdAt")
	if err != nil {
		return 0, block.Query{}, err
	}
	q := block.Query{Start: p.Start, Count: p.Count, Ascending: p.Sort == "createdAt"}
	if q.Search, err = queryText(r, "search", maxSearch); err != nil {
		return 0, block.Query{}, err
	}
	by, err := of(r.Context(), c)
	return by, q, err
}

func (a *API) blockAccount(of muter) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		var in rest.BlockAccount
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		if in.AccountName == "" {
			return nil, fault.New(fault.Invalid, "").WithField("accountName", nil, "Invalid value", "body")
		}
		by, err := of(r.Context(), c)
		if err != nil {
			return nil, err
		}
		return nil, a.Blocks.MuteAccount(r.Context(), c, by, in.AccountName)
	}
}

func (a *API) unblockAccount(of muter) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		by, err := of(r.Context(), c)
		if err != nil {
			return nil, err
		}
		return nil, a.Blocks.UnmuteAccount(r.Context(), by, param(r, "handle"))
	}
}

func (a *API) blockServer(of muter) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		var in rest.Host
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		by, err := of(r.Context(), c)
		if err != nil {
			return nil, err
		}
		return nil, a.Blocks.MuteServer(r.Context(), by, in.Host)
	}
}

func (a *API) unblockServer(of muter) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		by, err := of(r.Context(), c)
		if err != nil {
			return nil, err
		}
		return nil, a.Blocks.UnmuteServer(r.Context(), by, param(r, "host"))
	}
}

func (a *API) blockStatus(r *http.Request, c user.Caller) (any, error) {
	q := filterReader{q: r.URL.Query()}
	accounts, hosts, err := a.Blocks.Statuses(r.Context(), c, q.list("accounts"), q.list("hosts"))
	if err != nil {
		return nil, err
	}
	return rest.BlockStatus{Accounts: renderStatus(accounts), Hosts: renderStatus(hosts)}, nil
}

func renderStatus(in map[string]block.Status) map[string]rest.Blocked {
	out := make(map[string]rest.Blocked, len(in))
	for name, s := range in {
		out[name] = rest.Blocked{ByServer: s.ByInstance, ByUser: s.ByUser}
	}
	return out
}
