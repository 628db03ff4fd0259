// Package block is who hears whom: an account mutes accounts and whole servers
// for itself, and the instance's own account mutes them for everybody. Nothing
// of it is told to other servers, and nothing is deleted but notifications: who
// unmutes somebody sees again what was there.
package block

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/account"
)

// Account is one account that another one muted.
type Account struct {
	By, Target account.ID
	At         time.Time
}

// Server is one server that an account muted.
type Server struct {
	By   account.ID
	Host string // host[:port]
	At   time.Time
}

// Query asks for a part of a list of mutes.
type Query struct {
	Start, Count int
	Ascending    bool   // oldest first
	Search       string // in names and hosts; empty is all
}

// Status says by whom one account or host is muted.
type Status struct{ ByInstance, ByUser bool }

// Muting is one new mute.
type Muting struct {
	By       account.ID // 0: the instance, for everybody
	Account  account.ID // who is muted, 0 when it is a server
	ServerID int64      // row of the host that is muted, 0 when it is an account
}

// ValidHost tells whether s can be the host[:port] of a server. Names of one
// part are refused, but for localhost.
func ValidHost(s string) bool {
	name, port, hasPort := strings.Cut(s, ":")
	if hasPort {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" {
		return true
	}
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	for part := range strings.SplitSeq(name, ".") {
		if !validPart(part) {
			return false
		}
	}
	return true
}

func validPart(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
