package report_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

func newCSV(t *testing.T, prefix string, fullHistory bool) *report.CSV {
	t.Helper()
	files, err := report.NewCSV(prefix, fullHistory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCSVEqualsThatOfLocust(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fullHistory bool
		files       []string
	}{
		"plain": {false, []string{"_stats.csv", "_failures.csv", "_exceptions.csv", "_stats_history.csv"}},
		"full":  {true, []string{"_stats_history.csv"}},
	} {
		prefix := filepath.Join(t.TempDir(), "new", "folder", name)
		files := newCSV(t, prefix, test.fullHistory)
		replay(t, func(now time.Time, snapshot report.Snapshot) {
			if err := files.Tick(now, snapshot); err != nil {
				t.Fatal(err)
			}
		})
		for _, file := range test.files {
			got, want := strings.Split(read(t, prefix+file), "\n"), strings.Split(string(golden(t, name+file)), "\n")
			if len(got) != len(want) {
				t.Errorf("%s%s has %d lines, want %d", name, file, len(got), len(want))
			}
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("%s%s:%d\n got %q\nwant %q", name, file, i+1, got[i], want[i])
				}
			}
		}
	}
}

func TestCSVWithoutRequests(t *testing.T) {
	t.Parallel()
	prefix := filepath.Join(t.TempDir(), "run")
	files := newCSV(t, prefix, false)
	now := time.Unix(1700000000, 0)
	if err := files.Tick(now, report.Snapshot{Users: 2, Stats: stats.New(now)}); err != nil {
		t.Fatal(err)
	}
	na := strings.Repeat(",N/A", 11)
	for file, want := range map[string]string{
		"_stats.csv":         ",Aggregated,0,0,0,0.0,0,0,0,0.0,0.0" + na,
		"_stats_history.csv": "1700000000,2,,Aggregated,0.000000,0.000000" + na + ",0,0,0,0.0,0,0,0",
	} {
		if _, got, _ := strings.Cut(read(t, prefix+file), "\r\n"); got != want+"\r\n" {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}

// When a file becomes shorter, no old data remains in it. Each file is complete after each tick.
func TestCSVIsCompleteAfterEachTick(t *testing.T) {
	t.Parallel()
	prefix := filepath.Join(t.TempDir(), "run")
	files := newCSV(t, prefix, false)
	now := time.Unix(1700000000, 0)
	recorder := stats.NewRecorder()
	recorder.Log(stats.Key{Method: "GET", Name: "/"}, now, 5, 10, "a rather long error text, with a comma")
	all := stats.New(now)
	all.Add(recorder.Take())
	lines := func(file string) int {
		records, err := csv.NewReader(strings.NewReader(read(t, prefix+file))).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		return len(records)
	}
	for second, failures := range []int{1, 0} {
		if err := files.Tick(now, report.Snapshot{Stats: all}); err != nil {
			t.Fatal(err)
		}
		if got := lines("_failures.csv"); got != 1+failures {
			t.Errorf("second %d: %d lines of failures, want %d", second, got, 1+failures)
		}
		if got := lines("_stats_history.csv"); got != 2+second {
			t.Errorf("second %d: %d lines of history, want %d", second, got, 2+second)
		}
		if got := lines("_stats.csv"); got != 3 {
			t.Errorf("second %d: %d lines of statistics, want 3", second, got)
		}
		all.Reset(now)
		now = now.Add(time.Second)
	}
}

// The last two ticks of a run often fall in the same second. The history must still have one row per second.
func TestCSVHasOneRowPerSecond(t *testing.T) {
	t.Parallel()
	prefix := filepath.Join(t.TempDir(), "run")
	files := newCSV(t, prefix, true)
	now := time.Unix(1700000000, 0)
	recorder := stats.NewRecorder()
	recorder.Log(stats.Key{Method: "GET", Name: "/"}, now, 5, 10, "")
	all := stats.New(now)
	all.Add(recorder.Take())
	for i, at := range []time.Duration{0, time.Second, 1900 * time.Millisecond} {
		if i == 2 {
			all.Reset(now)
		}
		if err := files.Tick(now.Add(at), report.Snapshot{Users: 1000 - 500*i, Stats: all}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, line := range strings.Split(read(t, prefix+"_stats_history.csv"), "\r\n")[1:] {
		if fields := strings.Split(line, ","); len(fields) > 3 {
			got = append(got, strings.Join(fields[:4], " "))
		}
	}
	want := "1700000000 1000 GET /; 1700000000 1000  Aggregated; 1700000001 0 GET /; 1700000001 0  Aggregated"
	if all := strings.Join(got, "; "); all != want {
		t.Errorf("got %s, want %s", all, want)
	}
}

func TestNewCSVNamesTheFileThatItCannotWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := report.NewCSV(filepath.Join(file, "run"), false); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names %s", err, file)
	}
}
