package signature

import (
	"bytes"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/activitypub"
)

const captured = "../../testdata/wire/activitypub/"

// delivery is a request that a stock PeerTube 8.2 sent.
type delivery struct {
	name    string
	Request struct {
		Method, Target, RawBody string
		Headers                 [][2]string
	}
	Response      struct{ Status int }
	HTTPSignature struct {
		KeyID         string
		SigningString string
		Signature     string
	}
	LinkedDataSignature *struct {
		Creator                       string
		OptionsNQuads, DocumentNQuads string
	}
}

func deliveries(t testing.TB) []delivery {
	t.Helper()
	names, err := filepath.Glob(captured + "deliveries/*.json")
	if err != nil || len(names) < 50 {
		t.Fatalf("got %d deliveries: %v", len(names), err)
	}
	var all []delivery
	for _, name := range names {
		d := delivery{name: filepath.Base(name)}
		raw, err := os.ReadFile(name)
		if err != nil || json.Unmarshal(raw, &d) != nil {
			t.Fatal(name, err)
		}
		all = append(all, d)
	}
	return all
}

type pair struct {
	public  *rsa.PublicKey
	private *rsa.PrivateKey // nil of deleted actors
}

func keys(t testing.TB) map[string]pair {
	t.Helper()
	raw, err := os.ReadFile(captured + "keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]struct{ PublicKeyPem, PKCS8 string }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]pair{}
	for actor, k := range file {
		var p pair
		if p.public, err = ParsePublic(k.PublicKeyPem); err != nil {
			t.Fatal(err)
		}
		if k.PKCS8 != "" {
			der, err := hex.DecodeString(k.PKCS8)
			if err != nil {
				t.Fatal(err)
			}
			p.private, err = ParsePrivate(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
			if err != nil {
				t.Fatal(err)
			}
		}
		all[actor] = p
	}
	return all
}

func (d delivery) header(name string) string {
	for _, h := range d.Request.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// received is the request as a server gets it over a connection.
func (d delivery) received(t testing.TB) (*http.Request, []byte) {
	t.Helper()
	var wire bytes.Buffer
	wire.WriteString(d.Request.Method + " " + d.Request.Target + " HTTP/1.1\r\n")
	for _, h := range d.Request.Headers {
		wire.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	wire.WriteString("\r\n" + d.Request.RawBody)
	return receive(t, wire.Bytes())
}

// unsigned is the document as it was before it was signed.
func (d delivery) unsigned() []byte {
	bare, _, _ := strings.Cut(d.Request.RawBody, `,"signature":{`)
	return []byte(bare + "}")
}

func (d delivery) at(t testing.TB) time.Time {
	t.Helper()
	at, err := http.ParseTime(d.header("date"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Every captured delivery is proven at its time, and with its sender's key our
// signature is the same, byte for byte: no server can tell us from PeerTube.
func TestCapturedRequests(t *testing.T) {
	all := keys(t)
	for _, d := range deliveries(t) {
		r, body := d.received(t)
		if r.Method == http.MethodPost {
			if err := CheckDigest(r, body); err != nil {
				t.Errorf("%s: %v", d.name, err)
			}
		}
		c, err := Read(r)
		if err != nil {
			t.Errorf("%s: %v", d.name, err)
			continue
		}
		key := all[c.Actor]
		if c.KeyID != d.HTTPSignature.KeyID || key.public == nil {
			t.Errorf("%s: got key %q of %q", d.name, c.KeyID, c.Actor)
			continue
		}
		if err := c.Verify(key.public, body, d.at(t).Add(2*time.Second), 0); err != nil {
			t.Errorf("%s: %v", d.name, err)
		}
		if key.private == nil {
			continue
		}
		ours := httptest.NewRequest(d.Request.Method, "http://"+d.header("host")+d.Request.Target, nil)
		if len(body) == 0 {
			body = nil
		}
		if err := Sign(ours, c.KeyID, key.private, body, d.at(t)); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Signature", "Date", "Digest"} {
			if got, want := ours.Header.Get(name), d.header(name); got != want {
				t.Errorf("%s: got %s %q, want %q", d.name, name, got, want)
			}
		}
	}
}

// The statements of each captured document and the document signed again are the
// same as PeerTube's, byte for byte.
func TestCapturedDocuments(t *testing.T) {
	all, signed := keys(t), 0
	for _, d := range deliveries(t) {
		if d.LinkedDataSignature == nil {
			continue
		}
		signed++
		object, err := decoded([]byte(d.Request.RawBody))
		if err != nil {
			t.Fatal(err)
		}
		own, _, err := taken(object)
		if err != nil {
			t.Fatal(err)
		}
		if quads, err := canonical(object); err != nil || quads != d.LinkedDataSignature.DocumentNQuads {
			t.Errorf("%s: got %v\n%s\nwant\n%s", d.name, err, quads, d.LinkedDataSignature.DocumentNQuads)
		}
		created, err := time.Parse(isoMillis, own["created"].(string))
		if err != nil {
			t.Fatal(err)
		}
		own["@context"] = signedContext
		if quads, err := canonical(own); err != nil || quads != d.LinkedDataSignature.OptionsNQuads {
			t.Errorf("%s: got %v\n%s\nwant\n%s", d.name, err, quads, d.LinkedDataSignature.OptionsNQuads)
		}
		if key := all[d.LinkedDataSignature.Creator].private; key != nil {
			again, err := Deliverable(d.unsigned(), d.LinkedDataSignature.Creator, key, created)
			if err != nil || string(again) != d.Request.RawBody {
				t.Errorf("%s: %v: got %s, want %s", d.name, err, again, d.Request.RawBody)
			}
		}
	}
	if signed < 40 {
		t.Errorf("got %d signed documents", signed)
	}
}

// Every captured document is proven, and says the same in our words. The one
// exception is a Download, a word that no context explains: it is believed from
// its sender alone.
func TestCapturedDocumentsAreProven(t *testing.T) {
	all := keys(t)
	for _, d := range deliveries(t) {
		if d.LinkedDataSignature == nil {
			continue
		}
		creator, worded, err := VerifyLD(t.Context(), []byte(d.Request.RawBody), known(all))
		if d.name == "download.json" {
			if !errors.Is(err, ErrUnsafe) {
				t.Errorf("%s: got %v", d.name, err)
			}
			continue
		}
		if err != nil || creator != d.LinkedDataSignature.Creator {
			t.Errorf("%s: got %q %v", d.name, creator, err)
			continue
		}
		got, want := said(t, worded), said(t, []byte(d.Request.RawBody))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", d.name, diff)
		}
	}
}

// said is what our readers make of an activity.
func said(t *testing.T, raw []byte) any {
	t.Helper()
	a, err := activitypub.ReadActivity(raw)
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	type all struct {
		ID, Type, Actor, ObjectID, ObjectType, Content, MediaType, InReplyTo, Expires string
		To, CC                                                                        []string
		Object, Tag, Result                                                           any
	}
	read := func(v any, err error) any {
		if err != nil {
			t.Fatalf("%v: %s", err, a.Object)
		}
		return v
	}
	said := all{
		a.ID, a.Type, a.Actor, a.ObjectID, a.ObjectType, a.Content, a.MediaType, a.InReplyTo, a.Expires,
		slices.Sorted(slices.Values(a.To)), slices.Sorted(slices.Values(a.CC)), nil, a.Tag, a.Result,
	}
	switch a.ObjectType {
	case "Video":
		v, err := activitypub.ParseVideo(a.Object)
		slices.Sort(v.To)
		said.Object = read(v, err)
	case "Note":
		v, err := activitypub.ReadNote(a.Object)
		slices.Sort(v.CC)
		v.ReplyApproval.Written = v.ReplyApproval.Value != nil // null says nothing
		said.Object = read(v, err)
	case "Playlist":
		v, err := activitypub.ReadPlaylist(a.Object)
		slices.Sort(v.To)
		said.Object = read(v, err)
	case "CacheFile":
		v, err := activitypub.ReadCacheFile(a.Object)
		said.Object = read(v, err)
	case "WatchAction":
		v, err := activitypub.ReadWatchAction(a.Object)
		said.Object = read(v, err)
	case "PlayerSettings":
		v, err := activitypub.ReadPlayerSettings(a.Object)
		slices.Sort(v.To)
		said.Object = read(v, err)
	case "Person", "Group":
		v, err := activitypub.ReadActor(a.Object)
		v.Context, v.Email.Written = nil, false
		said.Object = read(v, err)
	case "Follow", "Announce", "Like", "Dislike", "Create":
		said.Object = saidOf(t, a)
	}
	return said
}

func saidOf(t *testing.T, a activitypub.Activity) any {
	t.Helper()
	inner, err := a.Inner()
	if err != nil {
		t.Fatal(err)
	}
	return said(t, inner.Raw)
}
