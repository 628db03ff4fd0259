//go:build !linux

package pages

func release(_, _ uintptr) error { return nil }
