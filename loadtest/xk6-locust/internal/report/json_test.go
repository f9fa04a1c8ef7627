package report_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

func TestJSONEqualsThatOfLocust(t *testing.T) {
	t.Parallel()
	_, snapshot := replay(t, ignore)
	name := filepath.Join(t.TempDir(), "new", "stats")
	if err := report.SaveJSON(name, snapshot.Stats); err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(read(t, name+".json"), "\n"), strings.Split(string(golden(t, "stats.json.golden")), "\n")
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("line %d\n got %s\nwant %s", i+1, got[i], want[i])
		}
	}
}

func TestJSONWithoutRequests(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := report.WriteJSON(&b, stats.New(time.Now())); err != nil || b.String() != "[]" {
		t.Errorf("got %q, %v; want []", b.String(), err)
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestJSONReportsAFullDisk(t *testing.T) {
	t.Parallel()
	if err := report.WriteJSON(fullDisk{}, stats.New(time.Now())); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}
