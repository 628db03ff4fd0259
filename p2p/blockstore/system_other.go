//go:build !unix

package blockstore

import (
	"math"
	"os"
)

const noBlock = 0

// freeBytes is not known here: a full disk shows when it is written to.
func freeBytes(string) (int64, error) { return math.MaxInt64, nil }

// syncFolder has no meaning for a folder here.
func syncFolder(*os.File) error { return nil }
