package api

import (
	"net/http"
	"slices"
	"strconv"

	"vidiverse/instance/account"
	"vidiverse/instance/comment"
	"vidiverse/instance/fault"
	"vidiverse/instance/report"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

const rightManageAbuses = 6

func (a *API) abuseRoutes() []route {
	if a.Reports == nil {
		return nil
	}
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	const all, one, messages = "/api/v1/abuses", "/api/v1/abuses/{id}", "/api/v1/abuses/{id}/messages"
	return []route{
		{method: get, path: all, auth: moderator, right: rightManageAbuses, docs: "getAbuses", handle: a.listAbuses},
		{method: post, path: all, auth: signedIn, handle: a.reportAbuse},
		{method: put, path: one, auth: moderator, right: rightManageAbuses, handle: a.updateAbuse},
		{method: del, path: one, auth: moderator, right: rightManageAbuses, handle: a.deleteAbuse},
		{method: get, path: messages, auth: signedIn, handle: a.abuseMessages},
		{method: post, path: messages, auth: signedIn, handle: a.addAbuseMessage},
		{method: del, path: messages + "/{messageId}", auth: signedIn, handle: a.deleteAbuseMessage},
		{method: get, path: "/api/v1/users/me/abuses", auth: signedIn, docs: "getMyAbuses", handle: a.myAbuses},
	}
}

// pathNumber reads a number of the path.
func pathNumber(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(param(r, name), 10, 32)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "").WithField(name, param(r, name), "Invalid value", "params")
	}
	return n, nil
}

func (a *API) reportAbuse(r *http.Request, c user.Caller) (any, error) {
	var in rest.AbuseCreate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	d := report.Draft{Reason: in.Reason, Reasons: in.PredefinedReasons}
	if in.Video != nil {
		d.Video, d.StartAt, d.EndAt = video.Ref(in.Video.ID), in.Video.StartAt, in.Video.EndAt
	}
	if in.Comment != nil && in.Comment.ID != nil {
		d.Comment = comment.ID(*in.Comment.ID)
	}
	if in.Account != nil && in.Account.ID != nil {
		d.Account = account.ID(*in.Account.ID)
	}
	id, err := a.Reports.Make(r.Context(), c, d, password(r))
	return rest.AbuseCreated{Abuse: rest.ByID{ID: int64(id)}}, err
}

func (a *API) updateAbuse(r *http.Request, c user.Caller) (any, error) {
	id, err := pathNumber(r, "id")
	if err != nil {
		return nil, err
	}
	var in rest.AbuseUpdate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Reports.Update(r.Context(), c, report.ID(id), report.Patch{State: (*report.State)(in.State), Note: in.ModerationComment})
}

func (a *API) deleteAbuse(r *http.Request, c user.Caller) (any, error) {
	id, err := pathNumber(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, a.Reports.Delete(r.Context(), c, report.ID(id))
}

func (a *API) listAbuses(r *http.Request, c user.Caller) (any, error) {
	q, err := abuseQuery(r)
	if err != nil {
		return nil, err
	}
	list, total, err := a.Reports.List(r.Context(), c, q)
	if err != nil {
		return nil, err
	}
	seen, err := a.abuseFaces(r, list)
	if err != nil {
		return nil, err
	}
	out := make([]rest.AdminAbuse, len(list))
	for i, it := range list {
		out[i] = rest.AdminAbuse{
			UserAbuse: a.renderAbuse(it, seen), ModerationComment: optionalText(it.Note),
			ReporterAccount:         a.renderFace(seen.accounts, it.Reporter),
			CountReportsForReporter: it.OfReporter, CountReportsForReportee: it.OfFlagged,
		}
		if v := out[i].Video; v != nil {
			v.CountReports, v.NthReport = &it.VideoReports, &it.VideoReportNth
		}
	}
	return rest.NewPage(total, out), nil
}

func (a *API) myAbuses(r *http.Request, c user.Caller) (any, error) {
	q, err := abuseQuery(r)
	if err != nil {
		return nil, err
	}
	own := report.Query{Start: q.Start, Count: q.Count, Sort: q.Sort, ID: q.ID, State: q.State, Search: q.Search}
	list, total, err := a.Reports.Own(r.Context(), c, own)
	if err != nil {
		return nil, err
	}
	seen, err := a.abuseFaces(r, list)
	if err != nil {
		return nil, err
	}
	out := make([]rest.UserAbuse, len(list))
	for i, it := range list {
		out[i] = a.renderAbuse(it, seen)
	}
	return rest.NewPage(total, out), nil
}

// abuseQuery reads the filters of both lists.
func abuseQuery(r *http.Request) (q report.Query, err error) {
	p, err := parsePage(r, "-createdAt", "id", "state")
	if err != nil {
		return q, err
	}
	f := filterReader{q: r.URL.Query()}
	q = report.Query{
		Start: p.Start, Count: p.Count, Sort: p.Sort, ID: report.ID(f.number("id")), State: report.State(f.number("state")),
		Kind: report.Kind(f.text("filter")), Reason: f.text("predefinedReason"), VideoIs: f.text("videoIs"),
	}
	oneOf := func(name, value string, allowed ...string) {
		if value != "" && !slices.Contains(allowed, value) {
			f.refuse(name, value)
		}
	}
	oneOf("state", f.text("state"), "1", "2", "3")
	oneOf("filter", string(q.Kind), "video", "comment", "account")
	oneOf("predefinedReason", q.Reason, report.Reasons()...)
	oneOf("videoIs", q.VideoIs, "deleted", "blacklisted")
	if f.err != nil {
		return q, f.err
	}
	for name, into := range map[string]*string{
		"search": &q.Search, "searchReporter": &q.Reporter, "searchReportee": &q.Flagged,
		"searchVideo": &q.Video, "searchVideoChannel": &q.Channel,
	} {
		if *into, err = queryText(r, name, maxSearch); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (a *API) abuseMessages(r *http.Request, c user.Caller) (any, error) {
	id, err := pathNumber(r, "id")
	if err != nil {
		return nil, err
	}
	list, err := a.Reports.Messages(r.Context(), c, report.ID(id))
	if err != nil {
		return nil, err
	}
	ids := make([]account.ID, len(list))
	for i, m := range list {
		ids[i] = m.Account
	}
	accounts, err := a.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	out := make([]rest.AbuseMessage, len(list))
	for i, m := range list {
		out[i] = rest.AbuseMessage{
			ID: int64(m.ID), ByModerator: m.ByModerator, Message: m.Text, CreatedAt: rest.Time(m.CreatedAt),
			Account: a.renderFace(accounts, m.Account),
		}
	}
	return rest.NewPage(len(out), out), nil
}

func (a *API) addAbuseMessage(r *http.Request, c user.Caller) (any, error) {
	id, err := pathNumber(r, "id")
	if err != nil {
		return nil, err
	}
	var in rest.AbuseMessageCreate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	m, err := a.Reports.Say(r.Context(), c, report.ID(id), in.Message)
	return rest.AbuseMessageCreated{AbuseMessage: rest.ByID{ID: int64(m)}}, err
}

func (a *API) deleteAbuseMessage(r *http.Request, c user.Caller) (any, error) {
	id, err := pathNumber(r, "id")
	if err != nil {
		return nil, err
	}
	m, err := pathNumber(r, "messageId")
	if err != nil {
		return nil, err
	}
	return nil, a.Reports.Unsay(r.Context(), c, report.ID(id), report.MessageID(m))
}
