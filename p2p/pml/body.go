package pml

import (
	"fmt"
	"math"
	"math/bits"
)

// The letters of fields.
const (
	loadedField  = 'l'
	loadingField = 'p'
	segmentField = 'i'
	requestField = 'r'
	sizeField    = 's'
	fromField    = 'b'
)

// The types of values, in the high half of their first byte.
const (
	numberType = 0
	idsType    = 1
	stringType = 2
)

const (
	// maxNumber is the greatest integer that the other side, JavaScript, can hold.
	maxNumber = 1<<53 - 1
	// maxGroup keeps the count of a group within its byte. The library writes
	// 256 as 0, and then no reader of it understands the announcement.
	maxGroup  = 255
	maxGroups = 255
	// groupOfZero is what a browser means by a count of 0.
	groupOfZero = 256
)

// appendBody writes fields in the order in which the library writes them.
func (c Command) appendBody(b []byte) []byte {
	b = append(b, byte(c.Kind))
	if c.Kind == Announcement {
		b = appendIDs(b, loadedField, c.Loaded)
		return appendIDs(b, loadingField, c.Loading)
	}
	b = appendField(b, segmentField, int64(c.Segment))
	if c.Kind == Data {
		b = appendField(b, sizeField, c.Size)
	}
	b = appendField(b, requestField, int64(c.Request))
	if c.Kind == Request && c.From != 0 {
		b = appendField(b, fromField, c.From)
	}
	return b
}

func appendField(b []byte, name byte, v int64) []byte {
	return appendNumber(append(b, name), v)
}

// appendNumber writes the count of bytes, then the sign and the magnitude.
func appendNumber(b []byte, v int64) []byte {
	sign, size := byte(0), uint64(v)
	if v < 0 {
		sign, size = 0x80, -size
	}
	n := max(ceil(bits.Len64(size)+1, 8), 1)
	b = append(b, numberType<<4|byte(n))
	first := len(b)
	for i := n - 1; i >= 0; i-- {
		b = append(b, byte(size>>(8*i)))
	}
	b[first] |= sign
	return b
}

// appendIDs writes ids in groups that share all but their last byte.
func appendIDs(b []byte, name byte, ids []int) []byte {
	if len(ids) == 0 {
		return b
	}
	groups := groupsOf(ids)
	b = append(b, name, idsType<<4, byte(len(groups)))
	for _, g := range groups {
		b = appendNumber(b, int64(g[0]&^0xff|len(g)))
		for _, id := range g {
			b = append(b, byte(id))
		}
	}
	return b
}

// groupsOf parts ids by all but their last byte, in the order in which groups
// are first seen. A full group is followed by another with the same beginning.
func groupsOf(ids []int) [][]int {
	var groups [][]int
	open := map[int]int{} // common part → its group that takes more
	for _, id := range ids {
		at, ok := open[id&^0xff]
		if !ok || len(groups[at]) == maxGroup {
			if len(groups) == maxGroups {
				continue
			}
			at = len(groups)
			open[id&^0xff] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], id)
	}
	return groups
}

// decodeBody reads a body. Fields may come in any order, as readers of the
// library accept them; fields that no command has are passed over.
func decodeBody(body []byte) (Command, error) {
	if len(body) == 0 || Kind(body[0]) > Cancel {
		return Command{}, fmt.Errorf("%w: no such kind", ErrBody)
	}
	c := Command{Kind: Kind(body[0])}
	r := reader{rest: body[1:]}
	for len(r.rest) > 0 && r.err == nil {
		c.readField(&r)
	}
	if r.err != nil {
		return Command{}, fmt.Errorf("%w: %w", ErrBody, r.err)
	}
	return c, nil
}

func (c *Command) readField(r *reader) {
	switch name := r.byte(); name {
	case loadedField:
		c.Loaded = r.ids()
	case loadingField:
		c.Loading = r.ids()
	case segmentField:
		c.Segment = int(r.natural(math.MaxInt))
	case requestField:
		c.Request = int(r.natural(math.MaxInt))
	case sizeField:
		c.Size = r.natural(maxNumber)
	case fromField:
		c.From = r.natural(maxNumber)
	default:
		r.skip()
	}
}
