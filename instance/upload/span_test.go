package upload_test

import (
	"testing"

	"vidiverse/instance/fault"
	"vidiverse/instance/upload"
)

func TestParseSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want upload.Span
		bad  bool
	}{
		{in: "bytes 0-524287/926500", want: upload.Span{First: 0, Last: 524287, Total: 926500}},
		{in: "bytes 524288-926499/926500", want: upload.Span{First: 524288, Last: 926499, Total: 926500}},
		{in: "bytes */926500", want: upload.Span{Total: 926500, Query: true}},
		{in: "bytes 0-9/*", want: upload.Span{First: 0, Last: 9, Total: -1}},
		{in: "", bad: true},
		{in: "bytes */*", bad: true},
		{in: "bytes 5-4/10", bad: true},
		{in: "bytes 0-10/10", bad: true},
		{in: "bytes -1-4/10", bad: true},
		{in: "bytes 0-+4/10", bad: true},
		{in: "bytes 0 - 4/10", bad: true},
		{in: "bytes 0-9223372036854775807/*", bad: true},
		{in: "bytes 0-99999999999999999999/*", bad: true},
		{in: "items 0-4/10", bad: true},
		{in: "bytes=0-4/10", bad: true},
	} {
		got, err := upload.ParseSpan(c.in)
		if (err != nil) != c.bad || got != c.want {
			t.Errorf("ParseSpan(%q): got %+v, %v; want %+v, bad %v", c.in, got, err, c.want, c.bad)
		}
		if c.bad && fault.KindOf(err) != fault.Invalid {
			t.Errorf("ParseSpan(%q): got kind %v, want invalid", c.in, fault.KindOf(err))
		}
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"bytes 0-524287/926500", "bytes */926500", "bytes 0-9/*", "bytes 5-4/10", "bytes 18446744073709551615-0/1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		span, err := upload.ParseSpan(s)
		if err != nil {
			return
		}
		if !span.Query && (span.First < 0 || span.Last < span.First || span.Len() <= 0) {
			t.Fatalf("ParseSpan(%q) accepted the impossible %+v", s, span)
		}
		if span.Total >= 0 && !span.Query && span.Last >= span.Total {
			t.Fatalf("ParseSpan(%q) accepted bytes past the end: %+v", s, span)
		}
	})
}
