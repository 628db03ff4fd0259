package api

import (
	"net/http"
	"strings"
	"time"

	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

func (a *API) oauthClient(r *http.Request, _ user.Caller) (any, error) {
	c, err := a.Users.OAuthClient(r.Context())
	return rest.OAuthClient{ClientID: c.ID, ClientSecret: c.Secret}, err
}

// token answers both grants. It takes a form alone, as PeerTube does.
func (a *API) token(r *http.Request, _ user.Caller) (any, error) {
	f, err := form(r)
	if err != nil {
		return nil, err
	}
	t, err := a.Users.Login(r.Context(), user.Grant{
		Client: user.Client{ID: f.Get("client_id"), Secret: f.Get("client_secret")},
		Type:   f.Get("grant_type"), Username: f.Get("username"), Password: f.Get("password"), Refresh: f.Get("refresh_token"),
		IP: a.clientIP(r).String(), Device: device(r),
	})
	if err != nil {
		return nil, err
	}
	return &answer{
		Header: http.Header{"Cache-Control": {"no-store"}, "Pragma": {"no-cache"}},
		Body: rest.Tokens{
			TokenType: "Bearer", AccessToken: t.Access, RefreshToken: t.Refresh,
			ExpiresIn: int64(t.AccessTTL / time.Second), RefreshTokenExpiresIn: int64(t.RefreshTTL / time.Second),
		},
	}, nil
}

// device is what the client calls itself, short and storable.
func device(r *http.Request) string {
	s := strings.ReplaceAll(strings.ToValidUTF8(r.UserAgent(), "?"), "\x00", "")
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200])
	}
	return s
}

func (a *API) revokeToken(r *http.Request, c user.Caller) (any, error) {
	return rest.Success{Success: true}, a.Users.Revoke(r.Context(), c)
}
