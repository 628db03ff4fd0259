package rest

// OAuthClient answers GET /oauth-clients/local.
type OAuthClient struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// Tokens answers POST /users/token. Times are seconds from now.
type Tokens struct {
	TokenType             string `json:"token_type"`
	AccessToken           string `json:"access_token"`
	RefreshToken          string `json:"refresh_token"`
	ExpiresIn             int64  `json:"expires_in"`
	RefreshTokenExpiresIn int64  `json:"refresh_token_expires_in"`
}

// Success answers what has nothing else to say.
type Success struct {
	Success bool `json:"success"`
}

// Quota answers GET /users/me/video-quota-used, in bytes.
type Quota struct {
	VideoQuotaUsed      int64 `json:"videoQuotaUsed"`
	VideoQuotaUsedDaily int64 `json:"videoQuotaUsedDaily"`
}

// User is a user as they or an administrator see them.
type User struct {
	ID                        int64                `json:"id"`
	Username                  string               `json:"username"`
	Email                     string               `json:"email"`
	Theme                     string               `json:"theme"`
	PendingEmail              *string              `json:"pendingEmail"`
	EmailVerified             bool                 `json:"emailVerified"`
	NSFWPolicy                string               `json:"nsfwPolicy"`
	NSFWFlagsDisplayed        int                  `json:"nsfwFlagsDisplayed"`
	NSFWFlagsHidden           int                  `json:"nsfwFlagsHidden"`
	NSFWFlagsWarned           int                  `json:"nsfwFlagsWarned"`
	NSFWFlagsBlurred          int                  `json:"nsfwFlagsBlurred"`
	P2PEnabled                bool                 `json:"p2pEnabled"`
	VideosHistoryEnabled      bool                 `json:"videosHistoryEnabled"`
	AutoPlayVideo             bool                 `json:"autoPlayVideo"`
	AutoPlayNextVideo         bool                 `json:"autoPlayNextVideo"`
	AutoPlayNextVideoPlaylist bool                 `json:"autoPlayNextVideoPlaylist"`
	VideoLanguages            []string             `json:"videoLanguages"`
	Language                  *string              `json:"language"`
	Role                      Label[int]           `json:"role"`
	VideoQuota                int64                `json:"videoQuota"`
	VideoQuotaDaily           int64                `json:"videoQuotaDaily"`
	NoInstanceConfigWarning   bool                 `json:"noInstanceConfigWarningModal"`
	NoWelcome                 bool                 `json:"noWelcomeModal"`
	NoAccountSetupWarning     bool                 `json:"noAccountSetupWarningModal"`
	Blocked                   bool                 `json:"blocked"`
	BlockedReason             *string              `json:"blockedReason"`
	Account                   Account              `json:"account"`
	NotificationSettings      NotificationSettings `json:"notificationSettings"`
	VideoChannels             []OwnChannel         `json:"videoChannels"`
	CreatedAt                 Time                 `json:"createdAt"`
	PluginAuth                *string              `json:"pluginAuth"`
	LastLoginDate             Time                 `json:"lastLoginDate"`
	TwoFactorEnabled          bool                 `json:"twoFactorEnabled"`
	NewFeaturesInfoRead       int                  `json:"newFeaturesInfoRead"`
	AdminFlags                int                  `json:"adminFlags"`
}

// Me answers GET /users/me.
type Me struct {
	User
	VideoChannelCollaborations []OwnChannel      `json:"videoChannelCollaborations"`
	SpecialPlaylists           []SpecialPlaylist `json:"specialPlaylists"`
}

// SpecialPlaylist is a playlist that every user has, such as "watch later".
type SpecialPlaylist struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Type int    `json:"type"`
}

// NotificationSettings says by which ways each kind of news arrives: 0 none,
// 1 web, 2 e-mail, 3 both.
type NotificationSettings struct {
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

// UserUpdateMe is the body of PUT /users/me: what is absent stays as it is.
// There is no member for role, quota or ownership: those are not the user's
// to say.
type UserUpdateMe struct {
	DisplayName               *string `json:"displayName"`
	Description               Opt     `json:"description"`
	Email                     *string `json:"email"`
	Password                  *string `json:"password"`
	CurrentPassword           string  `json:"currentPassword"`
	Theme                     *string `json:"theme"`
	NSFWPolicy                *string `json:"nsfwPolicy"`
	NSFWFlagsDisplayed        *int    `json:"nsfwFlagsDisplayed"`
	NSFWFlagsHidden           *int    `json:"nsfwFlagsHidden"`
	NSFWFlagsWarned           *int    `json:"nsfwFlagsWarned"`
	NSFWFlagsBlurred          *int    `json:"nsfwFlagsBlurred"`
	P2PEnabled                *bool   `json:"p2pEnabled"`
	VideosHistoryEnabled      *bool   `json:"videosHistoryEnabled"`
	AutoPlayVideo             *bool   `json:"autoPlayVideo"`
	AutoPlayNextVideo         *bool   `json:"autoPlayNextVideo"`
	AutoPlayNextVideoPlaylist *bool   `json:"autoPlayNextVideoPlaylist"`
	VideoLanguages            OptList `json:"videoLanguages"`
	Language                  Opt     `json:"language"`
	NoInstanceConfigWarning   *bool   `json:"noInstanceConfigWarningModal"`
	NoWelcome                 *bool   `json:"noWelcomeModal"`
	NoAccountSetupWarning     *bool   `json:"noAccountSetupWarningModal"`
}

// UserCreate is the body of POST /users.
type UserCreate struct {
	Username        string `json:"username"`
	Password        string `json:"password"`
	Email           string `json:"email"`
	VideoQuota      *Int   `json:"videoQuota"`
	VideoQuotaDaily *Int   `json:"videoQuotaDaily"`
	Role            *Int   `json:"role"` // required
	AdminFlags      Int    `json:"adminFlags"`
	ChannelName     string `json:"channelName"`
}

// UserCreated answers POST /users.
type UserCreated struct {
	User struct {
		ID      int64 `json:"id"`
		Account struct {
			ID int64 `json:"id"`
		} `json:"account"`
	} `json:"user"`
}

// ListedUser is a user in the list for moderators, with bytes of their videos.
type ListedUser struct {
	User
	TotalVideoFileSize  int64 `json:"totalVideoFileSize"`
	VideoQuotaUsed      int64 `json:"videoQuotaUsed"`
	VideoQuotaUsedDaily int64 `json:"videoQuotaUsedDaily"`
}

// UserWithStats answers GET /users/{id}?withStats=true.
type UserWithStats struct {
	ListedUser
	VideosCount         int64 `json:"videosCount"`
	AbusesCount         int64 `json:"abusesCount"`
	AbusesAcceptedCount int64 `json:"abusesAcceptedCount"`
	AbusesCreatedCount  int64 `json:"abusesCreatedCount"`
	VideoCommentsCount  int64 `json:"videoCommentsCount"`
}

// UserUpdate is the body of PUT /users/{id}: what is absent stays as it is.
type UserUpdate struct {
	Email           *string `json:"email"`
	EmailVerified   *bool   `json:"emailVerified"`
	VideoQuota      *Int    `json:"videoQuota"`
	VideoQuotaDaily *Int    `json:"videoQuotaDaily"`
	Role            *Int    `json:"role"`
	AdminFlags      *Int    `json:"adminFlags"`
	Password        *string `json:"password"`
}

// FeatureRead is the body of POST /users/me/new-feature-info/read.
type FeatureRead struct {
	Feature *Int `json:"feature"`
}

// UserBlock is the body of POST /users/{id}/block.
type UserBlock struct {
	Reason string `json:"reason"`
}

// UserRegister is the body of POST /users/register. There is no member for role
// or quota: those are the instance's to say.
type UserRegister struct {
	Username    string           `json:"username"`
	Password    string           `json:"password"`
	Email       string           `json:"email"`
	DisplayName string           `json:"displayName"`
	Channel     *RegisterChannel `json:"channel"`
}

// RegisterChannel is the first channel of who signs up.
type RegisterChannel struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}
