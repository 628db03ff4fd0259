package api

import (
	"context"
	"io"
	"net/http"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/gallery"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// Faces keeps avatars and banners; it is a *gallery.Service.
type Faces interface {
	Pick(ctx context.Context, of actor.ID, k gallery.Kind, path string) ([]actor.Image, error)
	Remove(ctx context.Context, of actor.ID, k gallery.Kind) error
}

func (a *API) pictureRoutes() []route {
	const post, remove, me, channels = http.MethodPost, http.MethodDelete, "/api/v1/users/me", "/api/v1/video-channels/{handle}"
	const config = "/api/v1/config"
	if a.Faces == nil {
		return nil
	}
	return []route{
		{method: post, path: me + "/avatar/pick", auth: signedIn, handle: a.pickOwnAvatar},
		{method: remove, path: me + "/avatar", auth: signedIn, handle: a.removeOwnAvatar},
		{method: post, path: channels + "/avatar/pick", auth: signedIn, handle: a.pickOfChannel(gallery.Avatar)},
		{method: remove, path: channels + "/avatar", auth: signedIn, handle: a.removeOfChannel(gallery.Avatar)},
		{method: post, path: channels + "/banner/pick", auth: signedIn, handle: a.pickOfChannel(gallery.Banner)},
		{method: remove, path: channels + "/banner", auth: signedIn, handle: a.removeOfChannel(gallery.Banner)},
		{method: post, path: config + "/instance-avatar/pick", auth: admin, right: rightConfigure, handle: a.pickOfInstance(gallery.Avatar)},
		{method: remove, path: config + "/instance-avatar", auth: admin, right: rightConfigure, handle: a.removeOfInstance(gallery.Avatar)},
		{method: post, path: config + "/instance-banner/pick", auth: admin, right: rightConfigure, handle: a.pickOfInstance(gallery.Banner)},
		{method: remove, path: config + "/instance-banner", auth: admin, right: rightConfigure, handle: a.removeOfInstance(gallery.Banner)},
	}
}

// ownActor is the actor of the caller's account.
func (a *API) ownActor(r *http.Request, c user.Caller) (actor.ID, error) {
	mine, err := a.Accounts.ByID(r.Context(), account.ID(c.AccountID))
	return mine.ActorID, err
}

func (a *API) pickOwnAvatar(r *http.Request, c user.Caller) (any, error) {
	of, err := a.ownActor(r, c)
	if err != nil {
		return nil, err
	}
	return a.pick(r, of, gallery.Avatar)
}

func (a *API) removeOwnAvatar(r *http.Request, c user.Caller) (any, error) {
	of, err := a.ownActor(r, c)
	if err != nil {
		return nil, err
	}
	return nil, a.Faces.Remove(r.Context(), of, gallery.Avatar)
}

func (a *API) pickOfChannel(k gallery.Kind) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		_, of, err := a.Channels.Managed(r.Context(), c, param(r, "handle"))
		if err != nil {
			return nil, err
		}
		return a.pick(r, of, k)
	}
}

func (a *API) removeOfChannel(k gallery.Kind) handler {
	return func(r *http.Request, c user.Caller) (any, error) {
		_, of, err := a.Channels.Managed(r.Context(), c, param(r, "handle"))
		if err != nil {
			return nil, err
		}
		return nil, a.Faces.Remove(r.Context(), of, k)
	}
}

// about answers who runs the instance, with its pictures.
func (a *API) about(r *http.Request, _ user.Caller) (any, error) {
	faces, err := a.Actors.InstanceImages(r.Context())
	out := a.About
	out.Instance.Avatars, out.Instance.Banners = a.images("avatars", faces.Avatars), a.images("banners", faces.Banners)
	return out, err
}

func (a *API) pickOfInstance(k gallery.Kind) handler {
	return func(r *http.Request, _ user.Caller) (any, error) {
		me, err := a.Actors.Instance(r.Context())
		if err == nil {
			_, err = a.pick(r, me.ID, k)
		}
		return nil, err
	}
}

func (a *API) removeOfInstance(k gallery.Kind) handler {
	return func(r *http.Request, _ user.Caller) (any, error) {
		me, err := a.Actors.Instance(r.Context())
		if err == nil {
			err = a.Faces.Remove(r.Context(), me.ID, k)
		}
		return nil, err
	}
}

func (a *API) pick(r *http.Request, of actor.ID, k gallery.Kind) (any, error) {
	field := "avatarfile"
	if k == gallery.Banner {
		field = "bannerfile"
	}
	pic, err := a.onePicture(r, field)
	if err != nil {
		return nil, err
	}
	defer pic.remove()
	made, err := a.Faces.Pick(r.Context(), of, k, pic.path)
	if err != nil {
		if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
			err = refused(field)
		}
		return nil, err
	}
	if k == gallery.Banner {
		return rest.Banners{Banners: a.images("banners", made)}, nil
	}
	return rest.Avatars{Avatars: a.images("avatars", made)}, nil
}

// onePicture reads a multipart form that is one picture.
func (a *API) onePicture(r *http.Request, field string) (picture, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return picture{}, malformed()
	}
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return picture{}, malformed()
		}
		if part.FormName() == field {
			return a.savePicture(part)
		}
	}
	return picture{}, fault.New(fault.Invalid, "").WithField(field, nil, "Invalid value", "body")
}
