//go:build !cgo

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintf(os.Stderr, "vidiverse-desktop %s was built without cgo, which windows need; build it with make desktop.\n", version)
	os.Exit(1)
}
