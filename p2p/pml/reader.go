package pml

import "io"

// reader takes values off the front of a body. After its first error it gives
// zeros and stays where it is.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = nil
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail(io.ErrUnexpectedEOF)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	b := r.take(1)
	if b == nil {
		return 0
	}
	return b[0]
}

// number reads a count of bytes, then sign and magnitude.
func (r *reader) number() int64 {
	head := r.byte()
	n := int(head & 0x0f)
	if head>>4 != numberType || n == 0 {
		r.fail(ErrBody)
	}
	b := r.take(n)
	if r.err != nil {
		return 0
	}
	v, sign := int64(b[0]&0x7f), int64(1)
	if b[0]&0x80 != 0 {
		sign = -1
	}
	for _, x := range b[1:] {
		if v = v<<8 | int64(x); v > maxNumber {
			r.fail(errOverflow)
			return 0
		}
	}
	return sign * v
}

// natural reads a number from 0 to most.
func (r *reader) natural(most int64) int64 {
	v := r.number()
	if v < 0 || v > most {
		r.fail(errOverflow)
		return 0
	}
	return v
}

// ids reads groups of ids. There are never more of them than bytes.
func (r *reader) ids() []int {
	if r.byte() != idsType<<4 {
		r.fail(ErrBody)
	}
	var ids []int
	for range r.byte() {
		common := r.natural(maxNumber)
		count := int(common & 0xff)
		if count == 0 {
			count = groupOfZero
		}
		common &^= 0xff
		if int64(int(common)) != common {
			r.fail(errOverflow)
		}
		for _, low := range r.take(count) {
			ids = append(ids, int(common)|int(low))
		}
	}
	if r.err != nil {
		return nil
	}
	return ids
}

// text reads a string. Its length counts the units of UTF-16: no command has
// one, and for other than ASCII the library's own reader is lost as well.
func (r *reader) text() string {
	head := r.byte()
	if head>>4 != stringType {
		r.fail(ErrBody)
	}
	return string(r.take(int(head&0x0f)<<8 | int(r.byte())))
}

// skip passes over a value of any type.
func (r *reader) skip() {
	if len(r.rest) == 0 {
		r.fail(io.ErrUnexpectedEOF)
		return
	}
	switch r.rest[0] >> 4 {
	case numberType:
		r.take(1 + int(r.rest[0]&0x0f))
	case idsType:
		r.ids()
	case stringType:
		r.text()
	default:
		r.fail(ErrBody)
	}
}
