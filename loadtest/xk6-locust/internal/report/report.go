// Package report writes statistics as Locust 2.47 does: CSV files, JSON and the tables of the terminal as it has them, and
// a page of its own in place of Locust's HTML report.
package report

import (
	"strconv"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Snapshot is the state of a run at one moment.
type Snapshot struct {
	// Users is how many users run, Classes how many of each class.
	Users   int
	Classes map[string]int
	Stats   *stats.Stats
}

// percentilesToReport are the percentiles of the CSV files and of the terminal (Locust's PERCENTILES_TO_REPORT).
var percentilesToReport = []float64{0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0}

// percentileNames are their titles.
var percentileNames = []string{"50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%"}

// rows returns the sorted rows and, last, the total.
func rows(s *stats.Stats) []*stats.Entry { return append(s.SortedEntries(), s.Total) }

// medianText writes the median: the bucket is a whole number, the exact minimum or maximum in its place a float.
func medianText(e *stats.Entry) string {
	bucket, median := e.Percentile(0.5), e.Median()
	if median == float64(bucket) {
		return strconv.Itoa(bucket)
	}
	return pythonFloat(median)
}

// zeroOrFloat writes a float that in Locust is a whole 0 when there is nothing.
func zeroOrFloat(f float64) string {
	if f == 0 {
		return "0"
	}
	return pythonFloat(f)
}

func integer(n int64) string { return strconv.FormatInt(n, 10) }
