package activitypub

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
)

// terms are the words of each kind that the two shared contexts lack.
//
//go:embed contexts.json
var termsFile []byte

const sharedContexts = `"https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",` +
	`{"RsaSignature2017":"https://w3id.org/security#RsaSignature2017"}`

var contexts = readContexts()

// VideoContext is the @context that PeerTube 8.2 writes for a Video.
var VideoContext = Context("Video")

// Context is the @context that PeerTube 8.2 writes for a kind of document, byte
// for byte: Video, Playlist, CacheFile, Flag, Comment, ApproveReply,
// RejectReply, Chapters, PlayerSettings, Actor, WatchAction, View, Download.
// All others (follows, announces, rates, deletions, collections) have the same
// short one. It is not to be changed.
func Context(kind string) json.RawMessage {
	if c, ok := contexts[kind]; ok {
		return c
	}
	return contexts[""]
}

// Kinds are the kinds of documents that have words of their own, and "" for all
// others.
func Kinds() []string { return slices.Sorted(maps.Keys(contexts)) }

// MergedTerms is one term map of all kinds, for who compacts documents of any
// kind. The caller owns it.
func MergedTerms() map[string]any {
	merged := map[string]any{}
	for _, terms := range readTerms() {
		var one map[string]any
		if err := json.Unmarshal(terms, &one); err != nil {
			panic(err) // the file is part of the program
		}
		maps.Copy(merged, one)
	}
	return merged
}

func readTerms() map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(termsFile, &all); err != nil {
		panic(err) // the file is part of the program
	}
	return all
}

func readContexts() map[string]json.RawMessage {
	all := map[string]json.RawMessage{"": json.RawMessage("[" + sharedContexts + "]")}
	for kind, terms := range readTerms() {
		var b bytes.Buffer
		b.WriteString("[" + sharedContexts + ",")
		if err := json.Compact(&b, terms); err != nil {
			panic(err)
		}
		b.WriteString("]")
		all[kind] = b.Bytes()
	}
	return all
}

// contextOf is the kind of an activity, which is that of what it is about.
func contextOf(kind string, object json.RawMessage) string {
	switch kind {
	case "Create", "Update", "Undo":
	default:
		return kind
	}
	var about struct {
		Type   string          `json:"type"`
		Object json.RawMessage `json:"object"`
	}
	if json.Unmarshal(object, &about) != nil {
		return ""
	}
	switch about.Type {
	case "Create", "Update":
		return contextOf(about.Type, about.Object)
	case "Note":
		return "Comment"
	case "Person", "Group", "Application":
		return "Actor"
	}
	return about.Type
}
