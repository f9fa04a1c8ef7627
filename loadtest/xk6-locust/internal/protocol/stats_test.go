package protocol

import (
	"errors"
	"maps"
	"math"
	"testing"
)

// A worker cannot report numbers that the master could not add up.
func TestStatsOfRefusesImpossibleNumbers(t *testing.T) {
	t.Parallel()
	for _, field := range []string{
		"num_requests", "num_none_requests", "num_failures", "total_response_time", "min_response_time", "max_response_time",
		"total_content_length", "start_time", "last_request_timestamp",
	} {
		for _, value := range []any{math.Inf(1), math.NaN(), 1e300, -1e300, uint64(math.MaxUint64), "1", true} {
			expectRefusal(t, field, value)
		}
	}
	for _, field := range []string{"response_times", "num_reqs_per_sec", "num_fail_per_sec", latencyKey} {
		for _, count := range []any{math.Inf(1), math.NaN(), 1e300, 1.5, int64(-1), int64(math.MaxInt64), uint64(math.MaxUint64), "1", nil} {
			expectRefusal(t, field, map[string]any{"7": count})
		}
		for _, key := range []string{"", "x", "1e300", "Inf", "NaN", "-1e300"} {
			expectRefusal(t, field, map[string]any{key: int64(1)})
		}
		expectRefusal(t, field, []any{})
	}
}

func expectRefusal(t *testing.T, field string, value any) {
	t.Helper()
	row := map[string]any{"name": "/", "method": "GET"}
	report := map[string]any{"stats": []any{row}}
	if _, err := StatsOf(report); err != nil {
		t.Fatal(err)
	}
	row[field] = value
	if s, err := StatsOf(report); !errors.Is(err, ErrMessage) {
		t.Errorf("%s of %v: got %v, %+v", field, value, err, s.Total)
	}
}

// Python's keys may be integers or floats. Counts of equal keys are added.
func TestCountsOfPythonKeys(t *testing.T) {
	t.Parallel()
	r := reader{fields: map[string]any{"response_times": map[string]any{"7": int64(1), "150": 2.0, "1e+06": int64(3), "1000000": int64(4)}}}
	got := r.counts("response_times")
	if want := map[int64]int64{7: 1, 150: 2, 1_000_000: 7}; r.err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, r.err, want)
	}
}
