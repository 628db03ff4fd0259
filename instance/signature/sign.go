package signature

import (
	"crypto/rsa"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/42wim/httpsig"
)

// Sign signs a request as PeerTube does: it sets Date, with a body Digest, and
// Signature over the request target without its query, host, date and digest.
// The body is not read from the request, and nil is none.
func Sign(r *http.Request, keyID string, key *rsa.PrivateKey, body []byte, now time.Time) error {
	covered := []string{httpsig.RequestTarget, "host", "date"}
	if body != nil {
		covered = append(covered, "digest")
	}
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, covered, httpsig.Signature, 0)
	if err != nil {
		return err
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	// The library signs the query with the target, wants the host among the
	// headers, and hides the algorithm, which PeerTube names: so it signs a
	// copy, and the header is amended.
	signed := &http.Request{
		Method: r.Method, URL: &url.URL{Path: r.URL.EscapedPath()},
		Header: http.Header{"Host": {host}, "Date": {now.UTC().Format(http.TimeFormat)}},
	}
	if signed.URL.Path == "" {
		signed.URL.Path = "/"
	}
	if err := signer.SignRequest(key, keyID, signed, body); err != nil {
		return err
	}
	r.Header.Set("Date", signed.Header.Get("Date"))
	if body != nil {
		r.Header.Set("Digest", signed.Header.Get("Digest"))
	}
	header := signed.Header.Get("Signature")
	r.Header.Set("Signature", strings.Replace(header, `algorithm="hs2019"`, `algorithm="rsa-sha256"`, 1))
	return nil
}
