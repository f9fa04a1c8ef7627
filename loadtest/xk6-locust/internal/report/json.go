package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// WriteJSON writes the rows that have requests, but not the total, like Locust's --json. It writes no final line break.
func WriteJSON(w io.Writer, s *stats.Stats) error {
	var b bytes.Buffer
	separator := "["
	for _, e := range s.Entries() {
		if e.Requests > 0 || e.Failures > 0 {
			b.WriteString(separator)
			writeEntry(&b, e)
			separator = ","
		}
	}
	if separator == "[" {
		b.WriteString("[]")
	} else {
		b.WriteString("\n]")
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("cannot write the statistics as JSON: %w", err)
	}
	return nil
}

// JSONPath returns the path of the file that SaveJSON writes.
func JSONPath(name string) string { return name + ".json" }

// SaveJSON writes the JSON to name.json, like --json-file, and creates the directory.
func SaveJSON(name string, s *stats.Stats) error {
	return save(JSONPath(name), func(w io.Writer) error { return WriteJSON(w, s) })
}

// CheckPath creates the directory of a report, and returns an error if the report cannot be written. It does not change
// an existing file.
func CheckPath(path string) error {
	_, statErr := os.Stat(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot create the directory of a report: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("cannot write a report: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("cannot write a report: %w", err)
	}
	if os.IsNotExist(statErr) {
		_ = os.Remove(path)
	}
	return nil
}

// save creates a file and its directory, and calls write to fill the file.
func save(path string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot create the directory of a report: %w", err)
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("cannot write a report: %w", err)
	}
	defer func() {
		if closeErr := file.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("cannot write a report: %w", closeErr)
		}
	}()
	return write(file)
}

// writeEntry writes a row like json.dumps(indent=4).
func writeEntry(b *bytes.Buffer, e *stats.Entry) {
	timed := e.Requests > e.NoneRequests
	lastRequest, total, minimum := "null", "0", "null"
	if e.LastRequest != 0 {
		lastRequest = pythonFloat(e.LastRequest)
	}
	if timed {
		total, minimum = pythonFloat(e.TotalResponseTime), pythonFloat(e.MinResponseTime)
	}
	b.WriteString("\n    {")
	for _, field := range []struct{ key, value string }{
		{"name", pythonJSONString(e.Name)},
		{"method", pythonJSONString(e.Method)},
		{"last_request_timestamp", lastRequest},
		{"start_time", pythonFloat(e.StartTime)},
		{"num_requests", integer(e.Requests)},
		{"num_none_requests", integer(e.NoneRequests)},
		{"num_failures", integer(e.Failures)},
		{"total_response_time", total},
		{"max_response_time", zeroOrFloat(e.Max())},
		{"min_response_time", minimum},
		{"total_content_length", integer(e.ContentLength)},
	} {
		fmt.Fprintf(b, "\n        %q: %s,", field.key, field.value)
	}
	writeCounts(b, "response_times", e.ResponseTimes)
	b.WriteByte(',')
	writeCounts(b, "num_reqs_per_sec", e.RequestsPerSecond)
	b.WriteByte(',')
	writeCounts(b, "num_fail_per_sec", e.FailuresPerSecond)
	b.WriteString("\n    }")
}

func writeCounts[K cmp.Ordered](b *bytes.Buffer, key string, counts map[K]int64) {
	fmt.Fprintf(b, "\n        %q: {", key)
	for i, k := range slices.Sorted(maps.Keys(counts)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n            \"%v\": %d", k, counts[k])
	}
	if len(counts) > 0 {
		b.WriteString("\n        ")
	}
	b.WriteByte('}')
}
