package config

import (
	flags "flag"
	"os"
	"strings"
	"testing"
)

var update = flags.Bool("update", false, "write the sample file")

const samplePath = "../../packaging/config/production.yaml.example"

// The sample file that people copy must not lag behind the keys.
func TestSampleFile(t *testing.T) {
	if *update {
		if err := os.WriteFile(samplePath, []byte(Sample()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(samplePath)
	if err != nil || string(got) != Sample() {
		t.Errorf("%s is not what Sample writes (%v): go generate ./app/config", samplePath, err)
	}
}

// The sample, used as it is and with every line uncommented, means the
// defaults.
func TestSampleMeansDefaults(t *testing.T) {
	want, _ := load(t, "", Flags{})
	got, warnings := load(t, Sample(), Flags{})
	if len(warnings) != 0 {
		t.Errorf("the sample warns: %q", warnings)
	}
	if got.URL != want.URL || got.Database != want.Database || got.Files != want.Files {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, k := range keys {
		leaf := k.name[strings.LastIndex(k.name, ".")+1:]
		if !strings.Contains(Sample(), leaf+":") {
			t.Errorf("%s is not in the sample", k.name)
		}
	}
}
