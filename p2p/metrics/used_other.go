//go:build !linux

package metrics

import "time"

func used() (cpu time.Duration, resident int64, ok bool) { return 0, 0, false }
