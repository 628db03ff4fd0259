package rest

// Comment is one comment under a video. The account of a deleted one is null.
type Comment struct {
	ID                          int64    `json:"id"`
	URL                         string   `json:"url"`
	Text                        string   `json:"text"` // as its author wrote it: plain, Markdown or HTML
	ThreadID                    int64    `json:"threadId"`
	InReplyToCommentID          *int64   `json:"inReplyToCommentId"`
	VideoID                     int64    `json:"videoId"`
	CreatedAt                   Time     `json:"createdAt"`
	UpdatedAt                   Time     `json:"updatedAt"`
	DeletedAt                   Time     `json:"deletedAt"`
	HeldForReview               bool     `json:"heldForReview"`
	IsDeleted                   bool     `json:"isDeleted"`
	TotalRepliesFromVideoAuthor int      `json:"totalRepliesFromVideoAuthor"`
	TotalReplies                int      `json:"totalReplies"`
	Account                     *Account `json:"account"`
}

// CommentThreads answers GET /videos/{id}/comment-threads.
type CommentThreads struct {
	Page[Comment]
	TotalNotDeletedComments int `json:"totalNotDeletedComments"`
}

// CommentTree answers GET /videos/{id}/comment-threads/{threadId}.
type CommentTree struct {
	Comment  Comment       `json:"comment"`
	Children []CommentTree `json:"children"`
}

// CommentCreated answers the routes that make a comment.
type CommentCreated struct {
	Comment Comment `json:"comment"`
}

// ListedComment is a comment in the lists of moderators and of owners of videos.
type ListedComment struct {
	ID                 int64        `json:"id"`
	URL                string       `json:"url"`
	Text               string       `json:"text"`
	ThreadID           int64        `json:"threadId"`
	InReplyToCommentID *int64       `json:"inReplyToCommentId"`
	VideoID            int64        `json:"videoId"`
	CreatedAt          Time         `json:"createdAt"`
	UpdatedAt          Time         `json:"updatedAt"`
	HeldForReview      bool         `json:"heldForReview"`
	AutomaticTags      []string     `json:"automaticTags"`
	Video              CommentVideo `json:"video"`
	Account            *Account     `json:"account"`
}

// CommentVideo is what such a list says of the video.
type CommentVideo struct {
	ID      int64   `json:"id"`
	UUID    string  `json:"uuid"`
	Name    string  `json:"name"`
	Channel Summary `json:"channel"`
}

// Summary is an account or channel inside another answer.
type Summary struct {
	ID          int64        `json:"id"`
	DisplayName string       `json:"displayName"`
	Name        string       `json:"name"`
	URL         string       `json:"url"`
	Host        string       `json:"host"`
	Avatars     []ActorImage `json:"avatars"`
}

// CommentInput is the body of the routes that make a comment.
type CommentInput struct {
	Text string `json:"text"`
}

// RemoveCommentsOf is the body of POST /bulk/remove-comments-of.
type RemoveCommentsOf struct {
	AccountName string `json:"accountName"`
	Scope       string `json:"scope"` // my-videos, my-videos-and-collaborations, instance
}
