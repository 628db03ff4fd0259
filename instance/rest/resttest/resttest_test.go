package resttest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A comparison that let a changed member through would hide every break of
// clients that the contract tests are for.
func TestDiffFinds(t *testing.T) {
	want := `{"total":2,"data":[{"id":1,"name":"a","at":"2026-11-21T20:51:32.856Z","note":null},{"id":2,"name":"b","at":null,"note":"x","extra":true}]}`
	tests := []struct {
		name, got string
		want      []string
	}{
		{"same", want, nil},
		{"empty list", `{"total":0,"data":[]}`, nil},
		{"null in place of a value", `{"total":null,"data":[{"id":1,"name":null,"at":null,"note":null}]}`, nil},
		{"missing", `{"total":1,"data":[{"name":"a","at":null,"note":null}]}`, []string{"data[].id missing "}},
		{"extra", `{"total":1,"data":[],"more":1}`, []string{"more extra "}},
		{"type", `{"total":"1","data":[]}`, []string{"total type got string, want number"}},
		{"no date", `{"total":1,"data":[{"id":1,"name":"a","at":"2026-11-21","note":null}]}`, []string{"data[].at type got string, want date"}},
		{"no JSON", `oops`, []string{" type got no JSON: oops"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range Diff(t, []byte(want), []byte(tt.got)) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
