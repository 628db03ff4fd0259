package video

import "strconv"

// unknown is the label of an absent category, licence or language.
const unknown = "Unknown"

var privacyLabels = map[Privacy]string{
	Public: "Public", Unlisted: "Unlisted", Private: "Private", Internal: "Internal",
	PasswordProtected: "Password protected",
}

var stateLabels = map[State]string{
	Published: "Published", ToTranscode: "To transcode", ToImport: "To import",
	WaitingForLive: "Waiting for livestream", LiveEnded: "Livestream ended",
	ToMoveToExternalStorage: "To move to an external storage", TranscodingFailed: "Transcoding failed",
	ToMoveToExternalStorageFailed: "External storage move failed", ToEdit: "To edit",
	ToMoveToFileSystem: "To move to file system", ToMoveToFileSystemFailed: "Move to file system failed",
	ToImportFailed: "Import failed",
}

var commentsLabels = map[CommentsPolicy]string{
	CommentsEnabled: "Enabled", CommentsDisabled: "Disabled", CommentsApproval: "Requires approval",
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

func (p Privacy) String() string        { return orUnknown(privacyLabels[p]) }
func (s State) String() string          { return orUnknown(stateLabels[s]) }
func (c CommentsPolicy) String() string { return orUnknown(commentsLabels[c]) }

// CategoryLabel is the English name of a category; "Unknown" for none.
func CategoryLabel(id int) string { return pick(categories[:], id) }

// LicenceLabel is the English name of a licence; "Unknown" for none.
func LicenceLabel(id int) string { return pick(licences[:], id) }

// LanguageLabel is the English name of a language; "Unknown" for none.
func LanguageLabel(id string) string { return orUnknown(languages[id]) }

// ResolutionLabel is how PeerTube writes a height; 0 is audio alone.
func ResolutionLabel(height int) string {
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
func Privacies() map[string]string {
	out := map[string]string{}
	for id, label := range privacyLabels {
		out[strconv.Itoa(int(id))] = label
	}
	return out
}

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
