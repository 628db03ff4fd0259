//go:build !(linux || darwin || freebsd)

package player

// libmpv cannot be loaded here.
type libmpv struct{}

func loadMPV() (*libmpv, error) { return nil, ErrNoMPV }

func newMPV(Options) (Player, error) { return nil, ErrNoMPV }
