package signature

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"net/http"
	"slices"
	"time"
)

// Verify proves the claim with the key of KeyID: the times are near now, the
// digest that is covered is that of the body, and the signature matches. The
// skew is Skew if 0.
func (c Claim) Verify(key *rsa.PublicKey, body []byte, now time.Time, skew time.Duration) error {
	if skew == 0 {
		skew = Skew
	}
	if err := c.timely(now, skew); err != nil {
		return err
	}
	if err := c.coversBody(body); err != nil {
		return err
	}
	texts, err := c.texts()
	if err != nil {
		return err
	}
	for _, text := range texts {
		if c.matches(key, []byte(text)) {
			return nil
		}
	}
	return ErrWrong
}

// coversBody checks the digests that are signed, not others that anyone may
// have added.
func (c Claim) coversBody(body []byte) error {
	for name, colons := range map[string]bool{"digest": false, "content-digest": true} {
		if !slices.Contains(c.covered, name) {
			continue
		}
		matched, err := digests(c.r.Header.Values(name), body, colons)
		if err != nil || matched == 0 {
			return ErrDigest
		}
	}
	if bodyless := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead; bodyless && len(body) > 0 {
		return ErrDigest
	}
	return nil
}

// texts are what may have been signed. Of draft-cavage some leave the query out
// of the target; of RFC 9421 a server behind a proxy does not know the scheme.
func (c Claim) texts() ([]string, error) {
	var all []string
	for _, one := range []bool{true, false} {
		text, err := c.draftText(one)
		if c.RFC9421 {
			text, err = c.rfcText(map[bool]string{true: "https", false: "http"}[one])
		}
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return slices.Compact(all), nil
}

func (c Claim) matches(key *rsa.PublicKey, text []byte) bool {
	small, large := sha256.Sum256(text), sha512.Sum512(text)
	v15 := func(hash crypto.Hash, sum []byte) bool { return rsa.VerifyPKCS1v15(key, hash, sum, c.signature) == nil }
	switch c.algorithm {
	case "rsa-sha512":
		return v15(crypto.SHA512, large[:])
	case "rsa-pss-sha512":
		return rsa.VerifyPSS(key, crypto.SHA512, large[:], c.signature, nil) == nil
	case "hs2019": // hides the algorithm; SHA-256 with nearly all
		return v15(crypto.SHA256, small[:]) || v15(crypto.SHA512, large[:])
	case "", "rsa-sha256", "rsa-v1_5-sha256":
		return v15(crypto.SHA256, small[:])
	}
	return false
}
