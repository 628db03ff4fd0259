package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be vidiverse itself when a script runs it.
func TestMain(m *testing.M) {
	if os.Getenv("VIDIVERSE_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestScripts runs testdata/script/*.txtar: command lines as people type them.
// A line is one of
//
//	vidiverse ARGS…           must exit with 0      ! vidiverse ARGS…   must not
//	env NAME=VALUE            for the commands after it
//	status N                  exit status of the last command
//	stdout REGEX  stderr REGEX   what it said        ! stdout REGEX      or did not
//	start ARGS…               runs vidiverse until stop, and waits until it is ready
//	stop SIGNAL               ends it: it must exit with 0, its port free again
//	get PATH STATUS           asks the running server
//	exists FILE  ! exists FILE    truncate FILE      remove FILE
//
// $PORT is a free port. Files follow as "-- name --".
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("../../testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &script{T: t, dir: t.TempDir(), port: freePort(t)}
			for n, line := range strings.Split(s.unpack(string(text)), "\n") {
				s.line(fmt.Sprintf("%s:%d", filepath.Base(file), n+1), strings.ReplaceAll(line, "$PORT", s.port))
			}
		})
	}
}

type script struct {
	*testing.T
	dir, port      string
	env            []string
	status         int
	stdout, stderr bytes.Buffer
	running        *exec.Cmd
	log            bytes.Buffer
}

var header = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// unpack writes the files after the commands and returns the commands.
func (s *script) unpack(text string) string {
	at := header.FindAllStringSubmatchIndex(text, -1)
	if len(at) == 0 {
		return text
	}
	for i, h := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name := filepath.Join(s.dir, text[h[2]:h[3]])
		content := strings.ReplaceAll(text[h[1]:end], "$PORT", s.port)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			s.Fatal(err)
		}
	}
	return text[:at[0][0]]
}

func (s *script) line(where, line string) {
	s.Helper()
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return
	}
	not := words[0] == "!"
	if not {
		words = words[1:]
	}
	if problem := s.do(not, words[0], words[1:]); problem != "" {
		s.Fatalf("%s: %s: %s\nstdout:\n%s\nstderr:\n%s\nserver:\n%s", where, line, problem, &s.stdout, &s.stderr, &s.log)
	}
}

func (s *script) do(not bool, verb string, args []string) string {
	rest := strings.Join(args, " ")
	switch verb {
	case "vidiverse":
		return s.run(not, args)
	case "env":
		s.env = append(s.env, rest)
	case "status":
		return differ(fmt.Sprint(s.status), rest)
	case "stdout":
		return matches(not, s.stdout.String(), rest)
	case "stderr":
		return matches(not, s.stderr.String(), rest)
	case "start":
		return s.start(args)
	case "stop":
		return s.stop(rest)
	case "get":
		return s.get(args[0], args[1])
	case "exists":
		found, _ := filepath.Glob(filepath.Join(s.dir, rest))
		if not == (len(found) > 0) {
			return fmt.Sprintf("found %v", found)
		}
	case "truncate":
		return problem(os.Truncate(filepath.Join(s.dir, rest), 100))
	case "remove":
		return problem(os.RemoveAll(filepath.Join(s.dir, rest)))
	default:
		return "no such verb"
	}
	return ""
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func differ(got, want string) string {
	if got == want {
		return ""
	}
	return "got " + got
}

func matches(not bool, text, pattern string) string {
	if regexp.MustCompile("(?m)"+pattern).MatchString(text) == not {
		return "it does not hold"
	}
	return ""
}

func (s *script) command(args []string) *exec.Cmd {
	cmd := exec.CommandContext(s.Context(), os.Args[0], args...)
	cmd.Dir = s.dir
	cmd.Env = append([]string{"VIDIVERSE_TEST_MAIN=1", "PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}, s.env...)
	return cmd
}

func (s *script) run(not bool, args []string) string {
	cmd := s.command(args)
	s.stdout.Reset()
	s.stderr.Reset()
	cmd.Stdout, cmd.Stderr = &s.stdout, &s.stderr
	err := cmd.Run()
	s.status = cmd.ProcessState.ExitCode()
	if (err != nil) != not {
		return fmt.Sprintf("exit status %d", s.status)
	}
	return ""
}

// start waits for the line that says the server is ready.
func (s *script) start(args []string) string {
	cmd := s.command(args)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err.Error()
	}
	cmd.Stderr = &s.log
	if err := cmd.Start(); err != nil {
		return err.Error()
	}
	s.running = cmd
	s.Cleanup(func() {
		if s.running != nil {
			_ = s.running.Process.Kill() // a failed script: nothing more to say
			_ = s.running.Wait()
		}
	})
	lines := bufio.NewReader(out)
	s.stdout.Reset()
	for !strings.Contains(s.stdout.String(), "ready:") {
		line, err := lines.ReadString('\n')
		s.stdout.WriteString(line)
		if err != nil {
			return "it did not become ready"
		}
	}
	more, _ := lines.Peek(lines.Buffered())
	s.stdout.Write(more)
	return ""
}

func (s *script) stop(signal string) string {
	cmd := s.running
	s.running = nil
	err := cmd.Process.Signal(map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt, "KILL": os.Kill}[signal])
	if err != nil {
		return err.Error()
	}
	if err := cmd.Wait(); err != nil && signal != "KILL" {
		return err.Error()
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+s.port)
	if err != nil {
		return "the port is still taken: " + err.Error()
	}
	return problem(l.Close())
}

func (s *script) get(path, status string) string {
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+s.port+path, nil)
	if err != nil {
		return err.Error()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	_, _ = io.Copy(&s.stdout, io.LimitReader(res.Body, 1<<20)) // for stdout lines
	return differ(fmt.Sprint(res.StatusCode), status)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
