package app

import (
	"fmt"
	"slices"
	"testing"
)

// floors of instance from the ground up. A package imports lower floors, or
// packages of its own floor that are written before it. Leaves stand apart
// (leafRule) and may be imported by all.
var floors = [][]string{
	{"db", "blob", "event", "job", "news", "lexicon"},
	{"actor", "user", "account", "channel", "block", "label", "access", "stream", "video", "comment", "playlist", "report", "search"},
	{"upload", "transcode", "gallery", "live", "federation", "edge", "redundancy", "notify", "plugin", "archive", "stats"},
	{"api", "ap", "media", "web", "feed", "socket"},
}

var doors = floors[3]

func floorRule(p pkg) []string {
	if !under(p.path, "instance") {
		return refuse(p, func(imp string) bool {
			return imp == "instance" && !under(p.path, "app") || slices.Contains(doors, noun(imp)) && !under(p.path, "app")
		})
	}
	if p.path == "instance" {
		return refuse(p, func(imp string) bool { return ours(imp) && !under(imp, "instance") && !under(imp, "p2p") })
	}
	self := noun(p.path)
	if isLeaf(p.path) {
		return nil
	}
	floor, place := stand(self)
	if floor < 0 {
		return []string{fmt.Sprintf("%s stands on no floor: place it in floors_test.go and CONTRIBUTING.md", p.path)}
	}
	return refuse(p, func(imp string) bool {
		if !ours(imp) || under(imp, "p2p") || isLeaf(imp) || noun(imp) == self {
			return false
		}
		f, at := stand(noun(imp))
		lower := f >= 0 && f < floor
		leftwards := f == floor && at < place && !slices.Contains(doors, noun(imp))
		return !lower && !leftwards
	})
}

// stand returns the floor of a noun and its place on it, or -1.
func stand(noun string) (floor, place int) {
	for f, names := range floors {
		if i := slices.Index(names, noun); i >= 0 {
			return f, i
		}
	}
	return -1, -1
}

func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		for _, broken := range floorRule(p) {
			t.Error(broken)
		}
	}
}

func TestFloorRuleCatchesViolations(t *testing.T) {
	bad := []pkg{
		{path: "instance/db", imports: []string{"instance/job"}},
		{path: "instance/job", imports: []string{"instance/video"}},
		{path: "instance/user", imports: []string{"instance/channel"}},
		{path: "instance/video", imports: []string{"instance/transcode"}},
		{path: "instance/stream", imports: []string{"instance/video"}},
		{path: "instance/access", imports: []string{"instance/stream"}},
		{path: "instance/upload", imports: []string{"instance/transcode"}},
		{path: "instance/transcode", imports: []string{"instance/api"}},
		{path: "instance/web", imports: []string{"instance/api"}},
		{path: "instance/video", imports: []string{"instance"}},
		{path: "instance/media", imports: []string{"node/store"}},
		{path: "instance/helpers", imports: nil},
		{path: "instance", imports: []string{"node"}},
		{path: "node/publish", imports: []string{"instance/api"}},
	}
	for _, p := range bad {
		if got := floorRule(p); len(got) == 0 {
			t.Errorf("%s imports %v: got no complaint", p.path, p.imports)
		}
	}
	good := []pkg{
		{path: "instance/db/dbtest", imports: []string{"instance/db"}},
		{path: "instance/video", imports: []string{"instance/hls", "instance/job", "instance/channel", "p2p/guard"}},
		{path: "instance/stream", imports: []string{"instance/access", "instance/cache"}},
		{path: "instance/transcode", imports: []string{"instance/video", "instance/ffmpeg"}},
		{path: "instance/api", imports: []string{"instance/upload", "instance/rest"}},
		{path: "instance", imports: []string{"instance/api", "instance/web", "p2p/tracker"}},
		{path: "app/server", imports: []string{"instance"}},
	}
	for _, p := range good {
		if got := floorRule(p); len(got) != 0 {
			t.Errorf("got %q, want no complaint", got)
		}
	}
}
