package worker

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
)

var errMessage = errors.New("not a message of a Locust master")

// Job is an instruction from the master.
type Job struct {
	// Timestamp is the time of the job according to the master's clock, in Unix seconds.
	Timestamp float64
	// Counts is the number of users per class that this worker should run. The numbers are absolute.
	Counts map[string]int
	// Host is the master's --host, or empty.
	Host string
	// StopTimeout is how long a stopping user may take to finish its task.
	StopTimeout time.Duration
	// Tags and ExcludeTags are the master's --tags and --exclude-tags.
	Tags, ExcludeTags []string
	// Options contains the options of the job that are not Locust's own.
	Options map[string]any
	// WorkerIndex is the index of this worker at its master, from 0. It is -1 with masters before 2.11.
	WorkerIndex int

	// resetStats is the master's --reset-stats.
	resetStats bool
}

// ownOptions contains the names of Locust's own options in messages (argument_parser.default_args_dict of 2.11.0 and
// 2.47.0). Other options come from the master's locustfile, or from a master of this extension.
var ownOptions = strings.Fields(`
	autoquit autostart build_path class_picker config config_users csv_prefix enable_rebalancing equal_weights exclude_tags
	exit_code_on_error expect_slaves expect_workers expect_workers_max_wait hatch_rate headful headless host html_file json
	json_file legacy_ui list_commands locustfile logfile loglevel master master_bind_host master_bind_port master_host
	master_port num_users only_summary otel print_stats processes profile reset_stats run_time show_task_ratio
	show_task_ratio_json skip_log_setup slave spawn_rate stats_history_enabled step_clients step_load step_time step_users
	stop_timeout tags tls_cert tls_key user_classes web_auth web_base_path web_host web_host_display_name web_login web_port
	worker`)

// jobOf decodes a spawn message.
func jobOf(m protocol.Message) (Job, error) {
	fields := m.Fields()
	timestamp, ok := protocol.Number(fields["timestamp"])
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
	if seconds, ok := protocol.Number(fields["stop_timeout"]); ok && seconds > 0 {
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
