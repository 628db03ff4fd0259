package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/signature"
)

// errIncorrect is PeerTube's word for what is no activity, errOwn the answer to
// what is signed with a key of ours, which has no body.
var (
	errIncorrect = fault.New(fault.Invalid, "Incorrect activity")
	errOwn       = errors.New("inbox: signed by this server")
)

// nobody is PeerTube's answer where nobody has that inbox, or no longer.
var nobody = map[actor.Kind]error{
	actor.Person: fault.New(fault.NotFound, "Account not found"), actor.Group: fault.New(fault.NotFound, "Video channel not found"),
}

// item is an activity on its way into the database.
type item struct {
	hash   [sha256.Size]byte // of body and signature: PeerTube repeats ids
	raw    []byte
	worded []byte // what a linked-data signature says, in our words; nil: raw
	by     actor.Actor
	host   string // of the HTTP signer
	target actor.ID
}

// ServeHTTP is the shared inbox.
func (b *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.answer(w, b.receive(r, nil))
}

// Personal is the inbox of an actor of ours: of an account (actor.Person, which
// is the instance too), or of a channel (actor.Group).
func (b *Inbox) Personal(w http.ResponseWriter, r *http.Request, kind actor.Kind, name string) {
	b.answer(w, b.receive(r, func(ctx context.Context) (actor.Actor, error) {
		kinds := []actor.Kind{kind}
		if kind == actor.Person {
			kinds = append(kinds, actor.Application)
		}
		a, err := b.cfg.Actors.ByHandle(ctx, b.cfg.DB.Read(), name, "", kinds...)
		if k := fault.KindOf(err); k == fault.NotFound || k == fault.Gone || err == nil && a.Gone() {
			return a, nobody[kind]
		}
		return a, err
	}))
}

// receive proves and stores a delivery; nil is answered with 204.
func (b *Inbox) receive(r *http.Request, owner func(context.Context) (actor.Actor, error)) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, activitypub.MaxObject))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "request entity too large")
	}
	if err != nil {
		return fault.New(fault.Invalid, "The body was not sent whole.")
	}
	claim, err := signature.Read(r)
	if err != nil {
		b.refuse("signature_unreadable")
		return fault.New(fault.Forbidden, "Cannot parse HTTP signature")
	}
	if signature.CheckDigest(r, body) != nil { // before anything of it is parsed
		b.refuse("digest")
		return fault.New(fault.Forbidden, "Invalid digest")
	}
	root, err := readRoot(r.Header.Get("Content-Type"), body)
	if err != nil {
		b.refuse("unreadable")
		return err
	}
	i := item{}
	if i.by, err = b.prove(r, claim, body, root); err == nil {
		i.host = i.by.Host
		i.worded, err = b.author(r, &i, body, root)
	}
	switch {
	case errors.Is(err, errDropped):
		return nil
	case err != nil:
		return err
	}
	if owner != nil {
		to, err := owner(r.Context())
		if err != nil {
			return err
		}
		i.target = to.ID
	}
	switch {
	case root.empty:
		b.refuse("no_activity")
		return errIncorrect
	case i.by.Local():
		b.refuse("signed_by_us")
		return errOwn
	}
	return b.keep(r, i, root.said)
}

// hashOf tells deliveries apart: the same bytes signed again are another one.
func hashOf(r *http.Request, body []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(body)
	for _, name := range []string{"Signature", "Signature-Input", "Authorization"} {
		for _, v := range r.Header.Values(name) {
			h.Write([]byte{0})
			h.Write([]byte(v))
		}
	}
	h.Sum(sum[:0])
	return sum
}

// keep stores what was said: one activity with those of others who are there at
// the same moment, several that came together in a transaction of their own.
func (b *Inbox) keep(r *http.Request, i item, said [][]byte) error {
	if len(said) == 0 { // of types that mean nothing here
		b.refuse("unknown_type")
		return nil
	}
	ctx := r.Context()
	if err := b.room(ctx, i.host); err != nil {
		return err
	}
	items := make([]item, len(said))
	for k, raw := range said {
		items[k] = i
		items[k].raw, items[k].hash = raw, hashOf(r, raw)
	}
	if len(items) == 1 {
		return b.batch.add(ctx, items[0], b.storeAll)
	}
	return b.storeAll(context.WithoutCancel(ctx), items)
}

// room refuses what a server sends that has too much waiting already.
func (b *Inbox) room(ctx context.Context, host string) error {
	n, ok := b.waiting.Get(host, b.cfg.Now())
	if !ok {
		var err error
		if n, err = b.store.countOf(ctx, host, b.cfg.Waiting); err != nil {
			return err
		}
		b.waiting.Put(host, n, b.cfg.Now())
	}
	if n >= b.cfg.Waiting {
		b.refuse("full")
		return fault.New(fault.Unavailable, "Too much of %s is waiting.", host)
	}
	return nil
}

// client is whose request it is.
func (b *Inbox) client(r *http.Request) netip.Addr {
	if b.cfg.Client != nil {
		return b.cfg.Client(r)
	}
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr()
}

// answer writes PeerTube's answers.
func (b *Inbox) answer(w http.ResponseWriter, err error) {
	h := w.Header()
	h.Set("X-Powered-By", "PeerTube")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Tk", "N")
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if errors.Is(err, errOwn) {
		w.WriteHeader(http.StatusConflict)
		return
	}
	status, detail := http.StatusInternalServerError, "Internal Server Error"
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		status, detail = statuses[f.Kind], f.Message
	} else if !errors.Is(err, context.Canceled) {
		b.log.Error("delivery not taken", "err", err)
	}
	if status == 0 {
		status = http.StatusForbidden
	}
	p := rest.Problem{Type: "about:blank", Title: http.StatusText(status), Detail: strings.ToValidUTF8(detail, ""), Status: status}
	body, err := json.Marshal(p)
	if err != nil {
		http.Error(w, p.Title, status)
		return
	}
	h.Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // who went away does not read it
}

var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Unauthorized: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Gone: http.StatusGone, fault.Conflict: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.TooMany: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
}
