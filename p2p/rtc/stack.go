package rtc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/pion/datachannel"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/ice/v4"
	"github.com/pion/sctp"
	"github.com/pion/webrtc/v4"

	"vidiverse/p2p/flow"
	"vidiverse/p2p/record"
)

// stack is what bears a link's channel once there is a way to the peer:
//
//	datachannel ─▶ association ─▶ flow ─▶ secure ─▶ ICE's way ─▶ path ─▶ socket
//
// pion/webrtc reads descriptions and names certificates; what it would put
// together here starts goroutines for each packet and peer, and much that only
// calls need.
type stack struct {
	secure      *record.Conn
	flow        *flow.Conn
	association *sctp.Association
}

// close tells the other side.
func (b stack) close() {
	switch {
	case b.association != nil:
		b.association.Abort("")
		_ = b.secure.Close() // as below
	case b.secure != nil:
		_ = b.secure.Close() // ICE's end is the end either way
	}
}

const (
	packet1200    = 1191    // of SCTP: with DTLS's part it is 1228, as in browsers
	receiveBuffer = 4 << 20 // 300 Mbit/s at 100 ms
)

// connect makes the way to the peer, and the channel over it. It ends with the
// link.
func (l *link) connect(remote *description, offered bool) {
	err := l.climb(remote, offered)
	if l.ctx.Err() == nil && err == nil {
		err = l.watch(offered)
	}
	l.end(err)
}

// climb builds the stack from below.
func (l *link) climb(remote *description, offered bool) error {
	l.mu.Lock()
	l.secret = remote.pwd
	l.mu.Unlock()
	way, err := l.way(remote, offered)
	if err != nil {
		return ErrFailed
	}
	client := remote.setup != "active"
	if offered {
		client = remote.setup == "passive"
	}
	ctx, done, ok := l.handshake()
	if !ok {
		return ErrBusy
	}
	secure, err := record.Handshake(ctx, way, record.Config{
		Certificate: l.s.cert.own, Client: client, Verify: remote.verify, Log: silent{},
	})
	done()
	if err != nil || !l.has(stack{secure: secure}) {
		return ErrFailed
	}
	return l.associate(secure, remote, client, offered)
}

// way finds a way to the peer.
func (l *link) way(remote *description, offered bool) (*ice.Conn, error) {
	if offered || remote.lite {
		return l.agent.Dial(l.ctx, remote.ufrag, remote.pwd)
	}
	return l.agent.Accept(l.ctx, remote.ufrag, remote.pwd)
}

// has remembers how far the stack stands, for the link's end. It reports false
// if that was before.
func (l *link) has(b stack) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.stack = b
	}
	return l.err == nil
}

// associate opens the association, and our channel if we offered one.
func (l *link) associate(secure *record.Conn, remote *description, client, offered bool) error {
	most := uint32(MaxMessage)
	if remote.maxMessage > 0 {
		most = uint32(min(remote.maxMessage, MaxMessage))
	}
	pace := flow.New(secure, l.roundTrip())
	// How much is on its way is flow's to say: pion's own window is never less.
	a, err := sctp.ClientWithOptions(
		sctp.WithNetConn(pace), sctp.WithLoggerFactory(silent{}),
		sctp.WithMTU(packet1200), sctp.WithMaxMessageSize(most), sctp.WithMaxReceiveBufferSize(receiveBuffer),
		sctp.WithMinCwnd(maxBuffered), sctp.WithFastRtxWnd(maxBuffered),
	)
	if err != nil {
		return ErrFailed
	}
	if !l.has(stack{secure, pace, a}) {
		a.Abort("")
		return ErrFailed
	}
	if !offered {
		return nil
	}
	id := uint16(1) // RFC 8832: the client's channels are even
	if client {
		id = 0
	}
	raw, err := datachannel.Dial(a, id, &datachannel.Config{Label: "data", LoggerFactory: silent{}})
	if err != nil {
		return ErrFailed
	}
	l.open(raw)
	return nil
}

// watch takes the channel that the peer opens. It may open one, and only if we
// did not: whoever opens more wants to see how many we bear.
func (l *link) watch(offered bool) error {
	a := l.stack.association
	for open := offered; ; open = true {
		stream, err := a.AcceptStream()
		if err != nil || open {
			return ErrFailed
		}
		stream.SetDefaultPayloadType(sctp.PayloadTypeWebRTCBinary)
		raw, err := datachannel.Server(stream, &datachannel.Config{LoggerFactory: silent{}})
		if err != nil || raw.ChannelType != datachannel.ChannelTypeReliable {
			return ErrFailed
		}
		l.open(raw)
	}
}

// open makes the Conn of the open channel.
func (l *link) open(raw *datachannel.DataChannel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil && l.conn == nil {
		l.conn = newConn(l, raw)
		close(l.opened)
	}
}

// certificate is what all connections of a host share: it only ties a
// connection to its description, and identifies nobody.
type certificate struct {
	own         tls.Certificate
	fingerprint string
}

func newCertificate() (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	own, err := selfsign.SelfSign(key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		return nil, err
	}
	prints, err := webrtc.CertificateFromX509(key, parsed).GetFingerprints()
	if err != nil {
		return nil, err
	}
	return &certificate{own, prints[0].Algorithm + " " + strings.ToUpper(prints[0].Value)}, nil
}

// verify compares a certificate (DER) with the description's fingerprint.
func (d *description) verify(certificate []byte) error {
	algorithm, text, _ := strings.Cut(d.fingerprint, " ")
	want, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil {
		return err
	}
	var got []byte
	switch algorithm {
	case "sha-256":
		sum := sha256.Sum256(certificate)
		got = sum[:]
	case "sha-384":
		sum := sha512.Sum384(certificate)
		got = sum[:]
	case "sha-512":
		sum := sha512.Sum512(certificate)
		got = sum[:]
	}
	if len(got) == 0 || !bytes.Equal(got, want) {
		return errors.New("another certificate than described")
	}
	return nil
}
