package signature

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/42wim/httpsig"
)

var (
	noon    = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	testKey = sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		return key
	})
)

const body = `{"type":"Like"}`

func digestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func signedText(t testing.TB, text string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	b, err := rsa.SignPKCS1v15(rand.Reader, testKey(), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// post is a request with a draft-cavage signature over a text of the tester's.
func post(t testing.TB, params, text string, headers ...string) (*http.Request, []byte) {
	t.Helper()
	wire := "POST /inbox HTTP/1.1\r\nHost: one.test\r\nDate: " + noon.Format(http.TimeFormat) + "\r\n" +
		"Digest: SHA-256=" + digestOf(body) + "\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n"
	wire += strings.Join(headers, "")
	wire += `Signature: ` + params + `,signature="` + signedText(t, text) + `"` + "\r\n\r\n" + body
	return receive(t, []byte(wire))
}

const fourLines = "(request-target): post /inbox\nhost: one.test\ndate: Mon, 04 May 2026 12:00:00 GMT\ndigest: SHA-256="

func proof(r *http.Request, body []byte, now time.Time) error {
	if err := CheckDigest(r, body); err != nil {
		return err
	}
	c, err := Read(r)
	if err != nil {
		return err
	}
	return c.Verify(&testKey().PublicKey, body, now, 0)
}

// Signatures of software that is about, each of which signs in its own way.
func TestAcceptedRequests(t *testing.T) {
	four := fourLines + digestOf(body)
	created, expires := fmt.Sprint(noon.Unix()), fmt.Sprint(noon.Add(time.Hour).Unix())
	for name, make := range map[string]func() (*http.Request, []byte){
		"as PeerTube": func() (*http.Request, []byte) {
			return post(t, `keyId="https://a.test/u#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest"`, four)
		},
		"a word before it": func() (*http.Request, []byte) {
			return post(t, `Signature keyId="https://a.test/u#main-key",headers="(request-target) host date digest"`, four)
		},
		"hs2019, spaces": func() (*http.Request, []byte) {
			return post(t, `keyId="https://a.test/u#main-key", algorithm="hs2019", headers="(request-target) host date digest"`, four)
		},
		"created and expires": func() (*http.Request, []byte) {
			return post(t, `keyId="acct:u@a.test",created=`+created+`,expires="`+expires+`",headers="(request-target) host (created) (expires) digest"`,
				"(request-target): post /inbox\nhost: one.test\n(created): "+created+"\n(expires): "+expires+"\ndigest: SHA-256="+digestOf(body))
		},
		"another header": func() (*http.Request, []byte) {
			return post(t, `keyId="https://a.test/u/main-key",headers="(request-target) host date digest content-type content-length"`,
				four+"\ncontent-type: application/activity+json\ncontent-length: 15", "Content-Type: application/activity+json\r\n")
		},
	} {
		r, got := make()
		for _, apart := range []time.Duration{0, 29 * time.Minute, -29 * time.Minute} {
			if err := proof(r, got, noon.Add(apart)); err != nil {
				t.Errorf("%s, clocks %v apart: %v", name, apart, err)
			}
		}
		if name == "as PeerTube" && httpsigSays(r, &testKey().PublicKey) != nil {
			t.Errorf("%s: another library refuses it", name)
		}
	}
}

func httpsigSays(r *http.Request, key *rsa.PublicKey) error {
	v, err := httpsig.NewVerifier(r.Clone(r.Context()))
	if err != nil {
		return err
	}
	return v.Verify(key, httpsig.RSA_SHA256)
}

// A signature that leaves out what a request does, to whom, when, or with what
// body, is worth nothing: the rest could be anyone's.
func TestUncoveredRequests(t *testing.T) {
	parts := map[string]string{
		"(request-target)": "post /inbox", "host": "one.test",
		"date": noon.Format(http.TimeFormat), "digest": "SHA-256=" + digestOf(body),
	}
	order := []string{"(request-target)", "host", "date", "digest"}
	for _, missing := range append(order, "") {
		var names, lines []string
		for _, name := range order {
			if name != missing {
				names, lines = append(names, name), append(lines, name+": "+parts[name])
			}
		}
		r, got := post(t, `keyId="https://a.test/u#main-key",headers="`+strings.Join(names, " ")+`"`, strings.Join(lines, "\n"))
		err := proof(r, got, noon)
		if missing == "" && err != nil || missing != "" && !errors.Is(err, ErrUncovered) {
			t.Errorf("without %q: got %v", missing, err)
		}
	}
	r, got := post(t, `keyId="https://a.test/u#main-key"`, "date: "+parts["date"]) // "headers" says date if absent
	if err := proof(r, got, noon); !errors.Is(err, ErrUncovered) {
		t.Errorf("date alone: got %v", err)
	}
}

// A captured request is of no use later, nor one from the future.
func TestStaleRequests(t *testing.T) {
	r, got := post(t, `keyId="https://a.test/u#main-key",headers="(request-target) host date digest"`, fourLines+digestOf(body))
	for _, at := range []time.Duration{-31 * time.Minute, 31 * time.Minute, 24 * time.Hour} {
		if err := proof(r, got, noon.Add(at)); !errors.Is(err, ErrStale) {
			t.Errorf("at %v: got %v", at, err)
		}
	}
	stamp := func(created, expires time.Duration) (*http.Request, []byte) {
		c, e := fmt.Sprint(noon.Add(created).Unix()), fmt.Sprint(noon.Add(expires).Unix())
		return post(t, `keyId="https://a.test/u#main-key",algorithm="hs2019",created=`+c+`,expires=`+e+`,headers="(request-target) host (created) (expires) digest"`,
			"(request-target): post /inbox\nhost: one.test\n(created): "+c+"\n(expires): "+e+"\ndigest: SHA-256="+digestOf(body))
	}
	for name, r := range map[string][2]time.Duration{
		"made long ago": {-time.Hour, time.Hour}, "made tomorrow": {time.Hour, 2 * time.Hour}, "over": {-time.Minute, -time.Second},
	} {
		r, got := stamp(r[0], r[1])
		if err := proof(r, got, noon); !errors.Is(err, ErrStale) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Whatever is covered and changed on the way is noticed.
func TestChangedRequests(t *testing.T) {
	make := func(change func(*http.Request)) (*http.Request, []byte) {
		r, got := post(t, `keyId="https://a.test/u#main-key",headers="(request-target) host date digest"`, fourLines+digestOf(body))
		change(r)
		return r, got
	}
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   error
	}{
		"method":             {func(r *http.Request) { r.Method = "PUT" }, ErrWrong},
		"path":               {func(r *http.Request) { r.URL.Path = "/accounts/a/inbox" }, ErrWrong},
		"host":               {func(r *http.Request) { r.Host = "two.test" }, ErrWrong},
		"date":               {func(r *http.Request) { r.Header.Set("Date", noon.Add(time.Second).Format(http.TimeFormat)) }, ErrWrong},
		"two dates":          {func(r *http.Request) { r.Header.Add("Date", noon.Format(http.TimeFormat)) }, ErrStale},
		"no date":            {func(r *http.Request) { r.Header.Del("Date") }, ErrStale},
		"digest":             {func(r *http.Request) { r.Header.Set("Digest", "SHA-256="+digestOf("x")) }, ErrDigest},
		"no digest":          {func(r *http.Request) { r.Header.Del("Digest") }, ErrDigest},
		"weak digest":        {func(r *http.Request) { r.Header.Set("Digest", "MD5=eA==") }, ErrDigest},
		"one of two digests": {func(r *http.Request) { r.Header.Add("Digest", "SHA-256="+digestOf("x")) }, ErrDigest},
		"newer digest":       {func(r *http.Request) { r.Header.Set("Content-Digest", "sha-256=:"+digestOf("x")+":") }, ErrDigest},
	} {
		r, got := make(test.change)
		if err := proof(r, got, noon); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	r, _ := make(func(*http.Request) {})
	if err := proof(r, []byte(`{"type":"Undo"}`), noon); !errors.Is(err, ErrDigest) {
		t.Errorf("another body: got %v", err)
	}
	// A digest that is right but not the one that is signed helps nobody.
	r, _ = make(func(r *http.Request) {
		r.Header.Del("Digest")
		r.Header.Set("Content-Digest", "sha-256=:"+digestOf(body)+":")
	})
	if err := proof(r, []byte(body), noon); !errors.Is(err, ErrDigest) {
		t.Errorf("a digest that is not signed: got %v", err)
	}
}

func TestMalformedRequests(t *testing.T) {
	ok := `keyId="https://a.test/u#main-key",headers="(request-target) host date digest",`
	for name, header := range map[string]string{
		"nothing": "", "word": "Signature", "no bytes": ok + `signature=""`, "no base64": ok + `signature="%"`,
		"no key":       `headers="(request-target) host date digest",signature="eA=="`,
		"key twice":    ok + `keyId="https://b.test/",signature="eA=="`,
		"open":         ok + `signature="eA==`,
		"after":        ok + `signature="eA==",`,
		"glued":        ok + `signature="eA=="x`,
		"a file":       strings.Replace(ok, "https:", "file:", 1) + `signature="eA=="`,
		"twice":        strings.Replace(ok, "host", "host host", 1) + `signature="eA=="`,
		"no created":   strings.Replace(ok, "date", "(created)", 1) + `signature="eA=="`,
		"odd created":  strings.Replace(ok, "date", "(created)", 1) + `created=-1,signature="eA=="`,
		"long":         ok + `x="` + strings.Repeat("x", maxHeader) + `",signature="eA=="`,
		"many":         ok + strings.Repeat(`x="y",`, 40) + `signature="eA=="`,
		"many covered": strings.Replace(ok, "host", "host "+many(maxCovered), 1) + `signature="eA=="`,
	} {
		r, got := receive(t, []byte("POST /inbox HTTP/1.1\r\nHost: one.test\r\nContent-Length: 2\r\nSignature: "+header+"\r\n\r\n{}"))
		c, err := Read(r)
		if err == nil {
			err = c.Verify(&testKey().PublicKey, got, noon, 0)
		}
		if !errors.Is(err, ErrMalformed) && !(header == "" && err != nil) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	r, _ := receive(t, []byte("POST /inbox HTTP/1.1\r\nHost: one.test\r\n\r\n"))
	if _, err := Read(r); !errors.Is(err, ErrUnsigned) {
		t.Errorf("no signature: got %v", err)
	}
}

func many(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("x-%d", i))
	}
	return strings.Join(all, " ")
}

// rfc is a request with a signature of RFC 9421.
func rfc(t testing.TB, covered, params string, sign func(text string) string) (*http.Request, []byte) {
	t.Helper()
	values := map[string]string{
		"@method": "POST", "@target-uri": "https://one.test/inbox?x=1", "@authority": "one.test", "@path": "/inbox", "@query": "?x=1",
		"@scheme": "https", "@request-target": "/inbox?x=1",
		"content-digest": "sha-256=:" + digestOf(body) + ":", "date": noon.Format(http.TimeFormat), "host": "one.test",
	}
	input, text := `(`+covered+`)`+params, ""
	for _, name := range strings.Fields(covered) {
		text += name + ": " + values[strings.Trim(name, `"`)] + "\n"
	}
	text += `"@signature-params": ` + input
	return receive(t, []byte("POST /inbox?x=1 HTTP/1.1\r\nHost: one.test\r\nDate: "+values["date"]+"\r\nContent-Digest: "+values["content-digest"]+
		"\r\nContent-Length: "+fmt.Sprint(len(body))+"\r\nSignature-Input: sig1="+input+"\r\nSignature: sig1=:"+sign(text)+":\r\n\r\n"+body))
}

func TestRFC9421(t *testing.T) {
	v15 := func(text string) string { return signedText(t, text) }
	pss := func(text string) string {
		sum := sha512.Sum512([]byte(text))
		b, err := rsa.SignPSS(rand.Reader, testKey(), crypto.SHA512, sum[:], nil)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	all := `"@method" "@target-uri" "content-digest"`
	good := fmt.Sprintf(`;created=%d;keyid="https://a.test/u#main-key"`, noon.Unix())
	for name, test := range map[string]struct {
		covered, params string
		sign            func(string) string
		want            error
	}{
		"as Mastodon":       {all, good, v15, nil},
		"named":             {all, good + `;alg="rsa-v1_5-sha256"`, v15, nil},
		"pss":               {all, good + `;alg="rsa-pss-sha512"`, pss, nil},
		"in parts":          {`"@method" "@authority" "@path" "@query" "content-digest" "date"`, good, v15, nil},
		"expires":           {all, good + fmt.Sprintf(`;expires=%d;nonce="x"`, noon.Unix()+60), v15, nil},
		"over":              {all, good + fmt.Sprintf(`;expires=%d`, noon.Unix()-1), v15, ErrStale},
		"old":               {all, fmt.Sprintf(`;created=%d;keyid="https://a.test/u"`, noon.Unix()-3600), v15, ErrStale},
		"no time":           {all, `;keyid="https://a.test/u"`, v15, ErrUncovered},
		"no method":         {`"@target-uri" "content-digest"`, good, v15, ErrUncovered},
		"no target":         {`"@method" "@authority" "content-digest"`, good, v15, ErrUncovered},
		"no host":           {`"@method" "@path" "content-digest"`, good, v15, ErrUncovered},
		"no digest":         {`"@method" "@target-uri"`, good, v15, ErrUncovered},
		"with a param":      {`"@method" "@target-uri" "content-digest";sf`, good, v15, ErrMalformed},
		"unknown part":      {all + ` "@status"`, good, v15, ErrUncovered},
		"no key":            {all, fmt.Sprintf(`;created=%d`, noon.Unix()), v15, ErrMalformed},
		"key twice":         {all, good + `;keyid="https://b.test/"`, v15, ErrMalformed},
		"another algorithm": {all, good + `;alg="hmac-sha256"`, v15, ErrWrong},
	} {
		r, got := rfc(t, test.covered, test.params, test.sign)
		if err := proof(r, got, noon); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	r, got := rfc(t, all, good, v15)
	r.Host = "two.test"
	if err := proof(r, got, noon); !errors.Is(err, ErrWrong) {
		t.Errorf("another host: got %v", err)
	}
}

// What we sign, others can prove, and so can we; the query is not signed.
func TestSignedByUs(t *testing.T) {
	for _, body := range [][]byte{nil, []byte(body)} {
		method := map[bool]string{true: http.MethodGet, false: http.MethodPost}[body == nil]
		r, err := http.NewRequest(method, "https://one.test/video%20s?page=2", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := Sign(r, "https://a.test/u#main-key", testKey(), body, noon); err != nil {
			t.Fatal(err)
		}
		r.Host = r.URL.Host
		c, err := Read(r)
		if err != nil || c.Actor != "https://a.test/u" {
			t.Fatalf("got %+v %v", c, err)
		}
		if err := c.Verify(&testKey().PublicKey, body, noon, 0); err != nil {
			t.Error(err)
		}
	}
}

func TestKeys(t *testing.T) {
	private, public, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePrivate(private)
	if err != nil {
		t.Fatal(err)
	}
	if open, err := ParsePublic(public); err != nil || !open.Equal(&key.PublicKey) || open.N.BitLen() != 2048 {
		t.Errorf("got %v %v", open, err)
	}
	if _, err := ParsePublic(strings.ReplaceAll(public, "\n", "\r\n")); err != nil {
		t.Errorf("lines of another system: %v", err)
	}
	for name, text := range map[string]string{
		"empty": "", "private": private, "text": "x", "cut": public[:len(public)/2], "long": strings.Repeat("x", maxPEM) + public,
	} {
		if _, err := ParsePublic(text); !errors.Is(err, ErrKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Nothing of a request makes the reader fail otherwise than by an error.
func FuzzRead(f *testing.F) {
	for _, d := range deliveries(f) {
		f.Add(d.header("signature"), "", d.Request.Target)
	}
	f.Add(`sig1=:eA==:`, `sig1=("@method" "@target-uri" "content-digest");created=1777896000;keyid="https://a.test/u";alg="x"`, "/inbox?x")
	f.Add(`sig1=:eA==:, sig2=:eA==:`, `sig1=();created=1, sig2=("a";sf);x`, "/")
	f.Fuzz(func(t *testing.T, signature, input, path string) {
		r, err := http.NewRequest(http.MethodPost, "http://one.test/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path = path
		r.Header.Set("Signature", signature)
		r.Header.Set("Digest", signature)
		if input != "" {
			r.Header.Set("Signature-Input", input)
		}
		c, err := Read(r)
		if err != nil {
			return
		}
		if c.KeyID == "" || len(c.covered) > maxCovered {
			t.Errorf("got %+v", c)
		}
		if c.Verify(&testKey().PublicKey, []byte("{}"), noon, 0) == nil {
			t.Errorf("proven: %q", signature)
		}
	})
}

// A key that can be broken, or that takes long to prove with, is none.
func TestWeakKeys(t *testing.T) {
	for _, bits := range []int{512, 1023, maxBits + 8} {
		n := new(big.Int).SetBit(big.NewInt(1), bits-1, 1)
		der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n, E: 65537})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePublic(text("PUBLIC KEY", der)); !errors.Is(err, ErrKey) {
			t.Errorf("%d bits: got %v", bits, err)
		}
	}
}
