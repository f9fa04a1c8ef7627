// Package locust contains Locust's options in plain Go, without k6: names, environment variables, formats, and checks.
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

// Options describe a run, like Locust's command line. In JSON, they are fields of a k6 scenario with the executor
// "locust".
type Options struct {
	// Users is the number of users at the peak.
	Users int `json:"users,omitempty"`
	// SpawnRate is the number of users that start per second.
	SpawnRate float64 `json:"spawnRate,omitempty"`
	// RunTime is the duration of the run, from the start of the first user or, in an open loop, from the first task. 0
	// means that the run continues until it is interrupted.
	RunTime Duration `json:"runTime,omitempty"`
	// StopTimeout is the time in which tasks may finish at the end of the run.
	StopTimeout Duration `json:"stopTimeout,omitempty"`
	// Host is the base URL for paths. It takes precedence over the hosts of the user classes.
	Host string `json:"host,omitempty"`
	// Tags and ExcludeTags select the tasks.
	Tags        []string `json:"taskTags,omitempty"`
	ExcludeTags []string `json:"excludeTags,omitempty"`
	// UserClasses contains the names of the classes that run. If it is empty, all classes run.
	UserClasses []string `json:"userClassNames,omitempty"`
	// Processes is the number of JavaScript runtimes that share the users. -1 and 0 mean one per CPU.
	Processes int `json:"processes,omitempty"`

	// Iterations ends the run after this number of tasks. 0 means no limit.
	Iterations int `json:"iterations,omitempty"`

	// ArrivalRate makes the run an open loop: this number of tasks start per second, with at most MaxInFlight tasks in
	// flight.
	ArrivalRate float64 `json:"arrivalRate,omitempty"`
	MaxInFlight int     `json:"maxInFlight,omitempty"`

	// CSV is the prefix of the CSV files. HTML and JSONFile are paths. JSON prints the statistics to standard output.
	CSV            string `json:"csv,omitempty"`
	CSVFullHistory bool   `json:"csvFullHistory,omitempty"`
	HTML           string `json:"html,omitempty"`
	JSONFile       string `json:"jsonFile,omitempty"`
	JSON           bool   `json:"json,omitempty"`
	// PrintStats prints the table of statistics during the run. OnlySummary prints it only at the end.
	PrintStats  bool `json:"printStats,omitempty"`
	OnlySummary bool `json:"onlySummary,omitempty"`
	// ResetStats resets the statistics when all users have started.
	ResetStats bool `json:"resetStats,omitempty"`

	// Worker makes the run a worker of a Locust master, at MasterHost and MasterPort.
	Worker     bool   `json:"worker,omitempty"`
	MasterHost string `json:"masterHost,omitempty"`
	MasterPort int    `json:"masterPort,omitempty"`
	// Master makes the run the master of workers, on MasterBindHost and MasterBindPort.
	Master         bool   `json:"master,omitempty"`
	MasterBindHost string `json:"masterBindHost,omitempty"`
	MasterBindPort int    `json:"masterBindPort,omitempty"`
	// ExpectWorkers is the number of workers that a master waits for. Distributors split their data among them.
	ExpectWorkers int `json:"expectWorkers,omitempty"`
	// ExpectWorkersMaxWait limits how long a master waits. 0 means no limit.
	ExpectWorkersMaxWait Duration `json:"expectWorkersMaxWait,omitempty"`

	// Result is the path of a file for the result. The run writes the file at its end, and the process that started it
	// reads the file.
	Result string `json:"result,omitempty"`
}

// Environment variables of the options, named as in Locust.
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
	EnvIterations     = "LOCUST_ITERATIONS"
	EnvExpectWorkers  = "LOCUST_EXPECT_WORKERS"
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
	EnvMaster         = "LOCUST_MODE_MASTER"
	EnvMasterBindHost = "LOCUST_MASTER_BIND_HOST"
	EnvMasterBindPort = "LOCUST_MASTER_BIND_PORT"
	EnvWorkersMaxWait = "LOCUST_EXPECT_WORKERS_MAX_WAIT"
	// EnvResult is not a Locust variable. See [Options.Result].
	EnvResult = "XK6_LOCUST_RESULT"
)

// Default address of a Locust master.
const (
	DefaultMasterHost = "127.0.0.1"
	DefaultMasterPort = 5557
)

// maxProcesses is the maximum number of JavaScript runtimes. k6 needs minutes to start this many.
const maxProcesses = 1000

// Duration is a duration in whole seconds, in the format of Locust's -t.
type Duration time.Duration

// String formats the duration, for example as 1h30m or 45s.
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

// MarshalJSON encodes the duration like [Duration.String].
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(d.String())
}

// UnmarshalJSON decodes the format of [ParseRunTime].
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%w, got %s", ErrRunTime, data)
	}
	parsed, err := ParseRunTime(text)
	*d = Duration(parsed)
	return err
}

// ErrRunTime means that a duration has an invalid format.
var ErrRunTime = errors.New("must be a time such as 300s, 20m, 3h, or 1h30m")

// runTimePattern is the pattern of Locust's util/timespan.py, plus plain seconds as its last group.
var runTimePattern = regexp.MustCompile(`^(?:(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?|(\d+))$`)

// ParseRunTime parses a run time in the format of Locust's -t: 300s, 20m, 3h, 1h30m, or plain seconds.
func ParseRunTime(text string) (time.Duration, error) {
	parts := runTimePattern.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, fmt.Errorf("%w, got %q", ErrRunTime, text)
	}
	var total time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second, time.Second} {
		if parts[i+1] == "" {
			continue
		}
		count, err := strconv.ParseInt(parts[i+1], 10, 64)
		if err != nil || count > int64((math.MaxInt64-total)/unit) {
			return 0, fmt.Errorf("%w, got %q", ErrRunTime, text)
		}
		total += time.Duration(count) * unit
	}
	return total, nil
}

// Override returns the options with the values of the variables that are set. An error names the variable, its value,
// and the accepted values.
func (o Options) Override(lookup func(name string) (string, bool)) (Options, error) {
	for _, variable := range []struct {
		name string
		set  func(text string) error
	}{
		{EnvUsers, wholeNumber(&o.Users, 0, math.MaxInt)},
		{EnvSpawnRate, positiveNumber(&o.SpawnRate)},
		{EnvRunTime, runTime(&o.RunTime)},
		{EnvStopTimeout, runTime(&o.StopTimeout)},
		{EnvHost, host(&o.Host)},
		{EnvTags, list(&o.Tags)},
		{EnvExcludeTags, list(&o.ExcludeTags)},
		{EnvUserClasses, list(&o.UserClasses)},
		{EnvProcesses, wholeNumber(&o.Processes, -1, maxProcesses)},
		{EnvIterations, wholeNumber(&o.Iterations, 1, math.MaxInt)},
		{EnvExpectWorkers, wholeNumber(&o.ExpectWorkers, 1, math.MaxInt)},
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
		{EnvMasterPort, wholeNumber(&o.MasterPort, 1, math.MaxUint16)},
		{EnvMaster, boolean(&o.Master)},
		{EnvMasterBindHost, text(&o.MasterBindHost)},
		{EnvMasterBindPort, wholeNumber(&o.MasterBindPort, 1, math.MaxUint16)},
		{EnvWorkersMaxWait, runTime(&o.ExpectWorkersMaxWait)},
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

// wholeNumber accepts integers in a range. math.MaxInt means that there is no maximum.
func wholeNumber(to *int, minimum, maximum int) func(string) error {
	return func(value string) error {
		parsed, err := strconv.Atoi(value)
		switch {
		case err == nil && parsed >= minimum && parsed <= maximum:
			*to = parsed
			return nil
		case maximum == math.MaxInt:
			return fmt.Errorf("must be an integer of at least %d, got %q", minimum, value)
		}
		return fmt.Errorf("must be an integer from %d to %d, got %q", minimum, maximum, value)
	}
}

func positiveNumber(to *float64) func(string) error {
	return func(value string) error {
		parsed, err := strconv.ParseFloat(value, 64)
		if err != nil || !isPositive(parsed) {
			return fmt.Errorf("must be a number above 0, got %q", value)
		}
		*to = parsed
		return nil
	}
}

func host(to *string) func(string) error {
	return func(value string) error {
		if !IsHost(value) {
			return fmt.Errorf("must be a URL such as http://127.0.0.1:8000, got %q", value)
		}
		*to = value
		return nil
	}
}

func runTime(to *Duration) func(string) error {
	return func(value string) error {
		parsed, err := ParseRunTime(value)
		*to = Duration(parsed)
		return err
	}
}

func text(to *string) func(string) error {
	return func(value string) error {
		*to = value
		return nil
	}
}

// list parses words that are separated by spaces or commas. It also accepts Locust's own format "[a, b]".
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
	errHost        = errors.New("host must be a URL such as http://127.0.0.1:8000")
	errUsers       = errors.New("users must be an integer of at least 0")
	errIterations  = errors.New("iterations must be an integer of at least 1")
	errWorkerLimit = errors.New("a worker cannot limit the iterations of its master's run: remove iterations")
	errWorkers     = errors.New("expectWorkers must be an integer of at least 1")
	errNoWorker    = errors.New("only a master or worker needs the number of workers: remove --expect-workers, or add --master or --worker")
	errNoMaster    = errors.New("only a master waits for workers: remove --expect-workers-max-wait, or add --master")
	errTwoModes    = errors.New("a run is either the master or a worker: remove --master or --worker")
	errMasterLimit = errors.New("a master cannot limit the iterations of its workers: remove iterations")
	errMasterLoop  = errors.New("a master cannot distribute an open loop: remove arrivalRate, or run without --master")
	errSpawnRate   = errors.New("spawnRate must be a number above 0")
	errArrivalRate = errors.New("arrivalRate must be a number above 0")
	errMaxInFlight = errors.New("maxInFlight must be an integer of at least 1")
	errProcesses   = fmt.Errorf("processes must be an integer from -1 to %d; -1 means one per CPU", maxProcesses)
	errPort        = errors.New("the master's port must be an integer from 1 to 65535")
	errOpenLoop    = errors.New("an open loop has an arrival rate instead of users: remove users and spawnRate")
	errWorkerLoop  = errors.New("the master sets the users of a worker: remove arrivalRate")
)

// Check returns the first error in the options. It does not check the number of users of a worker, because the master
// sets it.
func (o Options) Check() error {
	switch {
	case o.Host != "" && !IsHost(o.Host):
		return fmt.Errorf("%w, got %q", errHost, o.Host)
	case o.Processes < -1 || o.Processes > maxProcesses:
		return fmt.Errorf("%w, got %d", errProcesses, o.Processes)
	case o.Iterations < 0:
		return fmt.Errorf("%w, got %d", errIterations, o.Iterations)
	case o.ExpectWorkers < 0:
		return fmt.Errorf("%w, got %d", errWorkers, o.ExpectWorkers)
	case o.ExpectWorkers > 0 && !o.Worker && !o.Master:
		return errNoWorker
	case o.ExpectWorkersMaxWait != 0 && !o.Master:
		return errNoMaster
	case o.Worker && o.Master:
		return errTwoModes
	case o.Master && o.Iterations > 0:
		return errMasterLimit
	case o.Master && (o.MasterBindPort < 1 || o.MasterBindPort > math.MaxUint16):
		return fmt.Errorf("%w, got %d", errPort, o.MasterBindPort)
	case o.Master && o.IsOpenLoop():
		return errMasterLoop
	case o.Worker && o.Iterations > 0:
		return errWorkerLimit
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
	case o.Users < 0:
		return fmt.Errorf("%w, got %d", errUsers, o.Users)
	case !isPositive(o.SpawnRate):
		return fmt.Errorf("%w, got %v", errSpawnRate, o.SpawnRate)
	}
	return nil
}

// hostPattern matches a URL with a scheme. Users of other protocols may have schemes other than http and https.
var hostPattern = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.-]*)://[^/]`)

// authorityPort matches the port: the text after the colon that follows a host name or a bracketed IPv6 address.
var authorityPort = regexp.MustCompile(`(?:^[^:\[\]]*|^\[[^\]]*\]):([^:]*)$`)

// IsHost reports whether a string can be the base URL of requests.
func IsHost(text string) bool {
	if !hostPattern.MatchString(text) {
		return false
	}
	_, rest, _ := strings.Cut(text, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	found := authorityPort.FindStringSubmatch(authority)
	if found == nil {
		return true
	}
	port, err := strconv.Atoi(found[1])
	return err == nil && port >= 1 && port <= 65535
}

func isPositive(number float64) bool { return number > 0 && !math.IsInf(number, 0) }

// IsOpenLoop reports whether tasks start at a fixed rate, independent of the answers.
func (o Options) IsOpenLoop() bool { return o.ArrivalRate != 0 }

// WithDefaults replaces missing values with Locust's defaults: one user, a spawn rate of one user per second, and a
// master on this machine.
func (o Options) WithDefaults() Options {
	if !o.IsOpenLoop() {
		o.Users = orDefault(o.Users, 1)
		o.SpawnRate = orDefault(o.SpawnRate, 1)
	}
	o.MasterHost = orDefault(o.MasterHost, DefaultMasterHost)
	o.MasterPort = orDefault(o.MasterPort, DefaultMasterPort)
	o.MasterBindPort = orDefault(o.MasterBindPort, DefaultMasterPort)
	return o
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
