package api

import (
	"context"
	"net/http"
	"strconv"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

const rightSeeComments = 21

func (a *API) commentRoutes() []route {
	if a.Comments == nil {
		return nil
	}
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	const one = "/api/v1/videos/{videoId}"
	return []route{
		{method: get, path: one + "/comment-threads", auth: optional, handle: a.commentThreads},
		{method: post, path: one + "/comment-threads", auth: signedIn, handle: a.addComment},
		{method: get, path: one + "/comment-threads/{threadId}", auth: optional, handle: a.commentThread},
		{method: post, path: one + "/comments/{commentId}", auth: signedIn, handle: a.addComment},
		{method: del, path: one + "/comments/{commentId}", auth: signedIn, handle: a.deleteComment},
		{method: post, path: one + "/comments/{commentId}/approve", auth: signedIn, handle: a.approveComment},
		{method: get, path: "/api/v1/videos/comments", auth: moderator, right: rightSeeComments, handle: a.allComments},
		{method: get, path: "/api/v1/users/me/videos/comments", auth: signedIn, handle: a.myVideosComments},
		{method: post, path: "/api/v1/bulk/remove-comments-of", auth: signedIn, handle: a.removeCommentsOf},
	}
}

// commentID reads a number of the path.
func commentID(r *http.Request, name string) (comment.ID, error) {
	id, err := strconv.ParseInt(param(r, name), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.Invalid, "").WithField(name, param(r, name), "Invalid value", "params")
	}
	return comment.ID(id), nil
}

// password is what a request shows for a protected video; a token of files opens
// no comments.
func password(r *http.Request) video.Credentials {
	return video.Credentials{Password: shown(r).Password}
}

func (a *API) commentThreads(r *http.Request, c user.Caller) (any, error) {
	p, err := parsePage(r, "-createdAt", "totalReplies")
	if err != nil {
		return nil, err
	}
	list, err := a.Comments.Threads(r.Context(), c, ref(r), password(r), comment.Query(p))
	if err != nil {
		return nil, err
	}
	authors, err := a.authors(r.Context(), list.Threads)
	if err != nil {
		return nil, err
	}
	out := make([]rest.Comment, len(list.Threads))
	for i, one := range list.Threads {
		out[i] = a.renderComment(one, authors)
	}
	return rest.CommentThreads{Page: rest.NewPage(list.Total, out), TotalNotDeletedComments: list.NotDeleted}, nil
}

func (a *API) commentThread(r *http.Request, c user.Caller) (any, error) {
	id, err := commentID(r, "threadId")
	if err != nil {
		return nil, err
	}
	tree, err := a.Comments.Thread(r.Context(), c, ref(r), password(r), id)
	if err != nil {
		return nil, err
	}
	authors, err := a.authors(r.Context(), flat(tree, nil))
	if err != nil {
		return nil, err
	}
	return a.renderTree(tree, authors), nil
}

func flat(t *comment.Tree, list []comment.Comment) []comment.Comment {
	list = append(list, t.Comment)
	for _, child := range t.Children {
		list = flat(child, list)
	}
	return list
}

func (a *API) renderTree(t *comment.Tree, authors map[account.ID]account.Account) rest.CommentTree {
	out := rest.CommentTree{Comment: a.renderComment(t.Comment, authors), Children: make([]rest.CommentTree, len(t.Children))}
	for i, child := range t.Children {
		out.Children[i] = a.renderTree(child, authors)
	}
	return out
}

func (a *API) addComment(r *http.Request, c user.Caller) (any, error) {
	var parent comment.ID
	if param(r, "commentId") != "" {
		var err error
		if parent, err = commentID(r, "commentId"); err != nil {
			return nil, err
		}
	}
	var in rest.CommentInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	made, err := a.Comments.Add(r.Context(), c, ref(r), password(r), parent, in.Text)
	if err != nil {
		return nil, err
	}
	authors, err := a.authors(r.Context(), []comment.Comment{made})
	return rest.CommentCreated{Comment: a.renderComment(made, authors)}, err
}

func (a *API) deleteComment(r *http.Request, c user.Caller) (any, error) {
	id, err := commentID(r, "commentId")
	if err != nil {
		return nil, err
	}
	return nil, a.Comments.Delete(r.Context(), c, ref(r), id)
}

func (a *API) approveComment(r *http.Request, c user.Caller) (any, error) {
	id, err := commentID(r, "commentId")
	if err != nil {
		return nil, err
	}
	return nil, a.Comments.Approve(r.Context(), c, ref(r), id)
}

func (a *API) allComments(r *http.Request, c user.Caller) (any, error) {
	return a.commentList(r, c, a.Comments.All)
}

func (a *API) myVideosComments(r *http.Request, c user.Caller) (any, error) {
	return a.commentList(r, c, a.Comments.OnOwn)
}

type lister func(context.Context, user.Caller, comment.Filter) ([]comment.Listed, int, error)

func (a *API) commentList(r *http.Request, c user.Caller, find lister) (any, error) {
	p, err := parsePage(r, "-createdAt")
	if err != nil {
		return nil, err
	}
	q := filterReader{q: r.URL.Query()}
	f := comment.Filter{
		Query: comment.Query(p), Search: q.text("search"), SearchAccount: q.text("searchAccount"), SearchVideo: q.text("searchVideo"),
		Video: video.Ref(q.text("videoId")), Channel: channel.ID(q.number("videoChannelId")), Tagged: len(q.list("autoTagOneOf")) > 0,
		Local: q.boolean("isLocal"), OnLocalVideo: q.boolean("onLocalVideo"), Held: q.boolean("isHeldForReview"),
	}
	if muted := q.boolean("includeMuted"); muted != nil {
		f.Muted = *muted
	}
	q.boolean("includeCollaborations") // channels have one owner each
	if q.err != nil {
		return nil, q.err
	}
	list, total, err := find(r.Context(), c, f)
	if err != nil {
		return nil, err
	}
	out, err := a.renderListed(r.Context(), list)
	return rest.NewPage(total, out), err
}

func (a *API) removeCommentsOf(r *http.Request, c user.Caller) (any, error) {
	var in rest.RemoveCommentsOf
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.AccountName == "" {
		return nil, fault.New(fault.Invalid, "").WithField("accountName", nil, "Invalid value", "body")
	}
	of, err := a.Accounts.ByName(r.Context(), in.AccountName)
	if err != nil {
		return nil, err
	}
	return nil, a.Comments.RemoveOf(r.Context(), c, of.ID, comment.Scope(in.Scope))
}

// authors are the accounts behind some comments.
func (a *API) authors(ctx context.Context, list []comment.Comment) (map[account.ID]account.Account, error) {
	var ids []account.ID
	seen := map[account.ID]bool{0: true}
	for _, c := range list {
		if !seen[c.Account] {
			seen[c.Account] = true
			ids = append(ids, c.Account)
		}
	}
	return a.Accounts.ByIDs(ctx, ids)
}

// renderComment is a comment as stock clients read it: who shows its text must
// make it harmless, as they do.
func (a *API) renderComment(c comment.Comment, authors map[account.ID]account.Account) rest.Comment {
	return rest.Comment{
		ID: int64(c.ID), URL: c.URL, Text: c.Text, ThreadID: int64(c.Thread), InReplyToCommentID: orNull(int64(c.Parent)), VideoID: int64(c.Video),
		CreatedAt: rest.Time(c.CreatedAt), UpdatedAt: rest.Time(c.UpdatedAt), DeletedAt: rest.Time(c.DeletedAt),
		HeldForReview: c.Held, IsDeleted: c.Deleted(), TotalReplies: c.Replies, TotalRepliesFromVideoAuthor: c.OwnerReplies,
		Account: a.renderAuthor(c, authors),
	}
}

func (a *API) renderAuthor(c comment.Comment, authors map[account.ID]account.Account) *rest.Account {
	by, ok := authors[c.Account]
	if !ok {
		return nil
	}
	out := a.renderAccount(by)
	return &out
}

func (a *API) renderListed(ctx context.Context, list []comment.Listed) ([]rest.ListedComment, error) {
	var ids []channel.ID
	comments := make([]comment.Comment, len(list))
	for i, l := range list {
		comments[i], ids = l.Comment, append(ids, l.Channel)
	}
	authors, err := a.authors(ctx, comments)
	if err != nil {
		return nil, err
	}
	channels, err := a.Channels.ByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]rest.ListedComment, len(list))
	for i, l := range list {
		out[i] = rest.ListedComment{
			ID: int64(l.ID), URL: l.URL, Text: l.Text, ThreadID: int64(l.Thread), InReplyToCommentID: orNull(int64(l.Parent)), VideoID: int64(l.Video),
			CreatedAt: rest.Time(l.CreatedAt), UpdatedAt: rest.Time(l.UpdatedAt), HeldForReview: l.Held, AutomaticTags: []string{},
			Video:   rest.CommentVideo{ID: int64(l.Video), UUID: l.VideoUUID, Name: l.VideoName, Channel: a.channelSummary(channels[l.Channel])},
			Account: a.renderAuthor(l.Comment, authors),
		}
	}
	return out, nil
}

// channelSummary is a channel inside another answer.
func (a *API) channelSummary(c channel.Channel) rest.Summary {
	return rest.Summary{
		ID: int64(c.ID), Name: c.Name, DisplayName: c.DisplayName, URL: c.URL, Host: c.Host, Avatars: a.images("avatars", c.Images.Avatars),
	}
}
