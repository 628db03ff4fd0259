package pml

// maxBody bounds a body under assembly: two arrays of 255 full groups need
// about 135 KB, and nobody sends more.
const maxBody = 192 << 10

// Joiner puts the chunks of one channel together. Its zero value is ready; it
// is for one goroutine. It keeps at most maxBody bytes.
type Joiner struct {
	joining bool
	body    []byte
}

// Add takes a message for which IsCommand is true. When it ended a command,
// whole is true. After an error the command under assembly is gone; the chunk
// is gone as well, and the next start begins anew.
func (j *Joiner) Add(chunk []byte) (c Command, whole bool, err error) {
	if !IsCommand(chunk) {
		return c, false, ErrNoFrame
	}
	start, ends := string(chunk[:4]) == wholeStart, string(chunk[len(chunk)-4:]) == wholeEnd
	part := chunk[4 : len(chunk)-4]
	switch {
	case start && j.joining:
		err = ErrUnended
	case !start && !j.joining:
		err = ErrNoStart
	case len(j.body)+len(part) > maxBody:
		err = ErrTooLong
	case start && ends:
		c, err = decodeBody(part)
		return c, err == nil, err
	default:
		j.joining = true
		j.body = append(j.body, part...)
		if !ends {
			return c, false, nil
		}
		c, err = decodeBody(j.body)
	}
	*j = Joiner{}
	return c, err == nil, err
}
