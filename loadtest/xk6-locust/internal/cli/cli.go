// Package cli implements `k6 x locust`, Locust's command line for k6. The command sets Locust's environment variables,
// runs `k6 run` with them, and returns Locust's exit codes.
package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/entry"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
)

// Name is the name of the command in `k6 x locust`.
const Name = "locust"

// envResolution is the variable that makes k6 look up missing extensions.
const envResolution = "K6_AUTO_EXTENSION_RESOLUTION"

// SkipCatalog stops k6 from downloading the catalog of all subcommands before it runs `k6 x locust`. It does not change
// the variable if the user set it.
func SkipCatalog(args []string) error {
	if _, isSet := os.LookupEnv(envResolution); isSet || len(args) < 3 || args[1] != "x" || args[2] != Name {
		return nil
	}
	if err := os.Setenv(envResolution, "false"); err != nil {
		return fmt.Errorf("%s: %w", envResolution, err)
	}
	return nil
}

// exitCodeFlag is an option of this command that scripts cannot set.
const exitCodeFlag = "exit-code-on-error"

// logLevels contains Locust's log levels.
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

// exitCodeUsage is the exit code for an invalid command line.
const exitCodeUsage exitcodes.ExitCode = 2

// New creates the command.
func New(gs *state.GlobalState) *cobra.Command {
	f := &flags{values: map[string]*string{}, names: map[string]string{}, switches: map[string]*bool{}, sources: map[string]string{}}
	command := &cobra.Command{
		Use:   Name + " [flags] PATH [USER_CLASS...] [-- K6_RUN_FLAGS...]",
		Short: "Run a test with Locust's command line",
		Long: `Run a test with Locust's command line.

PATH is a script for k6/x/locust, or a directory with a main.ts, main.js, index.ts, or index.js. Each flag has the same
environment variable as in Locust. As in Locust, settings can also be in ~/.locust.conf, locust.conf, pyproject.toml, or the
file named by --config. If that file contains JSON, k6 reads it as its own configuration file. The exit code is 0, or 1 (see
--exit-code-on-error) if a request failed or a task threw an error. Other exit codes are those of k6, such as 99 if a
threshold failed.`,
		Example: `  k6 x locust -u 2000 -r 100 -t 15m -H http://127.0.0.1:8000 loadtest/
  k6 x locust --master --expect-workers 4 -u 20000 -r 500 -t 15m -H http://127.0.0.1:8000 loadtest/
  k6 x locust --worker --master-host 10.0.0.7 loadtest/
  k6 x locust --stub loadtest/ > locustfile.py && locust -f locustfile.py --master`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, args []string) error {
			if err := f.run(gs, command, args); err != nil {
				return errext.WithExitCodeIfNone(err, exitCodeUsage)
			}
			return nil
		},
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errext.WithExitCodeIfNone(err, exitCodeUsage) })
	f.define(command)
	command.AddCommand(newConvert(gs))
	return command
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
	value(locust.EnvTags, "tags", "T", "run only tasks with one of these `tags`, separated by commas")
	value(locust.EnvExcludeTags, "exclude-tags", "E", "skip tasks with one of these `tags`, separated by commas")
	value(locust.EnvStopTimeout, "stop-timeout", "s", "`time` that tasks have to finish at the end of the run")
	value(locust.EnvProcesses, "processes", "", "`number` of JavaScript runtimes that share the users; -1 means one per CPU")
	value(locust.EnvCSV, "csv", "", "write PREFIX_stats.csv and other CSV files; `PREFIX` may contain a directory")
	toggle(locust.EnvCSVFullHistory, "csv-full-history", "write every row to PREFIX_stats_history.csv, not only the total")
	value(locust.EnvHTML, "html", "", "write an HTML report to this `file`")
	toggle(locust.EnvJSON, "json", "print the statistics as JSON at the end")
	value(locust.EnvJSONFile, "json-file", "", "write the statistics as JSON to `FILE`.json")
	toggle(locust.EnvPrintStats, "print-stats", "print the table of statistics during the run (the default)")
	toggle(locust.EnvOnlySummary, "only-summary", "print the table of statistics only at the end")
	toggle(locust.EnvResetStats, "reset-stats", "reset the statistics when all users have started")
	toggle(locust.EnvMaster, "master", "run as the master of workers, which run the users")
	value(locust.EnvMasterBindHost, "master-bind-host", "", "with --master: `address` on which to wait for workers (default: all addresses)")
	value(locust.EnvMasterBindPort, "master-bind-port", "", "with --master: `port` on which to wait for workers (default 5557)")
	value(locust.EnvWorkersMaxWait, "expect-workers-max-wait", "", "with --master: give up if the workers do not join within this `time` (default: no limit)")
	toggle(locust.EnvWorker, "worker", "run as a worker of a master")
	value(locust.EnvMasterHost, "master-host", "", "`host` of the master")
	value(locust.EnvMasterPort, "master-port", "", "`port` of the master (default 5557)")
	value(locust.EnvExpectWorkers, "expect-workers", "", "with --master: start when this `number` of workers have joined (default 1); with --worker: the number that locust.distribute needs")
	set.StringVarP(&f.path, "locustfile", "f", "", "the same as PATH")
	set.IntVar(&f.exitOnError, exitCodeFlag, 1, "exit `code` if a request failed or a task threw an error")
	set.StringArrayVarP(&f.env, "env", "e", nil, "set a variable of the script: `NAME=VALUE`")
	set.StringVarP(&f.logLevel, "loglevel", "L", "INFO", "DEBUG makes k6 log more; there is no difference between INFO, WARNING, ERROR, and CRITICAL")
	set.BoolVar(&f.stub, "stub", false, "print the locustfile that the master needs, and exit")
	set.BoolVarP(&f.list, "list", "l", false, "print the user classes, and exit")
	set.StringVar(&f.logFile, "logfile", "", "write the log to this `file`")
	set.BoolVar(&f.skipsLogSetup, "skip-log-setup", false, "ignore --loglevel and --logfile; k6's --log-output and --log-format apply")
	set.BoolVar(&f.ratio, "show-task-ratio", false, "print the shares of the tasks, and exit")
	set.BoolVarP(&f.version, "version", "V", false, "print the versions of k6 and its extensions, and exit")
	set.Bool("autostart", true, "always on; the run starts immediately")
	set.Int("autoquit", 0, "always on; k6 exits at the end of the run, because it has no web UI")
	set.Bool("headless", true, "always on; only a Locust master has a web UI")
	set.Bool("enable-rebalancing", true, "always on; users are distributed again when a worker joins or is lost")
	for _, name := range []string{"headless", "autostart", "autoquit", "enable-rebalancing"} {
		_ = set.MarkHidden(name)
	}
}

var (
	// errSeveralPaths is returned for a list of scripts.
	errSeveralPaths = errors.New("a test is a single script: import the user classes of the other scripts into it")
	errPath         = errors.New("PATH is missing; it must be a script or a directory with a script: k6 x locust PATH")
)

// errPython is returned for a locustfile. The error adds the arguments of the command that converts it.
var errPython = errors.New("k6 does not run Python, so convert the file: k6 x locust convert")

// errEntry is returned for a directory without a script.
var errEntry = errors.New("the directory has no main.ts, main.js, index.ts, or index.js")

var (
	errOfMaster  = errors.New("has no effect on a worker: set it on the master")
	errNotWorker = errors.New("has no effect without --worker")
	errNotMaster = errors.New("has no effect without --master")
	errExitCode  = errors.New("must be an integer from 0 to 255")
	errLogLevel  = errors.New("must be DEBUG, INFO, WARNING, ERROR, or CRITICAL")
	errKilled    = errors.New("the run has no result, because k6 was killed")
	errNoUsers   = errors.New("the script has no user classes: add export const options = locust.options({ userClasses: [...] })")
)

func (f *flags) run(gs *state.GlobalState, command *cobra.Command, args []string) error {
	if f.version {
		return f.printVersion(gs)
	}
	var k6Args []string
	if dash := command.ArgsLenAtDash(); dash >= 0 {
		args, k6Args = args[:dash], args[dash:]
	}
	if err := f.checkNames(); err != nil {
		return err
	}
	if err := f.readConfig(command); err != nil {
		return err
	}
	if err := f.readVariables(command, args); err != nil {
		return err
	}
	if f.path != "" {
		args = append([]string{f.path}, args...)
	}
	if len(args) == 0 {
		return errPath
	}
	if !slices.Contains(logLevels, strings.ToUpper(f.logLevel)) {
		return fmt.Errorf("%s %w, got %q", cmp.Or(f.sources[variables["loglevel"]], "--loglevel"), errLogLevel, f.logLevel)
	}
	options, err := f.checkValues()
	if err != nil {
		return err
	}
	if err := f.checkMode(options); err != nil {
		return err
	}
	script, err := scriptOf(args[0])
	if err != nil {
		return err
	}
	environment := f.environment(command, args[1:])
	inherited := append(f.inheritedFlags(command), f.logFlags()...)
	if f.stub || f.list || f.ratio {
		return f.describe(gs, script, environment, inherited)
	}
	return f.runScript(gs, script, environment, append(inherited, k6Args...))
}

// checkNames returns an error if a variable is misspelled, in the environment or in an -e argument.
func (f *flags) checkNames() error {
	names := []string{}
	for _, variable := range append(os.Environ(), f.env...) {
		name, _, _ := strings.Cut(variable, "=")
		names = append(names, name)
	}
	return locust.CheckNames(names)
}

// readVariables sets the flags that only this command reads, from their variables. LOCUST_LOCUSTFILE applies only if
// the first argument is not a path.
func (f *flags) readVariables(command *cobra.Command, args []string) error {
	for name, variable := range variables {
		if command.Flags().Changed(name) {
			delete(f.sources, variable)
			continue
		}
		value := os.Getenv(variable)
		if value == "" {
			continue
		}
		if name == "locustfile" && len(args) > 0 {
			if _, err := os.Stat(args[0]); err == nil {
				continue
			}
		}
		if err := command.Flags().Set(name, value); err != nil {
			accepted := map[string]string{"int": "an integer", "bool": "true or false"}[command.Flags().Lookup(name).Value.Type()]
			return fmt.Errorf("%s must be %s, got %q", cmp.Or(f.sources[variable], variable), accepted, value)
		}
	}
	return nil
}

// checkValues checks the values of Locust's options before the script starts, and returns the options. The error names the
// flag or the variable.
func (f *flags) checkValues() (locust.Options, error) {
	if f.exitOnError < 0 || f.exitOnError > 255 {
		return locust.Options{}, fmt.Errorf("--%s %w, got %d", exitCodeFlag, errExitCode, f.exitOnError)
	}
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
		value := os.Getenv(variable)
		name = cmp.Or(f.sources[variable], variable)
		for _, assignment := range f.env {
			if own, ok := strings.CutPrefix(assignment, variable+"="); ok {
				name, value = variable, own
			}
		}
		return value, value != ""
	})
	if err != nil {
		return options, fmt.Errorf("%s %w", name, errors.Unwrap(err))
	}
	return options, options.Check()
}

// checkMode returns an error for flags that have no effect. With --worker, these are the flags for the load, which the
// master sets. The flags for the master's address need --worker, and the flags for the address to bind need --master.
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

// inheritedFlags returns the flags of all k6 commands that were set, such as --log-format, for the k6 that runs the script.
func (f *flags) inheritedFlags(command *cobra.Command) []string {
	var args []string
	command.InheritedFlags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Changed || (flag.Name == configFlag && f.config != "") {
			return
		}
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			args = append(args, "--"+flag.Name+"="+value)
		}
	})
	return args
}

// logFlags returns k6's flags for the log.
func (f *flags) logFlags() []string {
	var args []string
	if f.skipsLogSetup {
		return args
	}
	if strings.EqualFold(f.logLevel, "DEBUG") {
		args = append(args, "--verbose")
	}
	if f.logFile != "" {
		args = append(args, "--log-output=file="+f.logFile)
	}
	return args
}

func (*flags) printVersion(gs *state.GlobalState) error {
	child, err := k6([]string{"version"}, os.Environ())
	if err != nil {
		return err
	}
	child.Stderr = os.Stderr
	version, err := child.Output()
	if err != nil {
		return fmt.Errorf("k6 version: %w", err)
	}
	return writeOutput(gs, string(version))
}

func scriptOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil && strings.Contains(path, ",") {
		return "", fmt.Errorf("%w, got %s", errSeveralPaths, path)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	if !info.IsDir() && filepath.Ext(path) == ".py" {
		return "", fmt.Errorf("%s: %w %s -o %s", path, errPython, path, strings.TrimSuffix(path, ".py")+".ts")
	}
	if !info.IsDir() {
		return path, nil
	}
	script, ok := entry.File(path, entry.OS{})
	if !ok {
		return "", fmt.Errorf("%s: %w", path, errEntry)
	}
	return script, nil
}

// variables returns the -e arguments for k6. It leaves out variables that flags also set, because flags take
// precedence.
func (f *flags) variables() []string {
	var args []string
	for _, variable := range f.env {
		name, _, _ := strings.Cut(variable, "=")
		value, toggle := f.values[name], f.switches[name]
		if (value == nil || *value == "") && (toggle == nil || !*toggle) {
			args = append(args, "-e", variable)
		}
	}
	return args
}

// environment returns the environment of this process plus Locust's variables for the flags.
func (f *flags) environment(command *cobra.Command, classes []string) []string {
	variables := os.Environ()
	for env, value := range f.values {
		if *value != "" {
			variables = append(variables, env+"="+*value)
		}
	}
	for env, value := range f.switches {
		if *value {
			variables = append(variables, env+"=true")
		}
	}
	if len(classes) > 0 {
		variables = append(variables, locust.EnvUserClasses+"="+strings.Join(classes, ","))
	}
	if _, isSet := os.LookupEnv(locust.EnvPrintStats); !isSet && !command.Flags().Changed("print-stats") {
		variables = append(variables, locust.EnvPrintStats+"=true")
	}
	return variables
}

func (f *flags) runScript(gs *state.GlobalState, script string, environment, k6Args []string) error {
	folder, err := os.MkdirTemp("", "k6-locust-")
	if err != nil {
		return fmt.Errorf("cannot create a temporary directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	result := filepath.Join(folder, "result.json")
	// The table replaces k6's progress bars.
	args := []string{"run", "--quiet"}
	if *f.switches[locust.EnvJSON] {
		// Standard output contains only the JSON.
		args = append(args, "--summary-mode", "disabled")
	}
	args = append(args, f.variables()...)
	args = append(append(args, k6Args...), script)
	child, err := k6(args, append(environment, locust.EnvResult+"="+result))
	if err != nil {
		return err
	}
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	code, err := supervise(child)
	if err != nil {
		return err
	}
	found := readResult(result)
	if found.Verdict != "" {
		// With --json, standard output contains only the JSON.
		out := gs.Stdout
		if *f.switches[locust.EnvJSON] {
			out = gs.Stderr
		}
		_, _ = io.WriteString(out, found.Verdict)
	}
	switch {
	case code == 0 && found.ExitCode != nil:
		code = *found.ExitCode
	case code == 0 && (found.Failures > 0 || found.Exceptions > 0):
		code = f.exitOnError
	}
	if code != 0 {
		_ = os.RemoveAll(folder)
		gs.OSExit(code)
	}
	return nil
}

// k6 returns a command that runs this program with different arguments.
func k6(args, environment []string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program: %w", err)
	}
	child := exec.Command(program, args...) //nolint:gosec // the program is this one
	child.Env = environment
	// The child has its own process group, so it gets an interrupt from the terminal only once, through this process.
	child.SysProcAttr = ownGroup()
	return child, nil
}

// supervise runs the child, forwards signals to it, and returns its exit code.
func supervise(child *exec.Cmd) (int, error) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		return 0, fmt.Errorf("k6 run: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case received := <-signals:
			_ = child.Process.Signal(received)
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return 0, fmt.Errorf("k6 run: %w", err)
			}
			if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				// Shells use the same exit codes.
				return 0, errext.WithExitCodeIfNone(fmt.Errorf("%w: %s", errKilled, child.ProcessState), exitcodes.ExitCode(128+int(status.Signal())))
			}
			return child.ProcessState.ExitCode(), nil
		}
	}
}

// readResult returns the result that the run saved, or an empty result if it saved none.
func readResult(path string) engine.Result {
	var result engine.Result
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &result) != nil {
		return engine.Result{}
	}
	return result
}

// inspected is the part of the output of `k6 inspect` that [flags.describe] uses.
type inspected struct {
	Scenarios map[string]engine.Config `json:"scenarios"`
}

// describe prints the user classes, or the locustfile for a Locust master.
func (f *flags) describe(gs *state.GlobalState, script string, environment, k6Args []string) error {
	args := append(append([]string{"inspect"}, k6Args...), f.variables()...)
	child, err := k6(append(args, script), environment)
	if err != nil {
		return err
	}
	var stdout bytes.Buffer
	child.Stdout, child.Stderr = &stdout, os.Stderr
	code, err := supervise(child)
	if err != nil {
		return err
	}
	if code != 0 {
		gs.OSExit(code)
		return nil
	}
	var found inspected
	if err := json.Unmarshal(stdout.Bytes(), &found); err != nil {
		return fmt.Errorf("%s: %w", script, err)
	}
	var classes []worker.Class
	var ratios []report.TaskRatio
	// A class may belong to several scenarios.
	for _, name := range slices.Sorted(maps.Keys(found.Scenarios)) {
		for _, ratio := range found.Scenarios[name].TaskRatios {
			if !slices.ContainsFunc(ratios, func(other report.TaskRatio) bool { return other.Name == ratio.Name }) {
				ratios = append(ratios, ratio)
			}
		}
		for _, class := range found.Scenarios[name].Classes {
			if !slices.ContainsFunc(classes, func(other worker.Class) bool { return other.Name == class.Name }) {
				classes = append(classes, worker.Class{Name: class.Name, Weight: class.Weight, FixedCount: class.FixedCount, Host: class.Host})
			}
		}
	}
	if len(classes) == 0 {
		return fmt.Errorf("%s: %w", script, errNoUsers)
	}
	return writeOutput(gs, f.description(classes, ratios))
}

func (f *flags) description(classes []worker.Class, ratios []report.TaskRatio) string {
	if f.stub {
		return worker.Stub(classes)
	}
	var out strings.Builder
	if f.ratio {
		fmt.Fprintf(&out, "\n Task ratio per User class\n%s\n", strings.Repeat("-", 80))
		printRatios(&out, ratios, 0)
		return out.String()
	}
	for _, class := range classes {
		out.WriteString(class.Name + "\n")
	}
	return out.String()
}

// writeOutput writes to standard output. A reader that closed its end of the pipe needs no more text, so this is not
// an error.
func writeOutput(gs *state.GlobalState, text string) error {
	if _, err := io.WriteString(gs.Stdout, text); err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("cannot write to standard output: %w", err)
	}
	return nil
}

// printRatios prints the shares in percent, as Locust does.
func printRatios(out io.Writer, ratios []report.TaskRatio, level int) {
	for _, ratio := range ratios {
		percent := strconv.FormatFloat(ratio.Ratio*100, 'f', 1, 64)
		_, _ = fmt.Fprintf(out, " %-10s %s\n", strings.Repeat("  ", level)+percent, strings.Repeat("  ", level)+ratio.Name)
		printRatios(out, ratio.Tasks, level+1)
	}
}
