// Command report reads the events of go test -json and shows people what they
// need: a line a package, the output of what failed, what was skipped, and the
// counts, which it also writes to the file named by its argument.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// tally is what happened so far. Output is kept until its test passes.
type tally struct {
	passed, failed, skipped, packages int
	broken                            []string
	output                            map[string][]string
}

func main() {
	t := tally{output: map[string][]string{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // go's own complaints are not JSON
			continue
		}
		t.add(e)
	}
	counts := fmt.Sprintf("%d passed, %d failed, %d skipped in %d packages", t.passed, t.failed, t.skipped, t.packages)
	fmt.Println(counts)
	for _, name := range t.broken {
		fmt.Println("FAIL", name)
	}
	if len(os.Args) > 1 {
		if err := os.WriteFile(os.Args[1], []byte(counts+"\n"), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if len(t.broken) > 0 || t.packages == 0 || in.Err() != nil {
		os.Exit(1)
	}
}

func (t *tally) add(e event) {
	name := strings.TrimSuffix(cmp.Or(e.Package, e.ImportPath)+"/"+e.Test, "/")
	switch e.Action {
	case "output", "build-output":
		t.output[name] = append(t.output[name], e.Output)
		return
	case "build-fail":
		t.fail(name)
		return
	}
	if e.Test == "" {
		t.pkg(name, e)
		return
	}
	switch e.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
		fmt.Println("skip", name)
	case "fail":
		t.failed++
		t.fail(name)
	}
	if e.Action == "pass" || e.Action == "skip" {
		delete(t.output, name)
	}
}

// pkg closes a package; one without tests is not counted.
func (t *tally) pkg(name string, e event) {
	switch e.Action {
	case "pass":
		t.packages++
		fmt.Printf("ok   %s %.1f s\n", name, e.Elapsed)
	case "fail":
		t.packages++
		t.fail(name)
	case "skip":
	default:
		return
	}
	delete(t.output, name)
}

func (t *tally) fail(name string) {
	if slices.Contains(t.broken, name) {
		return
	}
	t.broken = append(t.broken, name)
	fmt.Println("FAIL", name)
	fmt.Print(strings.Join(t.output[name], ""))
	delete(t.output, name)
}
