package api

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"vidiverse/instance/db/dbtest"
)

// An administrator, and nobody else, has done at once what is done from time to
// time; the answer says that it is done.
func TestRunCommand(t *testing.T) {
	ran := 0
	w := newWorld(t, dbtest.SQLite(t), func(c *Config) {
		c.Commands = Commands{
			"process-video-viewers":      func(context.Context) error { ran++; return nil },
			"process-video-stats-buffer": func(context.Context) error { return errors.New("the disk is full") },
		}
	})
	root, alice := w.login("root"), w.login("alice")
	const path = "/api/v1/server/debug/run-command"
	for _, tt := range []struct {
		token, command string
		status         int
	}{
		{root, "process-video-viewers", http.StatusNoContent}, {alice, "process-video-viewers", http.StatusForbidden},
		{"", "process-video-viewers", http.StatusUnauthorized}, {root, "format-disk", http.StatusBadRequest}, {root, "", http.StatusBadRequest},
		{root, "process-video-stats-buffer", http.StatusInternalServerError},
	} {
		if resp, body := w.do("POST", path, tt.token, map[string]string{"command": tt.command}); resp.StatusCode != tt.status {
			t.Errorf("%q: got %d %s, want %d", tt.command, resp.StatusCode, body, tt.status)
		}
	}
	if ran != 1 {
		t.Errorf("ran %d times, want once", ran)
	}
}
