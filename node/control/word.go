package control

import (
	"strconv"
	"strings"
	"time"
)

// Word is a sentence of the node for people: which one, and what goes into it.
// A window has words of its own for the ID; String is English. The zero Word is
// nothing to say.
type Word struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"` // of a video, as a stranger wrote it
	Host  string `json:"host,omitempty"`
	N     int    `json:"n,omitempty"`
	// Of is when the list was made that is shown instead.
	Of time.Time `json:"of,omitzero"`
}

// IDs of what the node says.
const (
	WordFetching = "node.fetching" // Title
	WordLow      = "node.low"
	WordFull     = "node.full"
	WordCeiling  = "node.ceiling" // N times the limit
	WordWrong    = "node.wrong"   // Title, Host
	WordMissing  = "node.missing" // Title, Host
	WordSilent   = "node.silent"  // Host
	WordDays     = "node.days"    // Host, for N days
	WordBusy     = "node.busy"    // Host
	WordStranger = "node.stranger"
	WordUseless  = "node.useless"
	WordClosed   = "node.closed"
	WordBroken   = "node.broken"
)

var english = map[string]string{
	WordFetching: "fetches “{title}”",
	WordLow:      "waits: the disk is nearly full, nothing is fetched until there is more room",
	WordFull:     "waits: the space that videos may take on this computer is used",
	WordCeiling:  "waits until tomorrow: {n} times its limit was fetched today",
	WordWrong:    "left “{title}” alone: {host} gives other bytes than it says",
	WordMissing:  "left “{title}” alone: {host} does not give its files",
	WordSilent:   "{host} does not answer now",
	WordDays:     "{host} has not answered for {n} days; what is kept of it stays",
	WordBusy:     "{host} was asked often in the last minute, and is left alone for a while",
	WordStranger: "{host} answers, but not as a PeerTube",
	WordUseless:  "{host} gives answers that cannot be used",
	WordClosed:   "{host} does not let this computer in",
	WordBroken:   "waits: something went wrong on this computer",
}

// Words lists the IDs of all.
func Words() []string {
	all := make([]string, 0, len(english))
	for id := range english {
		all = append(all, id)
	}
	return all
}

// String is the sentence in English.
func (w Word) String() string {
	text, known := english[w.ID]
	if !known {
		return w.ID
	}
	if !w.Of.IsZero() {
		text += "; its list is that of " + w.Of.Format("15:04")
	}
	// What goes in is put in once, whatever it looks like.
	return strings.NewReplacer("{title}", w.Title, "{host}", w.Host, "{n}", strconv.Itoa(w.N)).Replace(text)
}
