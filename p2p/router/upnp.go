package router

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/huin/goupnp"
	"github.com/huin/goupnp/soap"

	"vidiverse/p2p/guard"
)

const (
	searchTime   = 2 * time.Second
	maxAnswers   = 8
	maxAnswer    = 2 << 10
	maxDocument  = 64 << 10
	documentTime = 3 * time.Second

	device = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
)

var services = []string{
	"urn:schemas-upnp-org:service:WANIPConnection:2",
	"urn:schemas-upnp-org:service:WANIPConnection:1",
	"urn:schemas-upnp-org:service:WANPPPConnection:1",
}

// upnp is a gateway that is controlled by SOAP.
type upnp struct {
	client  *soap.SOAPClient
	service string
}

func (p *Port) findUPnP(ctx context.Context) (gateway, error) {
	locations, err := p.search(ctx)
	if err != nil {
		return nil, err
	}
	client := bounded(p.local.Addr())
	for _, at := range locations {
		var g gateway
		if g, err = describe(ctx, client, at); err == nil {
			return g, nil
		}
	}
	return nil, errors.Join(errNone, err)
}

// search asks who is a gateway.
func (p *Port) search(ctx context.Context) (locations []*url.URL, err error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.local.Addr(), 0)))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // an open socket takes it
	_ = conn.SetReadDeadline(time.Now().Add(searchTime))                             // as above
	question := "M-SEARCH * HTTP/1.1\r\nHOST: " + p.cfg.Search.String() +
		"\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: " + device + "\r\n\r\n"
	for range 2 { // one may be lost
		if _, err := conn.WriteToUDPAddrPort([]byte(question), p.cfg.Search); err != nil {
			return nil, err
		}
	}
	buf := make([]byte, maxAnswer)
	for range maxAnswers {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			break // whoever wanted to has answered
		}
		at := location(buf[:n], from.Addr().Unmap())
		if at == nil {
			continue
		}
		locations = append(locations, at)
		// Who is alone has answered; another would within moments.
		_ = conn.SetReadDeadline(time.Now().Add(searchTime / 10)) // as above
	}
	return locations, nil
}

// location reads an answer: where its sender's description is. It is nil unless
// that is at the sender's own, and near.
func location(answer []byte, from netip.Addr) *url.URL {
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
	if err != nil {
		return nil
	}
	_ = res.Body.Close() // of bytes in memory
	at, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusOK || !own(at, from) {
		return nil
	}
	return at
}

// own reports whether a URL is of a near machine's.
func own(at *url.URL, machine netip.Addr) bool {
	a, err := netip.ParseAddr(at.Hostname())
	return err == nil && at.Scheme == "http" && at.User == nil && a == machine && a.Is4() && !guard.Public(a) && !a.IsMulticast()
}

// bounded is a client for what is near: no proxy, no redirect, no cookies, from
// the address that was chosen, and no answer beyond a size or time.
func bounded(local netip.Addr) *http.Client {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0)), Timeout: documentTime}
	return &http.Client{
		Timeout:       documentTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("router: a redirect") },
		Transport:     &short{&http.Transport{DialContext: d.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 8 << 10, ResponseHeaderTimeout: documentTime}},
	}
}

// short ends bodies at maxDocument.
type short struct{ http.RoundTripper }

func (s *short) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := s.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxDocument), res.Body}
	}
	return res, err
}

// describe reads a gateway's description.
func describe(ctx context.Context, client *http.Client, at *url.URL) (gateway, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("router: %s", res.Status)
	}
	var root goupnp.RootDevice
	d := xml.NewDecoder(res.Body)
	d.DefaultSpace = goupnp.DeviceXMLNamespace
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("router: description: %w", err)
	}
	root.SetURLBase(at)
	machine, _ := netip.ParseAddr(at.Hostname()) // own has read it
	for _, kind := range services {
		for _, s := range root.Device.FindService(kind) {
			control := s.ControlURL.URL
			if s.ControlURL.Ok && own(&control, machine) {
				return &upnp{&soap.SOAPClient{EndpointURL: control, HTTPClient: *client}, kind}, nil
			}
		}
	}
	return nil, errors.New("router: no connection to the Internet")
}

type mapping struct {
	NewRemoteHost             string
	NewExternalPort           string
	NewProtocol               string
	NewInternalPort           string
	NewInternalClient         string
	NewEnabled                string
	NewPortMappingDescription string
	NewLeaseDuration          string
}

// UPnP's codes of refusal.
const (
	codeConflict  = 718 // another has the port
	codePermanent = 725 // only mappings without an end
)

func (g *upnp) open(ctx context.Context, local netip.AddrPort, want uint16, lease time.Duration) (lent, error) {
	var out struct{ NewExternalIPAddress string }
	if err := g.client.PerformActionCtx(ctx, g.service, "GetExternalIPAddress", nil, &out); err != nil {
		return lent{}, fmt.Errorf("router: %w", err)
	}
	addr, err := netip.ParseAddr(strings.TrimSpace(out.NewExternalIPAddress))
	if err != nil || !addr.Is4() || addr.IsUnspecified() {
		return lent{}, errors.New("router: no address")
	}
	m := mapping{
		NewProtocol: "UDP", NewInternalPort: strconv.Itoa(int(local.Port())), NewInternalClient: local.Addr().String(),
		NewEnabled: "1", NewPortMappingDescription: "Vidiverse", NewLeaseDuration: strconv.Itoa(int(lease.Seconds())),
	}
	for range 4 {
		m.NewExternalPort = strconv.Itoa(int(want))
		err = g.client.PerformActionCtx(ctx, g.service, "AddPortMapping", &m, nil)
		switch code := refusal(err); {
		case err == nil:
			return lent{netip.AddrPortFrom(addr, want), lease}, nil
		case code == codePermanent && m.NewLeaseDuration != "0":
			m.NewLeaseDuration = "0"
		case code == codeConflict:
			want = max(want+101, 1024)
		default:
			return lent{}, fmt.Errorf("router: %w", err)
		}
	}
	return lent{}, fmt.Errorf("router: %w", err)
}

func (g *upnp) shut(ctx context.Context, _ netip.AddrPort, port uint16) error {
	in := struct{ NewRemoteHost, NewExternalPort, NewProtocol string }{"", strconv.Itoa(int(port)), "UDP"}
	return g.client.PerformActionCtx(ctx, g.service, "DeletePortMapping", &in, nil)
}

// refusal is UPnP's code in an error, 0 if there is none.
func refusal(err error) int {
	var fault *soap.SOAPFaultError
	if !errors.As(err, &fault) {
		return 0
	}
	return fault.Detail.UPnPError.Errorcode
}
