package report

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// maxMoment is the last second of a video that may be named.
const maxMoment = 1 << 30

func bad(field string, value any) *fault.Error {
	return fault.New(fault.Invalid, "").WithField(field, value, "Invalid value", "body")
}

// check refuses what no report may be, and gives the numbers of its reasons.
func (d Draft) check() ([]int, error) {
	if !db.Sized(d.Reason, minText, maxText) {
		return nil, bad("reason", d.Reason)
	}
	numbers := known(d.Reasons)
	if len(numbers) != len(d.Reasons) {
		return nil, bad("predefinedReasons", d.Reasons)
	}
	if d.Video == "" && d.Comment == 0 && d.Account == 0 {
		return nil, fault.New(fault.Invalid, "video id or account id or comment id is required.")
	}
	if d.Comment < 0 || d.Account < 0 {
		return nil, bad("id", nil)
	}
	if d.Video != "" {
		if _, err := d.Video.Parse(); err != nil {
			return nil, bad("video.id", string(d.Video))
		}
	}
	if !validSpan(d.StartAt, d.EndAt) {
		return nil, bad("video.startAt", d.StartAt)
	}
	return numbers, nil
}

func validSpan(start, end *int) bool {
	for _, at := range []*int{start, end} {
		if at != nil && (*at < 0 || *at > maxMoment) {
			return false
		}
	}
	return start == nil || end == nil || *start < *end
}

// known are the numbers of those reasons that are predefined, each once.
func known(names []string) []int {
	numbers := []int{}
	for _, name := range names {
		if n := slices.Index(reasons, name) + 1; n > 0 && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func (p Patch) check() error {
	if p.State != nil && !p.State.valid() {
		return bad("state", int(*p.State))
	}
	if p.Note != nil && !db.Sized(*p.Note, minText, maxText) {
		return bad("moderationComment", *p.Note)
	}
	return nil
}

// remoteKey names what another server's Flag says of one object: a Flag may
// name several.
func remoteKey(url string, r Report) string {
	switch r.Kind {
	case OfVideo:
		return fmt.Sprintf("%s#video-%d", url, r.Video)
	case OfComment:
		return fmt.Sprintf("%s#comment-%d", url, r.Comment)
	default:
		return fmt.Sprintf("%s#account-%d", url, r.Flagged)
	}
}

// clip takes the first n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// names are the predefined reasons of stored numbers.
func names(numbers []int) []string {
	out := []string{}
	for _, n := range numbers {
		if n >= 1 && n <= len(reasons) {
			out = append(out, reasons[n-1])
		}
	}
	return out
}

// numberOf is the number of a predefined reason as text, "" for none.
func numberOf(reason string) string {
	if n := slices.Index(reasons, reason) + 1; n > 0 {
		return strconv.Itoa(n)
	}
	return ""
}
