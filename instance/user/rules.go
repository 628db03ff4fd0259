package user

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
)

const (
	maxPassword      = 50 // characters
	maxPasswordBytes = 72 // what bcrypt looks at: more would be a lie
	maxEmail         = 400
	maxFlags         = 1<<31 - 1
)

// nsfwPolicies are the ways to show sensitive videos.
var nsfwPolicies = []string{"do_not_list", "warn", "blur", "display"}

var languageCode = regexp.MustCompile(`^[A-Za-z_-]{1,12}$`)

// themes are those that every instance has.
var themes = []string{"default", "instance-default", "peertube-core-dark-brown", "peertube-core-light-beige"}

// locales are the languages of the interface, by all their names.
var locales = strings.Fields(`en-US ar ca-ES cs-CZ de-DE el-GR eo es-ES eu-ES fa-IR fi-FI fr-FR gd gl-ES hr hu-HU is it-IT
	ja-JP ka kab nb-NO nl-NL nn oc pl-PL pt-BR pt-PT ru-RU sk-SK sq sv-SE th-TH tok tr-TR uk-UA vi-VN zh-Hans-CN zh-Hant-TW
	ar-001 ca cs de el en es eu fa fi fr gl hu it ja nb nl pl pt ru sk sv th tr uk vi zh-CN zh-Hans zh-Hant zh-TW zh`)

// ValidLocale tells whether the interface speaks a language.
func ValidLocale(name string) bool { return slices.Contains(locales, name) }

// invalid collects refused fields, so that a form shows all of them at once.
type invalid struct{ err *fault.Error }

func (v *invalid) add(ok bool, field string, value any, msg string) {
	if ok {
		return
	}
	if v.err == nil {
		v.err = fault.New(fault.Invalid, "Incorrect request parameters")
	}
	v.err = v.err.WithField(field, value, msg, "body")
}

func (v *invalid) result() error {
	if v.err == nil {
		return nil
	}
	return v.err
}

func (s *Service) checkPassword(v *invalid, field, password string) {
	n := utf8.RuneCountInString(password)
	ok := n >= s.cfg.MinPassword && n <= maxPassword && len(password) <= maxPasswordBytes && utf8.ValidString(password)
	v.add(ok, field, nil, "Should have a valid password") // its value is not sent back
}

// checkEmail takes ASCII addresses alone: the two databases do not agree on the
// lower case of anything else, and an address must not exist twice.
func checkEmail(v *invalid, email string) {
	a, err := mail.ParseAddress(email)
	ascii := !strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r > '~' })
	ok := err == nil && a.Address == email && a.Name == "" && len(email) <= maxEmail && ascii
	v.add(ok, "email", email, "Invalid value")
}

func (n Draft) check(s *Service) error {
	var v invalid
	v.add(actor.ValidUserName(n.Username), "username", n.Username, "Invalid value")
	s.checkPassword(&v, "password", n.Password)
	checkEmail(&v, n.Email)
	v.add(n.Role >= Administrator && n.Role <= User, "role", int(n.Role), "Invalid value")
	v.add(n.VideoQuota >= -1, "videoQuota", n.VideoQuota, "Invalid value")
	v.add(n.VideoQuotaDaily >= -1, "videoQuotaDaily", n.VideoQuotaDaily, "Invalid value")
	v.add(n.AdminFlags >= 0 && n.AdminFlags <= maxFlags, "adminFlags", n.AdminFlags, "Invalid value")
	v.add(n.ChannelName == "" || actor.ValidChannelName(n.ChannelName), "channelName", n.ChannelName, "Invalid value")
	return v.result()
}

// check refuses what no setting may be.
func (p Patch) check(s *Service) error {
	var v invalid
	if p.NSFWPolicy != nil {
		v.add(slices.Contains(nsfwPolicies, *p.NSFWPolicy), "nsfwPolicy", *p.NSFWPolicy, "Invalid value")
	}
	flag := func(name string, f *int) {
		if f != nil {
			v.add(*f >= 0 && *f <= 3, name, *f, "Invalid value")
		}
	}
	flag("nsfwFlagsDisplayed", p.NSFWFlagsDisplayed)
	flag("nsfwFlagsHidden", p.NSFWFlagsHidden)
	flag("nsfwFlagsWarned", p.NSFWFlagsWarned)
	flag("nsfwFlagsBlurred", p.NSFWFlagsBlurred)
	if p.Theme != nil {
		v.add(slices.Contains(themes, *p.Theme), "theme", *p.Theme, "Invalid value")
	}
	if p.Language != nil && *p.Language != nil {
		v.add(ValidLocale(**p.Language), "language", **p.Language, "Invalid value")
	}
	if p.VideoLanguages != nil {
		ok := len(*p.VideoLanguages) <= 500 &&
			!slices.ContainsFunc(*p.VideoLanguages, func(l string) bool { return !languageCode.MatchString(l) })
		v.add(ok, "videoLanguages", nil, "Invalid value")
	}
	if p.Email != nil {
		checkEmail(&v, *p.Email)
	}
	if p.Password != nil {
		s.checkPassword(&v, "password", *p.Password)
	}
	return v.result()
}
