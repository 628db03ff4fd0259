package rest

// Problem is an error answer (RFC 7807) in PeerTube's two shapes: with a code
// and no title, or with a title and, for refused input, the request's path and
// each refused value.
type Problem struct {
	Type          string              `json:"type"`
	Title         string              `json:"title,omitempty"`
	Detail        string              `json:"detail"`
	Instance      string              `json:"instance,omitempty"`
	Status        int                 `json:"status"`
	InvalidParams map[string]BadParam `json:"invalid-params,omitempty"`
	Docs          string              `json:"docs,omitempty"`
	Code          string              `json:"code,omitempty"`
}

// BadParam is one refused value.
type BadParam struct {
	Type     string `json:"type"` // always "field"
	Value    any    `json:"value,omitempty"`
	Msg      string `json:"msg"`
	Path     string `json:"path"`
	Location string `json:"location"` // body, query, params, headers
}
