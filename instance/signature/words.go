package signature

import (
	"sync"

	"github.com/piprate/json-gold/ld"

	"vidiverse/instance/activitypub"
)

// Reading the words of a context takes longer than a small document does, so
// those that PeerTube writes are kept read. The library fills in such a context
// as it uses it: each serves one document at a time.

// ours is all our words at once, for rewording.
var ours = kept(ourWords())

// familiar are the contexts of PeerTube's documents, by their JSON.
var familiar = func() map[string]*sync.Pool {
	all := map[string]*sync.Pool{}
	for _, kind := range activitypub.Kinds() {
		doc, err := decoded([]byte(`{"@context":` + string(activitypub.Context(kind)) + `}`))
		if err != nil {
			panic(err) // they are part of the program
		}
		all[contextKey(doc["@context"])] = kept(doc["@context"])
	}
	own := map[string]any{"@context": signedContext}
	all[contextKey(own["@context"])] = kept(own["@context"])
	return all
}()

func ourWords() []any {
	return append(signedWords(), activitypub.MergedTerms())
}

func signedWords() []any {
	return []any{asURL, secURL, map[string]any{"RsaSignature2017": "https://w3id.org/security#RsaSignature2017"}}
}

func kept(context any) *sync.Pool {
	return &sync.Pool{New: func() any {
		read, err := ld.NewContext(nil, options()).Parse(context)
		if err != nil {
			panic(err) // they are part of the program
		}
		return read
	}}
}

func contextKey(context any) string {
	key, err := activitypub.Marshal(context)
	if err != nil {
		return ""
	}
	return string(key)
}

func options() *ld.JsonLdOptions {
	o := ld.NewJsonLdOptions("")
	o.DocumentLoader, o.ProcessingMode, o.SafeMode = builtIn, ld.JsonLd_1_1, true
	return o
}

// expand is a document without a context: each word by its address.
func expand(doc map[string]any) ([]any, error) {
	pool, ok := familiar[contextKey(doc["@context"])]
	if !ok {
		return ld.NewJsonLdProcessor().Expand(doc, options())
	}
	bare := make(map[string]any, len(doc))
	for name, value := range doc {
		if name != "@context" {
			bare[name] = value
		}
	}
	return expandWith(pool, bare)
}

func expandWith(pool *sync.Pool, bare map[string]any) ([]any, error) {
	words := pool.Get().(*ld.Context)
	defer pool.Put(words)
	expanded, err := ld.NewJsonLdApi().Expand(words, "", bare, options(), false, nil)
	if node, ok := expanded.(map[string]any); ok && len(node) > 0 && err == nil {
		return []any{node}, nil
	}
	return nil, err
}

// compact is an expanded document in our words.
func compact(expanded []any) (map[string]any, error) {
	words := ours.Get().(*ld.Context)
	defer ours.Put(words)
	worded, err := ld.NewJsonLdApi().Compact(words, "", expanded, true)
	if err != nil {
		return nil, err
	}
	object, ok := worded.(map[string]any)
	if !ok || len(object) == 0 {
		return nil, ErrUnsafe
	}
	return object, nil
}
