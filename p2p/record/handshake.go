package record

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/logging"
)

// Config is one side of a handshake.
type Config struct {
	Certificate tls.Certificate
	Client      bool
	// Verify looks at the other side's certificate (DER): nothing else says
	// who it is. What it refuses ends the handshake.
	Verify func(certificate []byte) error
	Log    logging.LoggerFactory
}

// Handshake agrees on keys over conn, which carries datagrams. If it fails, or
// ctx ends, conn is left open.
func Handshake(ctx context.Context, conn net.Conn, cfg Config) (*Conn, error) {
	g := &gate{conn: conn}
	tunnel, err := cfg.begin(g)
	if err != nil {
		return nil, err
	}
	err = tunnel.HandshakeContext(ctx)
	g.mute()
	var c *Conn
	if err == nil {
		c, err = take(tunnel)
	}
	_ = tunnel.Close() // it is done with, and cannot say anything any more
	g.leave()
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	c.conn, c.kept = conn, g.kept
	if !cfg.Client {
		c.flight = g.flight // who spoke last may have to say it again
	}
	return c, nil
}

func (cfg Config) begin(g *gate) (*dtls.Conn, error) {
	shared := []dtls.Option{
		dtls.WithCertificates(cfg.Certificate),
		dtls.WithCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
		// WebRTC agrees on keys of calls, too, even if there will be none.
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithInsecureSkipVerify(true), // its name is nobody's: the fingerprint counts
		dtls.WithVerifyPeerCertificate(func(certificates [][]byte, _ [][]*x509.Certificate) error {
			if len(certificates) == 0 {
				return errors.New("no certificate")
			}
			return cfg.Verify(certificates[0])
		}),
		dtls.WithLoggerFactory(cfg.Log),
	}
	if cfg.Client {
		opts := make([]dtls.ClientOption, len(shared))
		for i, o := range shared {
			opts[i] = o
		}
		return dtls.ClientWithOptions(g, g.conn.RemoteAddr(), opts...)
	}
	// ICE has proved the address: a cookie would cost a round trip for nothing.
	opts := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(true)}
	for _, o := range shared {
		opts = append(opts, o)
	}
	return dtls.ServerWithOptions(g, g.conn.RemoteAddr(), opts...)
}

var errState = errors.New("not what was to be agreed on")

// take takes the keys out of a finished handshake.
func take(tunnel *dtls.Conn) (*Conn, error) {
	state, ok := tunnel.ConnectionState()
	if !ok {
		return nil, errState
	}
	raw, err := state.MarshalBinary()
	if err != nil {
		return nil, err
	}
	a, err := states.read(raw)
	if err != nil {
		return nil, err
	}
	suite := dtls.CipherSuiteID(a.CipherSuiteID)
	if suite != dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 && suite != dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ||
		a.LocalEpoch != epoch || a.RemoteEpoch != epoch || len(a.MasterSecret) != 48 {
		return nil, errState
	}
	return a.conn()
}

func (a *agreed) conn() (*Conn, error) {
	client, server := a.LocalRandom, a.RemoteRandom
	if !a.IsClient {
		client, server = server, client
	}
	keys, err := prf.GenerateEncryptionKeys(a.MasterSecret, client[:], server[:], 0, 16, 4, sha256.New)
	if err != nil {
		return nil, err
	}
	local, remote := keys.ClientWriteKey, keys.ServerWriteKey
	localIV, remoteIV := keys.ClientWriteIV, keys.ServerWriteIV
	if !a.IsClient {
		local, remote, localIV, remoteIV = remote, local, remoteIV, localIV
	}
	c := &Conn{next: a.SequenceNumber}
	copy(c.ours.nonce[:], localIV)
	copy(c.theirs.nonce[:], remoteIV)
	if c.seal, err = gcm(local); err != nil {
		return nil, err
	}
	c.open, err = gcm(remote)
	return c, err
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// gate is what pion's handshake sees of the datagrams: no data, and nothing any
// more once the keys are taken. A word of pion's after that would be sealed
// with a number that we use, too.
type gate struct {
	conn net.Conn

	reading sync.Mutex // held while somebody reads
	kept    [][]byte   // data that came early, of the one who reads

	mu     sync.Mutex
	flight [][]byte // what was sent since something came
	muted  bool
}

const (
	maxKept   = 16
	maxFlight = 8
)

// ReadFrom waits for a datagram that is not data.
func (g *gate) ReadFrom(p []byte) (int, net.Addr, error) {
	g.reading.Lock()
	defer g.reading.Unlock()
	for {
		if g.isMuted() {
			return 0, nil, net.ErrClosed
		}
		n, err := g.conn.Read(p)
		if err != nil {
			return n, nil, err
		}
		if n > 0 && p[0] == typeData {
			if len(g.kept) < maxKept {
				g.kept = append(g.kept, append([]byte(nil), p[:n]...))
			}
			continue
		}
		g.mu.Lock()
		if !g.muted {
			g.flight = nil
		}
		g.mu.Unlock()
		return n, g.conn.RemoteAddr(), nil
	}
}

// WriteTo sends a datagram to the one whom the gate is for.
func (g *gate) WriteTo(p []byte, _ net.Addr) (int, error) {
	g.mu.Lock()
	if g.muted {
		g.mu.Unlock()
		return len(p), nil
	}
	if len(g.flight) < maxFlight {
		g.flight = append(g.flight, append([]byte(nil), p...))
	}
	g.mu.Unlock()
	return g.conn.Write(p)
}

func (g *gate) isMuted() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.muted
}

func (g *gate) mute() {
	g.mu.Lock()
	g.muted = true
	g.mu.Unlock()
}

// leave waits until nobody reads here any more.
func (g *gate) leave() {
	_ = g.conn.SetReadDeadline(time.Unix(1, 0)) // an open connection takes it
	g.reading.Lock()
	_ = g.conn.SetReadDeadline(time.Time{}) // as above
	g.reading.Unlock()
}

// Close ends a read: pion waits for it.
func (g *gate) Close() error {
	g.mute()
	return g.conn.SetReadDeadline(time.Unix(1, 0))
}

func (g *gate) LocalAddr() net.Addr { return g.conn.LocalAddr() }

// SetDeadline is SetReadDeadline.
func (g *gate) SetDeadline(t time.Time) error { return g.SetReadDeadline(t) }

// SetReadDeadline is how pion gives up a read. A muted gate is left to leave.
func (g *gate) SetReadDeadline(t time.Time) error {
	if g.isMuted() {
		return nil
	}
	return g.conn.SetReadDeadline(t)
}

// SetWriteDeadline does nothing: a write never waits.
func (g *gate) SetWriteDeadline(time.Time) error { return nil }
