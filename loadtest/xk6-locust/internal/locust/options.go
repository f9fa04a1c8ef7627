// Package locust holds what Locust calls its options, as plain Go without k6: names, environment variables, formats, checks.
package locust

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options say what a run does, as Locust's command line does. The JSON is what a k6 scenario of the executor "locust" takes.
type Options struct {
	// Users is how many there are at the peak.
	Users int `json:"users,omitempty"`
	// SpawnRate is how many of them start in a second.
	SpawnRate float64 `json:"spawnRate,omitempty"`
	// RunTime is how long the run takes, from the first user's start; 0 until it is ended.
	RunTime Duration `json:"runTime,omitempty"`
	// StopTimeout is how long tasks may go on at the end.
	StopTimeout Duration `json:"stopTimeout,omitempty"`
	// Host is where paths go, above the hosts of the user classes.
	Host string `json:"host,omitempty"`
	// Tags and ExcludeTags say which tasks run.
	Tags        []string `json:"taskTags,omitempty"`
	ExcludeTags []string `json:"excludeTags,omitempty"`
	// UserClasses are the names of those that run; all where there are none.
	UserClasses []string `json:"userClassNames,omitempty"`
	// Processes is how many JavaScript runtimes share the users; -1 or 0 is one for every CPU.
	Processes int `json:"processes,omitempty"`

	// ArrivalRate makes an open loop: so many tasks start each second, at most MaxInFlight of them under way at once.
	ArrivalRate float64 `json:"arrivalRate,omitempty"`
	MaxInFlight int     `json:"maxInFlight,omitempty"`

	// CSV is the prefix of the files of statistics, HTML and JSONFile are paths, JSON prints to standard output.
	CSV            string `json:"csv,omitempty"`
	CSVFullHistory bool   `json:"csvFullHistory,omitempty"`
	HTML           string `json:"html,omitempty"`
	JSONFile       string `json:"jsonFile,omitempty"`
	JSON           bool   `json:"json,omitempty"`
	// PrintStats prints the table of statistics while the run goes on, OnlySummary only at its end.
	PrintStats  bool `json:"printStats,omitempty"`
	OnlySummary bool `json:"onlySummary,omitempty"`
	// ResetStats begins the statistics anew once all users have started.
	ResetStats bool `json:"resetStats,omitempty"`

	// Worker makes the run a worker of a Locust master, at MasterHost and MasterPort.
	Worker     bool   `json:"worker,omitempty"`
	MasterHost string `json:"masterHost,omitempty"`
	MasterPort int    `json:"masterPort,omitempty"`

	// Result is the file that says at the end whether requests failed, for whoever started the run.
	Result string `json:"result,omitempty"`
}

// Environment variables that stand for the options, as Locust spells them.
const (
	EnvUsers          = "LOCUST_USERS"
	EnvSpawnRate      = "LOCUST_SPAWN_RATE"
	EnvRunTime        = "LOCUST_RUN_TIME"
	EnvStopTimeout    = "LOCUST_STOP_TIMEOUT"
	EnvHost           = "LOCUST_HOST"
	EnvTags           = "LOCUST_TAGS"
	EnvExcludeTags    = "LOCUST_EXCLUDE_TAGS"
	EnvUserClasses    = "LOCUST_USER_CLASSES"
	EnvProcesses      = "LOCUST_PROCESSES"
	EnvCSV            = "LOCUST_CSV"
	EnvCSVFullHistory = "LOCUST_CSV_FULL_HISTORY"
	EnvHTML           = "LOCUST_HTML"
	EnvJSON           = "LOCUST_JSON"
	EnvJSONFile       = "LOCUST_JSON_FILE"
	EnvPrintStats     = "LOCUST_PRINT_STATS"
	EnvOnlySummary    = "LOCUST_ONLY_SUMMARY"
	EnvResetStats     = "LOCUST_RESET_STATS"
	EnvWorker         = "LOCUST_MODE_WORKER"
	EnvMasterHost     = "LOCUST_MASTER_NODE_HOST"
	EnvMasterPort     = "LOCUST_MASTER_NODE_PORT"
	// EnvResult is ours: see [Options.Result].
	EnvResult = "XK6_LOCUST_RESULT"
)

// Where a Locust master listens when nothing else is said.
const (
	DefaultMasterHost = "127.0.0.1"
	DefaultMasterPort = 5557
)

// Duration is a time in whole seconds that is written as Locust's -t takes it.
type Duration time.Duration

// String writes the duration as 1h30m or 300s.
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	seconds := int64(time.Duration(d) / time.Second)
	var text strings.Builder
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{3600, "h"}, {60, "m"}, {1, "s"}} {
		if count := seconds / unit.seconds; count > 0 {
			fmt.Fprintf(&text, "%d%s", count, unit.name)
			seconds %= unit.seconds
		}
	}
	return text.String()
}

// MarshalJSON writes the duration as [Duration.String] does.
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(d.String())
}

// UnmarshalJSON reads what [ParseRunTime] reads.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%w, got %s", errRunTime, data)
	}
	parsed, err := ParseRunTime(text)
	*d = Duration(parsed)
	return err
}

var errRunTime = errors.New("a run time must look like 300s, 20m, 3h, or 1h30m")

// runTimePattern is that of Locust's util/timespan.py, with plain seconds as its last group.
var runTimePattern = regexp.MustCompile(`^(?:(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?|(\d+))$`)

// ParseRunTime reads a run time as Locust's -t takes it: 300s, 20m, 3h, 1h30m, or plain seconds.
func ParseRunTime(text string) (time.Duration, error) {
	parts := runTimePattern.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, fmt.Errorf("%w, got %q", errRunTime, text)
	}
	var total time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second, time.Second} {
		if parts[i+1] == "" {
			continue
		}
		count, err := strconv.ParseInt(parts[i+1], 10, 64)
		if err != nil || count > int64((math.MaxInt64-total)/unit) {
			return 0, fmt.Errorf("%w, got %q", errRunTime, text)
		}
		total += time.Duration(count) * unit
	}
	return total, nil
}

// Override returns the options with those that the environment sets in their place.
// The error names the variable, what it got and what it takes.
func (o Options) Override(lookup func(name string) (string, bool)) (Options, error) {
	for _, variable := range []struct {
		name string
		set  func(text string) error
	}{
		{EnvUsers, wholeNumber(&o.Users)},
		{EnvSpawnRate, number(&o.SpawnRate)},
		{EnvRunTime, runTime(&o.RunTime)},
		{EnvStopTimeout, runTime(&o.StopTimeout)},
		{EnvHost, text(&o.Host)},
		{EnvTags, list(&o.Tags)},
		{EnvExcludeTags, list(&o.ExcludeTags)},
		{EnvUserClasses, list(&o.UserClasses)},
		{EnvProcesses, wholeNumber(&o.Processes)},
		{EnvCSV, text(&o.CSV)},
		{EnvCSVFullHistory, boolean(&o.CSVFullHistory)},
		{EnvHTML, text(&o.HTML)},
		{EnvJSON, boolean(&o.JSON)},
		{EnvJSONFile, text(&o.JSONFile)},
		{EnvPrintStats, boolean(&o.PrintStats)},
		{EnvOnlySummary, boolean(&o.OnlySummary)},
		{EnvResetStats, boolean(&o.ResetStats)},
		{EnvWorker, boolean(&o.Worker)},
		{EnvMasterHost, text(&o.MasterHost)},
		{EnvMasterPort, wholeNumber(&o.MasterPort)},
		{EnvResult, text(&o.Result)},
	} {
		value, ok := lookup(variable.name)
		if !ok {
			continue
		}
		if err := variable.set(value); err != nil {
			return o, fmt.Errorf("%s %w", variable.name, err)
		}
	}
	return o, nil
}

func wholeNumber(to *int) func(string) error {
	return func(value string) (err error) {
		if *to, err = strconv.Atoi(value); err != nil {
			return fmt.Errorf("must be an integer, got %q", value)
		}
		return nil
	}
}

func number(to *float64) func(string) error {
	return func(value string) (err error) {
		if *to, err = strconv.ParseFloat(value, 64); err != nil {
			return fmt.Errorf("must be a number, got %q", value)
		}
		return nil
	}
}

func runTime(to *Duration) func(string) error {
	return func(value string) error {
		parsed, err := ParseRunTime(value)
		if err != nil {
			return fmt.Errorf("is invalid: %w", err)
		}
		*to = Duration(parsed)
		return nil
	}
}

func text(to *string) func(string) error {
	return func(value string) error {
		*to = value
		return nil
	}
}

// list reads words that are parted by blanks or commas; Locust's own "[a, b]" is one too.
func list(to *[]string) func(string) error {
	return func(value string) error {
		value = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(value), "["), "]")
		*to = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		return nil
	}
}

func boolean(to *bool) func(string) error {
	return func(value string) error {
		switch strings.ToLower(value) {
		case "true", "yes", "1", "on":
			*to = true
		case "false", "no", "0", "off":
			*to = false
		default:
			return fmt.Errorf("must be true or false, got %q", value)
		}
		return nil
	}
}

var (
	errUsers       = errors.New("users must be an integer of at least 1")
	errSpawnRate   = errors.New("spawnRate must be a number above 0")
	errArrivalRate = errors.New("arrivalRate must be a number above 0")
	errMaxInFlight = errors.New("maxInFlight must be an integer of at least 1")
	errProcesses   = errors.New("processes must be an integer; -1 means one per CPU")
	errPort        = errors.New("the master's port must be an integer from 1 to 65535")
	errOpenLoop    = errors.New("an open loop has an arrival rate instead of users: remove users and spawnRate")
	errWorkerLoop  = errors.New("the master sets the users of a worker: remove arrivalRate")
)

// Check says what is wrong with the options. A worker gets its users from its master.
func (o Options) Check() error {
	switch {
	case o.Processes < -1:
		return fmt.Errorf("%w, got %d", errProcesses, o.Processes)
	case o.Worker && (o.MasterPort < 1 || o.MasterPort > math.MaxUint16):
		return fmt.Errorf("%w, got %d", errPort, o.MasterPort)
	case o.Worker && o.IsOpenLoop():
		return errWorkerLoop
	case o.Worker:
		return nil
	case o.IsOpenLoop() && (o.Users != 0 || o.SpawnRate != 0):
		return errOpenLoop
	case o.IsOpenLoop() && !isPositive(o.ArrivalRate):
		return fmt.Errorf("%w, got %v", errArrivalRate, o.ArrivalRate)
	case o.IsOpenLoop() && o.MaxInFlight < 1:
		return fmt.Errorf("%w, got %d", errMaxInFlight, o.MaxInFlight)
	case o.IsOpenLoop():
		return nil
	case o.Users < 1:
		return fmt.Errorf("%w, got %d", errUsers, o.Users)
	case !isPositive(o.SpawnRate):
		return fmt.Errorf("%w, got %v", errSpawnRate, o.SpawnRate)
	}
	return nil
}

func isPositive(number float64) bool { return number > 0 && !math.IsInf(number, 0) }

// IsOpenLoop reports whether tasks start at a fixed rate, and not by users that wait.
func (o Options) IsOpenLoop() bool { return o.ArrivalRate != 0 }

// WithDefaults fills in what is not said with what Locust takes: one user, one a second, a master on this machine.
func (o Options) WithDefaults() Options {
	if !o.IsOpenLoop() {
		o.Users = orDefault(o.Users, 1)
		o.SpawnRate = orDefault(o.SpawnRate, 1)
	}
	o.MasterHost = orDefault(o.MasterHost, DefaultMasterHost)
	o.MasterPort = orDefault(o.MasterPort, DefaultMasterPort)
	return o
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
