package signature

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"
)

// receive is a request as net/http reads it from a connection: with the host out
// of the headers.
func receive(t testing.TB, wire []byte) (*http.Request, []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}
