package access

import "vidiverse/instance/label"

// VideoID is the number of a video; it never returns after a deletion.
type VideoID int64

// Privacy says who may see a video. The integers are PeerTube's.
type Privacy int

// The privacies.
const (
	Public Privacy = iota + 1
	Unlisted
	Private
	Internal
	PasswordProtected
)

// Open reports whether the bytes may be read without a right: such files lie
// in the public folder.
func (p Privacy) Open() bool { return p == Public || p == Unlisted }

// Valid reports whether p is one of the privacies.
func (p Privacy) Valid() bool { return p >= Public && p <= PasswordProtected }

func (p Privacy) String() string { return label.Privacy(int(p)) }
