package rest

// AbuseCreate is the body of POST /abuses.
type AbuseCreate struct {
	Reason            string   `json:"reason"`
	PredefinedReasons []string `json:"predefinedReasons"`
	Video             *struct {
		ID      NumberOrText `json:"id"`
		StartAt *int         `json:"startAt"`
		EndAt   *int         `json:"endAt"`
	} `json:"video"`
	Comment *struct {
		ID *Int `json:"id"`
	} `json:"comment"`
	Account *struct {
		ID *Int `json:"id"`
	} `json:"account"`
}

// ByID names a row.
type ByID struct {
	ID int64 `json:"id"`
}

// AbuseCreated answers POST /abuses.
type AbuseCreated struct {
	Abuse ByID `json:"abuse"`
}

// AbuseUpdate is the body of PUT /abuses/{id}: what is absent stays as it is.
type AbuseUpdate struct {
	State             *int    `json:"state"`
	ModerationComment *string `json:"moderationComment"`
}

// UserAbuse is a report as who made it sees it.
type UserAbuse struct {
	ID                int64           `json:"id"`
	Reason            string          `json:"reason"`
	PredefinedReasons []string        `json:"predefinedReasons"`
	FlaggedAccount    *AccountSummary `json:"flaggedAccount"`
	State             Label[int]      `json:"state"`
	CountMessages     int             `json:"countMessages"`
	CreatedAt         Time            `json:"createdAt"`
	UpdatedAt         Time            `json:"updatedAt"`
	Video             *AbuseVideo     `json:"video"`
	Comment           *AbuseComment   `json:"comment"`
}

// AdminAbuse is a report as moderators see it.
type AdminAbuse struct {
	UserAbuse
	ModerationComment       *string         `json:"moderationComment"`
	ReporterAccount         *AccountSummary `json:"reporterAccount"`
	CountReportsForReporter int             `json:"countReportsForReporter"`
	CountReportsForReportee int             `json:"countReportsForReportee"`
}

// AbuseVideo is the video that a report is about.
type AbuseVideo struct {
	ID            int64         `json:"id"`
	UUID          string        `json:"uuid"`
	ShortUUID     string        `json:"shortUUID"`
	Name          string        `json:"name"`
	NSFW          bool          `json:"nsfw"`
	StartAt       *int          `json:"startAt"`
	EndAt         *int          `json:"endAt"`
	Deleted       bool          `json:"deleted"`
	Blacklisted   bool          `json:"blacklisted"`
	ThumbnailPath *string       `json:"thumbnailPath,omitempty"`
	Thumbnails    []Thumbnail   `json:"thumbnails"`
	Channel       *AbuseChannel `json:"channel,omitempty"`
	CountReports  *int          `json:"countReports,omitempty"` // for moderators
	NthReport     *int          `json:"nthReport,omitempty"`
}

// AbuseChannel is the channel of such a video.
type AbuseChannel struct {
	ActorSummary
	Banners     []ActorImage `json:"banners"`
	DisplayName string       `json:"displayName"`
	Description *string      `json:"description"`
	IsLocal     bool         `json:"isLocal"`
}

// AbuseComment is the comment that a report is about.
type AbuseComment struct {
	ID       int64     `json:"id"`
	ThreadID int64     `json:"threadId"`
	Text     string    `json:"text"`
	Deleted  bool      `json:"deleted"`
	Video    NamedUUID `json:"video"`
}

// NamedUUID names a video.
type NamedUUID struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

// AbuseMessageCreate is the body of POST /abuses/{id}/messages.
type AbuseMessageCreate struct {
	Message string `json:"message"`
}

// AbuseMessageCreated answers it.
type AbuseMessageCreated struct {
	AbuseMessage ByID `json:"abuseMessage"`
}

// AbuseMessage is one message about a report.
type AbuseMessage struct {
	ID          int64           `json:"id"`
	ByModerator bool            `json:"byModerator"`
	Message     string          `json:"message"`
	CreatedAt   Time            `json:"createdAt"`
	Account     *AccountSummary `json:"account"`
}
