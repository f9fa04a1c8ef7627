package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

const exitCodeFlag = "exit-code-on-error"

var logLevels = []string{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}

// flags contains the parsed command line.
type flags struct {
	values map[string]*string
	// names contains the names of the flags in values and switches, by variable.
	names       map[string]string
	switches    map[string]*bool
	exitOnError int
	env         []string
	// stub, list, ratio, and version print information instead of running the test.
	stub, list, ratio, version bool
	path                       string
	logLevel, logFile          string
	skipsLogSetup              bool
	// config is the value of --config if it names a configuration file of Locust. sources contains the file and the key
	// of each variable that comes from a configuration file.
	config  string
	sources map[string]string
}

// variables maps the flags that only this command reads to their environment variables.
var variables = map[string]string{
	exitCodeFlag: "LOCUST_EXIT_CODE_ON_ERROR", "locustfile": "LOCUST_LOCUSTFILE", "loglevel": "LOCUST_LOGLEVEL", "logfile": "LOCUST_LOGFILE",
	"skip-log-setup": "LOCUST_SKIP_LOG_SETUP", "show-task-ratio": "LOCUST_SHOW_TASK_RATIO",
}

func (f *flags) define(command *cobra.Command) {
	set := command.Flags()
	value := func(env, name, short, usage string) {
		f.values[env] = set.StringP(name, short, "", usage)
		f.names[env] = name
	}
	toggle := func(env, name, usage string) {
		f.switches[env] = set.Bool(name, false, usage)
		f.names[env] = name
	}
	value(locust.EnvUsers, "users", "u", "`number` of users at the peak")
	value(locust.EnvSpawnRate, "spawn-rate", "r", "`number` of users to start per second")
	value(locust.EnvRunTime, "run-time", "t", "stop after this `time`, such as 300s, 20m, 3h, or 1h30m")
	value(locust.EnvIterations, "iterations", "i", "stop when all users together have run this `number` of tasks")
	value(locust.EnvHost, "host", "H", "`URL` of the host to test, such as http://127.0.0.1:8000")
	tags := func(env, name, short, usage string) {
		list := &once{}
		set.VarP(list, name, short, usage)
		f.values[env], f.names[env] = &list.value, name
	}
	tags(locust.EnvTags, "tags", "T", "run only tasks with one of these `tags`, separated by commas")
	tags(locust.EnvExcludeTags, "exclude-tags", "E", "skip tasks with one of these `tags`, separated by commas")
	value(locust.EnvStopTimeout, "stop-timeout", "s", "`time` in which tasks may finish at the end of the run")
	value(locust.EnvProcesses, "processes", "", "`number` of JavaScript runtimes that share the users; -1 means one per CPU")
	value(locust.EnvCSV, "csv", "", "write PREFIX_stats.csv and other CSV files; `PREFIX` may contain a directory")
	toggle(locust.EnvCSVFullHistory, "csv-full-history", "write every row to PREFIX_stats_history.csv, not only the total")
	value(locust.EnvHTML, "html", "", "write an HTML report to this `file`")
	toggle(locust.EnvJSON, "json", "print the statistics as JSON at the end")
	value(locust.EnvJSONFile, "json-file", "", "write the statistics as JSON to `FILE`.json")
	toggle(locust.EnvPrintStats, "print-stats", "print the table of statistics during the run (the default)")
	toggle(locust.EnvOnlySummary, "only-summary", "print the table of statistics only at the end")
	toggle(locust.EnvResetStats, "reset-stats", "reset the statistics when all users have started")
	toggle(locust.EnvMaster, "master", "run as the master; its workers run the users")
	value(locust.EnvMasterBindHost, "master-bind-host", "", "with --master: `address` on which to wait for workers (default: all addresses)")
	value(locust.EnvMasterBindPort, "master-bind-port", "", "with --master: `port` on which to wait for workers (default 5557)")
	value(locust.EnvWorkersMaxWait, "expect-workers-max-wait", "", "with --master: give up if the workers do not join within this `time` (default: no limit)")
	toggle(locust.EnvWorker, "worker", "run as a worker of a master")
	value(locust.EnvMasterHost, "master-host", "", "with --worker: `host` of the master (default 127.0.0.1)")
	value(locust.EnvMasterPort, "master-port", "", "with --worker: `port` of the master (default 5557)")
	value(locust.EnvExpectWorkers, "expect-workers", "", "with --master: start when this `number` of workers have joined (default 1); with --worker: the number of workers among which locust.distribute splits the data")
	set.StringVarP(&f.path, "locustfile", "f", "", "the same as PATH")
	f.exitOnError = 1
	set.Var(&checked{kind: "int", value: "1", check: f.setExitCode}, exitCodeFlag, "exit `code` if a request failed or a task threw an error")
	set.StringArrayVarP(&f.env, "env", "e", nil, "set a variable of the script: `NAME=VALUE`")
	level := &checked{kind: "string", value: "INFO", check: f.setLogLevel}
	set.VarP(level, "loglevel", "L", "DEBUG makes k6 log more; there is no difference between INFO, WARNING, ERROR, and CRITICAL")
	set.BoolVar(&f.stub, "stub", false, "print the locustfile that a Locust master needs, and exit")
	set.BoolVarP(&f.list, "list", "l", false, "print the user classes, and exit")
	set.StringVar(&f.logFile, "logfile", "", "write the log to this `file`")
	set.BoolVar(&f.skipsLogSetup, "skip-log-setup", false, "ignore --loglevel and --logfile; k6's --log-output and --log-format apply")
	set.BoolVar(&f.ratio, "show-task-ratio", false, "print the shares of the tasks, and exit")
	set.BoolVarP(&f.version, "version", "V", false, "print the versions of k6 and its extensions, and exit")
	set.Int("autoquit", 0, "always on; k6 exits at the end of the run, because it has no web UI")
	for name, usage := range map[string]string{
		"autostart": "always on; the run starts immediately", "headless": "always on; only a Locust master has a web UI",
		"enable-rebalancing": "always on; users are distributed again when a worker joins or is lost",
	} {
		set.Var(&checked{kind: "bool", value: "true", check: func(value string) error { return checkConstant(name, value) }}, name, usage)
		set.Lookup(name).NoOptDefVal = "true"
	}
	for name := range constantKeys {
		_ = set.MarkHidden(name)
	}
}

var (
	errOfMaster  = errors.New("has no effect on a worker: set it on the master")
	errNotWorker = errors.New("has no effect without --worker")
	errNotMaster = errors.New("has no effect without --master")
	errExitCode  = errors.New("must be an integer from 0 to 255")
	errTwice     = errors.New("must not be repeated: separate the tags by commas")
	errVariables = errors.New("--env must be NAME=VALUE")
	errLogLevel  = errors.New("must be DEBUG, INFO, WARNING, ERROR, or CRITICAL")
)

// checkNames returns an error if the name of a variable is misspelled, in the environment or in an -e argument. It also
// returns an error if an -e argument is not NAME=VALUE, or if a flag has an empty value, for example because a shell
// variable is not set.
func (f *flags) checkNames(command *cobra.Command) error {
	var empty []string
	command.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Value.Type() == "string" && flag.Value.String() == "" {
			empty = append(empty, flag.Name)
		}
	})
	if len(empty) > 0 {
		return fmt.Errorf("--%s %w", empty[0], errNoValue)
	}
	for _, variable := range f.env {
		if name, _, _ := strings.Cut(variable, "="); !variableName.MatchString(name) {
			return fmt.Errorf("%w, got %q", errVariables, variable)
		}
	}
	names := []string{}
	for _, variable := range append(os.Environ(), f.env...) {
		name, _, _ := strings.Cut(variable, "=")
		names = append(names, name)
	}
	return locust.CheckNames(names)
}

// readVariables sets flags from their environment variables. It handles only the variables that no other code reads.
// LOCUST_LOCUSTFILE applies only if the first argument is not a path.
func (f *flags) readVariables(command *cobra.Command, args []string) error {
	for name, variable := range variables {
		if command.Flags().Changed(name) {
			delete(f.sources, variable)
			continue
		}
		value, source := f.lookup(variable)
		if value == "" {
			continue
		}
		if name == "locustfile" && len(args) > 0 {
			if _, err := os.Stat(args[0]); err == nil {
				continue
			}
		}
		if err := set(command.Flags().Lookup(name), source, value); err != nil {
			return err
		}
	}
	for name := range constantKeys {
		variable := "LOCUST_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if value, source := f.lookup(variable); value != "" {
			if err := set(command.Flags().Lookup(name), source, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookup returns the value of a variable from -e, the environment, or a configuration file, and where it was set. The
// value is empty if the variable is not set.
func (f *flags) lookup(variable string) (value, source string) {
	value, source = os.Getenv(variable), cmp.Or(f.sources[variable], variable)
	for _, assignment := range f.env {
		if own, ok := strings.CutPrefix(assignment, variable+"="); ok {
			value, source = own, variable
		}
	}
	return value, source
}

// checkValues checks the values of Locust's options before the script starts, and returns the options. An error names
// the flag or the variable.
func (f *flags) checkValues() (locust.Options, error) {
	name := ""
	options, err := locust.Options{}.WithDefaults().Override(func(variable string) (string, bool) {
		name = variable
		if value := f.values[variable]; value != nil && *value != "" {
			name = "--" + f.names[variable]
			return *value, true
		}
		if toggle := f.switches[variable]; toggle != nil && *toggle {
			return "true", true
		}
		var value string
		value, name = f.lookup(variable)
		return value, value != ""
	})
	if err != nil {
		return options, fmt.Errorf("%s %w", name, errors.Unwrap(err))
	}
	return options, options.Check()
}

// checkMode returns an error for a flag that has no effect. With --worker, these are the flags for the load, because
// the master sets the load. Without --worker, these are the flags for the address of the master. Without --master,
// these are the flags for the address to bind.
func (f *flags) checkMode(options locust.Options) error {
	rejected := map[string]error{}
	if *f.switches[locust.EnvWorker] {
		for _, variable := range []string{locust.EnvUsers, locust.EnvSpawnRate, locust.EnvRunTime} {
			rejected[variable] = errOfMaster
		}
	}
	if !options.Worker {
		rejected[locust.EnvMasterHost], rejected[locust.EnvMasterPort] = errNotWorker, errNotWorker
	}
	if !options.Master {
		rejected[locust.EnvMasterBindHost], rejected[locust.EnvMasterBindPort] = errNotMaster, errNotMaster
	}
	for _, variable := range slices.Sorted(maps.Keys(rejected)) {
		if *f.values[variable] != "" {
			return fmt.Errorf("--%s %w", f.names[variable], rejected[variable])
		}
	}
	return nil
}

// variableName is k6's pattern for the names of a script's variables.
var variableName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// checked is the value of a flag. Its function check returns an error if the value is invalid. checked implements
// [pflag.Value].
type checked struct {
	kind, value string
	check       func(value string) error
}

func (c *checked) String() string { return c.value }
func (c *checked) Type() string   { return c.kind }
func (c *checked) Set(value string) error {
	c.value = value
	return c.check(value)
}

// once is the value of a flag that can be set only once. It implements [pflag.Value].
type once struct {
	value string
	isSet bool
}

func (o *once) String() string { return o.value }
func (*once) Type() string     { return "string" }
func (o *once) Set(value string) error {
	if o.isSet {
		return errTwice
	}
	o.value, o.isSet = value, true
	return nil
}

func (f *flags) setExitCode(value string) error {
	code, err := strconv.Atoi(value)
	if err != nil || code < 0 || code > 255 {
		return fmt.Errorf("%w, got %q", errExitCode, value)
	}
	f.exitOnError = code
	return nil
}

func (f *flags) setLogLevel(value string) error {
	if f.logLevel = strings.ToUpper(value); !slices.Contains(logLevels, f.logLevel) {
		return fmt.Errorf("%w, got %q", errLogLevel, value)
	}
	return nil
}

// checkConstant returns an error unless the value of a setting that is always on is true.
func checkConstant(name, value string) error {
	isOn, err := parseSwitch(value)
	if err == nil && !isOn {
		err = fmt.Errorf("%w: %s", errConstant, constantKeys[name])
	}
	return err
}

// set sets a flag. source says where the value comes from, for errors: the flag, its variable, or its key in a file.
func set(flag *pflag.Flag, source, value string) error {
	err := flag.Value.Set(value)
	var number *strconv.NumError
	if errors.As(err, &number) {
		err = fmt.Errorf("%w, got %q", map[string]error{"int": errInteger, "bool": errBoolean}[flag.Value.Type()], value)
	}
	if err != nil {
		return fmt.Errorf("%s %w", source, err)
	}
	return nil
}

// These patterns match the texts of pflag's errors. They are needed because these errors have no types.
var (
	invalidValue = regexp.MustCompile(`(?s)^invalid argument (".*") for "(?:-., )?--([^"]+)" flag: (.*)$`)
	missingValue = regexp.MustCompile(`^flag needs an argument: (?:--(.+)|'(.)' in .*)$`)
	unknownFlag  = regexp.MustCompile(`^unknown flag: --(.+)$`)
)

// flagError converts pflag's error to the wording of this command's other errors.
func flagError(command *cobra.Command, err error) error {
	flags := command.Flags()
	if found := invalidValue.FindStringSubmatch(err.Error()); found != nil {
		flag := flags.Lookup(found[2])
		value, _ := strconv.Unquote(found[1])
		// pflag does not return the error of Set, so set calls Set again.
		return cmp.Or(set(flag, "--"+flag.Name, value), err)
	}
	if found := missingValue.FindStringSubmatch(err.Error()); found != nil {
		name := found[1]
		if found[2] != "" {
			name = flags.ShorthandLookup(found[2]).Name
		}
		return fmt.Errorf("--%s %w", name, errNoValue)
	}
	if found := unknownFlag.FindStringSubmatch(err.Error()); found != nil {
		var names []string
		flags.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
		if meant := locust.Closest(found[1], names); meant != "" {
			return fmt.Errorf("--%s %w --%s", found[1], errMeant, meant)
		}
	}
	return err
}
