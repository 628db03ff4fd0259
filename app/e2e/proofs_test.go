package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/signature"
)

// opinions is what proofs.mjs is asked.
type opinions struct {
	Contexts  map[string]any  `json:"contexts"`
	Requests  []signedRequest `json:"requests"`
	Documents []signedText    `json:"documents"`
}

type signedRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body,omitempty"`
	Key     string            `json:"key"`
}

type signedText struct {
	Text string `json:"text"`
	Key  string `json:"key"`
}

// What we send is proven by PeerTube's library for requests and by npm's jsonld,
// and what was changed on the way is not.
func TestOthersProveWhatWeSign(t *testing.T) {
	private, public, err := signature.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := signature.ParsePrivate(private)
	if err != nil {
		t.Fatal(err)
	}
	const actor = "https://one.test/accounts/alice"
	ask := opinions{Contexts: signature.Contexts()}
	for _, body := range sentBodies(t) {
		text, err := signature.SignLD(body, actor, key, time.Now())
		if err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		ask.Documents = append(ask.Documents, signedText{Text: string(text), Key: public})
		r, err := http.NewRequest(http.MethodPost, "https://two.test/inbox", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := signature.Sign(r, actor+"#main-key", key, text, time.Now()); err != nil {
			t.Fatal(err)
		}
		ask.Requests = append(ask.Requests, asNode(r, text, public))
	}
	get, err := http.NewRequest(http.MethodGet, "https://two.test/accounts/bob", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := signature.Sign(get, actor+"#main-key", key, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	honest := len(ask.Documents)
	ask.Requests = append(ask.Requests, asNode(get, nil, public))
	ask.Documents = append(ask.Documents, signedText{
		Text: strings.Replace(ask.Documents[0].Text, "one.test", "evil.test", 1), Key: public,
	})
	forged := ask.Requests[0]
	forged.Headers = maps.Clone(forged.Headers)
	forged.Headers["host"] = "three.test"
	ask.Requests = append(ask.Requests, forged)

	told := asked(t, ask)
	for i, why := range told.Documents {
		if (why == "") != (i < honest) {
			t.Errorf("document %d: got %q: %s", i, why, ask.Documents[i].Text)
		}
	}
	for i, why := range told.Requests {
		if (why == "") != (i <= honest) {
			t.Errorf("request %d: got %q: %v", i, why, ask.Requests[i])
		}
	}
}

// sentBodies are activities of all kinds as our writers write them, with values
// of the captured ones: read, and written again.
func sentBodies(t *testing.T) [][]byte {
	t.Helper()
	names, err := filepath.Glob("../../testdata/wire/activitypub/deliveries/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no deliveries: %v", err)
	}
	var all [][]byte
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var delivery struct {
			Request struct{ RawBody string }
		}
		if err := json.Unmarshal(raw, &delivery); err != nil {
			t.Fatal(err)
		}
		if delivery.Request.RawBody == "" || strings.Contains(name, "unsigned-body") {
			continue
		}
		a, err := activitypub.ReadActivity([]byte(delivery.Request.RawBody))
		if err != nil {
			t.Fatal(name, err)
		}
		a.Context = nil // ours
		body, err := a.JSON()
		if err != nil {
			t.Fatal(name, err)
		}
		all = append(all, body)
	}
	return all
}

func asNode(r *http.Request, body []byte, key string) signedRequest {
	headers := map[string]string{"host": r.URL.Host}
	for name := range r.Header {
		headers[strings.ToLower(name)] = r.Header.Get(name)
	}
	s := signedRequest{Method: r.Method, URL: r.URL.RequestURI(), Headers: headers, Key: key}
	if body != nil {
		text := string(body)
		s.Body = &text
	}
	return s
}

// asked runs proofs.mjs once, for all.
func asked(t *testing.T, ask opinions) (told struct{ Requests, Documents []string }) {
	t.Helper()
	in, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "proofs.mjs")
	cmd.Dir, cmd.Stdin, cmd.Stderr, cmd.WaitDelay = browser.Packages(t), bytes.NewReader(in), os.Stderr, 10*time.Second
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &told); err != nil || len(told.Requests) != len(ask.Requests) || len(told.Documents) != len(ask.Documents) {
		t.Fatalf("got %s: %v", out, err)
	}
	return told
}
