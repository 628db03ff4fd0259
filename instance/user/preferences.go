package user

// Preferences are the personal settings that REST shows. They are one JSON
// value in the row: nothing is ever searched by them.
type Preferences struct {
	Theme                     string        `json:"theme"`
	NSFWPolicy                string        `json:"nsfwPolicy"`
	NSFWFlagsDisplayed        int           `json:"nsfwFlagsDisplayed"`
	NSFWFlagsHidden           int           `json:"nsfwFlagsHidden"`
	NSFWFlagsWarned           int           `json:"nsfwFlagsWarned"`
	NSFWFlagsBlurred          int           `json:"nsfwFlagsBlurred"`
	P2PEnabled                bool          `json:"p2pEnabled"`
	VideosHistoryEnabled      bool          `json:"videosHistoryEnabled"`
	AutoPlayVideo             bool          `json:"autoPlayVideo"`
	AutoPlayNextVideo         bool          `json:"autoPlayNextVideo"`
	AutoPlayNextVideoPlaylist bool          `json:"autoPlayNextVideoPlaylist"`
	VideoLanguages            []string      `json:"videoLanguages"` // nil: all
	Language                  *string       `json:"language"`       // nil: the browser's
	NoInstanceConfigWarning   bool          `json:"noInstanceConfigWarningModal"`
	NoWelcome                 bool          `json:"noWelcomeModal"`
	NoAccountSetupWarning     bool          `json:"noAccountSetupWarningModal"`
	NewFeaturesInfoRead       int           `json:"newFeaturesInfoRead"`
	Notifications             Notifications `json:"notificationSettings"`
}

// Notifications says by which ways each kind of news arrives: 0 none, 1 web,
// 2 e-mail, 3 both.
type Notifications struct {
	NewCommentOnMyVideo           int `json:"newCommentOnMyVideo"`
	NewVideoFromSubscription      int `json:"newVideoFromSubscription"`
	AbuseAsModerator              int `json:"abuseAsModerator"`
	VideoAutoBlacklistAsModerator int `json:"videoAutoBlacklistAsModerator"`
	BlacklistOnMyVideo            int `json:"blacklistOnMyVideo"`
	MyVideoPublished              int `json:"myVideoPublished"`
	MyVideoImportFinished         int `json:"myVideoImportFinished"`
	NewUserRegistration           int `json:"newUserRegistration"`
	CommentMention                int `json:"commentMention"`
	NewFollow                     int `json:"newFollow"`
	NewInstanceFollower           int `json:"newInstanceFollower"`
	AutoInstanceFollowing         int `json:"autoInstanceFollowing"`
	AbuseNewMessage               int `json:"abuseNewMessage"`
	AbuseStateChange              int `json:"abuseStateChange"`
	NewPeerTubeVersion            int `json:"newPeerTubeVersion"`
	MyVideoStudioEditionFinished  int `json:"myVideoStudioEditionFinished"`
	MyVideoTranscriptionGenerated int `json:"myVideoTranscriptionGenerated"`
	NewPluginVersion              int `json:"newPluginVersion"`
	AutomaticBlocklist            int `json:"automaticBlocklist"`
}

// DefaultPreferences are a new user's settings. The sensitive-content policy
// is the instance's.
func DefaultPreferences(nsfwPolicy string) Preferences {
	return Preferences{
		Theme: "instance-default", NSFWPolicy: nsfwPolicy,
		P2PEnabled: true, VideosHistoryEnabled: true,
		AutoPlayVideo: true, AutoPlayNextVideoPlaylist: true,
		NewFeaturesInfoRead: 1,
		Notifications: Notifications{
			NewCommentOnMyVideo: 1, NewVideoFromSubscription: 1, AbuseAsModerator: 3,
			VideoAutoBlacklistAsModerator: 3, BlacklistOnMyVideo: 3, MyVideoPublished: 1,
			MyVideoImportFinished: 1, NewUserRegistration: 1, CommentMention: 1, NewFollow: 1,
			NewInstanceFollower: 1, AutoInstanceFollowing: 1, AbuseNewMessage: 3,
			AbuseStateChange: 3, NewPeerTubeVersion: 3, MyVideoStudioEditionFinished: 1,
			MyVideoTranscriptionGenerated: 1, NewPluginVersion: 1, AutomaticBlocklist: 1,
		},
	}
}
