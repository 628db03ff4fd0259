package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// peopleRoutes are signing up, leaving, and the care of users by moderators.
func (a *API) peopleRoutes() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	const users, one = "/api/v1/users", "/api/v1/users/{id}"
	return append(append(a.abuseRoutes(), a.notificationRoutes()...), []route{
		{method: get, path: "/api/v1/config", docs: "getConfig", raw: a.serverConfig()},
		{method: post, path: users + "/register", limit: limitSignup, docs: "registerUser", handle: a.register},
		{method: del, path: users + "/me", auth: signedIn, handle: a.deleteMe},
		{method: get, path: users + "/autocomplete", handle: a.completeUsers},
		{method: get, path: users, auth: moderator, right: rightManageUsers, docs: "getUsers", handle: a.listUsers},
		{method: get, path: one, auth: moderator, right: rightManageUsers, docs: "getUser", handle: a.user},
		{method: put, path: one, auth: moderator, right: rightManageUsers, docs: "putUser", handle: a.updateUser},
		{method: del, path: one, auth: moderator, right: rightManageUsers, docs: "delUser", handle: a.deleteUser},
		{method: post, path: one + "/block", auth: moderator, right: rightManageUsers, handle: a.blockUser},
		{method: post, path: one + "/unblock", auth: moderator, right: rightManageUsers, handle: a.unblockUser},
	}...)
}

// serverConfig answers the configuration. Whether people may sign up changes
// with every account and every caller; the rest is written once for each case.
func (a *API) serverConfig() rawHandler {
	var known sync.Map // of [2]bool
	return func(w http.ResponseWriter, r *http.Request, _ user.Caller) error {
		anybody, here, err := a.Users.MaySignUp(r.Context(), a.clientIP(r))
		if err != nil {
			return err
		}
		faces, err := a.Actors.InstanceImages(r.Context())
		if err != nil {
			return err
		}
		key := [2]bool{anybody, here}
		body, ok := known.Load(key)
		if shown := len(faces.Avatars)+len(faces.Banners) > 0; !ok || shown {
			c := a.Server
			c.Signup.Allowed, c.Signup.AllowedForCurrentIP = anybody, here
			c.Instance.Avatars, c.Instance.Banners = a.images("avatars", faces.Avatars), a.images("banners", faces.Banners)
			if body, err = json.Marshal(c); err != nil {
				return err
			}
			if !shown {
				known.Store(key, body)
			}
		}
		writeBody(w, r, http.StatusOK, "application/json; charset=utf-8", body.([]byte))
		return nil
	}
}

func (a *API) register(r *http.Request, _ user.Caller) (any, error) {
	var in rest.UserRegister
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	reg := user.Registration{Username: in.Username, Password: in.Password, Email: in.Email, DisplayName: in.DisplayName}
	if in.Channel != nil {
		reg.Channel = &user.Channel{Name: in.Channel.Name, DisplayName: in.Channel.DisplayName}
	}
	_, err := a.Users.Register(r.Context(), a.clientIP(r), reg)
	return nil, err
}

func (a *API) deleteMe(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Users.DeleteMe(r.Context(), c)
}

func (a *API) completeUsers(r *http.Request, _ user.Caller) (any, error) {
	search, err := queryText(r, "search", maxSearch)
	if err != nil {
		return nil, err
	}
	if search == "" {
		return nil, fault.New(fault.Invalid, "").WithField("search", nil, "Invalid value", "query")
	}
	names, err := a.Users.Complete(r.Context(), search)
	if names == nil {
		names = []string{}
	}
	return names, err
}

func (a *API) listUsers(r *http.Request, c user.Caller) (any, error) {
	p, err := parsePage(r, "-createdAt", "id", "username", "videoQuotaUsed", "lastLoginDate", "role")
	if err != nil {
		return nil, err
	}
	q := user.Query{Start: p.Start, Count: p.Count, Sort: p.Sort}
	if q.Search, err = queryText(r, "search", maxSearch); err != nil {
		return nil, err
	}
	f := filterReader{q: r.URL.Query()}
	q.Blocked = f.boolean("blocked")
	if v := f.text("role"); v != "" {
		role := user.Role(f.number("role"))
		q.Role = &role
	}
	if f.err != nil {
		return nil, f.err
	}
	list, used, total, err := a.Users.List(r.Context(), c, q)
	if err != nil {
		return nil, err
	}
	ids := make([]account.ID, len(list))
	for i, u := range list {
		ids[i] = account.ID(u.AccountID)
	}
	accounts, err := a.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	out := make([]rest.ListedUser, len(list))
	for i, u := range list {
		out[i] = a.renderListedUser(u, accounts[account.ID(u.AccountID)], used[u.ID])
	}
	return rest.NewPage(total, out), nil
}

func (a *API) renderListedUser(u user.Account, acc account.Account, used user.Usage) rest.ListedUser {
	return rest.ListedUser{
		User: a.renderUser(u, acc), TotalVideoFileSize: used.Total, VideoQuotaUsed: used.Total, VideoQuotaUsedDaily: used.Daily,
	}
}

func (a *API) user(r *http.Request, c user.Caller) (any, error) {
	id, err := userID(r)
	if err != nil {
		return nil, err
	}
	u, err := a.Users.Get(r.Context(), c, id)
	if err != nil {
		return nil, err
	}
	acc, err := a.Accounts.ByID(r.Context(), account.ID(u.AccountID))
	if err != nil {
		return nil, err
	}
	channels, _, err := a.Channels.List(r.Context(), channel.Query{Account: acc.ID, Count: maxCount, Sort: "createdAt"})
	if err != nil {
		return nil, err
	}
	stats := r.URL.Query().Get("withStats")
	if !slices.Contains([]string{"", "true", "false", "1", "0"}, stats) {
		return nil, fault.New(fault.Invalid, "").WithField("withStats", stats, "Should have a valid withStats boolean", "query")
	}
	if stats != "true" && stats != "1" {
		out := a.renderUser(u, acc)
		out.VideoChannels = a.renderOwnChannels(channels)
		return out, nil
	}
	st, err := a.Users.Stats(r.Context(), c, u)
	if err != nil {
		return nil, err
	}
	out := rest.UserWithStats{
		ListedUser:  a.renderListedUser(u, acc, st.Usage),
		VideosCount: st.Videos, VideoCommentsCount: st.Comments,
		AbusesCount: st.Reported, AbusesAcceptedCount: st.ReportsAccepted, AbusesCreatedCount: st.ReportsOwn,
	}
	out.VideoChannels = a.renderOwnChannels(channels)
	return out, nil
}

func (a *API) updateUser(r *http.Request, c user.Caller) (any, error) {
	id, err := userID(r)
	if err != nil {
		return nil, err
	}
	var in rest.UserUpdate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Users.Update(r.Context(), c, id, user.AdminPatch{
		Email: in.Email, EmailVerified: in.EmailVerified,
		VideoQuota: (*int64)(in.VideoQuota), VideoQuotaDaily: (*int64)(in.VideoQuotaDaily),
		Role: number[user.Role](in.Role), AdminFlags: number[int](in.AdminFlags), Password: in.Password,
	})
}

// number is a member of a body as another kind of number, or nothing. One that
// does not fit stands for what no rule allows.
func number[T ~int](v *rest.Int) *T {
	if v == nil {
		return nil
	}
	n := T(*v)
	if rest.Int(n) != *v {
		n = -1
	}
	return &n
}

func (a *API) deleteUser(r *http.Request, c user.Caller) (any, error) {
	id, err := userID(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Users.Delete(r.Context(), c, id)
}

func (a *API) blockUser(r *http.Request, c user.Caller) (any, error) {
	id, err := userID(r)
	if err != nil {
		return nil, err
	}
	var in rest.UserBlock
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Users.Block(r.Context(), c, id, in.Reason)
}

func (a *API) unblockUser(r *http.Request, c user.Caller) (any, error) {
	id, err := userID(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Users.Unblock(r.Context(), c, id)
}

func userID(r *http.Request) (user.ID, error) {
	n, err := strconv.ParseUint(param(r, "id"), 10, 31)
	if err != nil {
		return 0, fault.New(fault.Invalid, "").WithField("id", param(r, "id"), "Invalid value", "params")
	}
	return user.ID(n), nil
}
