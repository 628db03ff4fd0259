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
func (b *Inbox) prove(r *http.Request, claim signature.Claim, body []byte, said root) (actor.Actor, error) {
	wrong := fault.New(fault.Forbidden, "Invalid signature")
	by, known, err := b.signer(r, claim.Actor, said)
	if err != nil {
		return by, err
	}
	key, err := b.cfg.Actors.PublicKey(r.Context(), by.ID)
	if err != nil && fault.KindOf(err) == fault.Internal {
		return by, err
	}
	if err == nil && claim.Verify(key, body, b.cfg.Now(), b.cfg.Skew) == nil {
		if known && !by.Gone() { // a key may have been changed long ago
			b.cfg.Fetch.ActorSeen(r.Context(), by.URL, by.FetchedAt)
		}
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

// signer finds the actor that a request claims to be of; known says that it may
// be read again. One that is not known is read from its server, within the
// client's budget; but an unknown one that says it was deleted is just believed
// to be gone.
func (b *Inbox) signer(r *http.Request, claimed string, said root) (by actor.Actor, known bool, err error) {
	ctx := r.Context()
	if handle, is := strings.CutPrefix(claimed, "acct:"); is {
		name, host, _ := strings.Cut(handle, "@")
		if host = strings.ToLower(host); host == b.cfg.Actors.Host() {
			host = ""
		}
		if by, err = b.cfg.Actors.ByHandle(ctx, b.cfg.DB.Read(), name, host); err == nil || fault.KindOf(err) != fault.NotFound {
			return by, !by.Local(), err
		}
		if host == "" {
			return by, false, b.unreadable()
		}
		return b.learn(r, func(ctx context.Context) (actor.Actor, error) { return b.cfg.Fetch.ActorByHandle(ctx, name, host) })
	}
	by, err = b.cfg.Actors.ByURL(ctx, b.cfg.DB.Read(), claimed)
	switch {
	case err == nil || fault.KindOf(err) != fault.NotFound:
		return by, !by.Local(), err
	case actor.HostOf(claimed) == b.cfg.Actors.Host():
		return by, false, b.unreadable()
	case said.farewell && said.actor == claimed:
		return by, false, errDropped
	}
	return b.learn(r, func(ctx context.Context) (actor.Actor, error) { return b.cfg.Fetch.Actor(ctx, claimed) })
}

func (b *Inbox) unreadable() error {
	b.refuse("key_unreadable")
	return fault.New(fault.Forbidden, "ActivityPub signature could not be checked")
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
		return by, false, b.unreadable()
	}
	return by, false, nil
}

// author finds whose word the body is. Where that is not who delivered it, the
// body bears the author's own signature, and what that signature says counts.
func (b *Inbox) author(r *http.Request, i *item, body []byte, said root) (worded []byte, err error) {
	if said.empty || said.actor == "" || said.actor == i.by.URL {
		return nil, nil
	}
	var by actor.Actor
	var because error // why the key of the author is not known
	creator, worded, err := signature.VerifyLD(r.Context(), body, func(ctx context.Context, creator string) (*rsa.PublicKey, error) {
		if creator, _, _ = strings.Cut(creator, "#"); creator != said.actor {
			because = errMismatch
		} else if by, _, because = b.signer(r, creator, said); because == nil {
			return b.cfg.Actors.PublicKey(ctx, by.ID)
		}
		return nil, because
	})
	creator, _, _ = strings.Cut(creator, "#")
	switch {
	case because != nil:
		return nil, because
	case errors.Is(err, signature.ErrUnsigned):
		b.refuse("author")
		return nil, errMismatch
	case err != nil || creator != said.actor || said.documents > 0:
		b.refuse("author")
		return nil, fault.New(fault.Forbidden, "Signature could not be verified")
	}
	again, err := activitypub.ReadActivity(worded)
	if err != nil || again.Actor != by.URL {
		b.refuse("author")
		return nil, errMismatch
	}
	i.by = by
	return worded, nil
}
