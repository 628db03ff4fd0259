package player

import (
	"bufio"
	"bytes"
	"fmt"
	"testing"
)

// FuzzPAM reads pictures of a child that a hostile video may have taken over.
func FuzzPAM(f *testing.F) {
	f.Add(fmt.Appendf(nil, "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n%s", "12345678"))
	f.Add([]byte("P7\nWIDTH 99999999\nHEIGHT 99999999\nDEPTH 4\nENDHDR\n"))
	f.Add([]byte("P7\nWIDTH -1\nHEIGHT 1\nDEPTH 4\nENDHDR\n"))
	f.Add([]byte("P6\n1 1\n255\nabc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := readPAM(bufio.NewReaderSize(bytes.NewReader(data), 1<<16), nil)
		if err != nil {
			return
		}
		size := img.Rect.Size()
		if size.X < 1 || size.X > reelWidth || size.Y < 1 || size.Y > reelHeight || len(img.Pix) != 4*size.X*size.Y || len(img.Pix) > len(data) {
			t.Errorf("%d bytes became a picture of %v", len(data), size)
		}
	})
}
