package tracker

import (
	"math/rand/v2"
	"sync"
	"time"
)

// ramp lets new sockets in at a rate that leaves time to serve those who are in.
// The others are told when their turn may be: after a restart everybody comes
// back at once, and would come back at once again.
type ramp struct {
	mu      sync.Mutex
	meter   meter
	waiting meter // stands for those who were sent away: each is a slot
}

// enter counts one who wants in; later is when to come back, 0 when it is in.
func (r *ramp) enter(now time.Time) (later time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.meter.allow(now, upgradeRate) {
		return 0
	}
	patient := rate{every: upgradeRate.every, burst: int64(comeBack / upgradeRate.every)}
	r.waiting.allow(now, patient) // or all slots are given, and the last is shared
	later = time.Duration(int64(r.waiting) - now.UnixNano())
	// Who was away when its slot came gets another; a whole second and chance
	// keep clients whose advice is in seconds from coming as one.
	return later + time.Second + rand.N(later/4+time.Second)
}

func (r *ramp) load(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.meter.load(now, upgradeRate)
}
