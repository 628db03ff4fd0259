package signature

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Two headers tell of a signature under the same label:
//
//	Signature-Input: sig1=("@method" "@target-uri" "content-digest");created=1;keyid="…"
//	Signature: sig1=:base64:
//
// What is signed is a line for each part, and the input itself:
//
//	"@method": POST
//	"@signature-params": ("@method" "@target-uri" "content-digest");created=1;keyid="…"

// readRFC9421 reads the first signature of a request. Parts with parameters
// (";sf", ";req", "@query-param" …) are refused: nobody federates with them.
func readRFC9421(input, signatures string) (Claim, error) {
	if len(input) > maxHeader || len(signatures) > maxHeader {
		return Claim{}, fmt.Errorf("%w: too long", ErrMalformed)
	}
	label, rest, ok := strings.Cut(strings.TrimSpace(input), "=")
	if !ok || !isLabel(label) {
		return Claim{}, fmt.Errorf("%w: label", ErrMalformed)
	}
	p := &fields{rest: rest}
	c := Claim{RFC9421: true, covered: p.innerList()}
	params := p.params()
	c.params = rest[:len(rest)-len(p.rest)]
	if p.failed || p.rest != "" && !strings.HasPrefix(strings.TrimSpace(p.rest), ",") {
		return Claim{}, fmt.Errorf("%w: input", ErrMalformed)
	}
	c.KeyID, c.algorithm = params["keyid"], params["alg"]
	var errCreated, errExpires error
	c.created, errCreated = seconds(params["created"])
	c.expires, errExpires = seconds(params["expires"])
	if errCreated != nil || errExpires != nil {
		return Claim{}, fmt.Errorf("%w: times", ErrMalformed)
	}
	var err error
	c.signature, err = labelled(signatures, label)
	return c, err
}

// labelled is the bytes under a label, base64 between colons.
func labelled(signatures, label string) ([]byte, error) {
	for _, entry := range strings.Split(signatures, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if name != label {
			continue
		}
		inner, opened := strings.CutPrefix(value, ":")
		text, closed := strings.CutSuffix(inner, ":")
		if raw, err := base64.StdEncoding.DecodeString(text); opened && closed && err == nil && len(raw) > 0 {
			return raw, nil
		}
		break
	}
	return nil, fmt.Errorf("%w: bytes", ErrMalformed)
}

func seconds(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n <= 0 {
		err = ErrMalformed
	}
	return n, err
}

// rfcText is what the signature is over, for a request that came by the scheme:
// behind a proxy the request does not tell.
func (c Claim) rfcText(scheme string) (string, error) {
	var b strings.Builder
	for _, name := range c.covered {
		value, err := c.component(name, scheme)
		if err != nil {
			return "", err
		}
		b.WriteString(`"` + name + `": ` + value + "\n")
	}
	b.WriteString(`"@signature-params": ` + c.params)
	return b.String(), nil
}

func (c Claim) component(name, scheme string) (string, error) {
	switch name {
	case "@method":
		return c.r.Method, nil
	case "@authority":
		return authority(c.r.Host, scheme), nil
	case "@scheme":
		return scheme, nil
	case "@path":
		return target(c.r, false), nil
	case "@query":
		return "?" + c.r.URL.RawQuery, nil
	case "@request-target":
		return target(c.r, true), nil
	case "@target-uri":
		return scheme + "://" + c.r.Host + target(c.r, true), nil
	}
	if strings.HasPrefix(name, "@") {
		return "", fmt.Errorf("%w: %q", ErrUncovered, name)
	}
	return field(c.r, name)
}

// authority is the host as it is signed: in small letters, without the port that
// goes without saying.
func authority(host, scheme string) string {
	u := url.URL{Host: strings.ToLower(host)}
	if p := u.Port(); p == "443" && scheme == "https" || p == "80" && scheme == "http" {
		return strings.TrimSuffix(u.Host, ":"+p)
	}
	return u.Host
}
