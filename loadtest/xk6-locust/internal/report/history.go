package report

import (
	"slices"
	"time"
)

const (
	// historyInterval is the interval of the points in the charts. Locust's interval of 5 seconds would hide a ramp.
	historyInterval = time.Second
	// tickJitter is how early a tick may come and still count as the tick of its second.
	tickJitter = 500 * time.Millisecond
	// maxPoints limits the memory and the page size of a long run. When it is reached, every other point is removed.
	maxPoints = 2000
)

// Point is one moment in the charts.
type Point struct {
	Time  time.Time
	Users int
	// RPS and FailuresPerSecond are the current rates.
	RPS, FailuresPerSecond float64
	// Median, P95, and P99 cover the last 10 seconds. Average covers the whole run. All are in milliseconds.
	Median, P95, P99 int
	Average          float64
	// HasTimes reports whether there were response times yet.
	HasTimes bool
}

// History keeps the points of a run: one per second, fewer in runs of more than 33 minutes.
type History struct {
	points   []Point
	interval time.Duration
}

// NewHistory returns an empty history.
func NewHistory() *History { return &History{interval: historyInterval} }

// Sample adds a point if the last one is old enough. Call it every second while users run.
func (h *History) Sample(now time.Time, snapshot Snapshot) {
	if len(h.points) > 0 && now.Sub(h.points[len(h.points)-1].Time) < h.interval-tickJitter {
		return
	}
	if len(h.points) == maxPoints {
		for i := range maxPoints / 2 {
			h.points[i] = h.points[2*i]
		}
		h.points = h.points[:maxPoints/2]
		h.interval *= 2
	}
	h.points = append(h.points, pointOf(now, snapshot))
}

// Points returns the points in chronological order. The caller must not change them.
func (h *History) Points() []Point { return h.points }

// Reset removes all points, as --reset-stats does.
func (h *History) Reset() { *h = *NewHistory() }

func pointOf(now time.Time, snapshot Snapshot) Point {
	total := snapshot.Stats.Total
	percentiles := total.CurrentPercentiles(now, append(slices.Clone(percentilesToChart), 0.99)...)
	return Point{
		Time: now, Users: snapshot.Users, RPS: total.CurrentRPS(), FailuresPerSecond: total.CurrentFailuresPerSecond(),
		Median: percentiles[0], P95: percentiles[1], P99: percentiles[2], Average: properRound(total.Average(), 2),
		HasTimes: total.Requests > total.NoneRequests,
	}
}

// percentilesToChart contains the percentiles in Locust's charts (PERCENTILES_TO_CHART).
var percentilesToChart = []float64{0.5, 0.95}
