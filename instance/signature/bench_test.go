package signature

import (
	"context"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func one(b *testing.B, name string) (delivery, map[string]pair) {
	b.Helper()
	for _, d := range deliveries(b) {
		if d.name == name {
			return d, keys(b)
		}
	}
	b.Fatal(name)
	return delivery{}, nil
}

func BenchmarkSign(b *testing.B) {
	d, all := one(b, "like.json")
	key := all["http://127.0.0.1:9002/accounts/bobby"].private
	body := []byte(d.Request.RawBody)
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:9001/inbox", nil)
		if err := Sign(r, "k", key, body, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	d, all := one(b, "like.json")
	for b.Loop() {
		r, body := d.received(b)
		c, err := Read(r)
		if err == nil {
			err = CheckDigest(r, body)
		}
		if err == nil {
			err = c.Verify(all[c.Actor].public, body, d.at(b), 0)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignLD(b *testing.B) {
	for _, name := range []string{"like.json", "update-video.json"} {
		b.Run(name, func(b *testing.B) {
			d, all := one(b, name)
			key := all[d.LinkedDataSignature.Creator].private
			doc := d.unsigned()
			for b.Loop() {
				if _, err := SignLD(doc, d.LinkedDataSignature.Creator, key, time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyLD(b *testing.B) {
	for _, name := range []string{"create-note-forwarded.json", "update-video.json"} {
		b.Run(name, func(b *testing.B) {
			d, all := one(b, name)
			for b.Loop() {
				if _, _, err := VerifyLD(b.Context(), []byte(d.Request.RawBody), known(all)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func known(all map[string]pair) func(context.Context, string) (*rsa.PublicKey, error) {
	return func(_ context.Context, creator string) (*rsa.PublicKey, error) {
		if key := all[creator].public; key != nil {
			return key, nil
		}
		return nil, ErrKey
	}
}
