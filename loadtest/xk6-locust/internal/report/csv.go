package report

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// CSV writes the four files of --csv, in the format of Locust 2.47.0.
type CSV struct {
	stats, failures, exceptions, history *csvFile
	fullHistory                          bool
	// second is the time of the last rows in the history. secondAt is their position in the file.
	second, secondAt int64
}

// NewCSV creates PREFIX_stats.csv, PREFIX_failures.csv, PREFIX_exceptions.csv, and PREFIX_stats_history.csv with their
// headers, and their directory. fullHistory (--csv-full-history) adds every row to the history, not only the total. The
// percentiles in the history then cover only the last 10 seconds.
func NewCSV(prefix string, fullHistory bool) (*CSV, error) {
	if err := os.MkdirAll(filepath.Dir(prefix), 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the directory of the CSV files: %w", err)
	}
	c := &CSV{fullHistory: fullHistory}
	for _, file := range []struct {
		to     **csvFile
		name   string
		header []string
	}{
		{&c.stats, "_stats.csv", slices.Concat([]string{
			"Type", "Name", "Request Count", "Failure Count", "Median Response Time", "Average Response Time",
			"Min Response Time", "Max Response Time", "Average Content Size", "Requests/s", "Failures/s",
		}, percentileNames)},
		{&c.failures, "_failures.csv", []string{"Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"}},
		{&c.exceptions, "_exceptions.csv", []string{"Count", "Message", "Traceback", "Nodes"}},
		{&c.history, "_stats_history.csv", slices.Concat(
			[]string{"Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"}, percentileNames,
			[]string{
				"Total Request Count", "Total Failure Count", "Total Median Response Time", "Total Average Response Time",
				"Total Min Response Time", "Total Max Response Time", "Total Average Content Size",
			},
		)},
	} {
		created, err := createCSV(prefix+file.name, file.header)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		*file.to = created
	}
	return c, nil
}

// Tick appends to the history and rewrites the other files, as Locust does every second. When Tick returns, everything
// is written, so a crash of this process loses nothing. A second tick in the same second replaces the rows of the first
// tick.
func (c *CSV) Tick(now time.Time, snapshot Snapshot) error {
	if now.Unix() == c.second {
		c.history.end = c.secondAt
	}
	c.second, c.secondAt = now.Unix(), c.history.end
	all := rows(snapshot.Stats)
	historyRows := all
	if !c.fullHistory {
		historyRows = all[len(all)-1:]
	}
	for _, entry := range historyRows {
		c.history.row(c.historyFields(now, snapshot.Users, entry)...)
	}
	for _, entry := range all {
		c.stats.row(statsFields(entry)...)
	}
	for _, failure := range snapshot.Stats.SortedFailures() {
		c.failures.row(failure.Method, failure.Name, failure.Error, integer(failure.Occurrences),
			utcTime(failure.FirstSeen), utcTime(failure.LastSeen))
	}
	for _, exception := range snapshot.Stats.Exceptions() {
		c.exceptions.row(integer(exception.Count), exception.Message, exception.Traceback, nodesText(exception))
	}
	return errors.Join(c.history.append(), c.stats.rewrite(), c.failures.rewrite(), c.exceptions.rewrite())
}

// Close closes the files. It writes nothing, so call Tick at the end of the run first.
func (c *CSV) Close() error {
	var errs []error
	for _, file := range []*csvFile{c.stats, c.failures, c.exceptions, c.history} {
		if file != nil {
			errs = append(errs, file.file.Close())
		}
	}
	return errors.Join(errs...)
}

func statsFields(e *stats.Entry) []string {
	return slices.Concat([]string{e.Method, e.Name}, countFields(e),
		[]string{pythonFloat(e.TotalRPS()), pythonFloat(e.TotalFailuresPerSecond())},
		percentileFields(e, e.Percentiles(percentilesToReport...)))
}

func (c *CSV) historyFields(now time.Time, users int, e *stats.Entry) []string {
	var percentiles []int
	if c.fullHistory {
		percentiles = e.CurrentPercentiles(now, percentilesToReport...)
	} else {
		percentiles = e.Percentiles(percentilesToReport...)
	}
	return slices.Concat(
		[]string{
			integer(now.Unix()), strconv.Itoa(users), e.Method, e.Name,
			fmt.Sprintf("%f", e.CurrentRPS()), fmt.Sprintf("%f", e.CurrentFailuresPerSecond()),
		},
		percentileFields(e, percentiles), countFields(e),
	)
}

func countFields(e *stats.Entry) []string {
	contentLength := "0"
	if e.Requests > 0 {
		contentLength = pythonFloat(e.AverageContentLength())
	}
	return []string{
		integer(e.Requests), integer(e.Failures), medianText(e), pythonFloat(e.Average()),
		zeroOrFloat(e.Min()), zeroOrFloat(e.Max()), contentLength,
	}
}

func percentileFields(e *stats.Entry, percentiles []int) []string {
	fields := make([]string, len(percentiles))
	for i, percentile := range percentiles {
		fields[i] = strconv.Itoa(percentile)
		if e.Requests == 0 {
			fields[i] = "N/A"
		}
	}
	return fields
}

// nodesText lists the nodes of an exception in alphabetical order. Locust lists a Python set, which has no order.
func nodesText(e *stats.Exception) string {
	return strings.Join(slices.Sorted(maps.Keys(e.Nodes)), ", ")
}

// csvFile is a file with a header, and rows that are not written yet.
type csvFile struct {
	file *os.File
	// end is the position in the file at which the next rows are written.
	end     int64
	pending []byte
}

func createCSV(path string, header []string) (*csvFile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write a CSV file: %w", err)
	}
	c := &csvFile{file: file}
	c.row(header...)
	if err := c.append(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return c, nil
}

// row adds a row in Python's default CSV dialect: quotes only where necessary, and lines that end with \r\n.
// Package encoding/csv quotes more fields, and changes line endings inside fields.
func (c *csvFile) row(fields ...string) {
	for i, field := range fields {
		if i > 0 {
			c.pending = append(c.pending, ',')
		}
		if strings.ContainsAny(field, ",\"\r\n") {
			field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
		}
		c.pending = append(c.pending, field...)
	}
	c.pending = append(c.pending, "\r\n"...)
}

// append writes the pending rows after the rows of the last append.
func (c *csvFile) append() error {
	length := int64(len(c.pending))
	if err := c.rewrite(); err != nil {
		return err
	}
	c.end += length
	return nil
}

// rewrite replaces the rows of the last rewrite with the pending rows.
func (c *csvFile) rewrite() error {
	length := c.end + int64(len(c.pending))
	if err := c.write(); err != nil {
		return err
	}
	if err := c.file.Truncate(length); err != nil {
		return fmt.Errorf("cannot write a CSV file: %w", err)
	}
	return nil
}

func (c *csvFile) write() error {
	_, err := c.file.WriteAt(c.pending, c.end)
	c.pending = c.pending[:0]
	if err != nil {
		return fmt.Errorf("cannot write a CSV file: %w", err)
	}
	return nil
}
