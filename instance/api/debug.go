package api

import (
	"context"
	"net/http"

	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Commands are what an administrator may have done at once that is done from time
// to time anyway, by PeerTube's names.
type Commands map[string]func(context.Context) error

// runCommand does one of the commands; the answer comes when it is done.
func (a *API) runCommand(r *http.Request, _ user.Caller) (any, error) {
	var in struct {
		Command string `json:"command"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	do, ok := a.Commands[in.Command]
	if !ok {
		return nil, fault.New(fault.Invalid, "Invalid command")
	}
	return nil, do(r.Context())
}
