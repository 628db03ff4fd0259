package ffmpeg

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestChildrenDieWithUs kills, without a warning, a process that runs ffmpeg:
// an ffmpeg left behind would keep writing into a folder that is swept.
func TestChildrenDieWithUs(t *testing.T) {
	if out := os.Getenv("FFMPEG_TEST_PARENT"); out != "" {
		err := (&Tools{}).Run(t.Context(), Command{Args: endless(out), OnProgress: func(Progress) { println("running") }})
		t.Fatal(err)
	}
	t.Parallel()
	out := filepath.Join(t.TempDir(), "x.raw")
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildrenDieWithUs$")
	parent.Env = append(os.Environ(), "FFMPEG_TEST_PARENT="+out)
	stderr, err := parent.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(stderr).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	children := childrenOf(t, parent.Process.Pid)
	if len(children) == 0 {
		t.Fatal("no ffmpeg was running")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	deadline := time.Now().Add(5 * time.Second)
	for _, pid := range children {
		for alive(pid) {
			if time.Now().After(deadline) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				t.Fatalf("ffmpeg %d outlived its parent", pid)
			}
			<-time.After(5 * time.Millisecond)
		}
	}
}

func childrenOf(t *testing.T, parent int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, s := range stats {
		b, _ := os.ReadFile(s) // the process may have ended meanwhile
		_, after, ok := strings.Cut(string(b), ") ")
		f := strings.Fields(after)
		if ok && len(f) > 1 && f[1] == strconv.Itoa(parent) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(s))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// alive is false for zombies too: they hold nothing any more.
func alive(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, ok := strings.Cut(string(b), ") ")
	return err == nil && ok && !strings.HasPrefix(after, "Z")
}
