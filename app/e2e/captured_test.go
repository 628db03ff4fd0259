package e2e

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/rest/resttest"
)

// replay sends requests as clients of PeerTube 8.2 sent them: the same header
// lines in the same order, the same bodies. Only what a server made up is put
// in its place: keys of put are replaced by their values.
type replay struct {
	*server
	put map[string]string
}

type line struct{ name, value string }

// request of a captured exchange, with its header lines in order.
func (p *replay) captured(file string) (method, target string, header []line, body string) {
	p.Helper()
	text, err := os.ReadFile("../../testdata/rest/" + file + ".json")
	if err != nil {
		p.Fatal(err)
	}
	var c struct {
		Request struct {
			Method, URL   string
			Headers, Body json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &c); err != nil {
		p.Fatal(err)
	}
	r := c.Request
	names := json.NewDecoder(bytes.NewReader(r.Headers))
	_, _ = names.Token() // the brace
	for names.More() {
		name, _ := names.Token()
		value, err := names.Token()
		if err != nil {
			p.Fatalf("%s: %v", file, err)
		}
		header = append(header, line{name.(string), value.(string)})
	}
	if json.Unmarshal(r.Body, &body) != nil { // else it was a text
		var flat bytes.Buffer
		if err := json.Compact(&flat, r.Body); err == nil {
			body = flat.String()
		}
	}
	_, target, _ = strings.Cut(strings.TrimPrefix(r.URL, "http://"), "/")
	return r.Method, p.fill("/" + target), header, p.fill(body)
}

func (p *replay) fill(text string) string {
	for from, to := range p.put {
		text = strings.ReplaceAll(text, from, to)
	}
	return text
}

// do replays one exchange and holds the answer against the captured one. A nil
// payload is the captured body.
func (p *replay) do(file string, payload []byte) answer {
	p.Helper()
	method, target, header, body := p.captured(file)
	if payload == nil {
		payload = []byte(body)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, p.addr)
	for _, l := range header {
		if l.name == "Content-Length" {
			l.value = fmt.Sprint(len(payload))
		}
		fmt.Fprintf(&b, "%s: %s\r\n", l.name, p.fill(l.value))
	}
	b.WriteString("\r\n")
	b.Write(payload)
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(b.Bytes()); err != nil {
		p.Fatalf("%s: %v", file, err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		p.Fatalf("%s: %v", file, err)
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		p.Fatalf("%s: %v", file, err)
	}
	p.compare(file, res, a.body)
	return a
}

// hops are header lines of the connection or of the hour.
var hops = []string{"Connection", "Keep-Alive", "Date", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "ETag", "Content-Length", "Location"}

func (p *replay) compare(file string, res *http.Response, body []byte) {
	p.Helper()
	resttest.Status(p, file+".json", res)
	want := resttest.Load(p, file+".json")
	for _, h := range want.Response.Headers {
		got, there := res.Header[http.CanonicalHeaderKey(h[0])]
		switch {
		case h[0] == "Connection" || h[0] == "Keep-Alive":
		case !there && h[0] != "Content-Length":
			p.Errorf("%s: no header %s, want one as %q", file, h[0], h[1])
		case there && !slices.Contains(hops, h[0]) && got[0] != h[1]:
			p.Errorf("%s: got %s %q, want %q", file, h[0], got[0], h[1])
		}
	}
	var text string
	switch err := json.Unmarshal(want.Response.Body, &text); {
	case len(want.Response.Body) == 0:
	case err != nil:
		resttest.Body(p, file+".json", body)
	case text != string(body):
		p.Errorf("%s: got %q, want %q", file, body, text)
	}
}

// exactly pads an MP4 with a box that every player skips.
func exactly(t testing.TB, film []byte, size int) []byte {
	t.Helper()
	more := size - len(film)
	if more < 8 {
		t.Fatalf("the clip has %d bytes, which leaves no room to make %d of them", len(film), size)
	}
	free := make([]byte, more)
	binary.BigEndian.PutUint32(free, uint32(more))
	copy(free[4:], "free")
	return slices.Concat(film, free)
}

// TestCapturedClient replays a session of PeerTube's own client: signing in,
// uploading in both ways, looking at the result, signing out.
func TestCapturedClient(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	root := s.signIn()
	var made struct{ User struct{ ID int } }
	root.decode(root.ask(http.MethodPost, "/api/v1/users", []byte(`{"username":"alicia","password":"password1","email":"alicia@one.test","role":2,"videoQuota":-1,"videoQuotaDaily":-1,"channelName":"alicia_channel"}`),
		"Content-Type", "application/json"), &made)
	p := &replay{s, map[string]string{}}
	alicia := p.signIn()
	video := p.uploads(alicia)
	p.look(alicia, video)
	p.closed(alicia)
	p.mistakes()
	p.signOut()
	s.stop()
	s.check()
}

// grant keeps the tokens of a sign-in for the requests that follow.
func (p *replay) grant(a answer) {
	p.Helper()
	var g struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	p.decode(a, &g)
	p.put["<access_token>"], p.put[p.form("users-token-refresh").Get("refresh_token")] = g.Access, g.Refresh
}

// form is the captured body of a sign-in.
func (p *replay) form(file string) url.Values {
	p.Helper()
	put := p.put
	p.put = nil
	_, _, _, body := p.captured(file)
	p.put = put
	form, err := url.ParseQuery(body)
	if err != nil {
		p.Fatal(err)
	}
	return form
}

func (p *replay) signIn() person {
	p.Helper()
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	p.decode(p.do("oauth-clients-local", nil), &app)
	was := p.form("users-token-password")
	p.put[was.Get("client_id")], p.put[was.Get("client_secret")] = app.ID, app.Secret
	p.grant(p.do("users-token-password", nil))
	var me struct{ VideoChannels []struct{ ID int } }
	p.decode(p.do("users-me", nil), &me)
	return person{p.server, p.put["<access_token>"], me.VideoChannels[0].ID}
}
