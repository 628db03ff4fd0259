package rest

// ServerStats answers GET /server/stats: who and what is here, and what other
// servers sent since the start.
type ServerStats struct {
	Users        int64 `json:"totalUsers"`
	DailyUsers   int64 `json:"totalDailyActiveUsers"`
	WeeklyUsers  int64 `json:"totalWeeklyActiveUsers"`
	MonthlyUsers int64 `json:"totalMonthlyActiveUsers"`
	Moderators   int64 `json:"totalModerators"`
	Admins       int64 `json:"totalAdmins"`

	LocalVideos     int64 `json:"totalLocalVideos"`
	LocalViews      int64 `json:"totalLocalVideoViews"`
	LocalDownloads  int64 `json:"totalLocalVideoDownloads"`
	LocalComments   int64 `json:"totalLocalVideoComments"`
	LocalFilesSize  int64 `json:"totalLocalVideoFilesSize"` // bytes
	Videos          int64 `json:"totalVideos"`
	Comments        int64 `json:"totalVideoComments"`
	LocalChannels   int64 `json:"totalLocalVideoChannels"`
	DailyChannels   int64 `json:"totalLocalDailyActiveVideoChannels"`
	WeeklyChannels  int64 `json:"totalLocalWeeklyActiveVideoChannels"`
	MonthlyChannels int64 `json:"totalLocalMonthlyActiveVideoChannels"`
	LocalPlaylists  int64 `json:"totalLocalPlaylists"`
	Followers       int64 `json:"totalInstanceFollowers"`
	Following       int64 `json:"totalInstanceFollowing"`

	Redundancy []RedundancyStats `json:"videosRedundancy"`

	AbuseResponse   *float64 `json:"averageAbuseResponseTimeMs"` // null: none was decided on
	Abuses          int64    `json:"totalAbuses"`
	AbusesProcessed int64    `json:"totalAbusesProcessed"`

	RequestResponse   *float64 `json:"averageRegistrationRequestResponseTimeMs"`
	Requests          int64    `json:"totalRegistrationRequests"`
	RequestsProcessed int64    `json:"totalRegistrationRequestsProcessed"`

	InboxStats
}

// RedundancyStats is how much of others' videos is kept for one reason. TotalSize
// is what may be used in bytes, null without bounds.
type RedundancyStats struct {
	Used     int64  `json:"totalUsed"`
	Videos   int64  `json:"totalVideos"`
	Files    int64  `json:"totalVideoFiles"`
	Strategy string `json:"strategy"`
	Size     *int64 `json:"totalSize"`
}

// InboxStats is what became of the activities of other servers.
type InboxStats struct {
	Processed int64   `json:"totalActivityPubMessagesProcessed"`
	Successes int64   `json:"totalActivityPubMessagesSuccesses"`
	Errors    int64   `json:"totalActivityPubMessagesErrors"`
	PerSecond float64 `json:"activityPubMessagesProcessedPerSecond"`
	Waiting   int     `json:"totalActivityPubMessagesWaiting"`

	Create       int64 `json:"totalActivityPubCreateMessagesSuccesses"`
	Update       int64 `json:"totalActivityPubUpdateMessagesSuccesses"`
	Delete       int64 `json:"totalActivityPubDeleteMessagesSuccesses"`
	Follow       int64 `json:"totalActivityPubFollowMessagesSuccesses"`
	Accept       int64 `json:"totalActivityPubAcceptMessagesSuccesses"`
	Reject       int64 `json:"totalActivityPubRejectMessagesSuccesses"`
	Announce     int64 `json:"totalActivityPubAnnounceMessagesSuccesses"`
	Undo         int64 `json:"totalActivityPubUndoMessagesSuccesses"`
	Like         int64 `json:"totalActivityPubLikeMessagesSuccesses"`
	Dislike      int64 `json:"totalActivityPubDislikeMessagesSuccesses"`
	Flag         int64 `json:"totalActivityPubFlagMessagesSuccesses"`
	View         int64 `json:"totalActivityPubViewMessagesSuccesses"`
	Download     int64 `json:"totalActivityPubDownloadMessagesSuccesses"`
	ApproveReply int64 `json:"totalActivityPubApproveReplyMessagesSuccesses"`
	RejectReply  int64 `json:"totalActivityPubRejectReplyMessagesSuccesses"`

	CreateErrors       int64 `json:"totalActivityPubCreateMessagesErrors"`
	UpdateErrors       int64 `json:"totalActivityPubUpdateMessagesErrors"`
	DeleteErrors       int64 `json:"totalActivityPubDeleteMessagesErrors"`
	FollowErrors       int64 `json:"totalActivityPubFollowMessagesErrors"`
	AcceptErrors       int64 `json:"totalActivityPubAcceptMessagesErrors"`
	RejectErrors       int64 `json:"totalActivityPubRejectMessagesErrors"`
	AnnounceErrors     int64 `json:"totalActivityPubAnnounceMessagesErrors"`
	UndoErrors         int64 `json:"totalActivityPubUndoMessagesErrors"`
	LikeErrors         int64 `json:"totalActivityPubLikeMessagesErrors"`
	DislikeErrors      int64 `json:"totalActivityPubDislikeMessagesErrors"`
	FlagErrors         int64 `json:"totalActivityPubFlagMessagesErrors"`
	ViewErrors         int64 `json:"totalActivityPubViewMessagesErrors"`
	DownloadErrors     int64 `json:"totalActivityPubDownloadMessagesErrors"`
	ApproveReplyErrors int64 `json:"totalActivityPubApproveReplyMessagesErrors"`
	RejectReplyErrors  int64 `json:"totalActivityPubRejectReplyMessagesErrors"`
}

// Count sets the numbers of the types of activities.
func (s *InboxStats) Count(successes, errors map[string]int64) {
	for name, into := range map[string][2]*int64{
		"Create": {&s.Create, &s.CreateErrors}, "Update": {&s.Update, &s.UpdateErrors}, "Delete": {&s.Delete, &s.DeleteErrors},
		"Follow": {&s.Follow, &s.FollowErrors}, "Accept": {&s.Accept, &s.AcceptErrors}, "Reject": {&s.Reject, &s.RejectErrors},
		"Announce": {&s.Announce, &s.AnnounceErrors}, "Undo": {&s.Undo, &s.UndoErrors}, "Like": {&s.Like, &s.LikeErrors},
		"Dislike": {&s.Dislike, &s.DislikeErrors}, "Flag": {&s.Flag, &s.FlagErrors}, "View": {&s.View, &s.ViewErrors},
		"Download": {&s.Download, &s.DownloadErrors}, "ApproveReply": {&s.ApproveReply, &s.ApproveReplyErrors},
		"RejectReply": {&s.RejectReply, &s.RejectReplyErrors},
	} {
		*into[0], *into[1] = successes[name], errors[name]
		s.Successes, s.Errors = s.Successes+successes[name], s.Errors+errors[name]
	}
	s.Processed = s.Successes + s.Errors
}
