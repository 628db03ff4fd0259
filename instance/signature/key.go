package signature

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// Bounds of keys. PeerTube makes keys of 2048 bits, and in its tests of 1024.
const (
	newBits = 2048
	minBits = 1024
	maxBits = 8192 // verifying takes the square of the length
	maxPEM  = 16 << 10
)

// ErrKey is a key that is no RSA key of 1024 to 8192 bits.
var ErrKey = errors.New("signature: no usable key")

// NewKey makes the pair of an actor, as PEM: the private key as PKCS#8, the
// public one as SubjectPublicKeyInfo.
func NewKey() (private, public string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, newBits)
	if err != nil {
		return "", "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	open, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", err
	}
	return text("PRIVATE KEY", secret), text("PUBLIC KEY", open), nil
}

func text(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// ParsePublic reads the key of an actor's document: SubjectPublicKeyInfo, or
// PKCS#1 as older software has it.
func ParsePublic(text string) (*rsa.PublicKey, error) {
	block, err := block(text)
	if err != nil {
		return nil, err
	}
	var key *rsa.PublicKey
	if any, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		key, _ = any.(*rsa.PublicKey)
	} else if key, err = x509.ParsePKCS1PublicKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if key == nil || key.N.BitLen() < minBits || key.N.BitLen() > maxBits {
		return nil, ErrKey
	}
	return key, nil
}

// ParsePrivate reads a private key, PKCS#8 or PKCS#1.
func ParsePrivate(text string) (*rsa.PrivateKey, error) {
	block, err := block(text)
	if err != nil {
		return nil, err
	}
	if any, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, ok := any.(*rsa.PrivateKey); ok {
			return key, nil
		}
		return nil, ErrKey
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return key, nil
}

func block(text string) (*pem.Block, error) {
	if len(text) > maxPEM {
		return nil, ErrKey
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, ErrKey
	}
	return block, nil
}
