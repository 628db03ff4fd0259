package signature

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vidiverse/instance/activitypub"
)

// Errors of linked-data signatures, for errors.Is.
var (
	// ErrUnmapped is a document with a word that its contexts do not explain.
	ErrUnmapped = errors.New("signature: a word without a meaning")
	// ErrUnsafe is a document that is not looked into: it names a context that
	// is not built in, joins or turns round graphs, or would take too long.
	ErrUnsafe = errors.New("signature: a document that is refused")
)

const isoMillis = "2006-01-02T15:04:05.000Z"

var signedContext = []any{secURL, map[string]any{"RsaSignature2017": "https://w3id.org/security#RsaSignature2017"}}

// SignLD adds an RsaSignature2017 of an actor to a document, as its last member;
// all before it stays as it is. A document with words that its contexts do not
// explain is ErrUnmapped: see Deliverable.
func SignLD(doc []byte, creator string, key *rsa.PrivateKey, now time.Time) ([]byte, error) {
	object, err := decoded(doc)
	if err != nil {
		return nil, err
	}
	trimmed := bytes.TrimSpace(doc)
	if _, signed := object["signature"]; signed || len(object) == 0 {
		return nil, fmt.Errorf("%w: signed already", ErrMalformed)
	}
	turns <- struct{}{}
	defer func() { <-turns }()
	created := now.UTC().Format(isoMillis)
	quads, err := canonical(object)
	if err != nil {
		return nil, err
	}
	sum, err := hashed(map[string]any{"creator": creator, "created": created}, quads)
	if err != nil {
		return nil, err
	}
	value, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum)
	if err != nil {
		return nil, err
	}
	signature, err := activitypub.Marshal(struct {
		Type           string `json:"type"`
		Creator        string `json:"creator"`
		Created        string `json:"created"`
		SignatureValue []byte `json:"signatureValue"`
	}{"RsaSignature2017", creator, created, value})
	if err != nil {
		return nil, err
	}
	return slices.Concat(trimmed[:len(trimmed)-1], []byte(`,"signature":`), signature, []byte("}")), nil
}

// Deliverable is the body of a delivery: the document with its signature, or, if
// it has words without a meaning (the times of a report), what PeerTube sends
// then, the document without signature and without context. That is believed
// from the actor alone, not forwarded.
func Deliverable(doc []byte, creator string, key *rsa.PrivateKey, now time.Time) ([]byte, error) {
	signed, err := SignLD(doc, creator, key, now)
	if !errors.Is(err, ErrUnmapped) && !errors.Is(err, ErrUnsafe) {
		return signed, err
	}
	a, err := activitypub.ReadActivity(doc)
	if err != nil {
		return nil, err
	}
	bare, err := a.Embedded()
	if err != nil || a.Context == nil {
		return bare, err
	}
	a.Context = nil
	return a.Embedded()
}

// hashed is what is signed: the hexadecimal hashes of the signature's own
// statements and of the document's, hashed.
func hashed(own map[string]any, quads string) ([]byte, error) {
	own = maps.Clone(own)
	own["@context"] = signedContext
	said, err := canonical(own)
	if err != nil {
		return nil, err
	}
	first, second := sha256.Sum256([]byte(said)), sha256.Sum256([]byte(quads))
	sum := sha256.Sum256([]byte(hex.EncodeToString(first[:]) + hex.EncodeToString(second[:])))
	return sum[:], nil
}

// VerifyLD proves who signed a document, and returns it as our own contexts word
// it: what was signed are statements, and the document's contexts may word them
// in a way that reads otherwise. Only the returned document is to be believed,
// and only if its actor is the creator. The key is asked for by the creator, an
// address; it may fetch.
func VerifyLD(ctx context.Context, doc []byte, key func(ctx context.Context, creator string) (*rsa.PublicKey, error)) (creator string, compacted []byte, err error) {
	if err := activitypub.Check(doc); err != nil {
		return "", nil, err
	}
	object, err := decoded(doc)
	if err != nil {
		return "", nil, err
	}
	own, value, err := taken(object)
	if err != nil {
		return "", nil, err
	}
	creator, _ = own["creator"].(string)
	if err := inspect(object); err != nil {
		return "", nil, err
	}
	select {
	case turns <- struct{}{}:
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
	worded, sum, err := reworded(object, own)
	<-turns
	if err != nil {
		return "", nil, err
	}
	public, err := key(ctx, creator)
	if err != nil {
		return "", nil, err
	}
	if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum, value) != nil {
		return "", nil, ErrWrong
	}
	compacted, err = activitypub.Marshal(worded)
	return creator, compacted, err
}

// taken takes the signature out of a document: its own statements, and its value.
func taken(object map[string]any) (own map[string]any, value []byte, err error) {
	signature, ok := object["signature"].(map[string]any)
	if !ok {
		return nil, nil, ErrUnsigned
	}
	delete(object, "signature")
	if signature["type"] != "RsaSignature2017" {
		return nil, nil, fmt.Errorf("%w: another type", ErrMalformed)
	}
	text, _ := signature["signatureValue"].(string)
	if value, err = base64.StdEncoding.DecodeString(text); err != nil || len(value) == 0 {
		return nil, nil, fmt.Errorf("%w: bytes", ErrMalformed)
	}
	own = map[string]any{}
	for _, name := range []string{"creator", "created", "nonce", "domain"} {
		said, given := signature[name]
		if _, text := said.(string); given && !text {
			return nil, nil, fmt.Errorf("%w: %s", ErrMalformed, name)
		}
		if given {
			own[name] = said
		}
	}
	if creator, _ := own["creator"].(string); !strings.HasPrefix(creator, "https://") && !strings.HasPrefix(creator, "http://") {
		return nil, nil, fmt.Errorf("%w: creator", ErrMalformed)
	}
	return own, value, nil
}

// reworded is a document in our words, and what is signed if it is sound. It is
// the rewording that is hashed: what it loses, the signature lacks.
func reworded(object, own map[string]any) (worded map[string]any, sum []byte, err error) {
	var quads string
	err = guarded(func() error {
		expanded, err := expand(object)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnsafe, err)
		}
		if nameless(expanded) {
			return fmt.Errorf("%w: a type without a meaning", ErrUnsafe)
		}
		if worded, err = compact(expanded); err != nil {
			return err
		}
		if expanded, err = expandWith(ours, worded); err != nil {
			return err
		}
		quads, err = normal(expanded)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	sum, err = hashed(own, quads)
	return worded, sum, err
}

// nameless takes properties without a meaning out of an expanded document: no
// signature covers them. It says whether a type has none either: all such types
// are the same to a signature.
func nameless(v any) bool {
	found := false
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			found = nameless(one) || found
		}
	case map[string]any:
		for name, value := range v {
			if strings.HasPrefix(name, "_:") {
				delete(v, name)
				continue
			}
			types, _ := value.([]any)
			for _, t := range types {
				text, _ := t.(string)
				found = found || name == "@type" && strings.HasPrefix(text, "_:")
			}
			found = nameless(value) || found
		}
	}
	return found
}
