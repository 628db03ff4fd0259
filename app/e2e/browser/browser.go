// Package browser gives tests a real Chromium. Each page has a profile of its
// own, so two pages of one browser are two visitors, and WebRTC between them
// works without anything outside this machine.
//
//	b := browser.Start(t)
//	p := b.Page(t)
//	p.Goto(url)
//	p.Click("text=Log in")
//
// Whatever fails ends the test and leaves a screenshot. Chromium is driven by
// Playwright in a Node process; both end with the test.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a command may take unless a page says otherwise.
const patience = 30 * time.Second

// Browser is a running Chromium. It may be used from several goroutines.
type Browser struct {
	stdin io.WriteCloser
	npm   string

	mu      sync.Mutex
	last    int
	pages   int
	waiting map[int]chan reply
	gone    error // why no replies come any more
}

type reply struct {
	ID    int
	Value json.RawMessage
	Error string
}

// Start launches Chromium and ends it with the test. More are switches of
// Chromium. The environment VIDIVERSE_TEST_CHROMIUM names another binary.
func Start(t testing.TB, more ...string) *Browser {
	t.Helper()
	b := &Browser{npm: Packages(t), waiting: map[int]chan reply{}}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", "driver.mjs")
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = b.npm, os.Stderr, 5*time.Second
	// Chromium's profiles and sockets go with the test's own folder.
	cmd.Env = append(os.Environ(), "TMPDIR="+shortTemp(t))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start node: %v", err)
	}
	b.stdin = stdin
	done := make(chan struct{})
	go func() { defer close(done); b.read(stdout) }()
	t.Cleanup(func() {
		_ = stdin.Close() // the driver then closes Chromium and ends
		select {
		case <-done:
		case <-time.After(patience):
			t.Error("the browser does not end")
		}
		cancel()
		_ = cmd.Wait() // ended as it was told to
	})
	if more == nil {
		more = []string{}
	}
	if err := b.call(nil, map[string]any{"op": "launch", "executable": binary(t), "more": more}); err != nil {
		t.Fatalf("launch chromium: %v", err)
	}
	return b
}

// shortTemp is a folder whose path leaves room for a socket's name.
func shortTemp(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // Chromium may still be leaving
	return dir
}

func binary(t testing.TB) string {
	t.Helper()
	if name := os.Getenv("VIDIVERSE_TEST_CHROMIUM"); name != "" {
		return name
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium: install the chromium package, or set VIDIVERSE_TEST_CHROMIUM")
	return ""
}

// Packages is the folder of the npm packages that tests use: app/e2e/npm of the
// module that the test runs in. They are installed by "npm ci" in it.
func Packages(t testing.TB) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("the test runs outside of the module")
		}
		root = filepath.Dir(root)
	}
	dir := filepath.Join(root, "app", "e2e", "npm")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "playwright-core")); err != nil {
		t.Fatalf("the test's npm packages are not installed: run npm ci in app/e2e/npm (%v)", err)
	}
	return dir
}

func (b *Browser) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r reply
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue
		}
		b.mu.Lock()
		ch := b.waiting[r.ID]
		delete(b.waiting, r.ID)
		b.mu.Unlock()
		if ch != nil {
			ch <- r
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = fmt.Errorf("the browser's driver ended (%v)", lines.Err())
	for id, ch := range b.waiting {
		delete(b.waiting, id)
		ch <- reply{Error: b.gone.Error()}
	}
}

// call runs a command and decodes its value into out, which may be nil.
func (b *Browser) call(out any, command map[string]any) error {
	ch := make(chan reply, 1)
	b.mu.Lock()
	if b.gone != nil {
		b.mu.Unlock()
		return b.gone
	}
	b.last++
	command["id"] = b.last
	b.waiting[b.last] = ch
	line, err := json.Marshal(command)
	if err == nil {
		_, err = b.stdin.Write(append(line, '\n'))
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	r := <-ch
	if r.Error != "" {
		return fmt.Errorf("%s", strings.TrimSpace(r.Error))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(r.Value, out)
}
