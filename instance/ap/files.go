package ap

import (
	"net/http"
	"os"
	"time"

	"vidiverse/instance/fault"
)

func (d *Door) securityText(w http.ResponseWriter, r *http.Request) error {
	text := d.cfg.Discovery.SecurityText
	if text == "" {
		year := d.cfg.Discovery.Now().UTC().Year() + 1
		text = "Contact: " + d.base + "/about/contact\nExpires: " + time.Date(year, 12, 31, 11, 0, 0, 0, time.UTC).Format("2006-01-02T15:04:05.000Z") + "\n"
	}
	w.Header().Set("Cache-Control", "max-age=7200")
	d.write(w, r, "text/plain; charset=utf-8", []byte(text))
	return nil
}

// toSecurityText leads from where security.txt stood before RFC 9116.
func (d *Door) toSecurityText(w http.ResponseWriter, r *http.Request) error {
	d.headers(w.Header())
	http.Redirect(w, r, "/.well-known/security.txt", http.StatusMovedPermanently)
	return nil
}

// policy is what an instance does with the readers of its pages. It is not the
// text of the EFF, which promises things that only an operator can: who keeps
// those puts that text into the folder.
const policy = `This server tracks nobody, whether a browser asks for that or not
(http://www.w3.org/TR/tracking-dnt, Tk: N).

Addresses of readers are used to answer them, to count a view once, to keep to
limits, and to introduce viewers who share a video with each other. Its operator
may keep a log. Videos of other servers are read from those, which learn who reads.
`

func (d *Door) trackingPolicy(w http.ResponseWriter, r *http.Request) error {
	if d.file(w, r, "dnt-policy.txt") == nil {
		return nil
	}
	w.Header().Set("Cache-Control", "max-age=604800")
	d.write(w, r, "text/plain; charset=utf-8", []byte(policy))
	return nil
}

// file answers with a file of the operator's.
func (d *Door) file(w http.ResponseWriter, r *http.Request, name string) error {
	missing := fault.New(fault.NotFound, "Not Found")
	if d.cfg.Discovery.Folder == "" || name == "" {
		return missing
	}
	f, err := os.OpenInRoot(d.cfg.Discovery.Folder, name)
	if err != nil {
		return missing
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil || !about.Mode().IsRegular() {
		return missing
	}
	d.headers(w.Header())
	w.Header().Set("Cache-Control", "max-age=600")
	http.ServeContent(w, r, name, about.ModTime(), f)
	return nil
}

func (d *Door) doNotTrack(w http.ResponseWriter, r *http.Request) error {
	return d.writeJSON(w, r, jsonType, map[string]string{"tracking": "N"})
}

func (d *Door) changePassword(w http.ResponseWriter, r *http.Request) error {
	d.headers(w.Header())
	http.Redirect(w, r, "/my-account/settings", http.StatusFound)
	return nil
}

func (d *Door) robots(w http.ResponseWriter, r *http.Request) error {
	text := d.cfg.Discovery.Robots
	if text == "" {
		text = "User-agent: *\nDisallow:\n"
	}
	w.Header().Set("Cache-Control", "max-age=7200")
	d.write(w, r, "text/plain; charset=utf-8", []byte(text))
	return nil
}
