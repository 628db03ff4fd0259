package signature

import (
	"fmt"
	"strings"

	"github.com/piprate/json-gold/ld"
)

// The two contexts that documents of the fediverse have in common, as tables of
// their words: by the namespace of each, and the type of its values.
//
// ActivityStreams 2.0, https://www.w3.org/ns/activitystreams.
const (
	asClasses = `Accept Activity IntransitiveActivity Add Announce Application Arrive Article Audio Block Collection
		CollectionPage Relationship Create Delete Dislike Document Event Follow Flag Group Ignore Image Invite Join Leave
		Like Link Mention Note Object Offer OrderedCollection OrderedCollectionPage Organization Page Person Place Profile
		Question Reject Remove Service TentativeAccept TentativeReject Tombstone Undo Update Video View Listen Read Move
		Travel IsFollowing IsFollowedBy IsContact IsMember`
	asAddresses = `subject relationship actor attributedTo attachment bcc bto cc context current first generator icon image
		inReplyTo items instrument last location next object oneOf anyOf origin prev preview replies result audience
		partOf tag target to url href describes formerType outbox following followers streams endpoints uploadMedia
		proxyUrl liked oauthAuthorizationEndpoint oauthTokenEndpoint provideClientKey signClientKey sharedInbox Public
		likes shares alsoKnownAs`
	asDates    = `closed endTime published startTime updated deleted`
	asFloats   = `accuracy altitude latitude longitude radius`
	asNaturals = `height startIndex totalItems width`
	asTexts    = `content name hreflang mediaType rel summary units preferredUsername source`
	asByTongue = `content name summary`
)

// The Security Vocabulary, https://w3id.org/security/v1.
const (
	secWords = `EcdsaKoblitzSignature2016 Ed25519Signature2018 EncryptedMessage GraphSignature2012 LinkedDataSignature2015
		LinkedDataSignature2016 authenticationTag canonicalizationAlgorithm cipherAlgorithm cipherData cipherKey
		digestAlgorithm digestValue domain encryptionKey initializationVector iterationCount nonce normalizationAlgorithm
		password privateKeyPem publicKeyBase58 publicKeyPem publicKeyWif salt signature signatureValue`
	secAddresses = `owner privateKey publicKey publicKeyService`
)

const (
	asURL  = "https://www.w3.org/ns/activitystreams"
	secURL = "https://w3id.org/security/v1"
)

// builtIn are the contexts that documents may name by address.
var builtIn = loader{
	asURL:  {DocumentURL: asURL, Document: map[string]any{"@context": activityStreams()}},
	secURL: {DocumentURL: secURL, Document: map[string]any{"@context": security()}},
}

// loader has contexts and fetches none. It is never written to.
type loader map[string]*ld.RemoteDocument

// LoadDocument returns a context that is built in.
func (l loader) LoadDocument(address string) (*ld.RemoteDocument, error) {
	if doc, ok := l[address]; ok {
		return doc, nil
	}
	return nil, fmt.Errorf("%w: the context %q", ErrUnsafe, address)
}

// words adds those of a list, in a namespace, with values of a type.
func words(terms map[string]any, list, namespace, kind string) {
	for _, word := range strings.Fields(list) {
		terms[word] = typed(namespace+word, kind)
	}
}

func typed(id, kind string) any {
	if kind == "" {
		return id
	}
	return map[string]any{"@id": id, "@type": kind}
}

func activityStreams() map[string]any {
	terms := map[string]any{
		"@vocab": "_:", "id": "@id", "type": "@type",
		"xsd": "http://www.w3.org/2001/XMLSchema#", "as": asURL + "#",
		"ldp": "http://www.w3.org/ns/ldp#", "vcard": "http://www.w3.org/2006/vcard/ns#",
		"inbox":        typed("ldp:inbox", "@id"),
		"duration":     typed("as:duration", "xsd:duration"),
		"orderedItems": map[string]any{"@id": "as:items", "@type": "@id", "@container": "@list"},
	}
	words(terms, asClasses, "as:", "")
	words(terms, asAddresses, "as:", "@id")
	words(terms, asDates, "as:", "xsd:dateTime")
	words(terms, asFloats, "as:", "xsd:float")
	words(terms, asNaturals, "as:", "xsd:nonNegativeInteger")
	words(terms, asTexts, "as:", "")
	for _, word := range strings.Fields(asByTongue) {
		terms[word+"Map"] = map[string]any{"@id": "as:" + word, "@container": "@language"}
	}
	return terms
}

func security() map[string]any {
	terms := map[string]any{
		"id": "@id", "type": "@type",
		"dc": "http://purl.org/dc/terms/", "sec": "https://w3id.org/security#", "xsd": "http://www.w3.org/2001/XMLSchema#",
		"CryptographicKey":   "sec:Key",
		"created":            typed("dc:created", "xsd:dateTime"),
		"creator":            typed("dc:creator", "@id"),
		"expiration":         typed("sec:expiration", "xsd:dateTime"),
		"expires":            typed("sec:expiration", "xsd:dateTime"),
		"revoked":            typed("sec:revoked", "xsd:dateTime"),
		"signatureAlgorithm": "sec:signingAlgorithm",
	}
	words(terms, secWords, "sec:", "")
	words(terms, secAddresses, "sec:", "@id")
	return terms
}

// Contexts are those that are built in, by address, for who reads documents with
// other software. They are not to be changed.
func Contexts() map[string]any {
	all := map[string]any{}
	for address, doc := range builtIn {
		all[address] = doc.Document
	}
	return all
}
