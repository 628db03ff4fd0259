package viewmodel

import (
	"context"
	"regexp"
	"strings"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// Units of the fields.
const (
	MB = 1_000_000
	GB = 1_000_000_000
)

// Settings is a form: its fields hold what people type.
type Settings struct {
	*Scope
	Rate, Month, Disk string // in MB/s, GB, GB; empty: no limit, or a default
	Hours             bool   // share between From and To alone
	From, To          string
	Metered           bool // share on metered networks too
	Folder            string
	Language, Theme   string

	Loading, Saving bool
	Problem         *Problem
	Wrong           map[string]string // by field: what is wrong with it
	Saved           func(control.Preferences)

	kept          control.Preferences
	loaded, saved question
}

// Settings opens the form.
func (d *Desk) Settings() *Settings { return &Settings{Scope: d.Scope(), Wrong: map[string]string{}} }

// Load fills the form.
func (v *Settings) Load() {
	v.Loading = true
	v.changed()
	ask(v.Scope, &v.loaded, v.Services.Settings.Preferences, func(p control.Preferences, err error) {
		v.Loading, v.Problem = false, problem(v.Words, "settings", err)
		if err == nil {
			v.fill(p)
		}
		v.changed()
	})
}

func (v *Settings) fill(p control.Preferences) {
	w := v.Words
	v.kept = p
	v.Rate, v.Month, v.Disk = w.Size(p.UploadRate, MB), w.Size(p.MonthCap, GB), w.Size(p.Disk, GB)
	v.Hours = p.From != "" && p.To != ""
	v.From, v.To = p.From, p.To
	if !v.Hours {
		v.From, v.To = "23:00", "07:00"
	}
	v.Metered, v.Folder, v.Language, v.Theme = p.Metered, p.Folder, p.Language, p.Theme
}

// Dirty reports whether the form differs from what is kept.
func (v *Settings) Dirty() bool {
	p, wrong := v.read()
	return len(wrong) > 0 || p != v.kept
}

var hour = regexp.MustCompile(`^([01]?\d|2[0-3]):[0-5]\d$`)

// read is the form as preferences, and what is wrong with it.
func (v *Settings) read() (control.Preferences, map[string]string) {
	w, p, wrong := v.Words, v.kept, map[string]string{}
	size := func(field, text string, unit int64, into *int64) {
		n, ok := words.ParseSize(text, unit)
		if !ok {
			wrong[field] = w.Say("settings.number")
			return
		}
		*into = n
	}
	size("rate", v.Rate, MB, &p.UploadRate)
	size("month", v.Month, GB, &p.MonthCap)
	size("disk", v.Disk, GB, &p.Disk)
	p.From, p.To = "", ""
	if v.Hours {
		p.From, p.To = strings.TrimSpace(v.From), strings.TrimSpace(v.To)
		if !hour.MatchString(p.From) || !hour.MatchString(p.To) || p.From == p.To {
			wrong["hours"] = w.Say("settings.hours.wrong")
		}
	}
	p.Metered, p.Folder, p.Language, p.Theme = v.Metered, strings.TrimSpace(v.Folder), v.Language, v.Theme
	return p, wrong
}

// Check says what is wrong, without keeping anything.
func (v *Settings) Check() bool {
	_, v.Wrong = v.read()
	v.changed()
	return len(v.Wrong) == 0
}

// Save keeps the form, if nothing is wrong with it.
func (v *Settings) Save() {
	p, wrong := v.read()
	v.Wrong = wrong
	if len(wrong) > 0 || v.Saving {
		v.changed()
		return
	}
	v.Saving, v.Problem = true, nil
	v.changed()
	ask(v.Scope, &v.saved, only(func(ctx context.Context) error { return v.Services.Settings.Set(ctx, p) }),
		func(_ nothing, err error) {
			v.Saving, v.Problem = false, problem(v.Words, "settings", err)
			if err == nil {
				v.fill(p)
			}
			v.changed()
			if err == nil && v.Saved != nil {
				v.Saved(p)
			}
		})
}
