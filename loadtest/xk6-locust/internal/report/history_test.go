package report_test

import (
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

func TestHistorySamplesEverySecond(t *testing.T) {
	t.Parallel()
	start := time.Unix(1700000000, 0)
	history := report.NewHistory()
	snapshot := report.Snapshot{Users: 3, Stats: stats.New(start)}
	for second := range 12 {
		// Tickers are not exact, so the samples come a little early or late.
		jitter := time.Duration(second%3-1) * 10 * time.Millisecond
		history.Sample(start.Add(time.Duration(second)*time.Second+jitter), snapshot)
	}
	points := history.Points()
	if len(points) != 12 {
		t.Fatalf("%d points in 12 seconds, want 12", len(points))
	}
	for i, point := range points {
		if got := point.Time.Sub(start).Round(time.Second); got != time.Duration(i)*time.Second || point.Users != 3 {
			t.Errorf("point %d: after %v, %d users", i, got, point.Users)
		}
	}
	history.Reset()
	if len(history.Points()) != 0 {
		t.Error("points are left after the reset")
	}
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	start := time.Unix(1700000000, 0)
	history := report.NewHistory()
	snapshot := report.Snapshot{Stats: stats.New(start)}
	const day = 86400
	for second := range day {
		history.Sample(start.Add(time.Duration(second)*time.Second), snapshot)
	}
	points := history.Points()
	if len(points) < 500 || len(points) > 2000 {
		t.Errorf("%d points for a day, want some hundreds to 2,000", len(points))
	}
	if got := points[len(points)-1].Time.Sub(start); got < (day-200)*time.Second || !points[0].Time.Equal(start) {
		t.Errorf("the points are from %v to %v, want the whole day", points[0].Time.Sub(start), got)
	}
	for i := range len(points) - 1 {
		if gap := points[i+1].Time.Sub(points[i].Time); gap <= 0 || gap > 2*time.Minute {
			t.Fatalf("a gap of %v after point %d", gap, i)
		}
	}
}
