package rest

import "encoding/json"

// ActorImage is one size of an avatar or banner.
type ActorImage struct {
	Height    int    `json:"height"`
	Width     int    `json:"width"`
	Path      string `json:"path"`
	FileURL   string `json:"fileUrl"`
	CreatedAt Time   `json:"createdAt"`
	UpdatedAt Time   `json:"updatedAt"`
}

// ActorSummary is what lists show of an account or channel.
type ActorSummary struct {
	URL                   string       `json:"url"`
	Name                  string       `json:"name"`
	Host                  string       `json:"host"`
	Avatars               []ActorImage `json:"avatars"`
	ID                    int64        `json:"id"`
	HostRedundancyAllowed bool         `json:"hostRedundancyAllowed"`
}

// AccountSummary is an account inside another answer.
type AccountSummary struct {
	ActorSummary
	DisplayName string `json:"displayName"`
}

// Account is a person, or the instance itself, in public.
type Account struct {
	ActorSummary
	FollowingCount int64   `json:"followingCount"`
	FollowersCount int64   `json:"followersCount"`
	CreatedAt      Time    `json:"createdAt"`
	DisplayName    string  `json:"displayName"`
	Description    *string `json:"description"`
	UpdatedAt      Time    `json:"updatedAt"`
	UserID         *int64  `json:"userId,omitempty"` // local people only
}

// ChannelBase is what every full form of a channel has.
type ChannelBase struct {
	ActorSummary
	FollowingCount int64        `json:"followingCount"`
	FollowersCount int64        `json:"followersCount"`
	CreatedAt      Time         `json:"createdAt"`
	Banners        []ActorImage `json:"banners"`
	DisplayName    string       `json:"displayName"`
	Description    *string      `json:"description"`
	Support        *string      `json:"support"`
	PublicEmail    *string      `json:"publicEmail"`
	IsLocal        bool         `json:"isLocal"`
	UpdatedAt      Time         `json:"updatedAt"`
}

// Channel is a channel with the whole of its owner.
type Channel struct {
	ChannelBase
	OwnerAccount Account `json:"ownerAccount"`
}

// ListedChannel is a channel in a list: of its owner only the summary.
type ListedChannel struct {
	ChannelBase
	OwnerAccount AccountSummary `json:"ownerAccount"`
}

// OwnChannel is a channel in its owner's GET /users/me.
type OwnChannel struct {
	ChannelBase
	OwnerAccountID   *int64  `json:"ownerAccountId"`
	OwnerAccountName *string `json:"ownerAccountName"`
}

// ChannelCreated answers POST /video-channels.
type ChannelCreated struct {
	VideoChannel struct {
		ID int64 `json:"id"`
	} `json:"videoChannel"`
}

// ChannelCreate is the body of POST /video-channels.
type ChannelCreate struct {
	Name        string  `json:"name"`
	DisplayName string  `json:"displayName"`
	Description *string `json:"description"`
	Support     *string `json:"support"`
}

// ChannelUpdate is the body of PUT /video-channels/{handle}: what is absent
// stays as it is.
type ChannelUpdate struct {
	DisplayName             *string `json:"displayName"`
	Description             Opt     `json:"description"`
	Support                 Opt     `json:"support"`
	BulkVideosSupportUpdate bool    `json:"bulkVideosSupportUpdate"`
}

// Opt is a text that may be absent, null or given.
type Opt struct {
	Given bool
	Value *string
}

// UnmarshalJSON notes that the member was there.
func (o *Opt) UnmarshalJSON(b []byte) error {
	o.Given = true
	return json.Unmarshal(b, &o.Value)
}

// MarshalJSON writes the value.
func (o Opt) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// OptList is a list of texts that may be absent, null or given.
type OptList struct {
	Given bool
	Value []string
}

// UnmarshalJSON notes that the member was there.
func (o *OptList) UnmarshalJSON(b []byte) error {
	o.Given = true
	return json.Unmarshal(b, &o.Value)
}

// MarshalJSON writes the value.
func (o OptList) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// Avatars answers a new avatar.
type Avatars struct {
	Avatars []ActorImage `json:"avatars"`
}

// Banners answers a new banner.
type Banners struct {
	Banners []ActorImage `json:"banners"`
}
