package api

import "net/http"

// Numbers of PeerTube's rights, as its refusals name them.
const (
	rightManageUsers = 1
	rightManageDebug = 4
	rightManageJobs  = 7
	rightConfigure   = 8
	rightManageFiles = 25
	rightTranscode   = 26

	rightBlockAccounts = 10
	rightBlockServers  = 11
)

// routes is the table of everything that this door answers.
func (a *API) routes() []route {
	var all []route
	for _, rows := range [][]route{
		a.serverRoutes(), a.userRoutes(), a.accountRoutes(), a.channelRoutes(),
		a.videoRoutes(), a.uploadRoutes(), a.pictureRoutes(), a.searchRoutes(), a.partRoutes(), a.blockRoutes(),
		a.commentRoutes(), a.playlistRoutes(),
		a.peopleRoutes(), a.followRoutes(), a.subscriptionRoutes(),
	} {
		all = append(all, rows...)
	}
	return all
}

func (a *API) serverRoutes() []route {
	const get, v1 = http.MethodGet, "/api/v1"
	all := []route{
		{method: get, path: v1 + "/ping", limit: noLimit, raw: a.ping},
		{method: get, path: v1 + "/config/about", docs: "getAbout", handle: a.about},
		{method: get, path: v1 + "/oauth-clients/local", docs: "getOAuthClient", handle: a.oauthClient},
		{method: get, path: v1 + "/jobs", auth: admin, right: rightManageJobs, docs: "getJobs", handle: a.listJobs},
		{method: get, path: v1 + "/jobs/{state}", auth: admin, right: rightManageJobs, docs: "getJobs", handle: a.listJobs},
		{method: http.MethodPost, path: v1 + "/jobs/pause", auth: admin, right: rightManageJobs, handle: a.pauseJobs},
		{method: http.MethodPost, path: v1 + "/jobs/resume", auth: admin, right: rightManageJobs, handle: a.resumeJobs},
		{method: get, path: v1 + "/server/debug", auth: admin, right: rightManageDebug, handle: a.serverDebug},
		{method: http.MethodPost, path: v1 + "/server/debug/run-command", auth: admin, right: rightManageDebug, handle: a.runCommand},
	}
	if a.Statistics != nil {
		all = append(all, route{method: get, path: v1 + "/server/stats", handle: a.serverStats})
	}
	return all
}

func (a *API) userRoutes() []route {
	const get, post, put, users = http.MethodGet, http.MethodPost, http.MethodPut, "/api/v1/users"
	return []route{
		{method: post, path: users + "/token", limit: limitLogin, docs: "getOAuthToken", handle: a.token},
		{method: post, path: users + "/revoke-token", auth: signedIn, docs: "revokeOAuthToken", handle: a.revokeToken},
		{method: get, path: users + "/me", auth: signedIn, handle: a.me},
		{method: put, path: users + "/me", auth: signedIn, handle: a.updateMe},
		{method: post, path: users + "/me/new-feature-info/read", auth: signedIn, handle: a.readFeature},
		{method: get, path: users + "/me/video-quota-used", auth: signedIn, handle: a.quotaUsed},
		{method: post, path: users, auth: moderator, right: rightManageUsers, handle: a.createUser},
	}
}

func (a *API) accountRoutes() []route {
	const get, accounts = http.MethodGet, "/api/v1/accounts"
	return []route{
		{method: get, path: accounts, handle: a.listAccounts},
		{method: get, path: accounts + "/{handle}", handle: a.account},
		{method: get, path: accounts + "/{handle}/video-channels", handle: a.accountChannels},
	}
}

func (a *API) channelRoutes() []route {
	const channels = "/api/v1/video-channels"
	return []route{
		{method: http.MethodGet, path: channels, handle: a.listChannels},
		{method: http.MethodPost, path: channels, auth: signedIn, handle: a.createChannel},
		{method: http.MethodGet, path: channels + "/{handle}", handle: a.channel},
		{method: http.MethodPut, path: channels + "/{handle}", auth: signedIn, handle: a.updateChannel},
		{method: http.MethodDelete, path: channels + "/{handle}", auth: signedIn, handle: a.deleteChannel},
	}
}
