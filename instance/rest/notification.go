package rest

// Notification is one entry of GET /users/me/notifications; of what it could be
// about only what it is about is there.
type Notification struct {
	ID          int64               `json:"id"`
	Type        int                 `json:"type"`
	Read        bool                `json:"read"`
	Data        *struct{}           `json:"data"`
	Video       *NotifiedVideo      `json:"video,omitempty"`
	Comment     *NotifiedComment    `json:"comment,omitempty"`
	Abuse       *NotifiedAbuse      `json:"abuse,omitempty"`
	Account     *NotificationActor  `json:"account,omitempty"`
	ActorFollow *NotificationFollow `json:"actorFollow,omitempty"`
	CreatedAt   Time                `json:"createdAt"`
	UpdatedAt   Time                `json:"updatedAt"`
}

// NotificationVideo names a video.
type NotificationVideo struct {
	ID        int64      `json:"id"`
	UUID      string     `json:"uuid"`
	ShortUUID string     `json:"shortUUID"`
	Name      string     `json:"name"`
	State     Label[int] `json:"state"`
}

// NotifiedVideo is a video with its channel.
type NotifiedVideo struct {
	NotificationVideo
	Channel NotificationActor `json:"channel"`
}

// NotifiedComment is a comment on a video.
type NotifiedComment struct {
	ID            int64             `json:"id"`
	ThreadID      int64             `json:"threadId"`
	Account       NotificationActor `json:"account"`
	Video         NotificationVideo `json:"video"`
	HeldForReview bool              `json:"heldForReview"`
}

// NotifiedAbuse is a report of one of three things.
type NotifiedAbuse struct {
	ID      int64                 `json:"id"`
	State   int                   `json:"state"`
	Video   *NotificationVideo    `json:"video,omitempty"`
	Comment *NotifiedAbuseComment `json:"comment,omitempty"`
	Account *NotificationActor    `json:"account,omitempty"`
}

// NotifiedAbuseComment is a comment that was reported.
type NotifiedAbuseComment struct {
	ThreadID int64             `json:"threadId"`
	Video    NotificationVideo `json:"video"`
}

// NotificationActor is an account or channel. Avatar is the widest of Avatars.
type NotificationActor struct {
	ID          int64                `json:"id"`
	DisplayName string               `json:"displayName"`
	Name        string               `json:"name"`
	Host        string               `json:"host"`
	Avatar      *NotificationAvatar  `json:"avatar,omitempty"`
	Avatars     []NotificationAvatar `json:"avatars"`
}

// NotificationAvatar is one size of a picture.
type NotificationAvatar struct {
	FileURL string `json:"fileUrl"`
	Path    string `json:"path"`
	Width   int    `json:"width"`
}

// NotificationFollow is who follows whom.
type NotificationFollow struct {
	ID        int64             `json:"id"`
	State     string            `json:"state"`
	Follower  NotificationActor `json:"follower"`
	Following struct {
		Type        string `json:"type"` // account, channel, instance
		DisplayName string `json:"displayName"`
		Name        string `json:"name"`
		Host        string `json:"host"`
	} `json:"following"`
}

// NotificationsRead is the body of POST /users/me/notifications/read.
type NotificationsRead struct {
	IDs []int64 `json:"ids"`
}

// NotificationSettingsUpdate is the body of PUT /users/me/notification-settings:
// all but the last must be there.
type NotificationSettingsUpdate struct {
	NewCommentOnMyVideo           *int `json:"newCommentOnMyVideo"`
	NewVideoFromSubscription      *int `json:"newVideoFromSubscription"`
	AbuseAsModerator              *int `json:"abuseAsModerator"`
	VideoAutoBlacklistAsModerator *int `json:"videoAutoBlacklistAsModerator"`
	BlacklistOnMyVideo            *int `json:"blacklistOnMyVideo"`
	MyVideoPublished              *int `json:"myVideoPublished"`
	MyVideoImportFinished         *int `json:"myVideoImportFinished"`
	NewUserRegistration           *int `json:"newUserRegistration"`
	CommentMention                *int `json:"commentMention"`
	NewFollow                     *int `json:"newFollow"`
	NewInstanceFollower           *int `json:"newInstanceFollower"`
	AutoInstanceFollowing         *int `json:"autoInstanceFollowing"`
	AbuseNewMessage               *int `json:"abuseNewMessage"`
	AbuseStateChange              *int `json:"abuseStateChange"`
	NewPeerTubeVersion            *int `json:"newPeerTubeVersion"`
	MyVideoStudioEditionFinished  *int `json:"myVideoStudioEditionFinished"`
	MyVideoTranscriptionGenerated *int `json:"myVideoTranscriptionGenerated"`
	NewPluginVersion              *int `json:"newPluginVersion"`
	AutomaticBlocklist            *int `json:"automaticBlocklist"`
}
