package control

import "context"

// MaxLink bounds a link that is handed over, in bytes: a magnet may name many
// trackers.
const MaxLink = 32 << 10

// Links are those that a later start of the program hands over to the window that
// is open.
type Links interface {
	// Hand gives a link to a window, which asks before it follows it, or with an
	// empty link shows the window. ErrUnavailable: none is open; ErrInvalid: the
	// link is longer than MaxLink.
	Hand(ctx context.Context, link string) error
	// Next waits, for a window, until a link is handed over. Each goes to one
	// window.
	Next(ctx context.Context) (string, error)
}
