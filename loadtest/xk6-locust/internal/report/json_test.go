package report_test

import (
	"bytes"
	"errors"
	"os"
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

func TestCheckPath(t *testing.T) {
	folder := t.TempDir()
	if err := report.CheckPath(filepath.Join(folder, "new", "a.html")); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(filepath.Join(folder, "new")); len(entries) > 0 {
		t.Errorf("the check left %v", entries)
	}
	existing := filepath.Join(folder, "b.html")
	if err := os.WriteFile(existing, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := report.CheckPath(existing); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(existing); string(text) != "old" {
		t.Errorf("the check wrote %q", text)
	}
	for path, want := range map[string]string{
		folder:                               "cannot write a report: open " + folder + ": is a directory",
		filepath.Join(existing, "c", "html"): "cannot create the directory of a report: mkdir " + existing + ": not a directory",
	} {
		if err := report.CheckPath(path); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", path, err)
		}
	}
}
