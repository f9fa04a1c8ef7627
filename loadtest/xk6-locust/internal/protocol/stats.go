package protocol

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// latencyKey is a field that only this extension uses. It contains the number of response times in each bucket of
// [stats.Histogram], which has a relative error of 0.1%. Workers send it only if the ack of the master asks for it.
const latencyKey = "xk6_latency"

// StatsReport returns the data of a `stats` message: the counts since the previous report.
func StatsReport(delta *stats.Stats, users map[string]int, withLatency bool) map[string]any {
	entries := []any{}
	for _, entry := range delta.Entries() {
		if entry.Requests > 0 || entry.Failures > 0 {
			encoded := statsEntry(entry)
			if withLatency {
				encoded[latencyKey] = entry.Latency.Counts()
			}
			entries = append(entries, encoded)
		}
	}
	failures := map[string]any{}
	for _, failure := range delta.Failures() {
		// Both times are plain Unix seconds (stats.py of 2.44.0 and 2.47.0), although Locust has another format for
		// datetimes.
		failures[failure.Key()] = map[string]any{
			"method": UTF8(failure.Method), "name": UTF8(failure.Name), "error": UTF8(failure.Error),
			"occurrences": failure.Occurrences,
			"first_seen":  unix(failure.FirstSeen), "last_seen": unix(failure.LastSeen),
		}
	}
	report := UserReport(users)
	report["stats"], report["stats_total"], report["errors"] = entries, statsEntry(delta.Total), failures
	return report
}

// UserReport returns the user counts for `stats` and `spawning_complete` messages.
func UserReport(users map[string]int) map[string]any {
	total := 0
	counts := map[string]int{}
	for class, count := range users {
		counts[UTF8(class)] = count
		total += count
	}
	return map[string]any{"user_classes_count": counts, "user_count": total}
}

func statsEntry(entry *stats.Entry) map[string]any {
	// Missing values are nil. The master would interpret 0 as the fastest response or as the time of the last request.
	var last, fastest any
	if entry.LastRequest > 0 {
		last = entry.LastRequest
	}
	if entry.Requests > entry.NoneRequests {
		fastest = entry.MinResponseTime
	}
	return map[string]any{
		"name": UTF8(entry.Name), "method": UTF8(entry.Method),
		"start_time": entry.StartTime, "last_request_timestamp": last,
		"num_requests": entry.Requests, "num_none_requests": entry.NoneRequests, "num_failures": entry.Failures,
		"total_response_time": entry.TotalResponseTime, "min_response_time": fastest, "max_response_time": entry.MaxResponseTime,
		"total_content_length": entry.ContentLength, "response_times": entry.ResponseTimes,
		"num_reqs_per_sec": entry.RequestsPerSecond, "num_fail_per_sec": entry.FailuresPerSecond,
	}
}

func unix(t time.Time) float64 { return float64(t.UnixNano()) / float64(time.Second) }

// UsersOf decodes the number of users per class from a `stats` or `spawning_complete` message.
func UsersOf(data any) (map[string]int, error) {
	fields, _ := data.(map[string]any)
	counts, ok := fields["user_classes_count"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: no user_classes_count", ErrMessage)
	}
	users := make(map[string]int, len(counts))
	for class, value := range counts {
		count, ok := value.(int64)
		if !ok || count < 0 || count > math.MaxInt32 {
			return nil, fmt.Errorf("%w: %v users of %q", ErrMessage, value, class)
		}
		users[class] = int(count)
	}
	return users, nil
}

// StatsOf decodes the measurements in a `stats` message. It computes the total as the sum of the rows.
func StatsOf(data any) (*stats.Stats, error) {
	fields, _ := data.(map[string]any)
	rows, ok := fields["stats"].([]any)
	if !ok {
		return nil, fmt.Errorf("%w: no stats", ErrMessage)
	}
	entries := make([]*stats.Entry, len(rows))
	for i, row := range rows {
		entry, err := entryOf(row)
		if err != nil {
			return nil, err
		}
		entries[i] = entry
	}
	errors, _ := fields["errors"].(map[string]any)
	failures := make([]*stats.Failure, 0, len(errors))
	for _, value := range errors {
		failure, err := failureOf(value)
		if err != nil {
			return nil, err
		}
		failures = append(failures, failure)
	}
	return stats.Delta(time.Now(), entries, failures), nil
}

func entryOf(row any) (*stats.Entry, error) {
	fields, _ := row.(map[string]any)
	name, hasName := fields["name"].(string)
	method, _ := fields["method"].(string) // Python workers may send None
	if !hasName {
		return nil, fmt.Errorf("%w: a row of stats without a name", ErrMessage)
	}
	r := reader{fields: fields, of: "row " + strconv.Quote(method+" "+name)}
	entry := &stats.Entry{
		Method: method, Name: name, StartTime: r.float("start_time"), LastRequest: r.float("last_request_timestamp"),
		Requests: r.count("num_requests"), NoneRequests: r.count("num_none_requests"), Failures: r.count("num_failures"),
		TotalResponseTime: r.float("total_response_time"), MinResponseTime: r.float("min_response_time"),
		MaxResponseTime: r.float("max_response_time"), ContentLength: r.count("total_content_length"),
		RequestsPerSecond: r.counts("num_reqs_per_sec"), FailuresPerSecond: r.counts("num_fail_per_sec"),
		ResponseTimes: map[int]int64{},
	}
	for bucket, count := range r.counts("response_times") {
		entry.ResponseTimes[int(bucket)] = count
	}
	if _, isFine := fields[latencyKey]; isFine {
		for bucket, count := range r.counts(latencyKey) {
			entry.Latency.AddBucket(uint32(min(max(bucket, 0), math.MaxUint32)), count)
		}
	} else {
		for bucket, count := range maps.All(entry.ResponseTimes) {
			entry.Latency.RecordTimes(float64(bucket), count)
		}
	}
	return entry, r.err
}

func failureOf(value any) (*stats.Failure, error) {
	fields, _ := value.(map[string]any)
	r := reader{fields: fields, of: "errors"}
	failure := &stats.Failure{Occurrences: r.count("occurrences")}
	failure.Method, _ = fields["method"].(string)
	failure.Name, _ = fields["name"].(string)
	failure.Error, _ = fields["error"].(string)
	// Workers older than Locust 2.44 do not send these times.
	failure.FirstSeen, failure.LastSeen = r.time("first_seen"), r.time("last_seen")
	return failure, r.err
}

// reader reads the fields of an object, and remembers the first error.
type reader struct {
	fields map[string]any
	of     string
	err    error
}

func (r *reader) fail(key string, value any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s of %s is %.50v", ErrMessage, key, r.of, value)
	}
}

// maxNumber limits the numbers of a report, so that sums cannot overflow. A float represents all smaller integers exactly.
const maxNumber = 1 << 53

// float reads a number. nil counts as 0.
func (r *reader) float(key string) float64 {
	value := r.fields[key]
	number, ok := Number(value)
	if value != nil && (!ok || math.Abs(number) > maxNumber) {
		r.fail(key, value)
		return 0
	}
	return number
}

// count reads an integer that is not negative.
func (r *reader) count(key string) int64 {
	number := r.float(key)
	if !isCount(number) {
		r.fail(key, r.fields[key])
		return 0
	}
	return int64(number)
}

func isCount(number float64) bool {
	return number >= 0 && number <= maxNumber && number == math.Trunc(number)
}

func (r *reader) time(key string) time.Time {
	seconds := r.float(key)
	if seconds <= 0 {
		return time.Now()
	}
	return time.UnixMicro(int64(min(seconds, math.MaxInt32*1000) * 1e6))
}

// counts reads an object with integers as keys. The decoder has converted these keys to strings.
func (r *reader) counts(key string) map[int64]int64 {
	object, ok := r.fields[key].(map[string]any)
	if !ok && r.fields[key] != nil {
		r.fail(key, r.fields[key])
	}
	counts := make(map[int64]int64, len(object))
	for name, value := range object {
		number, err := strconv.ParseFloat(name, 64)
		count, ok := Number(value)
		if err != nil || !ok || !isCount(count) || !(math.Abs(number) <= maxNumber) {
			r.fail(key, name)
			return counts
		}
		counts[int64(number)] += int64(count)
	}
	return counts
}
