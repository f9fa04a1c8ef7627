package stats_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// locust contains results of Locust's own functions, as written by ../report/testdata/generate.py.
type locust struct {
	Buckets     [][2]float64
	Percentiles []struct {
		Counts           [][2]int
		Min, Max, Median float64
		Percentiles      [][2]float64
	}
	Failures []struct{ Text, Repr, Error, Key string }
}

func golden(t *testing.T) (values locust) {
	t.Helper()
	text, err := os.ReadFile("testdata/locust.json.golden")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	if len(values.Buckets) < 500 || len(values.Percentiles) < 100 || len(values.Failures) < 10 {
		t.Fatal("the golden file has too few cases")
	}
	return values
}

func TestGoldenBuckets(t *testing.T) {
	t.Parallel()
	for _, test := range golden(t).Buckets {
		if got := stats.Bucket(test[0]); got != int(test[1]) {
			t.Errorf("Bucket(%v) = %d, want %v", test[0], got, test[1])
		}
	}
}

func TestGoldenPercentiles(t *testing.T) {
	t.Parallel()
	for i, test := range golden(t).Percentiles {
		entry := stats.New(time.Now()).Entry(stats.Key{Method: "GET", Name: "/"})
		for _, count := range test.Counts {
			entry.ResponseTimes[count[0]] = int64(count[1])
			entry.Requests += int64(count[1])
		}
		entry.MinResponseTime, entry.MaxResponseTime = test.Min, test.Max
		for _, want := range test.Percentiles {
			if got := entry.Percentile(want[0]); got != int(want[1]) {
				t.Errorf("case %d: Percentile(%v) = %d, want %v", i, want[0], got, want[1])
			}
		}
		if got := entry.Median(); got != test.Median {
			t.Errorf("case %d: Median() = %v, want %v", i, got, test.Median)
		}
	}
}

func TestGoldenFailures(t *testing.T) {
	t.Parallel()
	for _, want := range golden(t).Failures {
		if got := stats.Repr(want.Text); got != want.Repr {
			t.Errorf("Repr(%q) = %s, want %s", want.Text, got, want.Repr)
		}
		if want.Text == "" {
			continue // not a failure
		}
		recorder := stats.NewRecorder()
		recorder.Log(stats.Key{Method: "GET", Name: "/ü"}, time.Now(), 1, 1, want.Text)
		failures := recorder.Take().Failures()
		if len(failures) != 1 {
			t.Fatalf("%q: %d failures, want 1", want.Text, len(failures))
		}
		if got := failures[0].Error; got != want.Error {
			t.Errorf("%q: error %q, want %q", want.Text, got, want.Error)
		}
		if got := failures[0].Key(); got != want.Key {
			t.Errorf("%q: key %s, want %s", want.Text, got, want.Key)
		}
	}
}
