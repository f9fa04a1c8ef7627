// Package report writes statistics like Locust 2.47: CSV files, JSON, and tables for the terminal. Its HTML report
// differs from Locust's.
package report

import (
	"strconv"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Snapshot is the state of a run at one moment.
type Snapshot struct {
	// Users is the number of running users. Classes contains their number per class.
	Users   int
	Classes map[string]int
	Stats   *stats.Stats
}

// percentilesToReport contains the percentiles in the CSV files and on the terminal (Locust's PERCENTILES_TO_REPORT).
var percentilesToReport = []float64{0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0}

// percentileNames contains the titles of the percentiles in percentilesToReport.
var percentileNames = []string{"50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%"}

// rows returns the sorted rows and, last, the total.
func rows(s *stats.Stats) []*stats.Entry { return append(s.SortedEntries(), s.Total) }

// medianText formats the median. The text is an integer if the median is a bucket, and a float if the median is the
// exact minimum or maximum.
func medianText(e *stats.Entry) string {
	bucket, median := e.Percentile(0.5), e.Median()
	if median == float64(bucket) {
		return strconv.Itoa(bucket)
	}
	return pythonFloat(median)
}

// zeroOrFloat formats a float. Locust writes 0 instead of 0.0.
func zeroOrFloat(f float64) string {
	if f == 0 {
		return "0"
	}
	return pythonFloat(f)
}

func integer(n int64) string { return strconv.FormatInt(n, 10) }
