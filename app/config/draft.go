package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance"
)

// draft is a configuration whose composed fields (addresses, database,
// folders, ladder) are still in PeerTube's parts.
type draft struct {
	instance.Config
	listenHost  string
	listenPort  int
	webHTTPS    bool
	webHost     string
	webPort     int
	level       string
	metrics     bool
	followIndex bool
	metricsHost string
	metricsPort int
	folders     map[string]*string
	resolutions map[string]*bool
	explicit    map[string]string // key → where it was set

	dbURL, dbHost, dbName, dbSuffix, dbUser, dbPassword, dbPasswordFile string
	dbPort                                                              int
	dbSSL, dbVerify                                                     bool
}

func newDraft() *draft {
	return &draft{folders: map[string]*string{}, resolutions: map[string]*bool{}, explicit: map[string]string{}}
}

// defaultData is the data folder when neither --data nor storage names one.
const defaultData = "data"

// compose puts the parts together and lays the flags over them.
func (d *draft) compose(f Flags) Problems {
	var p Problems
	d.Client, d.Plugins = !f.NoClient, !f.NoPlugins
	d.Log.Level = map[string]slog.Level{
		"debug": slog.LevelDebug, "verbose": slog.LevelDebug, "info": slog.LevelInfo,
		"warn": slog.LevelWarn, "error": slog.LevelError,
	}[d.level]
	for name, on := range d.resolutions {
		if n, err := strconv.Atoi(strings.TrimSuffix(name, "p")); err == nil && *on {
			d.Transcode.Resolutions = append(d.Transcode.Resolutions, n)
		}
	}
	slices.Sort(d.Transcode.Resolutions)
	if d.metrics {
		d.Metrics = net.JoinHostPort(d.metricsHost, strconv.Itoa(d.metricsPort))
	}
	if !d.followIndex {
		d.Follows.Index = ""
	}
	for _, step := range []func(Flags) error{d.composeListen, d.composeURL, d.composeFolders, d.composeDatabase} {
		if err := step(f); err != nil {
			p = append(p, err.Error())
		}
	}
	return p
}

func (d *draft) composeListen(f Flags) error {
	d.Listen = net.JoinHostPort(d.listenHost, strconv.Itoa(d.listenPort))
	if f.Listen == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(f.Listen)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n < 0 || n > 65535 {
		return fmt.Errorf("--listen: %q; allowed is HOST:PORT, such as 127.0.0.1:9000", f.Listen)
	}
	d.Listen, d.listenPort = net.JoinHostPort(host, port), n
	return nil
}

func (d *draft) composeURL(f Flags) error {
	if f.URL != "" {
		u, err := url.Parse(f.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
			return fmt.Errorf("--url: %q; allowed is http://HOST[:PORT] or https://HOST[:PORT] without a path", f.URL)
		}
		d.URL = publicURL(u.Scheme == "https", u.Hostname(), u.Port())
		return nil
	}
	if !validHost(d.webHost) {
		return fmt.Errorf("%s: webserver.hostname is %.60q; allowed is a host name or address alone", d.place("webserver.hostname"), d.webHost)
	}
	if d.explicit["webserver.port"] == "" && d.explicit["webserver.hostname"] == "" && d.explicit["webserver.https"] == "" && d.listenPort != 0 {
		d.webPort = d.listenPort
	}
	d.URL = publicURL(d.webHTTPS, d.webHost, strconv.Itoa(d.webPort))
	return nil
}

// validHost takes what may stand before the port of a URL.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && len(host) <= 253 && !strings.ContainsFunc(host, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	})
}

// publicURL leaves out the port that the scheme implies.
func publicURL(https bool, host, port string) string {
	scheme, implied := "http", "80"
	if https {
		scheme, implied = "https", "443"
	}
	host = strings.ToLower(host)
	if port == "" || port == implied {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// composeFolders finds the one folder that all of storage.* lie in.
func (d *draft) composeFolders(f Flags) error {
	d.Data = f.Data
	root, from := "", ""
	for _, k := range storageKeys {
		name, isFolder := strings.CutPrefix(k.name, "storage.")
		if !isFolder || d.explicit[k.name] == "" {
			continue
		}
		dir := path.Clean(filepath.ToSlash(*d.folders[name]))
		want := strings.ReplaceAll(name, "_", "-")
		if path.Base(dir) != want || root != "" && path.Dir(dir) != root {
			if root == "" {
				root = "FOLDER"
			}
			return fmt.Errorf("%s: %s is %q; allowed is %s/%s (all media folders lie in one folder, under PeerTube's names)", d.place(k.name), k.name, *d.folders[name], root, want)
		}
		root, from = path.Dir(dir), k.name
	}
	switch {
	case d.Data == "" && from != "":
		d.Data = filepath.Dir(root)
	case d.Data == "":
		d.Data = defaultData
	}
	d.Files = filepath.Join(d.Data, "storage")
	if from != "" && f.Data == "" {
		d.Files = filepath.FromSlash(root)
	}
	return nil
}

// composeDatabase chooses SQLite unless PostgreSQL is named in any way.
func (d *draft) composeDatabase(f Flags) error {
	if d.dbURL != "" {
		scheme, _, _ := strings.Cut(d.dbURL, ":")
		if scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql" {
			return fmt.Errorf("%s: database.url starts with %.20q; allowed is sqlite:FILE or postgres://…", d.place("database.url"), scheme)
		}
		d.Database = d.dbURL
		return nil
	}
	named := slices.ContainsFunc([]string{"hostname", "port", "name", "suffix", "username", "password", "password_file"}, func(k string) bool {
		return d.explicit["database."+k] != ""
	})
	if !named {
		d.Database = "sqlite:" + filepath.Join(d.Data, "vidiverse.sqlite")
		return nil
	}
	if d.dbPasswordFile != "" {
		secret, err := readSecret(d.dbPasswordFile)
		if err != nil {
			return fmt.Errorf("%s: database.password_file: %v", d.place("database.password_file"), err)
		}
		d.dbPassword = secret
	}
	if d.dbName == "" {
		d.dbName = "peertube" + d.dbSuffix
	}
	mode := "disable"
	if d.dbSSL {
		mode = "require"
		if d.dbVerify {
			mode = "verify-full"
		}
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(d.dbUser, d.dbPassword), Path: "/" + d.dbName,
		Host: net.JoinHostPort(d.dbHost, strconv.Itoa(d.dbPort)), RawQuery: "sslmode=" + mode,
	}
	d.Database = u.String()
	return nil
}

// place is where a key was set, for messages.
func (d *draft) place(key string) string {
	if where := d.explicit[key]; where != "" {
		return where
	}
	return "default"
}
