package inbox

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"strings"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/signature"
)

// errDropped ends the reception of what needs no storing: the answer is 204.
var errDropped = errors.New("inbox: dropped")

// keyTime is how long a client is kept waiting for a key that is read.
const keyTime = 10 * time.Second

// prove finds who signed the request and checks that they did. A key that does
// not match is read again once in a while: it may have changed.
func (b *Inbox) prove(r *http.Request, claim signature.Claim, body []byte, a activitypub.Activity) (actor.Actor, error) {
	wrong := fault.New(fault.Forbidden, "Invalid signature")
	by, known, err := b.signer(r, claim.Actor, a)
	if err != nil {
		return by, err
	}
	key, err := b.cfg.Actors.PublicKey(r.Context(), by.ID)
	if err != nil && fault.KindOf(err) == fault.Internal {
		return by, err
	}
	if err == nil && claim.Verify(key, body, b.cfg.Now(), b.cfg.Skew) == nil {
		return by, nil
	}
	if !known || by.Gone() || !b.mayRead(r, by) {
		b.refuse("signature_wrong")
		return by, wrong
	}
	if key, err = b.again(r, by); err != nil || claim.Verify(key, body, b.cfg.Now(), b.cfg.Skew) != nil {
		b.refuse("signature_wrong")
		return by, wrong
	}
	return by, nil
}

// mayRead bounds how often a key is read again.
func (b *Inbox) mayRead(r *http.Request, by actor.Actor) bool {
	if _, tried := b.tried.Get(by.ID, b.cfg.Now()); tried || !b.clients.take(b.client(r), b.cfg.Now()) {
		return false
	}
	b.tried.Put(by.ID, true, b.cfg.Now())
	return true
}

func (b *Inbox) again(r *http.Request, by actor.Actor) (*rsa.PublicKey, error) {
	ctx, cancel := context.WithTimeout(r.Context(), keyTime)
	defer cancel()
	if _, err := b.cfg.Fetch.FreshActor(ctx, by.URL); err != nil {
		return nil, err
	}
	return b.cfg.Actors.PublicKey(ctx, by.ID)
}

// signer finds the actor that a request claims to be of. One that is not known
// is read from its server, within the client's budget; but an unknown one that
// says it was deleted is just believed to be gone.
func (b *Inbox) signer(r *http.Request, claimed string, a activitypub.Activity) (by actor.Actor, known bool, err error) {
	ctx := r.Context()
	if strings.HasPrefix(claimed, "acct:") {
		name, host, _ := strings.Cut(strings.TrimPrefix(claimed, "acct:"), "@")
		if strings.EqualFold(host, b.cfg.Actors.Host()) {
			return by, false, b.own()
		}
		if by, err = b.cfg.Actors.ByHandle(ctx, b.cfg.DB.Read(), name, strings.ToLower(host)); err == nil || fault.KindOf(err) != fault.NotFound {
			return by, true, err
		}
		return b.learn(r, func(ctx context.Context) (actor.Actor, error) { return b.cfg.Fetch.ActorByHandle(ctx, name, host) })
	}
	by, err = b.cfg.Actors.ByURL(ctx, b.cfg.DB.Read(), claimed)
	switch {
	case err == nil && by.Local():
		return by, false, b.own()
	case err == nil || fault.KindOf(err) != fault.NotFound:
		return by, true, err
	case actor.HostOf(claimed) == b.cfg.Actors.Host():
		return by, false, b.own()
	case a.Type == "Delete" && a.ObjectID == a.Actor && a.Actor == claimed:
		return by, false, errDropped
	}
	return b.learn(r, func(ctx context.Context) (actor.Actor, error) { return b.cfg.Fetch.Actor(ctx, claimed) })
}

func (b *Inbox) own() error {
	b.refuse("signed_by_us")
	return fault.New(fault.Conflict, "Signature is of this server.")
}

// learn reads an actor that is not known, within bounds.
func (b *Inbox) learn(r *http.Request, read func(context.Context) (actor.Actor, error)) (by actor.Actor, known bool, err error) {
	if !b.clients.take(b.client(r), b.cfg.Now()) {
		b.refuse("keys")
		return by, false, fault.New(fault.TooMany, "Too many unknown actors.")
	}
	select {
	case b.places <- struct{}{}:
	default:
		b.refuse("keys")
		return by, false, fault.New(fault.Unavailable, "Too many unknown actors.")
	}
	defer func() { <-b.places }()
	ctx, cancel := context.WithTimeout(r.Context(), keyTime)
	defer cancel()
	if by, err = read(ctx); err != nil {
		b.refuse("key_unreadable")
		return by, false, fault.New(fault.Forbidden, "Invalid signature: the actor cannot be read.")
	}
	return by, false, nil
}

// author finds whose word the body is. Where that is not who delivered it, the
// body bears the author's own signature, and what that signature says counts.
func (b *Inbox) author(r *http.Request, i *item, a activitypub.Activity, read bool) (worded []byte, err error) {
	if !read || a.Actor == i.by.URL {
		return nil, nil
	}
	mismatch := fault.New(fault.Forbidden, "Object and creator signature do not match")
	var by actor.Actor
	dropped := false
	creator, worded, err := signature.VerifyLD(r.Context(), i.raw, func(ctx context.Context, creator string) (*rsa.PublicKey, error) {
		if creator, _, _ = strings.Cut(creator, "#"); creator != a.Actor {
			return nil, mismatch
		}
		var err error
		if by, _, err = b.signer(r, creator, a); err != nil {
			dropped = errors.Is(err, errDropped)
			return nil, err
		}
		return b.cfg.Actors.PublicKey(ctx, by.ID)
	})
	creator, _, _ = strings.Cut(creator, "#")
	switch {
	case dropped:
		return nil, errDropped
	case err != nil || creator != a.Actor:
		b.refuse("author")
		return nil, mismatch
	}
	said, err := activitypub.ReadActivity(worded)
	if err != nil || said.Actor != by.URL {
		b.refuse("author")
		return nil, mismatch
	}
	i.by = by
	return worded, nil
}
