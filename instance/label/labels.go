// Package label holds the words for a video's numbers: categories, licences,
// languages, privacies, states. The numbers and words are PeerTube's.
//
// It knows names only, not what a privacy or a state means: see access, video.
package label

import "strconv"

// unknown is the label of an absent category, licence or language.
const unknown = "Unknown"

var privacies = [...]string{
	1: "Public", 2: "Unlisted", 3: "Private", 4: "Internal",
	5: "Password protected",
}

var states = [...]string{
	1: "Published", 2: "To transcode", 3: "To import",
	4: "Waiting for livestream", 5: "Livestream ended",
	6: "To move to an external storage", 7: "Transcoding failed",
	8: "External storage move failed", 9: "To edit",
	10: "To move to file system", 11: "Move to file system failed",
	12: "Import failed",
}

var comments = [...]string{
	1: "Enabled", 2: "Disabled", 3: "Requires approval",
}

var categories = [...]string{
	1: "Music", 2: "Films", 3: "Vehicles", 4: "Art", 5: "Sports", 6: "Travels", 7: "Gaming",
	8: "People", 9: "Comedy", 10: "Entertainment", 11: "News & Politics", 12: "How To",
	13: "Education", 14: "Activism", 15: "Science & Technology", 16: "Animals", 17: "Kids", 18: "Food",
}

var licences = [...]string{
	1: "Attribution", 2: "Attribution - Share Alike", 3: "Attribution - No Derivatives",
	4: "Attribution - Non Commercial", 5: "Attribution - Non Commercial - Share Alike",
	6: "Attribution - Non Commercial - No Derivatives", 7: "Public Domain Dedication",
	8: "Free of known copyright restrictions", 9: "All Rights Reserved",
}

// signLanguages and zxx cannot be the language of a subtitle.
var signLanguages = map[string]bool{
	"ase": true, "asq": true, "sdl": true, "bfi": true, "bzs": true, "csl": true, "cse": true,
	"dsl": true, "fsl": true, "gsg": true, "pks": true, "jsl": true, "sfs": true, "swl": true,
	"rsl": true, "fse": true, "sgn": true, "zxx": true,
}

// Privacy is the English name of a privacy; "Unknown" for none.
func Privacy(id int) string { return pick(privacies[:], id) }

// State is the English name of a state; "Unknown" for none.
func State(id int) string { return pick(states[:], id) }

// Comments is the English name of a comments policy; "Unknown" for none.
func Comments(id int) string { return pick(comments[:], id) }

// Category is the English name of a category; "Unknown" for none.
func Category(id int) string { return pick(categories[:], id) }

// Licence is the English name of a licence; "Unknown" for none.
func Licence(id int) string { return pick(licences[:], id) }

// Language is the English name of a language; "Unknown" for none.
func Language(id string) string { return orUnknown(languages[id]) }

// Resolution is how PeerTube writes a height; 0 is audio alone.
func Resolution(height int) string {
	if height == 0 {
		return "Audio only"
	}
	return strconv.Itoa(height) + "p"
}

// Categories maps the ids to their names. The caller owns the map.
func Categories() map[string]string { return numbered(categories[:]) }

// Licences maps the ids to their names. The caller owns the map.
func Licences() map[string]string { return numbered(licences[:]) }

// Privacies maps the ids to their names. The caller owns the map.
func Privacies() map[string]string { return numbered(privacies[:]) }

// Languages maps the ids to their names; for subtitles sign languages are left
// out. The caller owns the map.
func Languages(subtitle bool) map[string]string {
	out := make(map[string]string, len(languages))
	for id, label := range languages {
		if !subtitle || !signLanguages[id] {
			out[id] = label
		}
	}
	return out
}

// IsCategory reports whether a category has that id.
func IsCategory(id int) bool { return id > 0 && id < len(categories) }

// IsLicence reports whether a licence has that id.
func IsLicence(id int) bool { return id > 0 && id < len(licences) }

// IsLanguage reports whether a language has that id.
func IsLanguage(id string) bool { return languages[id] != "" }

func numbered(labels []string) map[string]string {
	out := map[string]string{}
	for i, label := range labels[1:] {
		out[strconv.Itoa(i+1)] = label
	}
	return out
}

func pick(labels []string, id int) string {
	if id <= 0 || id >= len(labels) {
		return unknown
	}
	return labels[id]
}

func orUnknown(label string) string {
	if label == "" {
		return unknown
	}
	return label
}
