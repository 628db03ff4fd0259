package limit

import "time"

// meter remembers the bytes of the last seconds.
type meter struct {
	second int64 // of the newest slot
	slots  [window + 1]int64
}

const window = 5

func (m *meter) forward(at time.Duration) {
	second := int64(at / time.Second)
	for range min(second-m.second, int64(len(m.slots))) {
		m.second++
		m.slots[m.second%int64(len(m.slots))] = 0
	}
	if second > m.second { // the loop cleared all
		m.second = second
	}
}

func (m *meter) add(at time.Duration, n int64) {
	m.forward(at)
	m.slots[m.second%int64(len(m.slots))] += n
}

// rate is bytes a second, over the whole seconds before this one.
func (m *meter) rate(at time.Duration) (sum int64) {
	m.forward(at)
	for i, n := range m.slots {
		if int64(i) != m.second%int64(len(m.slots)) {
			sum += n
		}
	}
	return sum / window
}
