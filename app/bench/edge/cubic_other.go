//go:build !linux

package main

import (
	"context"
	"errors"
	"time"
)

func cubic(context.Context, road, time.Duration) (float64, error) {
	return 0, errors.ErrUnsupported
}
