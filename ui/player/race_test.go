//go:build race

package player

const raced = true // the race detector has memory of its own
