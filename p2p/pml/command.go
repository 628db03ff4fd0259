// Package pml is the peer protocol of P2P Media Loader 2.x, as PeerTube's
// players speak it over a WebRTC data channel: bytes into values and back,
// and nothing that waits or remembers but a Joiner.
//
//	message  = command chunk | raw bytes of a segment
//	command  = "cstr" body "cend"
//	         | "cstr" part "dend", "dstr" part "dend" …, "dstr" part "cend"
//	body     = kind, then fields: a letter and a typed value
//
//	downloader ── Request ──────────────▶ uploader
//	           ◀── Data, bytes …, Completed ──   or Absent
//	           ── Cancel ───────────────▶
//
// One channel keeps messages whole and in order, and that order alone says to
// which request the raw bytes belong.
package pml

import (
	"bytes"
	"errors"
)

// MaxMessage is the size of the largest message, in bytes.
const MaxMessage = 65535

// Kind is the first byte of a command.
type Kind uint8

// The commands. An announcement replaces all that the sender announced before.
const (
	Announcement Kind = iota // Loaded, Loading
	Request                  // Segment, Request, From
	Data                     // Segment, Request, Size: raw bytes follow
	Completed                // Segment, Request: all Size bytes were sent
	Absent                   // Segment, Request: it cannot be had here
	Cancel                   // Segment, Request: stop sending
)

// Command is one message that is not raw bytes. Which fields it has depends on
// its Kind; the others are zero.
type Command struct {
	Kind Kind
	// Loaded are the segments that may be asked for, Loading those on their way.
	Loaded, Loading []int
	Segment         int
	// Request is a number that the downloader chose.
	Request int
	// From is the first byte wanted; Size is the number of bytes that follow.
	From, Size int64
}

// Errors of Joiner.Add. The other side is not at fault for certain, and
// browsers go on after each of them.
var (
	ErrNoStart  = errors.New("pml: the continuation of nothing")
	ErrUnended  = errors.New("pml: a start before the last command ended")
	ErrTooLong  = errors.New("pml: a command longer than any that is sent")
	ErrBody     = errors.New("pml: the body of a command cannot be read")
	ErrNoFrame  = errors.New("pml: not a chunk of a command")
	errOverflow = errors.New("pml: number out of range")
)

const (
	wholeStart, partStart = "cstr", "dstr"
	wholeEnd, partEnd     = "cend", "dend"
	frame                 = len(wholeStart) + len(wholeEnd)
)

// IsCommand tells a chunk of a command from raw bytes of a segment.
func IsCommand(message []byte) bool {
	if len(message) < frame {
		return false
	}
	start, end := string(message[:4]), string(message[len(message)-4:])
	return (start == wholeStart || start == partStart) && (end == wholeEnd || end == partEnd)
}

// Chunks encodes c into messages of at most limit bytes, MaxMessage as a rule,
// to be sent one after the other with nothing between them. Of an announcement
// with ids in more than 255 groups the rest is left out, because the format
// cannot say it.
func (c Command) Chunks(limit int) [][]byte {
	body := c.appendBody(nil)
	if len(body)+frame <= limit {
		return [][]byte{frameOf(wholeStart, body, wholeEnd)}
	}
	// The library counts parts without their frames and adds one when that
	// shows; with tiny limits its parts still are longer than they should be.
	limit = max(limit, 1)
	n := ceil(len(body), limit)
	if ceil(len(body), n)+frame > limit {
		n++
	}
	size := ceil(len(body), n)
	var chunks [][]byte
	for start := wholeStart; len(body) > 0; start = partStart {
		end := wholeEnd
		if len(body) > size {
			end = partEnd
		}
		part := body[:min(size, len(body))]
		chunks = append(chunks, frameOf(start, part, end))
		body = body[len(part):]
	}
	return chunks
}

func frameOf(start string, part []byte, end string) []byte {
	return bytes.Join([][]byte{[]byte(start), part, []byte(end)}, nil)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// Slice cuts the next raw message of at most limit bytes off data. What would be
// read as a command is cut so that it is not: the bytes of a video are chosen
// by whoever uploaded it, and must not speak for us.
func Slice(data []byte, limit int) (message, rest []byte) {
	n := min(len(data), limit, MaxMessage)
	if IsCommand(data[:n]) {
		n = frame - 1
	}
	return data[:n], data[n:]
}
