// Package e2e tests whole systems: real browsers, other people's players, and
// the servers they talk to. Its tests need ffmpeg, Chromium, Node, and the
// packages of npm/.
package e2e
