package router

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// home is a router on this machine: it answers searches, describes itself, and
// obeys SOAP and NAT-PMP. What it is asked to it remembers.
type home struct {
	search, pmp *net.UDPConn
	web         *httptest.Server

	mu       sync.Mutex
	open     map[string]string // UPnP: outside port → machine:port, seconds
	lent     map[uint16]uint32 // NAT-PMP: own port → seconds
	asked    int               // to open
	taken    string            // a port that another has
	forever  bool              // knows no leases
	describe http.HandlerFunc  // instead of the description
	location string            // instead of its own
	external string
	changed  chan struct{}
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{open: map[string]string{}, lent: map[uint16]uint32{}, external: "9.9.9.9", changed: make(chan struct{}, 1)}
	for _, conn := range []**net.UDPConn{&h.search, &h.pmp} {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		*conn = c
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /igd.xml", h.description)
	mux.HandleFunc("POST /control", h.control)
	h.web = httptest.NewServer(mux)
	t.Cleanup(h.web.Close)
	go h.answerSearches()
	go h.answerPMP()
	return h
}

func (h *home) config() Config {
	return Config{
		Search: h.search.LocalAddr().(*net.UDPAddr).AddrPort(), Gateway: h.pmp.LocalAddr().(*net.UDPAddr).AddrPort(),
	}
}

func (h *home) answerSearches() {
	buf := make([]byte, 2048)
	for {
		n, from, err := h.search.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if !strings.HasPrefix(string(buf[:n]), "M-SEARCH * HTTP/1.1\r\n") || !strings.Contains(string(buf[:n]), "ST: "+device+"\r\n") {
			continue
		}
		h.mu.Lock()
		at := h.location
		h.mu.Unlock()
		if at == "" {
			at = h.web.URL + "/igd.xml"
		}
		answer := "HTTP/1.1 200 OK\r\nST: " + device + "\r\nUSN: uuid:1\r\nLOCATION: " + at + "\r\nCACHE-CONTROL: max-age=120\r\n\r\n"
		_, _ = h.search.WriteToUDPAddrPort([]byte(answer), from)
	}
}

func (h *home) description(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	other := h.describe
	h.mu.Unlock()
	if other != nil {
		other(w, r)
		return
	}
	fmt.Fprint(w, document("/control"))
}

// document is a description as routers have it, with a control URL.
func document(control string) string {
	return `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>` + device + `</deviceType><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList><service>
<serviceType>` + services[1] + `</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<controlURL>` + control + `</controlURL></service></serviceList></device></deviceList></device></deviceList></device></root>`
}

func (h *home) control(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	field := func(name string) string {
		m := regexp.MustCompile("<" + name + ">([^<]*)</" + name + ">").FindSubmatch(body)
		if m == nil {
			return ""
		}
		return string(m[1])
	}
	_, action, _ := strings.Cut(strings.Trim(r.Header.Get("SOAPAction"), `"`), "#")
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.change()
	answer := ""
	switch action {
	case "GetExternalIPAddress":
		answer = "<NewExternalIPAddress>" + h.external + "</NewExternalIPAddress>"
	case "AddPortMapping":
		h.asked++
		switch {
		case field("NewExternalPort") == h.taken:
			refuse(w, 718)
			return
		case h.forever && field("NewLeaseDuration") != "0":
			refuse(w, 725)
			return
		}
		h.open[field("NewExternalPort")] = field("NewInternalClient") + ":" + field("NewInternalPort") + " " + field("NewProtocol") + " " + field("NewLeaseDuration")
	case "DeletePortMapping":
		delete(h.open, field("NewExternalPort"))
	}
	fmt.Fprintf(w, `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:%sResponse xmlns:u="%s">%s</u:%sResponse></s:Body></s:Envelope>`, action, services[1], answer, action)
}

func refuse(w http.ResponseWriter, code int) {
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>`, code)
}

func (h *home) answerPMP() {
	buf := make([]byte, 64)
	for {
		n, from, err := h.pmp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		h.mu.Lock()
		if answer := h.pmpAnswer(buf[:n]); answer != nil {
			_, _ = h.pmp.WriteToUDPAddrPort(answer, from)
		}
		h.change()
		h.mu.Unlock()
	}
}

// pmpAnswer obeys a question of NAT-PMP's. mu is held.
func (h *home) pmpAnswer(ask []byte) []byte {
	answer := []byte{0, 128 + ask[1], 0, 0, 0, 0, 0, 9}
	switch {
	case len(ask) == 2:
		a := netip.MustParseAddr(h.external).As4()
		return append(answer, a[:]...)
	case len(ask) == 12 && ask[1] == pmpUDP:
		own, seconds := binary.BigEndian.Uint16(ask[4:]), binary.BigEndian.Uint32(ask[8:])
		h.asked++
		if h.lent[own] = seconds; seconds == 0 {
			delete(h.lent, own)
		}
		answer = append(answer, ask[4:6]...)
		answer = binary.BigEndian.AppendUint16(answer, binary.BigEndian.Uint16(ask[6:])+1)
		return append(answer, ask[8:12]...)
	}
	return nil
}

// change tells that something was asked. mu is held.
func (h *home) change() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// until waits for the router to be in a state.
func (h *home) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		h.mu.Lock()
		done := ok()
		h.mu.Unlock()
		if done {
			return
		}
		select {
		case <-h.changed:
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s does not happen", what)
		}
	}
}
