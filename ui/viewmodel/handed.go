package viewmodel

import (
	"context"
	"time"
)

// Handed is what later starts of the program hand over to this window.
type Handed struct {
	*Scope
	Link func(link string) // empty: somebody wants to see the window

	asked question
}

// Handed opens the door for other starts.
func (d *Desk) Handed() *Handed { return &Handed{Scope: d.Scope()} }

// handedPause is waited after an error: the node may be ending, or begin again.
const handedPause = time.Second

// Wait waits for links until the window is closed.
func (h *Handed) Wait() {
	ask(h.Scope, &h.asked, func(ctx context.Context) (string, error) {
		link, err := h.Services.Links.Next(ctx)
		if err != nil {
			pause := time.NewTimer(handedPause)
			defer pause.Stop()
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		}
		return link, err
	}, func(link string, err error) {
		if err == nil {
			h.Link(link)
		}
		h.Wait()
	})
}
