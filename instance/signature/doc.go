// Package signature proves who sent a request, and who wrote a document.
//
//	Sign ────────▶ Signature: keyId="…",headers="(request-target) host date digest",…
//	CheckDigest ─▶ Read ─▶ the key of Claim.KeyID ─▶ Claim.Verify      (draft-cavage, RFC 9421)
//	SignLD ──────▶ {…, "signature": {"type": "RsaSignature2017", …}}
//	VerifyLD ◀──── the same, forwarded by others
//
// The order on receipt is that of the second line: the digest before anything of
// the body is parsed. Whose key may speak for whom is not decided here, and keys
// are not fetched; neither are contexts. Everything may be called from several
// goroutines.
package signature
