// Package cli implements `k6 x locust`, Locust's command line for k6. The command sets Locust's environment variables,
// runs `k6 run` with them, and returns Locust's exit codes or k6's.
package cli

import (
	"bytes"
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
	"time"

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

// envResolution is the environment variable that makes k6 look up missing extensions.
const envResolution = "K6_AUTO_EXTENSION_RESOLUTION"

// SkipCatalog sets [envResolution], so that k6 does not download the catalog of all subcommands before it runs
// `k6 x locust`. It does nothing if the user has set this variable.
func SkipCatalog(args []string) error {
	if _, isSet := os.LookupEnv(envResolution); isSet || len(args) < 3 || args[1] != "x" || args[2] != Name {
		return nil
	}
	if err := os.Setenv(envResolution, "false"); err != nil {
		return fmt.Errorf("%s: %w", envResolution, err)
	}
	return nil
}

// exitCodeUsage is the exit code for an invalid command line.
const exitCodeUsage exitcodes.ExitCode = 2

// New creates the command `k6 x locust`.
func New(gs *state.GlobalState) *cobra.Command {
	f := &flags{values: map[string]*string{}, names: map[string]string{}, switches: map[string]*bool{}, sources: map[string]string{}}
	command := &cobra.Command{
		Use:   Name + " [flags] PATH [USER_CLASS...] [-- K6_RUN_FLAGS...]",
		Short: "Run a test with Locust's command line",
		Long: `Run a test with Locust's command line.

PATH is a script for k6/x/locust, or a directory with a main.ts, main.js, index.ts, or index.js. The flags of a run have the
same environment variables as in Locust. As in Locust, settings can also be in ~/.locust.conf, locust.conf, pyproject.toml, or the
file named by --config. If that file contains JSON, k6 reads it as its own configuration file. The exit code is 0, or 1 (see
--exit-code-on-error) if a request failed or a task threw an error. It is 2 if the command line is invalid, or the code that
the script sets. k6 has other exit codes, such as 99 if a threshold failed.`,
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
	command.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		return errext.WithExitCodeIfNone(flagError(command, err), exitCodeUsage)
	})
	f.define(command)
	command.AddCommand(newConvert(gs))
	return command
}

var (
	// errSeveralPaths is returned for a list of scripts.
	errSeveralPaths = errors.New("a test is a single script: import the user classes of the other scripts into it")
	errPath         = errors.New("PATH is missing; it must be a script or a directory with a script: k6 x locust PATH")
)

// errPython is returned for a locustfile. Its text ends with a command, to which the caller adds the arguments.
var errPython = errors.New("k6 does not run Python, so convert the file: k6 x locust convert")

// errEntry is returned for a directory without a script.
var errEntry = errors.New("the directory has no main.ts, main.js, index.ts, or index.js")

var (
	errKilled  = errors.New("the run has no result, because k6 was killed")
	errNoUsers = errors.New("no scenario has user classes: add export const options = locust.options({ userClasses: [...] }), or write locust.scenario({ ... }) under scenarios")
	errNoneRan = errors.New("no Locust users ran: write locust.scenario({ ... }) in the scenarios of the script")
)

func (f *flags) run(gs *state.GlobalState, command *cobra.Command, args []string) error {
	if f.version {
		return f.printVersion(gs)
	}
	var k6Args []string
	if dash := command.ArgsLenAtDash(); dash >= 0 {
		args, k6Args = args[:dash], args[dash:]
	}
	if err := f.checkNames(command); err != nil {
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
	if err := f.checkUsers(script, environment, inherited); err != nil {
		return err
	}
	return f.runScript(gs, script, environment, append(inherited, k6Args...))
}

// inheritedFlags returns the global flags of k6 that were set, such as --log-format. They are passed on to the k6
// process that runs the script. --config is left out if it names a configuration file of Locust.
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

// logFlags returns the flags that make k6 write its log as --loglevel and --logfile require.
func (f *flags) logFlags() []string {
	var args []string
	if f.skipsLogSetup {
		return args
	}
	if f.logLevel == "DEBUG" {
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

// environment returns the environment of this process plus Locust's variables for the flags. Unless the user decides
// otherwise, the table of statistics is printed during the run.
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
	// The table replaces k6's progress bars.
	args := []string{"run", "--quiet"}
	if *f.switches[locust.EnvJSON] {
		// Standard output contains only the JSON.
		args = append(args, "--summary-mode", "disabled")
	}
	args = append(args, f.variables()...)
	child, err := k6(append(append(args, k6Args...), script), environment)
	if err != nil {
		return err
	}
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	code, result, err := supervise(child)
	if err != nil {
		return err
	}
	if code == 0 && result == nil {
		return errext.WithExitCodeIfNone(fmt.Errorf("%s: %w", script, errNoneRan), exitcodes.InvalidConfig)
	}
	if result != nil && result.Verdict != "" {
		// With --json, standard output contains only the JSON.
		out := gs.Stdout
		if *f.switches[locust.EnvJSON] {
			out = gs.Stderr
		}
		_, _ = io.WriteString(out, result.Verdict)
	}
	switch {
	case code != 0:
	case result.ExitCode != nil:
		code = *result.ExitCode
	case result.Failures > 0 || result.Exceptions > 0:
		code = f.exitOnError
	}
	if code != 0 {
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

// signalGap is the shortest time between two signals that count as two.
const signalGap = 100 * time.Millisecond

// supervise runs the child, forwards signals to it, and returns its exit code and its result. The result is nil if no
// scenario with Locust users ran.
func supervise(child *exec.Cmd) (code int, result *engine.Result, err error) {
	path, read, err := resultOf(child)
	if err != nil {
		return 0, nil, fmt.Errorf("k6 run: %w", err)
	}
	child.Env = append(child.Env, locust.EnvResult+"="+path)
	defer read()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		return 0, nil, fmt.Errorf("k6 run: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	var last time.Time
	for {
		select {
		case received := <-signals:
			// The second signal makes k6 exit without reports. timeout(1) sends its signal twice.
			if time.Since(last) > signalGap {
				_ = child.Process.Signal(received)
			}
			last = time.Now()
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return 0, nil, fmt.Errorf("k6 run: %w", err)
			}
			if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				// Shells use the same exit codes.
				return 0, nil, errext.WithExitCodeIfNone(fmt.Errorf("%w: %s", errKilled, child.ProcessState), exitcodes.ExitCode(128+int(status.Signal())))
			}
			// A mistake in the command line has its own exit code.
			if json.Unmarshal(read(), &result) == nil && result.IsUsage {
				return int(exitCodeUsage), result, nil
			}
			return child.ProcessState.ExitCode(), result, nil
		}
	}
}

// inspected is the part of the output of `k6 inspect` that [flags.describe] and [flags.checkUsers] use.
type inspected struct {
	Scenarios map[string]engine.Config `json:"scenarios"`
}

// inspect returns the scenarios of a script. They are empty if the exit code of `k6 inspect` is not 0.
func (f *flags) inspect(script string, environment, k6Args []string, stderr io.Writer) (found inspected, code int, err error) {
	args := append(append([]string{"inspect", "--include-system-env-vars"}, k6Args...), f.variables()...)
	child, err := k6(append(args, script), environment)
	if err != nil {
		return found, 0, err
	}
	var stdout bytes.Buffer
	child.Stdout, child.Stderr = &stdout, stderr
	if code, _, err = supervise(child); err != nil {
		return found, 0, err
	}
	if code != 0 {
		return found, code, nil
	}
	if err := json.Unmarshal(stdout.Bytes(), &found); err != nil {
		return found, 0, fmt.Errorf("%s: %w", script, err)
	}
	return found, 0, nil
}

// checkUsers returns an error if the script has no users, because k6 would then ignore all of Locust's flags. A script
// with user classes, but without scenarios of its own, needs no evaluation.
func (f *flags) checkUsers(script string, environment, k6Args []string) error {
	text, _ := os.ReadFile(script)
	if bytes.Contains(text, []byte("userClasses")) && !bytes.Contains(text, []byte("scenarios")) {
		return nil
	}
	found, code, err := f.inspect(script, environment, k6Args, io.Discard)
	if err != nil {
		return err
	}
	if code != 0 {
		return nil // the run reports the errors of the script
	}
	for _, scenario := range found.Scenarios {
		if len(scenario.Classes) > 0 {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", script, errNoUsers)
}

// describe prints the user classes, the shares of the tasks, or the locustfile for a Locust master.
func (f *flags) describe(gs *state.GlobalState, script string, environment, k6Args []string) error {
	found, code, err := f.inspect(script, environment, k6Args, os.Stderr)
	if err != nil {
		return err
	}
	if code != 0 {
		gs.OSExit(code)
		return nil
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

// writeOutput writes to standard output. If the reader has closed its end of the pipe, it needs no more text, so this
// is not an error.
func writeOutput(gs *state.GlobalState, text string) error {
	if _, err := io.WriteString(gs.Stdout, text); err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("cannot write to standard output: %w", err)
	}
	return nil
}

// printRatios prints the shares in percent, like Locust.
func printRatios(out io.Writer, ratios []report.TaskRatio, level int) {
	for _, ratio := range ratios {
		percent := strconv.FormatFloat(ratio.Ratio*100, 'f', 1, 64)
		_, _ = fmt.Fprintf(out, " %-10s %s\n", strings.Repeat("  ", level)+percent, strings.Repeat("  ", level)+ratio.Name)
		printRatios(out, ratio.Tasks, level+1)
	}
}
