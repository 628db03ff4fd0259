package rest

import (
	"encoding/json"
	"testing"
	"time"
)

// Clients parse times by pattern and iterate data without asking whether it is
// there.
func TestJSON(t *testing.T) {
	at := Time(time.Date(2026, 11, 21, 22, 51, 32, 6_999_999, time.FixedZone("", 7200)))
	var zero Time
	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{"time", at, `"2026-11-21T20:51:32.006Z"`},
		{"no time", zero, `null`},
		{"no rows", NewPage[int](0, nil), `{"total":0,"data":[]}`},
		{"label", Label[int]{2, "User"}, `{"id":2,"label":"User"}`},
		{"problem", Problem{Type: "about:blank", Title: "Not Found", Detail: "Video not found", Status: 404},
			`{"type":"about:blank","title":"Not Found","detail":"Video not found","status":404}`},
	} {
		if b, err := json.Marshal(tt.v); err != nil || string(b) != tt.want {
			t.Errorf("%s: got %s %v, want %s", tt.name, b, err, tt.want)
		}
	}
	var back Time
	for _, s := range []string{`"2026-11-21T20:51:32.006Z"`, `"2026-11-21T20:51:32.006+00:00"`} {
		if err := json.Unmarshal([]byte(s), &back); err != nil || !time.Time(back).Equal(time.Time(at).Truncate(time.Millisecond)) {
			t.Errorf("%s: got %v %v", s, time.Time(back), err)
		}
	}
}

// Absent, null and given are three different wishes.
func TestOpt(t *testing.T) {
	for body, want := range map[string]struct {
		given bool
		value string
	}{`{}`: {false, ""}, `{"description":null}`: {true, ""}, `{"description":"x"}`: {true, "x"}} {
		var u ChannelUpdate
		if err := json.Unmarshal([]byte(body), &u); err != nil {
			t.Fatal(err)
		}
		got := ""
		if u.Description.Value != nil {
			got = *u.Description.Value
		}
		if u.Description.Given != want.given || got != want.value {
			t.Errorf("%s: got %+v", body, u.Description)
		}
	}
}
