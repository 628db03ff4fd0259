package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStop: a server that is told to stop gives its port to the next one at
// once, lets the answers under way come to their end, and leaves in order.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	up := s.signIn().begin("drain.mp4", load(t, clip))
	conn, sent := up.dangle(0, len(up.data))
	idle, err := net.Dial("tcp", s.addr) // of a browser that keeps one in reserve
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.eventually("the port is free", func() bool {
		l, err := net.Listen("tcp", s.addr)
		if err != nil {
			return false
		}
		return l.Close() == nil
	})
	select {
	case err := <-s.ended:
		t.Fatalf("the server ended (%v) with an upload under way", err)
	default:
	}
	if _, err := conn.Write(up.data[sent:]); err != nil {
		t.Fatalf("the rest of an upload under way: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the answer to an upload under way: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("an upload under way: got %d, want 200", res.StatusCode)
	}
	if err := s.wait(); err != nil {
		t.Fatalf("the server ended with %v, want success", err)
	}

	begin := time.Now()
	s.start()
	t.Logf("cold start took %v", time.Since(begin))
	var mine struct{ Data []video }
	up.decode(up.ask(http.MethodGet, "/api/v1/users/me/videos", nil), &mine)
	if len(mine.Data) != 1 {
		t.Fatalf("got %d videos, want the one that was uploaded", len(mine.Data))
	}
	if v := up.settle(mine.Data[0].UUID); v.Duration != clipSeconds {
		t.Errorf("got a video of %d s, want %d", v.Duration, clipSeconds)
	}
	s.stop()
	s.check()
}

// TestSecondProcess: two servers never work on the same data; who tries is told
// which process has it.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	cmd := s.command("instance", "--listen", freeAddress(t), "--url", "http://other.test")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("a second process: got %v, want exit status 1", err)
	}
	if want := fmt.Sprintf("is in use by process %d", s.process.Process.Pid); !strings.Contains(string(out), want) {
		t.Errorf("a second process says %q, want that the data folder %s", out, want)
	}
	if got := s.get("/api/v1/config"); got.status != http.StatusOK {
		t.Errorf("the first process, afterwards: got %d", got.status)
	}
	s.stop()
}
