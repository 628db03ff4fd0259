package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// shared is a folder of what several tests use: the program, the clips.
var shared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "vidiverse-e2e"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(shared) // the system's own cleaning remains
	os.Exit(code)
}

// program builds the program once.
var program = sync.OnceValues(func() (string, error) {
	name := filepath.Join(shared, "vidiverse")
	cmd := exec.Command("go", "build", "-tags", "nosqlite", "-o", name, "vidiverse/app/server")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return name, nil
})

const (
	rootPassword = "correct-horse-battery"
	// patience is for what takes a second on a machine that does nothing else.
	patience = 2 * time.Minute
)

// server is a vidiverse process over a data folder; it may be started and ended
// any number of times. What fails ends the test and shows the server's log.
type server struct {
	testing.TB
	home, addr, url string
	http            http.Client
	log             *record
	process         *exec.Cmd  // nil while none runs
	ended           chan error // of process
}

// newServer makes a folder with a configuration. An empty url is the address
// that the server listens on.
func newServer(t testing.TB, config, url string) *server {
	t.Helper()
	s := &server{TB: t, home: t.TempDir(), addr: freeAddress(t), log: newRecord()}
	if s.url = url; url == "" {
		s.url = "http://" + s.addr
	}
	s.http.Transport = &http.Transport{}
	if err := os.WriteFile(filepath.Join(s.home, "production.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.process != nil {
			s.kill()
		}
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.log)
		}
	})
	return s
}

var lastAddress atomic.Uint32

// freeAddress has an address of its own, so that no port of it is taken by
// anyone between two starts of a server.
func freeAddress(t testing.TB) string {
	t.Helper()
	pid := os.Getpid()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+pid>>8%250, 1+pid%250, lastAddress.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *server) command(args ...string) *exec.Cmd {
	s.Helper()
	name, err := program()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.CommandContext(s.Context(), name, append(args, "--config", "production.yaml", "--data", s.data())...)
	cmd.Dir = s.home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.home, "PT_INITIAL_ROOT_PASSWORD=" + rootPassword}
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

func (s *server) data() string           { return filepath.Join(s.home, "data") }
func (s *server) files(in string) string { return filepath.Join(s.data(), "storage", in) }

// start returns when requests are answered.
func (s *server) start() {
	s.Helper()
	cmd := s.command("instance", "--listen", s.addr, "--url", s.url)
	ready := s.log.await("Vidiverse is ready:")
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.process, s.ended = cmd, make(chan error, 1)
	go func(ended chan error) { ended <- cmd.Wait() }(s.ended)
	select {
	case <-ready:
	case err := <-s.ended:
		s.process = nil
		s.Fatalf("the server ended while it started: %v", err)
	case <-time.After(patience):
		s.Fatal("the server does not become ready")
	}
	if got := s.get("/api/v1/ping"); got.status != http.StatusOK {
		s.Fatalf("ping of a server that is ready: got %d", got.status)
	}
}

// wait returns how the process ended, having asked for it.
func (s *server) wait() error {
	s.Helper()
	s.http.CloseIdleConnections()
	select {
	case err := <-s.ended:
		s.process = nil
		return err
	case <-time.After(patience):
		s.Fatal("the server does not end")
		return nil
	}
}

// kill ends the server without warning.
func (s *server) kill() {
	s.Helper()
	_ = s.process.Process.Kill() // it may have ended by itself: wait says so
	if err := s.wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		s.Errorf("the server ended with %v, want that it was killed", err)
	}
}

// stop asks the server to end, and requires that it says it did so in order.
func (s *server) stop() {
	s.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	if err := s.wait(); err != nil {
		s.Fatalf("the server ended with %v, want success", err)
	}
}

// check requires that the server's own examination of its data finds nothing.
func (s *server) check() {
	s.Helper()
	out, err := s.command("admin", "check").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "0 findings.") {
		s.Errorf("admin check: got %v\n%s\nwant no findings", err, out)
	}
}

// eventually waits for a condition by asking for it.
func (s *server) eventually(what string, holds func() bool) {
	s.Helper()
	s.within(patience, 100*time.Millisecond, what, holds)
}

// within asks for a condition at each pause until it holds.
func (s *server) within(limit, pause time.Duration, what string, holds func() bool) {
	s.Helper()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			s.Fatalf("after %v still not: %s", limit, what)
		}
	}
}

// answer is a whole response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (s *server) get(path string, header ...string) answer {
	s.Helper()
	return s.request(http.MethodGet, path, nil, header...)
}

// request sends one to a path of the server, or to a URL that it gave.
func (s *server) request(method, path string, body []byte, header ...string) answer {
	s.Helper()
	a, err := s.try(method, path, body, header...)
	if err != nil {
		s.Fatal(err)
	}
	return a
}

func (s *server) try(method, path string, body []byte, header ...string) (answer, error) {
	path = strings.TrimPrefix(path, s.url)
	req, err := http.NewRequestWithContext(s.Context(), method, "http://"+s.addr+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := s.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	a.body, err = io.ReadAll(res.Body)
	if err != nil {
		err = fmt.Errorf("%s %s: %w", method, path, err)
	}
	return a, errors.Join(err)
}

// record keeps what a process says, and tells when it says something.
type record struct {
	mu     sync.Mutex
	text   bytes.Buffer
	wanted string
	from   int
	said   chan struct{}
}

func newRecord() *record { return &record{} }

// await returns a channel that is closed when text is written from now on.
func (r *record) await(text string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted, r.from, r.said = text, r.text.Len(), make(chan struct{})
	return r.said
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.text.Write(p)
	if r.wanted != "" && bytes.Contains(r.text.Bytes()[r.from:], []byte(r.wanted)) {
		r.wanted = ""
		close(r.said)
	}
	return n, err
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
