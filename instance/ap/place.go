package ap

import (
	"strconv"
	"strings"
)

// what stands at an address of an object.
type what int

const (
	aVideo what = iota + 1
	aCreation
	aShare
	aCollection
	aComment
	aCommentCreation
	anApproval
	theChapters
	theSettings
	aPlaylist
	anElement
	aRate
	aMirror
)

// place is an address of an object, taken apart.
type place struct {
	what what
	ref  string // of the video or playlist; the name of who rated
	part string // of a collection, or of a rate
	n    int64  // of a comment, a share's actor, an element, a rated video
}

// lasts reports whether an answer is good until the next generation of videos.
// What stands around a video changes without one, and who was told of that asks
// at once.
func (p place) lasts() bool { return p.what == aVideo }

// life is what caches on the way are told; PeerTube says nothing of the others.
func (p place) life() string {
	switch p.what {
	case aVideo, theChapters, aRate:
		return "max-age=1"
	}
	return ""
}

// findPlace reads the path of an address.
func findPlace(path string) (place, bool) {
	for _, prefix := range []string{"/videos/watch/playlist/", "/w/p/", "/video-playlists/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return findPlaylist(rest)
		}
	}
	for _, prefix := range []string{"/videos/watch/", "/w/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			ref, part, _ := strings.Cut(rest, "/")
			if ref, text, ok := strings.Cut(ref, ";threadId="); ok { // the page's address of a comment
				n, ok := number(text)
				return place{what: aComment, ref: ref, n: n}, ok && ref != "" && part == ""
			}
			p, ok := findInVideo(part, prefix == "/w/")
			p.ref = ref
			return p, ok && ref != ""
		}
	}
	if rest, ok := strings.CutPrefix(path, "/accounts/"); ok {
		return findRate(rest)
	}
	if rest, ok := strings.CutPrefix(path, "/redundancy/streaming-playlists/"); ok {
		kind, ref, _ := strings.Cut(rest, "/")
		return place{what: aMirror, ref: ref}, (kind == "hls" || kind == "1") && ref != "" && !strings.Contains(ref, "/")
	}
	return place{}, false
}

// findInVideo reads what follows the address of a video; the short address has
// only the video itself.
func findInVideo(part string, short bool) (place, bool) {
	if part == "" {
		return place{what: aVideo}, true
	}
	if short {
		return place{}, false
	}
	switch part {
	case "activity":
		return place{what: aCreation}, true
	case "likes", "dislikes", "comments", "announces":
		return place{what: aCollection, part: part}, true
	case "chapters":
		return place{what: theChapters}, true
	case "player-settings":
		return place{what: theSettings}, true
	}
	if text, ok := strings.CutPrefix(part, "announces/"); ok {
		n, ok := number(text)
		return place{what: aShare, n: n}, ok
	}
	text, ok := strings.CutPrefix(part, "comments/")
	if !ok {
		return place{}, false
	}
	text, part, _ = strings.Cut(text, "/")
	n, ok := number(text)
	kinds := map[string]what{"": aComment, "activity": aCommentCreation, "approve-reply": anApproval}
	return place{what: kinds[part], n: n}, ok && kinds[part] != 0
}

func findPlaylist(rest string) (place, bool) {
	ref, part, more := strings.Cut(rest, "/")
	if !more {
		return place{what: aPlaylist, ref: ref}, ref != ""
	}
	text, ok := strings.CutPrefix(part, "videos/")
	n, numbered := number(text)
	return place{what: anElement, ref: ref, n: n}, ok && numbered && ref != ""
}

func findRate(rest string) (place, bool) {
	name, part, _ := strings.Cut(rest, "/")
	kind, text, _ := strings.Cut(part, "/")
	n, ok := number(text)
	return place{what: aRate, ref: name, part: kind, n: n}, ok && name != "" && (kind == "likes" || kind == "dislikes")
}

func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0
}
