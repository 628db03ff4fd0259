package signature

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
)

const author = "https://a.test/accounts/alice"

func authorsKey(_ context.Context, creator string) (*rsa.PublicKey, error) {
	if creator != author {
		return nil, ErrKey
	}
	return &testKey().PublicKey, nil
}

// signed is a document of the author, with a context.
func signed(t testing.TB, ctx, members string) []byte {
	t.Helper()
	doc, err := SignLD([]byte(`{"@context":`+ctx+`,`+members+`}`), author, testKey(), noon)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var base = string(activitypub.Context(""))

const like = `"id":"https://a.test/likes/1","type":"Like","actor":"https://a.test/accounts/alice","object":"https://b.test/videos/1"`

func TestSignedDocument(t *testing.T) {
	doc := signed(t, base, like)
	creator, worded, err := VerifyLD(t.Context(), doc, authorsKey)
	if err != nil || creator != author {
		t.Fatalf("got %q %v", creator, err)
	}
	a, err := activitypub.ReadActivity(worded)
	if err != nil || a.Type != "Like" || a.Actor != author || a.ObjectID != "https://b.test/videos/1" {
		t.Errorf("got %+v %v", a, err)
	}
	if _, err := SignLD(doc, author, testKey(), noon); !errors.Is(err, ErrMalformed) {
		t.Errorf("signed twice: %v", err)
	}
	if !bytes.Contains(doc, []byte(`"created":"2026-05-04T12:00:00.000Z"`)) {
		t.Errorf("got %s", doc)
	}
}

// Who has somebody's signed document can word it anew, in a context of his own,
// so that it reads otherwise. What we believe is what was signed, or nothing.
func TestRewordedDocuments(t *testing.T) {
	doc := string(signed(t, base, like))
	swapped := `[` + base[1:len(base)-1] + `,{"object":{"@id":"as:actor","@type":"@id"},"actor":{"@id":"as:object","@type":"@id"}}]`
	for name, test := range map[string]struct{ old, new string }{
		"another object":     {`https://b.test/videos/1`, `https://b.test/videos/2`},
		"another type":       {`"Like"`, `"Dislike"`},
		"another creator":    {`"creator":"` + author, `"creator":"https://evil.test/accounts/eve`},
		"another time":       {`2026-05-04T12`, `2026-05-04T13`},
		"another member":     {`"type":"Like"`, `"type":"Like","to":"as:Public"`},
		"words swapped":      {base, swapped},
		"a signed statement": {`"type":"RsaSignature2017"`, `"type":"RsaSignature2017","nonce":"x"`},
	} {
		changed := strings.Replace(doc, test.old, test.new, 1)
		if changed == doc {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, worded, err := VerifyLD(t.Context(), []byte(changed), authorsKey); err == nil {
			t.Errorf("%s: got %s", name, worded)
		}
	}
	// The same statements in other words are the same in ours.
	renamed := strings.NewReplacer(base, `[`+base[1:len(base)-1]+`,{"who":{"@id":"as:actor","@type":"@id"},"what":{"@id":"as:object","@type":"@id"}}]`,
		`"actor":`, `"who":`, `"object":`, `"what":`).Replace(doc)
	_, worded, err := VerifyLD(t.Context(), []byte(renamed), authorsKey)
	if a, bad := activitypub.ReadActivity(worded); err != nil || bad != nil || a.Actor != author || a.ObjectID != "https://b.test/videos/1" {
		t.Errorf("got %s %v", worded, err)
	}
}

// A word without a meaning is no part of what is signed: whoever adds one must
// not be heard through it, and a type without one is any type.
func TestUnsignedMembers(t *testing.T) {
	doc := string(signed(t, base, like))
	added := strings.Replace(doc, `"type":"Like"`, `"type":"Like","startAt":5,"suspended":true,"movedTo":"https://evil.test/"`, 1)
	_, worded, err := VerifyLD(t.Context(), []byte(added), authorsKey)
	if err != nil || strings.Contains(string(worded), "startAt") || strings.Contains(string(worded), "evil") {
		t.Errorf("got %s %v", worded, err)
	}
	download := string(signed(t, base, strings.Replace(like, "Like", "Download", 1)))
	for _, kind := range []string{"Download", "ApproveReply"} {
		if _, worded, err := VerifyLD(t.Context(), []byte(strings.Replace(download, "Download", kind, 1)), authorsKey); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%s: got %s %v", kind, worded, err)
		}
	}
	if _, err := SignLD([]byte(`{"@context":`+base+`,`+like+`,"startAt":1}`), author, testKey(), noon); !errors.Is(err, ErrUnmapped) {
		t.Errorf("signed a word without a meaning: %v", err)
	}
}

// A report with times goes out as PeerTube sends it: without context and
// signature.
func TestDeliverableWithoutSignature(t *testing.T) {
	for _, d := range deliveries(t) {
		if d.name != "flag-video-unsigned-body.json" {
			continue
		}
		a, err := activitypub.ReadActivity([]byte(d.Request.RawBody))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := a.JSON()
		if err != nil || !bytes.Contains(doc, []byte("@context")) {
			t.Fatalf("got %s %v", doc, err)
		}
		got, err := Deliverable(doc, a.Actor, testKey(), noon)
		var have, want any
		if err != nil || json.Unmarshal(got, &have) != nil || json.Unmarshal([]byte(d.Request.RawBody), &want) != nil || fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("got %s %v, want %s", got, err, d.Request.RawBody)
		}
	}
}

func TestRefusedDocuments(t *testing.T) {
	sig := `"signature":{"type":"RsaSignature2017","creator":"` + author + `","created":"2026-05-04T12:00:00Z","signatureValue":"eA=="}`
	with := func(ctx, members string) string { return `{"@context":` + ctx + `,` + members + `,` + sig + `}` }
	one := `{"type":"Note","content":"x"}`
	alike := strings.Repeat(one+`,`, 6) + one
	for name, test := range map[string]struct {
		doc  string
		want error
	}{
		"remote context":        {with(`"https://evil.test/context"`, like), ErrUnsafe},
		"remote among others":   {with(`["https://www.w3.org/ns/activitystreams","http://169.254.169.254/"]`, like), ErrUnsafe},
		"imported":              {with(`{"@version":1.1,"@import":"https://evil.test/"}`, like), ErrUnsafe},
		"context in a word":     {with(`[`+base[1:len(base)-1]+`,{"tag":{"@id":"as:tag","@context":"https://evil.test/"}}]`, like+`,"tag":[{"name":"x"}]`), ErrUnsafe},
		"included":              {with(base, like+`,"@included":[{"id":"https://b.test/"}]`), ErrUnsafe},
		"graph":                 {with(base, like+`,"@graph":[{"id":"https://b.test/"}]`), ErrUnsafe},
		"reverse":               {with(base, like+`,"@reverse":{"actor":{"id":"https://b.test/"}}`), ErrUnsafe},
		"included by alias":     {with(`[`+base[1:len(base)-1]+`,{"more":"@included"}]`, like+`,"more":[{"id":"https://b.test/"}]`), ErrUnsafe},
		"reverse by alias":      {with(`[`+base[1:len(base)-1]+`,{"does":{"@reverse":"as:actor"}}]`, like+`,"does":[{"id":"https://b.test/"}]`), ErrUnsafe},
		"graph by container":    {with(`[`+base[1:len(base)-1]+`,{"tag":{"@id":"as:tag","@container":["@graph"]}}]`, like), ErrUnsafe},
		"a long list":           {with(base, like+`,"to":[`+strings.Repeat(`"as:Public",`, maxList)+`"as:Public"]`), ErrUnsafe},
		"many values":           {with(base, like+`,"tag":[`+strings.Repeat(`[`+strings.Repeat(`"x",`, 99)+`"x"],`, 60)+`["x"]]`), ErrUnsafe},
		"many contexts":         {with(base, like+`,"tag":[`+strings.Repeat(`{"@context":"`+asURL+`"},`, maxContexts)+one+`]`), ErrUnsafe},
		"a context many times":  {with(`[`+strings.Repeat(`"`+asURL+`",`, maxNamed)+`"`+asURL+`"]`, like), ErrUnsafe},
		"a long context":        {with(`[`+base[1:len(base)-1]+`,{`+terms(maxWords)+`}]`, like), ErrUnsafe},
		"named without a name":  {with(base, `"id":"_:b0","type":"Like"`), ErrUnsafe},
		"deep":                  {with(base, like+`,"tag":`+strings.Repeat(`[`, 20)+strings.Repeat(`]`, 20)), activitypub.ErrTooLarge},
		"large":                 {with(base, like+`,"content":"`+strings.Repeat("x", activitypub.MaxObject)+`"`), activitypub.ErrTooLarge},
		"twice":                 {with(base, like+`,"Actor":"https://evil.test/"`), activitypub.ErrMalformed},
		"alike within alike":    {with(base, like+`,"tag":[{"type":"Note","tag":[`+alike+`]},{"type":"Note","tag":[`+alike+`]}]`), ErrUnsafe},
		"a chain of alike":      {with(base, like+`,"orderedItems":[`+strings.Repeat(one+`,`, 40)+one+`]`), ErrUnsafe},
		"a crowd of alike":      {with(base, like+`,"tag":[`+strings.Repeat(one+`,`, maxAlike)+one+`]`), ErrUnsafe},
		"no signature":          {`{"@context":` + base + `,` + like + `}`, ErrUnsigned},
		"another signature":     {strings.Replace(with(base, like), `"type":"RsaSignature2017"`, `"type":"Ed25519Signature2018"`, 1), ErrMalformed},
		"creator is no address": {strings.Replace(with(base, like), `"creator":"https`, `"creator":"file`, 1), ErrMalformed},
		"creator is a list":     {strings.Replace(with(base, like), `"creator":"`+author+`"`, `"creator":["`+author+`"]`, 1), ErrMalformed},
		"unknown creator":       {strings.Replace(with(base, like), `"creator":"`+author, `"creator":"https://b.test/`, 1), ErrKey},
		"wrong":                 {with(base, like), ErrWrong},
		"no object":             {`[1]`, ErrMalformed},
		"no context":            {`{` + like + `,` + sig + `}`, ErrUnsafe},
	} {
		began := time.Now()
		_, worded, err := VerifyLD(t.Context(), []byte(test.doc), authorsKey)
		if !errors.Is(err, test.want) || worded != nil {
			t.Errorf("%s: got %s %v, want %v", name, worded, err, test.want)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func terms(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"t%d":"as:t%d"`, i, i)
	}
	return strings.Join(all, ",")
}

// Documents are worked on side by side, not more at once than there are turns,
// and one that nobody waits for any more is left.
func TestManyDocuments(t *testing.T) {
	docs := [][]byte{signed(t, base, like), signed(t, string(activitypub.Context("Comment")), like+`,"replyApproval":"https://b.test/x"`)}
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() {
			if _, _, err := VerifyLD(t.Context(), docs[i%2], authorsKey); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for range cap(turns) {
		turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := VerifyLD(ctx, docs[0], authorsKey); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for range cap(turns) {
		<-turns
	}
}

// What is proven can be read, says its creator, and is no larger than what came.
func FuzzVerifyLD(f *testing.F) {
	for _, d := range deliveries(f) {
		if len(d.Request.RawBody) < 2500 && d.LinkedDataSignature != nil {
			f.Add([]byte(d.Request.RawBody))
		}
	}
	f.Add(signed(f, base, like))
	f.Add([]byte(`{"@context":{"a":"@id"},"a":"b","signature":{"type":"RsaSignature2017","creator":"https://a.test/accounts/alice","signatureValue":"eA=="}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, worded, err := VerifyLD(ctx, doc, authorsKey)
		if err != nil {
			return
		}
		if a, err := activitypub.ReadActivity(worded); err == nil && a.Type == "Like" && a.Actor != author {
			t.Errorf("%s reads %+v", doc, a)
		}
	})
}
