package blockstore

import "math/bits"

// bitmap has a bit an extent, the first in the lowest bit of the first byte.
type bitmap []byte

func newBitmap(n int) bitmap { return make(bitmap, (n+7)/8) }

func (b bitmap) has(i int) bool { return b[i/8]&(1<<(i%8)) != 0 }
func (b bitmap) set(i int)      { b[i/8] |= 1 << (i % 8) }
func (b bitmap) clear(i int)    { b[i/8] &^= 1 << (i % 8) }

func (b bitmap) count() (n int) {
	for _, v := range b {
		n += bits.OnesCount8(v)
	}
	return n
}

// list returns the set bits in order.
func (b bitmap) list() []int {
	out := make([]int, 0, b.count())
	for at, v := range b {
		for ; v != 0; v &= v - 1 {
			out = append(out, at*8+bits.TrailingZeros8(v))
		}
	}
	return out
}
