package rest

// AccountBlock is one account that another one, or the instance, muted.
type AccountBlock struct {
	ByAccount      Account `json:"byAccount"`
	BlockedAccount Account `json:"blockedAccount"`
	CreatedAt      Time    `json:"createdAt"`
}

// ServerBlock is one server that an account, or the instance, muted.
type ServerBlock struct {
	ByAccount     Account `json:"byAccount"`
	BlockedServer Host    `json:"blockedServer"`
	CreatedAt     Time    `json:"createdAt"`
}

// Host names a server.
type Host struct {
	Host string `json:"host"`
}

// BlockAccount is the body that mutes an account.
type BlockAccount struct {
	AccountName string `json:"accountName"`
}

// BlockStatus answers GET /blocklist/status.
type BlockStatus struct {
	Accounts map[string]Blocked `json:"accounts"`
	Hosts    map[string]Blocked `json:"hosts"`
}

// Blocked says by whom somebody is muted.
type Blocked struct {
	ByServer             bool    `json:"blockedByServer"`
	ByServerSubscription *string `json:"blockedByServerSubscription"`
	ByUser               bool    `json:"blockedByUser"`
}
