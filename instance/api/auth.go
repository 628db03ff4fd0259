package api

import (
	"net/http"
	"strings"

	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// caller finds out who asks and whether the route is theirs to call.
func (a *API) caller(r *http.Request, rt route) (user.Caller, error) {
	if rt.auth == public {
		return user.Caller{}, nil
	}
	if r.Header.Get("Authorization") == "" {
		if rt.auth == optional {
			return user.Caller{}, nil
		}
		return user.Caller{}, fault.New(fault.Unauthorized, "Token is invalid").WithCode("unauthorized_request")
	}
	c, err := a.bearer(r)
	if err != nil {
		return user.Caller{}, err
	}
	if (rt.auth == admin && !c.Admin()) || (rt.auth == moderator && !c.Moderator()) {
		return user.Caller{}, fault.New(fault.Forbidden, "User %s does not have right (No. %d) to access to %s.",
			c.Username, rt.right, r.URL.Path)
	}
	return c, nil
}

// bearer turns the Authorization header into a caller.
func (a *API) bearer(r *http.Request) (user.Caller, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	return a.Users.Authenticate(r.Context(), strings.TrimSpace(token))
}
