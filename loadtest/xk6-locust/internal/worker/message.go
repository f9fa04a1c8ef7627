package worker

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

var errMessage = errors.New("not a message of a Locust master")

// message is a message of either side: the array [type, data, node id] in one frame.
type message struct {
	kind string
	data any
	// err says why the data could not be read.
	err error
}

// encode encodes a message. Its texts must be UTF-8. See utf8.
func encode(kind string, data any, id string) ([]byte, error) {
	var out bytes.Buffer
	encoder := msgpack.NewEncoder(&out)
	encoder.UseCompactInts(true)
	if err := encoder.Encode([]any{kind, data, id}); err != nil {
		return nil, fmt.Errorf("message %s: %w", kind, err)
	}
	return out.Bytes(), nil
}

// parse decodes a message from the master. Its node id is either our own or the master's, so it is not used.
func parse(frames [][]byte) (message, error) {
	if len(frames) != 1 {
		return message{}, fmt.Errorf("%w: %d frames, want 1", errMessage, len(frames))
	}
	value, err := decode(frames[0])
	if err != nil {
		return message{}, err
	}
	fields, _ := value.([]any)
	if len(fields) != 3 {
		return message{}, fmt.Errorf("%w: want an array of 3", errMessage)
	}
	kind, ok := fields[0].(string)
	if !ok {
		return message{}, fmt.Errorf("%w: the type is a %T, want a text", errMessage, fields[0])
	}
	return message{kind: kind, data: fields[1]}, nil
}

// fields returns the data as an object, or an empty object if it is something else.
func (m message) fields() map[string]any {
	fields, _ := m.data.(map[string]any)
	return fields
}

// Job is an instruction from the master.
type Job struct {
	// Timestamp is the time of the job according to the master's clock, in Unix seconds.
	Timestamp float64
	// Counts is the number of users per class that this worker should run. The numbers are absolute.
	Counts map[string]int
	// Host is the master's --host, or empty.
	Host string
	// StopTimeout is the time that a stopping user has to finish its task.
	StopTimeout time.Duration
	// Tags and ExcludeTags are the master's --tags and --exclude-tags.
	Tags, ExcludeTags []string
	// Options are the custom arguments that the master's locustfile defines.
	Options map[string]any
	// WorkerIndex is the index of this worker at its master, from 0. It is -1 with masters before 2.11.
	WorkerIndex int

	// resetStats is the master's --reset-stats.
	resetStats bool
}

// ownOptions are the names of Locust's own options in messages (argument_parser.default_args_dict of 2.11.0 and
// 2.47.0). The master's locustfile defines all other options.
var ownOptions = strings.Fields(`
	autoquit autostart build_path class_picker config config_users csv_prefix enable_rebalancing equal_weights exclude_tags
	exit_code_on_error expect_slaves expect_workers expect_workers_max_wait hatch_rate headful headless host html_file json
	json_file legacy_ui list_commands locustfile logfile loglevel master master_bind_host master_bind_port master_host
	master_port num_users only_summary otel print_stats processes profile reset_stats run_time show_task_ratio
	show_task_ratio_json skip_log_setup slave spawn_rate stats_history_enabled step_clients step_load step_time step_users
	stop_timeout tags tls_cert tls_key user_classes web_auth web_base_path web_host web_host_display_name web_login web_port
	worker`)

// job decodes a spawn message.
func (m message) job() (Job, error) {
	fields := m.fields()
	timestamp, ok := number(fields["timestamp"])
	if !ok {
		return Job{}, fmt.Errorf("%w: spawn has the timestamp %v", errMessage, fields["timestamp"])
	}
	counts, ok := fields["user_classes_count"].(map[string]any)
	if !ok {
		return Job{}, fmt.Errorf("%w: spawn has no user_classes_count", errMessage)
	}
	job := Job{Timestamp: timestamp, Counts: map[string]int{}, Options: map[string]any{}}
	for class, value := range counts {
		count, ok := value.(int64)
		if !ok || count < 0 || count > math.MaxInt32 {
			return Job{}, fmt.Errorf("%w: spawn wants %v users of %q", errMessage, value, class)
		}
		job.Counts[class] = int(count)
	}
	job.Host, _ = fields["host"].(string)
	if seconds, ok := number(fields["stop_timeout"]); ok && seconds > 0 {
		job.StopTimeout = time.Duration(min(seconds, (24*time.Hour).Seconds()) * float64(time.Second))
	}
	options, _ := fields["parsed_options"].(map[string]any)
	job.Tags, job.ExcludeTags = texts(options["tags"]), texts(options["exclude_tags"])
	job.resetStats, _ = options["reset_stats"].(bool)
	for name, value := range options {
		if !slices.Contains(ownOptions, name) {
			job.Options[name] = value
		}
	}
	return job, nil
}

// number converts a number that Python may encode as an int or a float.
func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, !math.IsNaN(value)
	default:
		return 0, false
	}
}

func texts(value any) []string {
	values, _ := value.([]any)
	var texts []string
	for _, value := range values {
		if text, ok := value.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// statsReport is the data of a stats message: the counts since the previous report.
func statsReport(delta *stats.Stats, users map[string]int) map[string]any {
	entries := []any{}
	for _, entry := range delta.Entries() {
		if entry.Requests > 0 || entry.Failures > 0 {
			entries = append(entries, statsEntry(entry))
		}
	}
	failures := map[string]any{}
	for _, failure := range delta.Failures() {
		// Both times are plain Unix seconds (stats.py of 2.44.0 and 2.47.0), although Locust has another format for
		// datetimes.
		failures[failure.Key()] = map[string]any{
			"method": utf8(failure.Method), "name": utf8(failure.Name), "error": utf8(failure.Error),
			"occurrences": failure.Occurrences,
			"first_seen":  unix(failure.FirstSeen), "last_seen": unix(failure.LastSeen),
		}
	}
	report := userReport(users)
	report["stats"], report["stats_total"], report["errors"] = entries, statsEntry(delta.Total), failures
	return report
}

// userReport returns the user counts of stats and spawning_complete messages.
func userReport(users map[string]int) map[string]any {
	total := 0
	counts := map[string]int{}
	for class, count := range users {
		counts[utf8(class)] = count
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
		"name": utf8(entry.Name), "method": utf8(entry.Method),
		"start_time": entry.StartTime, "last_request_timestamp": last,
		"num_requests": entry.Requests, "num_none_requests": entry.NoneRequests, "num_failures": entry.Failures,
		"total_response_time": entry.TotalResponseTime, "min_response_time": fastest, "max_response_time": entry.MaxResponseTime,
		"total_content_length": entry.ContentLength, "response_times": entry.ResponseTimes,
		"num_reqs_per_sec": entry.RequestsPerSecond, "num_fail_per_sec": entry.FailuresPerSecond,
	}
}

// utf8 replaces invalid UTF-8. The master could not read a message that contains it.
func utf8(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func unix(t time.Time) float64 { return float64(t.UnixNano()) / float64(time.Second) }
