package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Maybe is an input that may be absent, null or given.
type Maybe[T any] struct {
	Given bool
	Null  bool
	Value T
}

// UnmarshalJSON notes that the member was there.
func (m *Maybe[T]) UnmarshalJSON(b []byte) error {
	m.Given = true
	if m.Null = bytes.Equal(b, []byte("null")); m.Null {
		return nil
	}
	return json.Unmarshal(b, &m.Value)
}

// VideoInput is what a client may say of a video, to create or to change it.
// It is the whole list: state, owner, counters and files are not in it.
type VideoInput struct {
	Name                  Maybe[string]        `json:"name"`
	ChannelID             Maybe[int64]         `json:"channelId"`
	Privacy               Maybe[int]           `json:"privacy"`
	Category              Maybe[int]           `json:"category"`
	Licence               Maybe[int]           `json:"licence"`
	Language              Maybe[string]        `json:"language"`
	Description           Maybe[string]        `json:"description"`
	Support               Maybe[string]        `json:"support"`
	Tags                  Maybe[[]string]      `json:"tags"`
	CommentsPolicy        Maybe[int]           `json:"commentsPolicy"`
	DownloadEnabled       Maybe[bool]          `json:"downloadEnabled"`
	NSFW                  Maybe[bool]          `json:"nsfw"`
	NSFWFlags             Maybe[int]           `json:"nsfwFlags"`
	NSFWSummary           Maybe[string]        `json:"nsfwSummary"`
	WaitTranscoding       Maybe[bool]          `json:"waitTranscoding"`
	OriginallyPublishedAt Maybe[time.Time]     `json:"originallyPublishedAt"`
	ScheduleUpdate        Maybe[ScheduleInput] `json:"scheduleUpdate"`
	VideoPasswords        Maybe[[]string]      `json:"videoPasswords"`
}

// ScheduleInput is a wish to change the privacy later.
type ScheduleInput struct {
	UpdateAt time.Time `json:"updateAt"`
	Privacy  int       `json:"privacy"`
}

// BadInput says which member of a form or body has no sense.
type BadInput struct {
	Field string
	Value string
}

func (e *BadInput) Error() string { return fmt.Sprintf("bad value for %s", e.Field) }

// maxItems bounds the repeated members of a form; the rules want far fewer.
const maxItems = 100

// ParseVideoForm reads the members from a form: texts, with arrays as tags=a,
// tags[]=a or tags[0]=a and the schedule as scheduleUpdate[updateAt]. An empty
// text, like "null", clears. The error is a *BadInput.
func ParseVideoForm(form url.Values) (VideoInput, error) {
	var in VideoInput
	f := formReader{form: form}
	in.Name = f.text("name", false)
	in.ChannelID = formNumber[int64](&f, "channelId")
	in.Privacy = formNumber[int](&f, "privacy")
	in.Category = formNumber[int](&f, "category")
	in.Licence = formNumber[int](&f, "licence")
	in.Language = f.text("language", true)
	in.Description = f.text("description", true)
	in.Support = f.text("support", true)
	in.Tags = f.list("tags")
	in.CommentsPolicy = formNumber[int](&f, "commentsPolicy")
	in.DownloadEnabled = f.boolean("downloadEnabled")
	in.NSFW = f.boolean("nsfw")
	in.NSFWFlags = formNumber[int](&f, "nsfwFlags")
	in.NSFWSummary = f.text("nsfwSummary", true)
	in.WaitTranscoding = f.boolean("waitTranscoding")
	in.OriginallyPublishedAt = f.time("originallyPublishedAt")
	in.ScheduleUpdate = f.schedule()
	in.VideoPasswords = f.list("videoPasswords")
	return in, f.err
}

// formReader keeps the first error.
type formReader struct {
	form url.Values
	err  error
}

func (f *formReader) fail(key, value string) {
	if f.err == nil {
		f.err = &BadInput{Field: key, Value: value}
	}
}

// text reads one member; the word null clears only where null has a sense.
func (f *formReader) text(key string, nullable bool) Maybe[string] {
	values, ok := f.form[key]
	if !ok || len(values) == 0 {
		return Maybe[string]{}
	}
	v := values[len(values)-1]
	if nullable && (v == "" || v == "null") {
		return Maybe[string]{Given: true, Null: true}
	}
	return Maybe[string]{Given: true, Value: v}
}

func formNumber[T int | int64](f *formReader, key string) Maybe[T] {
	t := f.text(key, true)
	if !t.Given || t.Null {
		return Maybe[T]{Given: t.Given, Null: t.Null}
	}
	n, err := strconv.ParseInt(t.Value, 10, 32)
	if err != nil {
		f.fail(key, t.Value)
	}
	return Maybe[T]{Given: true, Value: T(n)}
}

func (f *formReader) boolean(key string) Maybe[bool] {
	t := f.text(key, true)
	switch {
	case !t.Given || t.Null:
		return Maybe[bool]{Given: t.Given, Null: t.Null}
	case t.Value == "true" || t.Value == "1":
		return Maybe[bool]{Given: true, Value: true}
	case t.Value != "false" && t.Value != "0":
		f.fail(key, t.Value)
	}
	return Maybe[bool]{Given: true}
}

func (f *formReader) time(key string) Maybe[time.Time] {
	t := f.text(key, true)
	if !t.Given || t.Null {
		return Maybe[time.Time]{Given: t.Given, Null: t.Null}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly} {
		if v, err := time.Parse(layout, t.Value); err == nil {
			return Maybe[time.Time]{Given: true, Value: v}
		}
	}
	f.fail(key, t.Value)
	return Maybe[time.Time]{}
}

// list reads key=a&key=b, key[]=a and key[0]=a, in the order of the indexes.
func (f *formReader) list(key string) Maybe[[]string] {
	type item struct {
		index int
		value string
	}
	var items []item
	given := false
	for name, values := range f.form {
		index, ok := listIndex(name, key)
		if !ok {
			continue
		}
		given = true
		for _, v := range values {
			if v != "" || index > 0 { // tags= alone is the empty list
				items = append(items, item{index, v})
			}
		}
	}
	if len(items) > maxItems {
		f.fail(key, "")
		return Maybe[[]string]{}
	}
	sort.SliceStable(items, func(i, j int) bool { return items[i].index < items[j].index })
	out := Maybe[[]string]{Given: given}
	if len(items) == 1 && items[0].value == "null" {
		out.Null = true
		return out
	}
	for _, it := range items {
		out.Value = append(out.Value, it.value)
	}
	return out
}

// listIndex reports whether name is key, key[] or key[n].
func listIndex(name, key string) (int, bool) {
	tail, ok := strings.CutPrefix(name, key)
	switch {
	case !ok:
		return 0, false
	case tail == "" || tail == "[]":
		return 0, true
	case len(tail) < 3 || tail[0] != '[' || tail[len(tail)-1] != ']':
		return 0, false
	}
	n, err := strconv.Atoi(tail[1 : len(tail)-1])
	return n + 1, err == nil && n >= 0
}

func (f *formReader) schedule() Maybe[ScheduleInput] {
	if v := f.form.Get("scheduleUpdate"); v == "null" {
		return Maybe[ScheduleInput]{Given: true, Null: true}
	}
	at := f.time("scheduleUpdate[updateAt]")
	privacy := formNumber[int](f, "scheduleUpdate[privacy]")
	if !at.Given || at.Null {
		return Maybe[ScheduleInput]{}
	}
	return Maybe[ScheduleInput]{Given: true, Value: ScheduleInput{UpdateAt: at.Value, Privacy: privacy.Value}}
}

// VideoTranscodingInput is the body of POST /videos/{id}/transcoding.
type VideoTranscodingInput struct {
	TranscodingType  string `json:"transcodingType"` // hls, web-video
	ForceTranscoding bool   `json:"forceTranscoding"`
}
