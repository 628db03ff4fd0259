package rest

// FollowedActor is one end of a follow.
type FollowedActor struct {
	ActorSummary
	FollowingCount int64        `json:"followingCount"`
	FollowersCount int64        `json:"followersCount"`
	CreatedAt      Time         `json:"createdAt"`
	Banners        []ActorImage `json:"banners"`
}

// ActorFollow is that one actor follows another.
type ActorFollow struct {
	ID        int64         `json:"id"`
	Follower  FollowedActor `json:"follower"`
	Following FollowedActor `json:"following"`
	Score     int           `json:"score"`
	State     string        `json:"state"` // pending, accepted, rejected
	CreatedAt Time          `json:"createdAt"`
	UpdatedAt Time          `json:"updatedAt"`
}

// ServerFollow is the body of POST /server/following.
type ServerFollow struct {
	Hosts   []string `json:"hosts"`
	Handles []string `json:"handles"`
}

// Subscribe is the body of POST /users/me/subscriptions.
type Subscribe struct {
	URI string `json:"uri"` // name@host of a channel
}
