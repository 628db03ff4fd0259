package video

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
)

// The limits are PeerTube's: a client that keeps to them must never be refused,
// and what the database cannot hold must never reach it.
func TestDraftLimits(t *testing.T) {
	ok := Draft{Name: "abc", ChannelID: 1, Privacy: Public, Comments: CommentsEnabled}
	long := func(n int) string { return strings.Repeat("é", n) }
	tests := []struct {
		name   string
		change func(*Draft)
		bad    []string
	}{
		{"smallest", func(*Draft) {}, nil},
		{"largest", func(d *Draft) {
			d.Name, d.Description, d.Support = long(120), long(10000), long(1000)
			d.NSFW, d.NSFWFlags, d.NSFWSummary = true, 3, long(250)
			d.Tags = []string{"aa", long(30), "cc", "dd", "ee"}
			d.Category, d.Licence, d.Language = 18, 9, "zxx"
		}, nil},
		{"same tag twice", func(d *Draft) { d.Tags = []string{"aa", " aa ", "aa", "aa", "aa", "aa"} }, nil},
		{"short name", func(d *Draft) { d.Name = "ab" }, []string{"name"}},
		{"long name", func(d *Draft) { d.Name = long(121) }, []string{"name"}},
		{"NUL", func(d *Draft) { d.Name = "a\x00bc" }, []string{"name"}},
		{"no UTF-8", func(d *Draft) { d.Description = "abc\xff" }, []string{"description"}},
		{"all texts", func(d *Draft) { d.Description, d.Support, d.NSFWSummary = long(10001), long(1001), long(251) },
			[]string{"description", "support", "nsfwSummary"}},
		{"numbers", func(d *Draft) { d.Privacy, d.Category, d.Licence, d.Comments, d.NSFWFlags = 6, 19, 10, 4, 4 },
			[]string{"privacy", "category", "licence", "commentsPolicy", "nsfwFlags"}},
		{"negative", func(d *Draft) { d.Privacy, d.Category, d.Licence, d.NSFWFlags = -1, -1, -1, -1 },
			[]string{"privacy", "category", "licence", "nsfwFlags"}},
		{"language", func(d *Draft) { d.Language = "klingon" }, []string{"language"}},
		{"six tags", func(d *Draft) { d.Tags = []string{"aa", "bb", "cc", "dd", "ee", "ff"} }, []string{"tags"}},
		{"short tag", func(d *Draft) { d.Tags = []string{"a"} }, []string{"tags"}},
		{"control sign in a tag", func(d *Draft) { d.Tags = []string{"a\x1fb"} }, []string{"tags"}},
		{"no password", func(d *Draft) { d.Privacy = PasswordProtected }, []string{"videoPasswords"}},
		{"short password", func(d *Draft) { d.Privacy, d.Passwords = PasswordProtected, []string{"x"} }, []string{"videoPasswords"}},
		{"schedule", func(d *Draft) { d.Schedule = &Schedule{Privacy: Private} }, []string{"scheduleUpdate.updateAt", "scheduleUpdate.privacy"}},
		{"no channel", func(d *Draft) { d.ChannelID = 0 }, []string{"channelId"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := ok
			tt.change(&d)
			err := d.check(time.Now(), true)
			var got []string
			if f, ok := fault.As(err); ok {
				for _, fd := range f.Fields {
					got = append(got, fd.Name)
				}
			}
			slices.Sort(got)
			slices.Sort(tt.bad)
			if diff := cmp.Diff(tt.bad, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Forms and JSON are two spellings of one wish.
func TestFormAndJSONMeanTheSame(t *testing.T) {
	body := `{"name":"A walk","channelId":2,"privacy":5,"category":null,"language":"fr","tags":["one","two"],"nsfw":true,"nsfwFlags":1,
		"downloadEnabled":false,"waitTranscoding":true,"originallyPublishedAt":"2020-01-02T03:04:05.000Z",
		"scheduleUpdate":{"updateAt":"2030-01-02T03:04:05.000Z","privacy":1},"videoPasswords":["secret"]}`
	form := url.Values{
		"name": {"A walk"}, "channelId": {"2"}, "privacy": {"5"}, "category": {"null"}, "language": {"fr"}, "tags[1]": {"two"}, "tags[0]": {"one"},
		"nsfw": {"true"}, "nsfwFlags": {"1"}, "downloadEnabled": {"false"}, "waitTranscoding": {"true"}, "originallyPublishedAt": {"2020-01-02T03:04:05.000Z"},
		"scheduleUpdate[updateAt]": {"2030-01-02T03:04:05.000Z"}, "scheduleUpdate[privacy]": {"1"}, "videoPasswords[]": {"secret"},
	}
	var a rest.VideoInput
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	b, err := rest.ParseVideoForm(form)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(DraftOf(a), DraftOf(b)); diff != "" {
		t.Error(diff)
	}
	if d := DraftOf(rest.VideoInput{}); d.Privacy != Private || !d.Downloadable {
		t.Errorf("got %+v, want a private draft when nothing is said", d)
	}
	for key, value := range map[string]string{"category": "x", "nsfw": "maybe", "originallyPublishedAt": "soon", "channelId": "9999999999"} {
		if _, err := rest.ParseVideoForm(url.Values{key: {value}}); err == nil {
			t.Errorf("%s=%s: taken", key, value)
		}
	}
}

func FuzzParseVideoForm(f *testing.F) {
	f.Add("name=a&tags[0]=b&tags[]=c&scheduleUpdate[updateAt]=2020-01-01")
	f.Add("tags[99999999999999999999]=x&nsfw=1&category=null")
	f.Fuzz(func(t *testing.T, s string) {
		form, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		if in, err := rest.ParseVideoForm(form); err == nil {
			d := DraftOf(in)
			_ = d.check(time.Now(), true)
		}
	})
}
