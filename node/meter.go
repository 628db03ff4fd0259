package node

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"
)

// meter knows whether the network costs by the byte, where NetworkManager runs
// and says so. Elsewhere it is not known, which counts as no.
type meter struct{ costs atomic.Bool }

func newMeter() *meter { return &meter{} }

func (m *meter) metered() bool { return m.costs.Load() }

// NetworkManager's NMMetered: yes, or guessed yes.
const (
	meteredYes   = 1
	meteredGuess = 3
)

// Serve asks now and each minute until ctx ends.
func (m *meter) Serve(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		m.costs.Store(ask(ctx))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (*meter) String() string { return "metered networks" }

func ask(ctx context.Context) bool {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return false // no bus: a server, a container
	}
	defer bus.Close()
	value, err := bus.Object("org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager").GetProperty("org.freedesktop.NetworkManager.Metered")
	if err != nil {
		return false
	}
	kind, ok := value.Value().(uint32)
	return ok && (kind == meteredYes || kind == meteredGuess)
}
