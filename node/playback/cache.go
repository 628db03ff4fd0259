package playback

import "container/list"

// cache keeps the bodies that were used last. It is not safe for several
// goroutines.
type cache struct {
	order list.List // of entry, last used in front
	at    map[int]*list.Element
	bytes int
}

type entry struct {
	i    int
	body []byte
}

// The last minSegments are kept whatever they weigh, up to maxBytes; more are
// kept while all weigh less than easyBytes.
const (
	minSegments = 12
	easyBytes   = 32 << 20
	maxBytes    = 192 << 20
)

func (c *cache) get(i int) ([]byte, bool) {
	e, ok := c.at[i]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(entry).body, true
}

func (c *cache) has(i int) bool { return c.at[i] != nil }

func (c *cache) put(i int, body []byte) {
	if c.at == nil {
		c.at = map[int]*list.Element{}
	}
	if c.at[i] != nil {
		return
	}
	c.at[i] = c.order.PushFront(entry{i, body})
	c.bytes += len(body)
	for c.order.Len() > 1 && (c.bytes > maxBytes || c.bytes > easyBytes && c.order.Len() > minSegments) {
		old := c.order.Remove(c.order.Back()).(entry)
		delete(c.at, old.i)
		c.bytes -= len(old.body)
	}
}
