package media

import (
	"io"
	"net/http"
)

// meter counts what is sent and remembers the status. It passes ReadFrom on,
// or sendfile would be lost.
type meter struct {
	http.ResponseWriter
	status int
	bytes  int64
	// refuse, if set, writes the answer to a range that cannot be served in
	// place of net/http's.
	refuse func()
	mute   bool // the answer is written: drop what net/http adds
}

func (m *meter) WriteHeader(status int) {
	if m.mute {
		return
	}
	if status == http.StatusRequestedRangeNotSatisfiable && m.refuse != nil {
		refuse := m.refuse
		m.refuse = nil
		refuse()
		m.mute = true
		return
	}
	if m.status == 0 && status >= 200 {
		m.status = status
	}
	m.ResponseWriter.WriteHeader(status)
}

func (m *meter) Write(p []byte) (int, error) {
	if m.mute {
		return len(p), nil
	}
	if m.status == 0 {
		m.status = http.StatusOK
	}
	n, err := m.ResponseWriter.Write(p)
	m.bytes += int64(n)
	return n, err
}

// ReadFrom hands src to the connection, which lets the kernel copy a file.
func (m *meter) ReadFrom(src io.Reader) (int64, error) {
	if m.mute {
		return io.Copy(io.Discard, src)
	}
	if m.status == 0 {
		m.status = http.StatusOK
	}
	n, err := io.Copy(m.ResponseWriter, src)
	m.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
