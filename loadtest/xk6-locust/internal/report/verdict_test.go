package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestVerdictContainsOnlyMeasuredLateness(t *testing.T) {
	for name, test := range map[string]struct {
		lateness Lateness
		want     bool
	}{
		"own users": {Lateness{P99Ms: 0.5, CPUs: 2}, true},
		"a master":  {Lateness{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run")
			if err := SaveVerdict(path, []Verdict{{Name: "p95", OK: true}}, "", test.lateness); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path + "_verdict.json")
			if err != nil {
				t.Fatal(err)
			}
			var verdict map[string]any
			if err := json.Unmarshal(text, &verdict); err != nil {
				t.Fatal(err)
			}
			if _, got := verdict["lateness"]; got != test.want || verdict["verdict"] != "ok" {
				t.Errorf("got %s", text)
			}
		})
	}
}
