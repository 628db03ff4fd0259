package ap

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"sync"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
)

// Discovery is what the fixed addresses say of this server.
type Discovery struct {
	Config       func() rest.ServerConfig // as clients see it; nil: NodeInfo is not there
	Usage        func(ctx context.Context) (Usage, error)
	Description  string // of NodeInfo
	SecurityText string // of security.txt; empty is written from the public address
	Robots       string // of robots.txt; empty lets everybody read
	Folder       string // of further files below /.well-known/; empty: none
	Closed       bool   // no other server shall find anybody here
	Now          func() time.Time
}

// Usage is how much goes on here.
type Usage struct {
	Users, ActiveMonth, ActiveHalfYear int64
	Videos, Comments                   int64 // of this server
}

const (
	jsonType     = "application/json; charset=utf-8"
	nodeInfoType = `application/json; charset=utf-8; profile="http://nodeinfo.diaspora.software/ns/schema/2.0#"`
	nodeInfoLife = 10 * time.Minute
)

// open tells whether other servers may see the people of this one.
func (d *Door) open() bool { return !d.cfg.Discovery.Closed }

// Found answers at the addresses where others look first: those below
// /.well-known/ and /nodeinfo/, and /robots.txt.
func (d *Door) Found() http.Handler {
	pages := map[string]func(http.ResponseWriter, *http.Request) error{
		"/.well-known/webfinger":       d.webFinger,
		"/.well-known/host-meta":       d.hostMeta,
		"/.well-known/nodeinfo":        d.nodeInfoLinks,
		"/nodeinfo/2.0.json":           d.nodeInfo,
		"/.well-known/security.txt":    d.securityText,
		"/.well-known/dnt/":            d.doNotTrack,
		"/.well-known/dnt":             d.doNotTrack,
		"/.well-known/change-password": d.changePassword,
		"/.well-known/dnt-policy.txt":  d.trackingPolicy,
		"/security.txt":                d.toSecurityText,
		"/robots.txt":                  d.robots,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		var err error
		switch {
		case r.Method == http.MethodOptions:
			d.preflight(w, r)
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			d.headers(w.Header())
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		case ok:
			err = page(w, r)
		case strings.HasPrefix(r.URL.Path, "/nodeinfo/"):
			err = fault.New(fault.NotFound, "Nodeinfo schema version not handled")
		default:
			err = d.file(w, r, strings.TrimPrefix(r.URL.Path, "/.well-known/"))
		}
		if err != nil {
			d.refuse(w, r, err)
		}
	})
}

// finger is a WebFinger answer.
type finger struct {
	Subject string   `json:"subject"`
	Aliases []string `json:"aliases"`
	Links   []link   `json:"links"`
}

type link struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Href     string `json:"href,omitempty"`
	Template string `json:"template,omitempty"`
}

// webFinger finds one of ours by acct:name@host. It asks nobody else.
func (d *Door) webFinger(w http.ResponseWriter, r *http.Request) error {
	resource := r.URL.Query().Get("resource")
	handle, ok := strings.CutPrefix(resource, "acct:")
	name, host, two := strings.Cut(handle, "@")
	if !ok || !two || name == "" || strings.ToLower(host) != d.cfg.Actors.Host() {
		return fault.New(fault.Invalid, "Incorrect request parameters: resource").WithField("resource", resource, "Invalid value", "query")
	}
	if d.cfg.Discovery.Closed {
		return fault.New(fault.NotFound, "Actor not found")
	}
	a, err := d.cfg.Actors.Lookup(r.Context(), name)
	if err != nil {
		if k := fault.KindOf(err); k == fault.NotFound || k == fault.Gone {
			err = fault.New(fault.NotFound, "Actor not found")
		}
		return err
	}
	return d.writeJSON(w, r, jsonType, finger{
		Subject: resource, Aliases: []string{a.URL},
		Links: []link{
			{Rel: "self", Type: "application/activity+json", Href: a.URL},
			{Rel: "http://ostatus.org/schema/1.0/subscribe", Template: d.base + "/remote-interaction?uri={uri}"},
		},
	})
}

func (d *Door) hostMeta(w http.ResponseWriter, r *http.Request) error {
	var at strings.Builder
	if err := xml.EscapeText(&at, []byte(d.base)); err != nil {
		return err
	}
	d.write(w, r, "application/xml; charset=utf-8", []byte(`<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <Link rel="lrdd" type="application/xrd+xml" template="`+at.String()+`/.well-known/webfinger?resource={uri}"/>
</XRD>`))
	return nil
}

func (d *Door) nodeInfoLinks(w http.ResponseWriter, r *http.Request) error {
	links := []link{{Rel: "http://nodeinfo.diaspora.software/ns/schema/2.0", Href: d.base + "/nodeinfo/2.0.json"}}
	if !d.cfg.Discovery.Closed {
		links = append(links, link{Rel: "https://www.w3.org/ns/activitystreams#Application", Href: d.base + "/accounts/" + actor.InstanceName})
	}
	w.Header().Set("Cache-Control", "max-age=600")
	return d.writeJSON(w, r, jsonType, map[string]any{"links": links})
}

// counted is a NodeInfo that is shown for a while: counting reads much.
type counted struct {
	mu    sync.Mutex // guards the next two; held while counting, so that one counts for all
	body  []byte
	until time.Time
}

func (d *Door) nodeInfo(w http.ResponseWriter, r *http.Request) error {
	c := d.cfg.Discovery
	if c.Config == nil || c.Usage == nil {
		return fault.New(fault.NotFound, "Not Found")
	}
	d.counted.mu.Lock()
	defer d.counted.mu.Unlock()
	if now := c.Now(); d.counted.body == nil || now.After(d.counted.until) {
		usage, err := c.Usage(r.Context())
		if err != nil {
			return err
		}
		body, err := json.Marshal(rest.NewNodeInfo(c.Config(), c.Description, rest.NodeUsage{
			Users: usage.Users, ActiveMonth: usage.ActiveMonth, ActiveHalfYear: usage.ActiveHalfYear, Posts: usage.Videos, Comments: usage.Comments,
		}))
		if err != nil {
			return err
		}
		d.counted.body, d.counted.until = body, now.Add(nodeInfoLife)
	}
	w.Header().Set("Cache-Control", "max-age=600")
	d.write(w, r, nodeInfoType, d.counted.body)
	return nil
}

func (d *Door) writeJSON(w http.ResponseWriter, r *http.Request, kind string, v any) error {
	body, err := json.Marshal(v)
	if err == nil {
		d.write(w, r, kind, body)
	}
	return err
}
