package rest

import "encoding/json"

// Job is one row of GET /jobs/{state}.
type Job struct {
	ID          string          `json:"id"`
	State       string          `json:"state"`
	Type        string          `json:"type"`
	Data        json.RawMessage `json:"data"`
	Progress    int             `json:"progress"` // percent
	Error       *string         `json:"error"`
	CreatedAt   Time            `json:"createdAt"`
	FinishedOn  Time            `json:"finishedOn"`
	ProcessedOn Time            `json:"processedOn"`
	CanCancel   bool            `json:"canCancel"`
}

// Debug answers GET /server/debug.
type Debug struct {
	IP                         string `json:"ip"`
	ActivityPubMessagesWaiting int    `json:"activityPubMessagesWaiting"`
}
