package signature

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
)

// mastodon is the context that Mastodon writes, whole.
const mastodon = `["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",{"ostatus":"http://ostatus.org#","atomUri":"ostatus:atomUri",
	"inReplyToAtomUri":"ostatus:inReplyToAtomUri","conversation":"ostatus:conversation","sensitive":"as:sensitive","toot":"http://joinmastodon.org/ns#",
	"votersCount":"toot:votersCount","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","featured":{"@id":"toot:featured","@type":"@id"},
	"alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"schema":"http://schema.org#","PropertyValue":"schema:PropertyValue",
	"value":"schema:value","discoverable":"toot:discoverable","suspended":"toot:suspended","memorial":"toot:memorial","indexable":"toot:indexable",
	"blurhash":"toot:blurhash","focalPoint":{"@container":"@list","@id":"toot:focalPoint"},"Emoji":"toot:Emoji","litepub":"http://litepub.social/ns#",
	"directMessage":"litepub:directMessage","quoteUri":"http://fedibird.com/ns#quoteUri","interactionPolicy":{"@id":"https://gotosocial.org/ns#interactionPolicy","@type":"@id"}}]`

const reply = `{"@context":` + mastodon + `,"id":"https://social.test/users/ana/statuses/1/activity","type":"Create","actor":"https://social.test/users/ana",
	"published":"2026-11-21T20:50:00Z","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://social.test/users/ana/followers","https://one.test/accounts/alicia"],
	"object":{"id":"https://social.test/users/ana/statuses/1","type":"Note","summary":null,"inReplyTo":"https://one.test/videos/watch/1","published":"2026-11-21T20:50:00Z",
	"url":"https://social.test/@ana/1","attributedTo":"https://social.test/users/ana","to":["https://www.w3.org/ns/activitystreams#Public"],
	"cc":["https://social.test/users/ana/followers"],"sensitive":false,"atomUri":"https://social.test/users/ana/statuses/1","inReplyToAtomUri":"https://one.test/videos/watch/1",
	"conversation":"tag:social.test,2026-11-21:objectId=1:objectType=Conversation","content":"<p>a walk</p>","contentMap":{"en":"<p>a walk</p>"},"attachment":[],
	"tag":[{"type":"Mention","href":"https://one.test/accounts/alicia","name":"@alicia@one.test"},{"type":"Emoji","name":":x:","id":"https://social.test/emojis/1",
	"icon":{"type":"Image","mediaType":"image/png","url":"https://social.test/x.png"}}],
	"replies":{"id":"https://social.test/users/ana/statuses/1/replies","type":"Collection","first":{"type":"CollectionPage",
	"next":"https://social.test/users/ana/statuses/1/replies?page=true","partOf":"https://social.test/users/ana/statuses/1/replies","items":[]}}}}`

// What Mastodon signs and others send on is proven with the contexts that are
// built in, and keeps all that a comment is made of. A context that would have to
// be fetched is refused.
func TestDocumentsOfOtherSoftware(t *testing.T) {
	key := keys(t)["http://127.0.0.1:9002/accounts/bobby"].private
	const ana = "https://social.test/users/ana"
	known := func(context.Context, string) (*rsa.PublicKey, error) { return &key.PublicKey, nil }
	signed, err := SignLD([]byte(reply), ana, key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	creator, worded, err := VerifyLD(t.Context(), signed, known)
	if err != nil || creator != ana {
		t.Fatalf("got %q, %v", creator, err)
	}
	a, err := activitypub.ReadActivity(worded)
	if err != nil || a.Type != "Create" || a.Actor != ana || !activitypub.IsPublic(a.To) || a.ObjectType != "Note" {
		t.Fatalf("got %+v, %v", a, err)
	}
	n, err := activitypub.ReadNote(a.Object)
	if err != nil || n.Content != "<p>a walk</p>" || n.InReplyTo != "https://one.test/videos/watch/1" || string(n.AttributedTo) != ana || !n.Public() ||
		n.ID != ana+"/statuses/1" || n.Published != "2026-11-21T20:50:00Z" {
		t.Errorf("got %+v, %v of %s", n, err, worded)
	}
	var mentions int
	for _, tag := range n.Tag {
		if tag.Type == "Mention" && tag.Href == "https://one.test/accounts/alicia" {
			mentions++
		}
	}
	if mentions != 1 {
		t.Errorf("tags %+v", n.Tag)
	}
	changed := strings.Replace(string(signed), "a walk</p>\",\"contentMap", "another</p>\",\"contentMap", 1)
	if _, _, err := VerifyLD(t.Context(), []byte(changed), known); !errors.Is(err, ErrWrong) {
		t.Errorf("changed: %v", err)
	}
	for _, remote := range []string{"https://join-lemmy.org/context.json", "https://pleroma.test/schemas/litepub-0.1.jsonld", "https://one.test/contexts/1"} {
		var doc map[string]any
		if err := json.Unmarshal(signed, &doc); err != nil {
			t.Fatal(err)
		}
		doc["@context"] = append(doc["@context"].([]any), remote)
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := VerifyLD(t.Context(), b, known); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%s: %v", remote, err)
		}
	}
}
