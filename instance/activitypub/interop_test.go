package activitypub

import (
	"os"
	"reflect"
	"testing"
)

func foreignDoc(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/foreign/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A reply as Mastodon sends it: HTML, the text once more by language, custom
// emoji, addresses in other places.
func TestMastodonReply(t *testing.T) {
	a, err := ReadActivity(foreignDoc(t, "mastodon-create-note.json"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Type != "Create" || a.ObjectType != "Note" || !IsPublic(a.To) || !a.Signed || a.Actor != "https://social.test/users/ada" {
		t.Errorf("got %+v", a)
	}
	n, err := ReadNote(a.Object)
	if err != nil {
		t.Fatal(err)
	}
	if n.Content != "<p>Well <strong>said</strong></p>" || n.MediaType != "" || n.InReplyTo != "https://one.test/videos/watch/v1" ||
		n.AttributedTo != "https://social.test/users/ada" || n.URL != "https://social.test/@ada/1" || len(n.Tag) != 3 ||
		n.Tag[0] != (Tag{Type: "Mention", Href: "https://one.test/accounts/alice", Name: "@alice@one.test"}) {
		t.Errorf("got %+v", n)
	}
}

func TestTextByLanguageAlone(t *testing.T) {
	n, err := ReadNote([]byte(`{"type":"Note","id":"https://a.test/1","contentMap":{"fr":"Bonjour","en":"Hello","de":7}}`))
	if err != nil || n.Content != "" && n.Content != "Hello" {
		t.Errorf("got %+v %v", n, err)
	}
	n, err = ReadNote([]byte(`{"type":"Note","id":"https://a.test/1","contentMap":{"fr":"Bonjour","en":"Hello"}}`))
	if err != nil || n.Content != "Hello" {
		t.Errorf("got %+v %v", n, err)
	}
}

// An actor of Mastodon: one picture without a size, one address for people, a key
// among others, and nothing of PeerTube's.
func TestMastodonActor(t *testing.T) {
	a, err := ReadActor(foreignDoc(t, "mastodon-person.json"))
	if err != nil {
		t.Fatal(err)
	}
	if a.SharedInbox() != "https://social.test/inbox" || a.Page() != "https://social.test/@ada" || len(a.Icon) != 1 ||
		a.Icon[0].URL != "https://social.test/avatar.png" || a.PublicKey == nil || a.PublicKey.ID != "https://social.test/users/ada#main-key" ||
		a.Playlists != "" || !a.Discoverable.Or(false) || *a.Summary != "<p>Counts</p>" {
		t.Errorf("got %+v", a)
	}
}

// GoToSocial's key has an address of its own, and no shared inbox is named.
func TestGoToSocialActor(t *testing.T) {
	a, err := ReadActor(foreignDoc(t, "gotosocial-person.json"))
	if err != nil {
		t.Fatal(err)
	}
	if a.PublicKey == nil || a.PublicKey.ID != "https://gts.test/users/bo/main-key" || a.SharedInbox() != a.Inbox || a.Icon[0].MediaType != "image/jpeg" {
		t.Errorf("got %+v", a)
	}
}

// Mastodon reports an account and several of its posts at once; deletes with what
// remains; and takes back whole activities.
func TestMastodonActivities(t *testing.T) {
	for name, test := range map[string]struct {
		raw        string
		id, kind   string
		objects    int
		innerType  string
		innerKnown bool
	}{
		"report": {`{"id":"https://social.test/1","type":"Flag","actor":"https://social.test/actor","content":"spam","object":["https://one.test/accounts/alice","https://one.test/videos/watch/v1/comments/2"]}`,
			"https://one.test/accounts/alice", "", 2, "", false},
		"deletion": {`{"id":"https://social.test/1#delete","type":"Delete","actor":"https://social.test/users/ada","to":["as:Public"],"object":{"id":"https://social.test/1","type":"Tombstone","atomUri":"https://social.test/1"}}`,
			"https://social.test/1", "Tombstone", 1, "", false},
		"undone": {`{"id":"https://social.test/1#undo","type":"Undo","actor":"https://social.test/users/ada","object":{"id":"https://social.test/1#like","type":"Like","actor":"https://social.test/users/ada","object":"https://one.test/videos/watch/v1"}}`,
			"https://social.test/1#like", "Like", 1, "Like", true},
		"accepted by address": {`{"id":"https://social.test/1","type":"Accept","actor":{"id":"https://social.test/users/ada","type":"Person"},"object":"https://one.test/accounts/peertube/follows/1"}`,
			"https://one.test/accounts/peertube/follows/1", "", 1, "", false},
	} {
		a, err := ReadActivity([]byte(test.raw))
		if err != nil || a.ObjectID != test.id || a.ObjectType != test.kind || len(a.Objects) != test.objects {
			t.Errorf("%s: got %+v %v", name, a, err)
			continue
		}
		inner, err := a.Inner()
		if (err == nil) != test.innerKnown || inner.Type != test.innerType {
			t.Errorf("%s: inside: got %+v %v", name, inner, err)
		}
	}
}

// A group of Lemmy announces what others created in it: the whole activity, not
// its address.
func TestLemmyAnnounce(t *testing.T) {
	a, err := ReadActivity(foreignDoc(t, "lemmy-announce.json"))
	if err != nil {
		t.Fatal(err)
	}
	inner, err := a.Inner()
	if err != nil || a.Type != "Announce" || inner.Type != "Create" || inner.ObjectType != "Note" || inner.Actor != "https://lemmy.test/u/cleo" {
		t.Fatalf("got %+v in %+v: %v", inner, a, err)
	}
	n, err := ReadNote(inner.Object)
	if err != nil || n.Audience != "https://lemmy.test/c/films" || n.InReplyTo != "https://one.test/videos/watch/v1" || string(n.AttributedTo) != inner.Actor {
		t.Errorf("got %+v %v", n, err)
	}
	g, err := ReadActor(foreignDoc(t, "lemmy-group.json"))
	if err != nil || g.Type != "Group" || g.PostingRestrictedToMods.Or(true) || g.SharedInbox() != "https://lemmy.test/inbox" ||
		!reflect.DeepEqual(g.AttributedTo, List[Ref]{"https://lemmy.test/c/films/moderators"}) {
		t.Errorf("got %+v %v", g, err)
	}
}

// Collections of other software: not ordered, the first page inside, items whole.
func TestForeignCollections(t *testing.T) {
	for name, test := range map[string]struct {
		raw   string
		items []string
		next  string
		first string
	}{
		"Mastodon's replies": {`{"id":"https://a.test/1/replies","type":"Collection","first":{"type":"CollectionPage","next":"https://a.test/1/replies?page=2","partOf":"https://a.test/1/replies","items":["https://a.test/2",{"id":"https://a.test/3","type":"Note"}]}}`,
			[]string{"https://a.test/2", "https://a.test/3"}, "https://a.test/1/replies?page=2", ""},
		"an empty first":    {`{"id":"https://a.test/1","type":"Collection","first":{"type":"CollectionPage","id":"https://a.test/1?page=1","items":[]}}`, nil, "", "https://a.test/1?page=1"},
		"a page without id": {`{"type":"OrderedCollectionPage","partOf":"https://a.test/1","orderedItems":"https://a.test/2"}`, []string{"https://a.test/2"}, "", ""},
		"links":             {`{"id":"https://a.test/1","type":"Collection","items":[{"type":"Link","href":"https://a.test/2"},null,7]}`, []string{"https://a.test/2"}, "", ""},
	} {
		c, err := ReadCollection([]byte(test.raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var items []string
		for _, i := range c.Items() {
			items = append(items, i.ID)
		}
		if !reflect.DeepEqual(items, test.items) || c.Next != test.next || c.First != test.first {
			t.Errorf("%s: got %q, %+v", name, items, c)
		}
	}
}

// A video of other software: members left out, captions and pictures as
// addresses, a licence by its SPDX name, the language as a word.
func TestForeignVideo(t *testing.T) {
	v, err := ParseVideo(foreignDoc(t, "other-video.json"))
	if err != nil {
		t.Fatal(err)
	}
	if v.State != 1 || !v.DownloadEnabled || v.CommentsPolicy != 2 || v.Licence.Identifier != "2" || v.Language.Identifier != "en" ||
		v.Category.Identifier != "15" || len(v.Icon) != 1 || v.Icon[0].URL != "https://other.test/v1.jpg" || !IsPublic(v.To) {
		t.Errorf("got %+v", v)
	}
	if len(v.SubtitleLanguage) != 1 || v.SubtitleLanguage[0].Identifier != "fr" || v.SubtitleLanguage[0].URL[0].Href != "https://other.test/v1.fr.vtt" {
		t.Errorf("got captions %+v", v.SubtitleLanguage)
	}
	if v.Page() != "https://other.test/v/1" || v.MasterURL() != "https://other.test/v1.m3u8" || len(v.Hashes()) != 0 {
		t.Errorf("got links %+v", v.URL)
	}
	old, err := ParseVideo([]byte(`{"type":"Video","id":"https://a.test/1","commentsEnabled":true}`))
	if err != nil || old.CommentsPolicy != 1 {
		t.Errorf("an old PeerTube: got %+v %v", old, err)
	}
}

// What others are known to look for in what we write, as it stands in PeerTube's
// documents, which ours are equal to.
func TestWhatOthersLookFor(t *testing.T) {
	all := bodies(t)
	v, err := ParseVideo(all["video-vod.json"])
	if err != nil {
		t.Fatal(err)
	}
	if v.URL[0].MediaType != "text/html" || v.Page() != v.URL[0].Href {
		t.Errorf("Mastodon shows the first link, got %+v", v.URL[0])
	}
	if v.Audience == "" || v.AttributedTo[1] != (Actor{Type: "Group", ID: string(v.Audience)}) || v.To[1] != string(v.Audience) {
		t.Errorf("Lemmy looks for the channel as audience, got %+v", v)
	}
	for _, name := range []string{"actor-person.json", "actor-group.json"} {
		a, err := ReadActor(all[name])
		if err != nil || a.Icon[0].Width != 120 || a.URL[0].MediaType != "text/html" {
			t.Errorf("%s: many read one picture, which must be small: got %+v %v", name, a.Icon, err)
		}
		if a.Type == "Group" && !a.PostingRestrictedToMods.Or(false) {
			t.Error("Lemmy must not offer to post in a channel")
		}
	}
}
