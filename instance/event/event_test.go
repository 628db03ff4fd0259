package event_test

import (
	"testing"

	"vidiverse/instance/event"
	"vidiverse/instance/event/eventtest"
)

func TestMemory(t *testing.T) {
	eventtest.Run(t, func(*testing.T) (event.Bus, event.Bus) {
		m := event.NewMemory()
		return m, m
	})
}
