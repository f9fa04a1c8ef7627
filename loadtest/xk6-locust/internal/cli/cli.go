// Package cli is the command `k6 x locust`: Locust's command line for k6. It sets Locust's environment variables and runs
// `k6 run` with them, and ends with Locust's exit codes.
package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"go.k6.io/k6/v2/cmd/state"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/entry"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
)

// Name is the command's: `k6 x locust`.
const Name = "locust"

// envResolution is the variable by which k6 looks up extensions that it lacks.
const envResolution = "K6_AUTO_EXTENSION_RESOLUTION"

// SkipCatalog keeps `k6 x locust` from downloading the catalog of all other subcommands, which k6 does before it runs one.
// A value that the user has set stays.
func SkipCatalog(args []string) error {
	if _, isSet := os.LookupEnv(envResolution); isSet || len(args) < 3 || args[1] != "x" || args[2] != Name {
		return nil
	}
	if err := os.Setenv(envResolution, "false"); err != nil {
		return fmt.Errorf("%s: %w", envResolution, err)
	}
	return nil
}

// The exit code on errors is the command's own, and no variable of the script.
const (
	exitCodeFlag = "exit-code-on-error"
	envExitCode  = "LOCUST_EXIT_CODE_ON_ERROR"
)

// logLevels are Locust's.
var logLevels = []string{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}

// flags are what the command line says.
type flags struct {
	values      map[string]*string
	switches    map[string]*bool
	exitOnError int
	env         []string
	stub, list  bool
	isMaster    bool
	path        string
	logLevel    string
}

// New makes the command.
func New(gs *state.GlobalState) *cobra.Command {
	f := &flags{values: map[string]*string{}, switches: map[string]*bool{}}
	command := &cobra.Command{
		Use:   Name + " [flags] PATH [USER_CLASS...] [-- K6_RUN_FLAGS...]",
		Short: "Run a test with Locust's command line",
		Long: `Run a test with Locust's command line.

PATH is a script for k6/x/locust, or a directory with a main.ts, main.js, index.ts or index.js. Every flag has the environment variable
that it has in Locust. Exit codes are Locust's: 0, and 1 (--exit-code-on-error) when a request failed or a task threw; k6's own
besides, such as 99 when a threshold failed.`,
		Example: `  k6 x locust -u 2000 -r 100 -t 15m -H http://127.0.0.1:8000 loadtest/
  k6 x locust --worker --master-host 10.0.0.7 loadtest/
  k6 x locust --stub loadtest/ > locustfile.py && locust -f locustfile.py --master`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, args []string) error {
			return f.run(gs, command, args)
		},
	}
	f.define(command)
	return command
}

func (f *flags) define(command *cobra.Command) {
	set := command.Flags()
	value := func(env, name, short, usage string) {
		f.values[env] = set.StringP(name, short, "", usage)
	}
	toggle := func(env, name, usage string) {
		f.switches[env] = set.Bool(name, false, usage)
	}
	value(locust.EnvUsers, "users", "u", "`number` of users at the peak")
	value(locust.EnvSpawnRate, "spawn-rate", "r", "`number` of users to start in a second")
	value(locust.EnvRunTime, "run-time", "t", "stop after this `time`, such as 300s, 20m, 3h, 1h30m")
	value(locust.EnvHost, "host", "H", "where paths go, such as http://127.0.0.1:8000")
	value(locust.EnvTags, "tags", "T", "only tasks with one of these `tags`, parted by commas")
	value(locust.EnvExcludeTags, "exclude-tags", "E", "no tasks with one of these `tags`")
	value(locust.EnvStopTimeout, "stop-timeout", "s", "how long tasks may go on at the end, a `time`")
	value(locust.EnvProcesses, "processes", "", "`number` of JavaScript runtimes that share the users; -1 is one for every CPU")
	value(locust.EnvCSV, "csv", "", "write the files PREFIX_stats.csv and so on; `PREFIX` may have a folder")
	toggle(locust.EnvCSVFullHistory, "csv-full-history", "every row in PREFIX_stats_history.csv, not only the total")
	value(locust.EnvHTML, "html", "", "write a page of plots and tables to this `file`")
	toggle(locust.EnvJSON, "json", "print the statistics as JSON at the end")
	value(locust.EnvJSONFile, "json-file", "", "write them to `FILE`.json")
	toggle(locust.EnvPrintStats, "print-stats", "print the table of statistics while the test runs; so it is anyway")
	toggle(locust.EnvOnlySummary, "only-summary", "print it only at the end")
	toggle(locust.EnvResetStats, "reset-stats", "begin the statistics anew when all users have started")
	toggle(locust.EnvWorker, "worker", "run as a worker of a Locust master")
	value(locust.EnvMasterHost, "master-host", "", "the master's `host`")
	value(locust.EnvMasterPort, "master-port", "", "the master's `port` (5557)")
	set.StringVarP(&f.path, "locustfile", "f", "", "the same as PATH")
	set.IntVar(&f.exitOnError, exitCodeFlag, 1, "exit `code` when a request failed or a task threw")
	set.StringArrayVarP(&f.env, "env", "e", nil, "a variable of the script, `NAME=VALUE`")
	set.StringVarP(&f.logLevel, "loglevel", "L", "INFO", "DEBUG has k6 tell more; INFO, WARNING, ERROR and CRITICAL are alike")
	set.BoolVar(&f.stub, "stub", false, "print the locustfile that a master of these users needs, and end")
	set.BoolVarP(&f.list, "list", "l", false, "print the user classes, and end")
	set.BoolVar(&f.isMaster, "master", false, "is Locust's own")
	set.Bool("headless", true, "there is no other way; the web UI is the master's")
	_ = set.MarkHidden("master")
	_ = set.MarkHidden("headless")
}

var (
	errMaster = errors.New("the master is Locust's: locust -f locustfile.py --master, with what k6 x locust --stub PATH prints as its locustfile")
	errPath   = errors.New("a script or a directory with one is needed: k6 x locust PATH")
)

// errEntry says that a directory has no script.
var errEntry = errors.New("there is no main.ts, main.js, index.ts or index.js")

var (
	errLogLevel = errors.New("--loglevel takes DEBUG, INFO, WARNING, ERROR or CRITICAL")
	errNoUsers  = errors.New("the script has no user classes: export const options = locust.options({ userClasses, … })")
)

func (f *flags) run(gs *state.GlobalState, command *cobra.Command, args []string) error {
	if f.isMaster {
		return errMaster
	}
	var k6Args []string
	if dash := command.ArgsLenAtDash(); dash >= 0 {
		args, k6Args = args[:dash], args[dash:]
	}
	if f.path != "" {
		args = append([]string{f.path}, args...)
	}
	if len(args) == 0 {
		return errPath
	}
	if !slices.Contains(logLevels, strings.ToUpper(f.logLevel)) {
		return fmt.Errorf("%w, got %q", errLogLevel, f.logLevel)
	}
	if code, isSet := os.LookupEnv(envExitCode); isSet && !command.Flags().Changed(exitCodeFlag) {
		if err := command.Flags().Set(exitCodeFlag, code); err != nil {
			return fmt.Errorf("%s takes a whole number, got %q", envExitCode, code)
		}
	}
	script, err := scriptOf(args[0])
	if err != nil {
		return err
	}
	environment := f.environment(command, args[1:])
	if f.stub || f.list {
		return f.describe(gs, script, environment)
	}
	return f.runScript(gs, script, environment, k6Args)
}

func scriptOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, errors.Unwrap(err))
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

// variables are those of -e for k6, without those that a flag sets: flags stand above variables.
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

// environment is that of this process with what the flags say, as Locust's variables.
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
		return fmt.Errorf("a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	result := filepath.Join(folder, "result.json")
	// The table replaces the progress bars of k6.
	args := []string{"run", "--quiet"}
	if strings.EqualFold(f.logLevel, "DEBUG") {
		args = append(args, "--verbose")
	}
	if *f.switches[locust.EnvJSON] {
		// Standard output is the JSON alone.
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
	if code == 0 && hasFailures(result) {
		code = f.exitOnError
	}
	if code != 0 {
		_ = os.RemoveAll(folder)
		gs.OSExit(code)
	}
	return nil
}

// k6 is this program with other arguments.
func k6(args, environment []string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("this program: %w", err)
	}
	child := exec.Command(program, args...) //nolint:gosec // it is this program
	child.Env = environment
	// A group of its own: an interrupt from the terminal reaches it once, by us.
	child.SysProcAttr = ownGroup()
	return child, nil
}

// supervise runs the child, hands it the signals that this process gets, and returns its exit code.
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
			return child.ProcessState.ExitCode(), nil
		}
	}
}

func hasFailures(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var result engine.Result
	if err := json.Unmarshal(text, &result); err != nil {
		return false
	}
	return result.Failures > 0 || result.Exceptions > 0
}

// inspected is what `k6 inspect` says of a script, as far as it matters here.
type inspected struct {
	Scenarios map[string]engine.Config `json:"scenarios"`
}

// describe prints the user classes, or the locustfile of a master that has them.
func (f *flags) describe(gs *state.GlobalState, script string, environment []string) error {
	args := append([]string{"inspect"}, f.variables()...)
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
	for _, scenario := range found.Scenarios {
		for _, class := range scenario.Classes {
			classes = append(classes, worker.Class{Name: class.Name, Weight: class.Weight, FixedCount: class.FixedCount, Host: class.Host})
		}
	}
	if len(classes) == 0 {
		return fmt.Errorf("%s: %w", script, errNoUsers)
	}
	f.print(gs.Stdout, classes)
	return nil
}

func (f *flags) print(out io.Writer, classes []worker.Class) {
	if f.stub {
		_, _ = io.WriteString(out, worker.Stub(classes))
		return
	}
	for _, class := range classes {
		_, _ = fmt.Fprintln(out, class.Name)
	}
}
