package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// If no tables are printed, as with k6 run, a line every 10 seconds shows the load.
func TestProgress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"k6 run": {
			func(*Config) {},
			"info: 4 users, 402 requests/s, 1 failure/s, p95 7.0 ms so far\ninfo: 4 users, 0 requests/s, 0 failures/s, p95 7.0 ms so far",
		},
		"with tables":    {func(c *Config) { c.PrintStats = true }, ""},
		"k6 x locust":    {func(c *Config) { c.Result = filepath.Join(t.TempDir(), "result") }, ""},
		"a reset":        {func(c *Config) { c.ResetStats = true }, "info: 4 users, 402 requests/s, 1 failure/s, p95 7.0 ms so far\ninfo: 4 users, 0 requests/s, 0 failures/s, p95 7.0 ms so far"},
		"before the end": {func(c *Config) { c.RunTime = duration(9 * time.Second) }, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := Config{Options: locust.Options{Users: 4, SpawnRate: 4, RunTime: duration(25 * time.Second)}, Classes: []Class{{Name: "A", Weight: 1}}}
			test.change(&config)
			run := begin(t, config, 1, nil)
			run.at(2500 * time.Millisecond)
			run.runtimes[0].request(4010, 7, "")
			run.runtimes[0].request(10, 7, "HTTPError('500 for /')")
			run.end(t)
			if got := strings.Join(run.messages, "\n"); got != test.want {
				t.Errorf("%s: logged %q, want %q", name, got, test.want)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		prefix := filepath.Join(folder, "run")
		classes := []Class{{Name: "Buyer", Weight: 1, Host: "http://shop"}, {Name: "Visitor", Weight: 3, Host: "http://shop.example"}}
		ratio := func(class, task string) report.TaskRatio {
			return report.TaskRatio{Name: class, Ratio: 1, Tasks: []report.TaskRatio{{Name: task, Ratio: 1}}}
		}
		run := begin(t, Config{
			Options: locust.Options{
				Users: 4, SpawnRate: 4, RunTime: duration(5 * time.Second), CSV: prefix, HTML: prefix + "-{u}-{t}.html",
				JSONFile: prefix, JSON: true, Result: prefix + ".result",
			},
			Classes: classes, Script: "shop.ts", TaskRatios: []report.TaskRatio{ratio("Buyer", "buy"), ratio("Visitor", "look")},
		}, 2, nil)
		run.at(2500 * time.Millisecond)
		run.runtimes[0].request(30, 7, "")
		run.runtimes[1].request(10, 7, "HTTPError('500 for /')")
		run.runtimes[1].attachment.LogException("broken", "broken at buy")
		run.end(t)

		if got := read(t, prefix+"_stats.csv"); !strings.Contains(got, "GET,/,40,10,7,") || !strings.Contains(got, ",Aggregated,40,10,7,") {
			t.Errorf("_stats.csv has %s", got)
		}
		if got := read(t, prefix+"_failures.csv"); !strings.Contains(got, "GET,/,HTTPError('500 for /'),10,") {
			t.Errorf("_failures.csv has %s", got)
		}
		if got := read(t, prefix+"_exceptions.csv"); !strings.Contains(got, "1,broken,broken at buy,local") {
			t.Errorf("_exceptions.csv has %s", got)
		}
		// The history has one row for each second of the run.
		history := read(t, prefix+"_stats_history.csv")
		if first := strings.Split(history, "\r\n")[1]; !strings.Contains(first, ",0,,Aggregated,0.000000,0.000000,N/A,") {
			t.Errorf("the history begins with %q", first)
		}
		if got := strings.Count(history, ",Aggregated,"); got < 6 || got > 8 {
			t.Errorf("_stats_history.csv has %d rows", got)
		}
		page := read(t, prefix+"-4-5.html")
		for _, want := range []string{"shop.ts", "http://shop, http://shop.example", "75.0", "look"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not have %q", want)
			}
		}
		var rows []struct {
			NumRequests int `json:"num_requests"`
		}
		file := read(t, prefix+".json")
		if err := json.Unmarshal([]byte(file), &rows); err != nil || len(rows) != 1 || rows[0].NumRequests != 40 {
			t.Errorf("the JSON is %s, %v", file, err)
		}
		if got := run.stdout.String(); strings.TrimSpace(got) != strings.TrimSpace(file) {
			t.Errorf("--json printed %s", got)
		}
		if got, want := read(t, prefix+".result"), `{"requests":40,"failures":10,"exceptions":1}`; got != want {
			t.Errorf("the result is %s, want %s", got, want)
		}
	})
}

func TestTotalRatios(t *testing.T) {
	t.Parallel()
	perClass := []report.TaskRatio{
		{Name: "A", Ratio: 1, Tasks: []report.TaskRatio{{Name: "a", Ratio: 0.25}, {Name: "set", Ratio: 0.75, Tasks: []report.TaskRatio{{Name: "b", Ratio: 0.5}}}}},
		{Name: "B", Ratio: 1},
	}
	got, err := json.Marshal(totalRatios(map[string]int{"A": 8, "B": 2}, perClass))
	const want = `[{"Name":"A","Ratio":0.8,"Tasks":[{"Name":"a","Ratio":0.2,"Tasks":null},{"Name":"set","Ratio":0.6000000000000001,` +
		`"Tasks":[{"Name":"b","Ratio":0.30000000000000004,"Tasks":null}]}]},{"Name":"B","Ratio":0.2,"Tasks":null}]`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	if got := totalRatios(nil, perClass); got[0].Ratio != 0 {
		t.Errorf("without users a class has the share %v", got[0].Ratio)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options locust.Options
		// tables is the number of printed tables.
		tables int
	}{
		"neither":         {locust.Options{}, 0},
		"during the run":  {locust.Options{PrintStats: true}, 4},
		"at the end only": {locust.Options{OnlySummary: true}, 1},
		"both flags":      {locust.Options{PrintStats: true, OnlySummary: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.options.Users, test.options.SpawnRate, test.options.RunTime = 1, 1, duration(7*time.Second)
				run := begin(t, Config{Options: test.options, Classes: shoppers}, 1, nil)
				run.runtimes[0].request(1, 5, "broken")
				run.end(t)
				printed := run.stdout.String()
				if got := strings.Count(printed, "Aggregated") - strings.Count(printed, "Response time percentiles"); got != test.tables {
					t.Errorf("%d tables were printed, want %d:\n%s", got, test.tables, printed)
				}
				if test.tables > 0 && !strings.Contains(printed, "broken") {
					t.Errorf("the failures are missing in:\n%s", printed)
				}
			})
		})
	}
}

func TestFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(missing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]locust.Options{
		"csv":    {CSV: filepath.Join(missing, "run")},
		"html":   {HTML: filepath.Join(missing, "a.html")},
		"json":   {JSONFile: filepath.Join(missing, "a")},
		"result": {Result: filepath.Join(missing, "a")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options.Users, options.SpawnRate, options.RunTime = 1, 1, duration(time.Second)
				run := begin(t, Config{Options: options, Classes: shoppers}, 1, nil)
				if err := <-run.ended; err == nil || !strings.Contains(err.Error(), missing) {
					t.Errorf("got %v, want an error that names %s", err, missing)
				}
			})
		})
	}
}

// fullDisk is a writer that always fails because no space is left.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestJSONThatCannotBePrinted(t *testing.T) {
	t.Parallel()
	e, err := New(Config{Options: locust.Options{Users: 1, SpawnRate: 1, JSON: true}, Classes: shoppers}, Environment{Stdout: fullDisk{}})
	if err != nil {
		t.Fatal(err)
	}
	err = (&reporter{engine: e}).save(time.Now(), report.Snapshot{Stats: e.total})
	if want := "cannot write the statistics to standard output: no space left on device"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestResetStats(t *testing.T) {
	t.Parallel()
	for _, resets := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			options := locust.Options{Users: 3, SpawnRate: 1, RunTime: duration(6 * time.Second), ResetStats: resets}
			run := begin(t, Config{Options: options, Classes: shoppers}, 1, nil)
			run.at(1500 * time.Millisecond)
			run.runtimes[0].request(10, 900, "broken")
			run.at(4 * time.Second)
			run.runtimes[0].request(20, 5, "")
			run.end(t)
			got := run.outcome()
			want := Outcome{Requests: 30, Failures: 10, P99Ms: 900}
			if resets {
				want = Outcome{Requests: 20, P99Ms: 5}
			}
			if got.Requests != want.Requests || got.Failures != want.Failures || got.P99Ms < want.P99Ms*0.999 || got.P99Ms > want.P99Ms*1.001 {
				t.Errorf("with ResetStats %v: got %+v, want %+v", resets, got, want)
			}
			if got.Rate < 4.9 || got.Rate > 5.1 {
				t.Errorf("with ResetStats %v the rate is %v, want 20 in 4 s", resets, got.Rate)
			}
		})
	}
}
