package report_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// golden reads a file that testdata/generate.py has generated with Locust.
func golden(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func goldenJSON(t *testing.T, name string, to any) {
	t.Helper()
	if err := json.Unmarshal(golden(t, name), to); err != nil {
		t.Fatal(err)
	}
}

type sample struct {
	at             float64
	key            stats.Key
	responseTime   float64
	length         int64
	failure        string
	responseTimeOf *float64
}

func (s *sample) UnmarshalJSON(text []byte) error {
	err := json.Unmarshal(text, &[]any{&s.at, &s.key.Method, &s.key.Name, &s.responseTimeOf, &s.length, &s.failure})
	s.responseTime = math.NaN()
	if s.responseTimeOf != nil {
		s.responseTime = *s.responseTimeOf
	}
	return err
}

type exception struct {
	second             int
	message, traceback string
}

func (e *exception) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&e.second, &e.message, &e.traceback})
}

// at returns the time for Unix seconds in Python's format, a float.
func at(seconds float64) time.Time {
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e9)))
}

// replay replays the samples of the golden files. For each second, it adds a recorder's delta to the statistics and
// calls tick.
func replay(t *testing.T, tick func(now time.Time, snapshot report.Snapshot)) (end time.Time, snapshot report.Snapshot) {
	t.Helper()
	var run struct {
		Start      int
		Samples    []sample
		Exceptions []exception
		Users      []int
	}
	goldenJSON(t, "samples.json.golden", &run)
	all := stats.New(time.Unix(int64(run.Start), 0))
	recorder := stats.NewRecorder()
	for second, users := range run.Users {
		for _, sample := range run.Samples {
			if int(sample.at) == run.Start+second {
				recorder.Log(sample.key, at(sample.at), sample.responseTime, sample.length, sample.failure)
			}
		}
		for _, exception := range run.Exceptions {
			if exception.second == second {
				recorder.LogException(exception.message, exception.traceback)
			}
		}
		all.Add(recorder.Take())
		end = time.Unix(int64(run.Start+second+1), 0)
		snapshot = report.Snapshot{Users: users, Stats: all}
		tick(end, snapshot)
	}
	return end, snapshot
}

func ignore(time.Time, report.Snapshot) {}
