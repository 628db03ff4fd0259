package video

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"vidiverse/instance/access"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/label"
	"vidiverse/instance/rest"
)

// Draft is a video before its file: all that its maker may decide. Numbers and
// texts are zero when not given. It is stored as JSON while the file arrives.
type Draft struct {
	Name            string         `json:"name"`
	ChannelID       channel.ID     `json:"channelId"`
	Privacy         Privacy        `json:"privacy"`
	Category        int            `json:"category,omitempty"`
	Licence         int            `json:"licence,omitempty"`
	Language        string         `json:"language,omitempty"`
	Description     string         `json:"description,omitempty"`
	Support         string         `json:"support,omitempty"`
	Tags            []string       `json:"tags,omitempty"`
	Comments        CommentsPolicy `json:"comments"`
	Downloadable    bool           `json:"downloadable"`
	NSFW            bool           `json:"nsfw,omitempty"`
	NSFWFlags       NSFWFlags      `json:"nsfwFlags,omitempty"`
	NSFWSummary     string         `json:"nsfwSummary,omitempty"`
	WaitTranscoding bool           `json:"waitTranscoding,omitempty"`
	OriginallyAt    time.Time      `json:"originallyAt,omitzero"`
	Schedule        *Schedule      `json:"schedule,omitempty"`
	Passwords       []string       `json:"passwords,omitempty"`
}

// DraftOf takes a client's wishes, with PeerTube's defaults for what is not
// said: private, comments and downloads on. It checks nothing: see CheckDraft.
func DraftOf(in rest.VideoInput) Draft {
	d := Draft{Privacy: Private, Comments: CommentsEnabled, Downloadable: true}
	PatchOf(in).apply(&d)
	return d
}

// Patch is a change of a video: what is nil stays as it is, what points to a
// zero value is cleared.
type Patch struct {
	Name            *string
	ChannelID       *channel.ID
	Privacy         *Privacy
	Category        *int
	Licence         *int
	Language        *string
	Description     *string
	Support         *string
	Tags            *[]string
	Comments        *CommentsPolicy
	Downloadable    *bool
	NSFW            *bool
	NSFWFlags       *NSFWFlags
	NSFWSummary     *string
	WaitTranscoding *bool
	OriginallyAt    *time.Time
	Schedule        **Schedule
	Passwords       *[]string
}

// PatchOf takes a client's wishes.
func PatchOf(in rest.VideoInput) Patch {
	p := Patch{
		Name: given(in.Name), Category: given(in.Category), Licence: given(in.Licence),
		Language: given(in.Language), Description: given(in.Description), Support: given(in.Support),
		Tags: given(in.Tags), Downloadable: stated(in.DownloadEnabled), NSFW: stated(in.NSFW),
		NSFWSummary: given(in.NSFWSummary), WaitTranscoding: stated(in.WaitTranscoding),
		OriginallyAt: given(in.OriginallyPublishedAt), Passwords: given(in.VideoPasswords),
	}
	p.ChannelID = convert[channel.ID](stated(in.ChannelID))
	p.Privacy = convert[Privacy](stated(in.Privacy))
	p.Comments = convert[CommentsPolicy](stated(in.CommentsPolicy))
	p.NSFWFlags = convert[NSFWFlags](given(in.NSFWFlags))
	if in.ScheduleUpdate.Given {
		var s *Schedule
		if v := in.ScheduleUpdate.Value; !in.ScheduleUpdate.Null {
			s = &Schedule{UpdateAt: v.UpdateAt.UTC(), Privacy: Privacy(v.Privacy)}
		}
		p.Schedule = &s
	}
	return p
}

// given is nil for what was not said; null clears.
func given[T any](m rest.Maybe[T]) *T {
	if !m.Given {
		return nil
	}
	return &m.Value
}

// stated is nil for what was not said or null: there is nothing to clear.
func stated[T any](m rest.Maybe[T]) *T {
	if m.Null {
		return nil
	}
	return given(m)
}

func convert[To, From ~int | ~int64](p *From) *To {
	if p == nil {
		return nil
	}
	v := To(*p)
	return &v
}

// apply writes what the patch says into a draft.
func (p Patch) apply(d *Draft) {
	set(&d.Name, p.Name)
	set(&d.ChannelID, p.ChannelID)
	set(&d.Privacy, p.Privacy)
	set(&d.Category, p.Category)
	set(&d.Licence, p.Licence)
	set(&d.Language, p.Language)
	set(&d.Description, p.Description)
	set(&d.Support, p.Support)
	set(&d.Tags, p.Tags)
	set(&d.Comments, p.Comments)
	set(&d.Downloadable, p.Downloadable)
	set(&d.NSFW, p.NSFW)
	set(&d.NSFWFlags, p.NSFWFlags)
	set(&d.NSFWSummary, p.NSFWSummary)
	set(&d.WaitTranscoding, p.WaitTranscoding)
	set(&d.OriginallyAt, p.OriginallyAt)
	set(&d.Schedule, p.Schedule)
	set(&d.Passwords, p.Passwords)
	if !d.NSFW && p.NSFWFlags == nil {
		d.NSFWFlags = 0
	}
	if !d.NSFW && p.NSFWSummary == nil {
		d.NSFWSummary = ""
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// checker collects the refused members of a draft.
type checker struct {
	names []string
	err   *fault.Error
}

func (c *checker) refuse(name string, value any, message string) {
	if c.err == nil {
		c.err = fault.New(fault.Invalid, "")
	}
	c.names = append(c.names, name)
	c.err = c.err.WithField(name, value, message, "body")
}

// result is nil or one error that names every refused member.
func (c *checker) result() error {
	if c.err == nil {
		return nil
	}
	e := *c.err
	e.Message = "Incorrect request parameters: " + strings.Join(c.names, ", ")
	return &e
}

// text checks an optional text's length, in characters.
func (c *checker) text(name, value string, min, max int) {
	if value != "" && !db.Sized(value, min, max) {
		c.refuse(name, value, "Invalid value")
	}
}

// check holds a draft against PeerTube's limits. protect says whether a
// password-protected video must bring its passwords along.
func (d *Draft) check(now time.Time, protect bool) error {
	var c checker
	if !db.Sized(d.Name, 3, 120) {
		c.refuse("name", d.Name, "Should have a video name between 3 and 120 characters long")
	}
	if d.ChannelID <= 0 {
		c.refuse("channelId", nil, "Invalid value")
	}
	c.numbers(d)
	if d.Language != "" && !label.IsLanguage(d.Language) {
		c.refuse("language", d.Language, "Invalid value")
	}
	c.text("description", d.Description, 3, 10000)
	c.text("support", d.Support, 3, 1000)
	c.text("nsfwSummary", d.NSFWSummary, 3, 250)
	d.Tags = c.tags(d.Tags)
	c.times(d, now)
	c.passwords(d, protect)
	if c.err != nil || d.NSFW {
		return c.result()
	}
	if d.NSFWFlags != 0 {
		return fault.New(fault.Invalid, "Cannot set nsfwFlags if the video is not NSFW")
	}
	if d.NSFWSummary != "" {
		return fault.New(fault.Invalid, "Cannot set nsfwSummary if the video is not NSFW")
	}
	return nil
}

func (c *checker) numbers(d *Draft) {
	for _, n := range []struct {
		name  string
		value int
		ok    bool
	}{
		{"privacy", int(d.Privacy), d.Privacy.Valid()},
		{"category", d.Category, d.Category == 0 || label.IsCategory(d.Category)},
		{"licence", d.Licence, d.Licence == 0 || label.IsLicence(d.Licence)},
		{"commentsPolicy", int(d.Comments), d.Comments.valid()},
		{"nsfwFlags", int(d.NSFWFlags), d.NSFWFlags >= 0 && d.NSFWFlags <= 3},
	} {
		if !n.ok {
			c.refuse(n.name, n.value, "Invalid value")
		}
	}
}

// tags trims, drops repeats and checks.
func (c *checker) tags(in []string) []string {
	var out []string
	for _, t := range in {
		if t = strings.TrimSpace(t); !slices.Contains(out, t) {
			out = append(out, t)
		}
		if !db.Sized(t, 2, 30) || len(out) > 5 || strings.ContainsFunc(t, unicode.IsControl) {
			c.refuse("tags", in, "Should have an array of up to 5 tags between 2 and 30 characters each")
			return in
		}
	}
	return out
}

func (c *checker) times(d *Draft, now time.Time) {
	if y := d.OriginallyAt.Year(); !d.OriginallyAt.IsZero() && (y < 1000 || y > 9999) {
		c.refuse("originallyPublishedAt", d.OriginallyAt, "Invalid value")
	}
	s := d.Schedule
	if s == nil {
		return
	}
	if s.UpdateAt.IsZero() || s.UpdateAt.Year() > 9999 {
		c.refuse("scheduleUpdate.updateAt", nil, "Should have a schedule update date that conforms to ISO 8601")
	}
	if s.Privacy != 0 && s.Privacy != Public && s.Privacy != Unlisted && s.Privacy != Internal {
		c.refuse("scheduleUpdate.privacy", int(s.Privacy), "Invalid value")
	}
}

func (c *checker) passwords(d *Draft, protect bool) {
	problem := access.PasswordsProblem(d.Passwords, d.Privacy == PasswordProtected && protect)
	if problem != "" {
		// The value stays out of the answer and so out of logs.
		c.refuse("videoPasswords", nil, problem)
	}
}
