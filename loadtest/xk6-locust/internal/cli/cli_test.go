package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/cli"
)

// plan is the content of a script in these tests. It tells the fake k6 what to do.
type plan struct {
	Code   int
	Stdout string
	// Result is written to the result file, which the command reads.
	Result string
	// HasNoResult makes the fake k6 write no result.
	HasNoResult bool
	// WaitsForSignals is the number of signals after which the fake k6 exits.
	WaitsForSignals int
	// IsKilled makes the fake k6 kill itself.
	IsKilled bool
	// Source contains the words of the script that matter. By default, this is userClasses.
	Source string
}

// record describes how the fake k6 was run.
type record struct {
	Args    []string
	Env     []string
	Signals int
}

// TestMain lets the test binary act as k6, because the command runs its own binary. `x locust` is the command under
// test. `run` and `inspect` record their arguments and environment, and follow the plan in their script.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "x" {
		command()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "version" {
		fmt.Println("k6 v0")
		return
	}
	if len(os.Args) > 1 && (os.Args[1] == "run" || os.Args[1] == "inspect") {
		os.Exit(fakeK6(os.Args))
	}
	os.Exit(m.Run())
}

func command() {
	root := &cobra.Command{Use: "x", SilenceUsage: true, SilenceErrors: true}
	// k6 itself defines these flags.
	root.PersistentFlags().String("log-format", "", "")
	root.PersistentFlags().StringArray("secret-source", nil, "")
	root.PersistentFlags().StringP("config", "c", "default.json", "")
	root.PersistentFlags().Bool("no-color", false, "")
	root.AddCommand(cli.New(state.NewGlobalState(context.Background())))
	root.SetArgs(os.Args[2:])
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code := 255
		var coded errext.HasExitCode
		if errors.As(err, &coded) {
			code = int(coded.ExitCode())
		}
		os.Exit(code)
	}
}

func fakeK6(args []string) int {
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	script := args[len(args)-1]
	text, err := os.ReadFile(script)
	var plan plan
	if err == nil {
		err = json.Unmarshal(text, &plan)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 254
	}
	if plan.IsKilled {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	record := record{Args: args, Env: os.Environ()}
	if plan.WaitsForSignals > 0 {
		fmt.Println("running")
		for range plan.WaitsForSignals {
			<-signals
		}
		// Wait to see whether the same signal arrives twice. That would be a bug.
		time.Sleep(100 * time.Millisecond)
		record.Signals = plan.WaitsForSignals + len(signals)
	}
	written, _ := json.Marshal(record)
	if err := os.WriteFile(script+".record", written, 0o600); err != nil {
		return 254
	}
	if path := os.Getenv("XK6_LOCUST_RESULT"); path != "" && !plan.HasNoResult {
		if err := os.WriteFile(path, []byte(cmp.Or(plan.Result, "{}")), 0o600); err != nil {
			return 254
		}
	}
	fmt.Print(plan.Stdout)
	return plan.Code
}

// test is a script for the command.
type test struct {
	folder, script string
}

func newTest(t *testing.T, plan plan) test {
	t.Helper()
	folder := t.TempDir()
	script := filepath.Join(folder, "main.ts")
	plan.Source = cmp.Or(plan.Source, "userClasses")
	text, _ := json.Marshal(plan)
	if err := os.WriteFile(script, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return test{folder, script}
}

type outcome struct {
	code           int
	stdout, stderr string
	record         record
	variables      map[string]string
}

func (c test) command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, append([]string{"x", "locust"}, args...)...)
	clean := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "LOCUST_") })
	// The only configuration files in the folder and the home directory are those of the test.
	command.Dir = c.folder
	command.Env = append(append(clean, "TMPDIR="+c.folder, "HOME="+filepath.Join(c.folder, "home")), env...)
	return command
}

// run runs the command. It replaces "PATH" with the path of the script.
func (c test) run(t *testing.T, env []string, args ...string) outcome {
	t.Helper()
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "PATH", c.script)
	}
	command := c.command(t, env, args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.outcome(t, command, stdout.String(), stderr.String())
}

func (c test) outcome(t *testing.T, command *exec.Cmd, stdout, stderr string) outcome {
	t.Helper()
	o := outcome{code: command.ProcessState.ExitCode(), stdout: stdout, stderr: stderr, variables: map[string]string{}}
	text, err := os.ReadFile(c.script + ".record")
	if err != nil {
		return o
	}
	if err := json.Unmarshal(text, &o.record); err != nil {
		t.Fatal(err)
	}
	for _, variable := range o.record.Env {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "LOCUST_") {
			o.variables[name] = value
		}
	}
	if left, _ := filepath.Glob(filepath.Join(c.folder, "k6-locust-*")); len(left) > 0 {
		t.Errorf("the command left %v behind", left)
	}
	return o
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ args, want string }{
		{"-u 5 -r 2 -t 1m -H http://a -T a,b -E c -s 10s", "LOCUST_USERS=5 LOCUST_SPAWN_RATE=2 LOCUST_RUN_TIME=1m LOCUST_HOST=http://a LOCUST_TAGS=a,b LOCUST_EXCLUDE_TAGS=c LOCUST_STOP_TIMEOUT=10s"},
		{"--users 5 --processes -1 --csv c --csv-full-history --html h --json --json-file j", "LOCUST_USERS=5 LOCUST_PROCESSES=-1 LOCUST_CSV=c LOCUST_CSV_FULL_HISTORY=true LOCUST_HTML=h LOCUST_JSON=true LOCUST_JSON_FILE=j"},
		{"--only-summary --reset-stats --headless", "LOCUST_ONLY_SUMMARY=true LOCUST_RESET_STATS=true"},
		{"-i 50 -u 0 --autostart --autoquit 5", "LOCUST_ITERATIONS=50 LOCUST_USERS=0"},
		{"--worker --expect-workers 2", "LOCUST_MODE_WORKER=true LOCUST_EXPECT_WORKERS=2"},
		{"--worker --master-host m --master-port 1", "LOCUST_MODE_WORKER=true LOCUST_MASTER_NODE_HOST=m LOCUST_MASTER_NODE_PORT=1"},
	} {
		c := newTest(t, plan{})
		o := c.run(t, nil, append(strings.Fields(one.args), "PATH")...)
		got := []string{}
		for name, value := range o.variables {
			got = append(got, name+"="+value)
		}
		want := append(strings.Fields(one.want), "LOCUST_PRINT_STATS=true")
		slices.Sort(got)
		slices.Sort(want)
		if o.code != 0 || !slices.Equal(got, want) {
			t.Errorf("%s: code %d, %s\ngot  %q\nwant %q", one.args, o.code, o.stderr, got, want)
		}
	}
}

// Flags override variables, and variables override the defaults.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	o := newTest(t, plan{}).run(t, []string{"LOCUST_USERS=3", "LOCUST_SPAWN_RATE=4", "LOCUST_PRINT_STATS=false"}, "-u", "5", "PATH")
	if v := o.variables; v["LOCUST_USERS"] != "5" || v["LOCUST_SPAWN_RATE"] != "4" || v["LOCUST_PRINT_STATS"] != "false" {
		t.Errorf("got %v", v)
	}
	// The command passes -u on in an environment variable. Since k6's -e takes precedence over the environment, the
	// command must leave out an -e argument that sets the same variable.
	o = newTest(t, plan{}).run(t, nil, "-u", "5", "-e", "LOCUST_USERS=9", "-e", "LOCUST_TAGS=slow", "--json", "PATH")
	want := []string{"run", "--quiet", "--summary-mode", "disabled", "-e", "LOCUST_TAGS=slow"}
	if got := o.record.Args; len(got) == 0 || !slices.Equal(got[1:len(got)-1], want) {
		t.Errorf("k6 got %q", got)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	c := newTest(t, plan{})
	o := c.run(t, nil, "-L", "debug", "-e", "A=1", "--env", "B=2", "PATH", "Buyer", "Visitor", "--", "--out", "json=x")
	want := []string{"run", "--quiet", "-e", "A=1", "-e", "B=2", "--verbose", "--out", "json=x", c.script}
	if got := o.record.Args; len(got) == 0 || !slices.Equal(got[1:], want) {
		t.Errorf("k6 got %q, want %q; %s", got, want, o.stderr)
	}
	if got := o.variables["LOCUST_USER_CLASSES"]; got != "Buyer,Visitor" {
		t.Errorf("the classes are %q", got)
	}
	// As in Locust, if -f sets the script, all arguments are classes.
	o = c.run(t, nil, "-f", c.script, "Buyer")
	if got := o.record.Args; o.code != 0 || got[len(got)-1] != c.script || o.variables["LOCUST_USER_CLASSES"] != "Buyer" {
		t.Errorf("with -f, k6 got %q, %v", got, o.variables)
	}
	// A directory is replaced by its script.
	o = c.run(t, nil, c.folder)
	if got := o.record.Args; o.code != 0 || got[len(got)-1] != c.script {
		t.Errorf("for a directory, k6 got %q", got)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	const failed, threw, passed = `{"requests":5,"failures":1}`, `{"requests":5,"exceptions":1}`, `{"requests":5,"failures":0}`
	for name, one := range map[string]struct {
		plan plan
		env  []string
		args []string
		want int
	}{
		"passed":                    {plan{Result: passed}, nil, nil, 0},
		"failures":                  {plan{Result: failed}, nil, nil, 1},
		"exceptions":                {plan{Result: threw}, nil, nil, 1},
		"no directory to write to":  {plan{Result: failed}, []string{"TMPDIR=/missing"}, nil, 1},
		"a custom code":             {plan{Result: failed}, nil, []string{"--exit-code-on-error", "7"}, 7},
		"a code that does not fit":  {plan{Result: failed}, nil, []string{"--exit-code-on-error", "256"}, 2},
		"a negative code":           {plan{Result: failed}, nil, []string{"--exit-code-on-error", "-1"}, 2},
		"a custom code of 0":        {plan{Result: failed}, nil, []string{"--exit-code-on-error", "0"}, 0},
		"a code from a variable":    {plan{Result: failed}, []string{"LOCUST_EXIT_CODE_ON_ERROR=8"}, nil, 8},
		"a code from -e":            {plan{Result: failed}, []string{"LOCUST_EXIT_CODE_ON_ERROR=8"}, []string{"-e", "LOCUST_EXIT_CODE_ON_ERROR=9"}, 9},
		"a flag and a variable":     {plan{Result: failed}, []string{"LOCUST_EXIT_CODE_ON_ERROR=8"}, []string{"--exit-code-on-error", "7"}, 7},
		"a code of the script":      {plan{Result: `{"failures":1,"exitCode":9}`}, nil, []string{"--exit-code-on-error", "7"}, 9},
		"a code of 0 of the script": {plan{Result: `{"failures":1,"exitCode":0}`}, nil, nil, 0},
		"a threshold and a code":    {plan{Result: `{"exitCode":0}`, Code: 99}, nil, nil, 99},
		"k6's own code":             {plan{Result: failed, Code: 99}, nil, nil, 99},
		"a mistake":                 {plan{Result: `{"isUsage":true}`, Code: 107}, nil, nil, 2},
		"a mistake in a list":       {plan{Result: `{"isUsage":true}`, Code: 107}, nil, []string{"--list"}, 2},
		"a worker":                  {plan{}, nil, []string{"--worker"}, 0},
		"no Locust users":           {plan{HasNoResult: true}, nil, nil, 104},
		"no Locust users, failed":   {plan{HasNoResult: true, Code: 99}, nil, nil, 99},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if o := newTest(t, one.plan).run(t, one.env, append(one.args, "PATH")...); o.code != one.want {
				t.Errorf("got %d, want %d; %s", o.code, one.want, o.stderr)
			}
		})
	}
}

func TestScriptsWithoutUsers(t *testing.T) {
	t.Parallel()
	noUsers := `{"scenarios":{"default":{"executor":"constant-vus","vus":1}}}`
	for name, one := range map[string]struct {
		plan     plan
		wantCode int
		wantRun  string
	}{
		"a script for k6's own client":     {plan{Source: "k6/http", Stdout: noUsers}, 2, "inspect"},
		"only the name of the module":      {plan{Source: "k6/x/locust", Stdout: noUsers}, 2, "inspect"},
		"users whose scenario is replaced": {plan{Source: "userClasses scenarios", Stdout: noUsers}, 2, "inspect"},
		"users from another module":        {plan{Source: "./users.ts", Stdout: `{"scenarios":{"s":{"userClasses":[{"name":"A"}]}}}`}, 0, "run"},
		"a broken script":                  {plan{Source: "./missing.ts", Code: 107}, 107, "run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newTest(t, one.plan).run(t, nil, "-u", "5", "PATH")
			if o.code != one.wantCode || o.record.Args[1] != one.wantRun {
				t.Errorf("code %d after k6 %s, want %d after k6 %s; %s", o.code, o.record.Args[1], one.wantCode, one.wantRun, o.stderr)
			}
			if isRejected := strings.Contains(o.stderr, "no scenario has user classes"); isRejected != (one.wantCode == 2) {
				t.Errorf("standard error: %q", o.stderr)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	empty, python := t.TempDir(), filepath.Join(t.TempDir(), "l.py")
	if err := os.WriteFile(python, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"so convert the file: k6 x locust convert " + python:                      {"-f", python},
		"PATH is missing; it must be a script or a directory with a script":       {"-u", "5"},
		"/missing.ts: no such file or directory":                                  {empty + "/missing.ts"},
		empty + ": the directory has no main.ts, main.js":                         {empty},
		"no scenario has user classes":                                            {"--list", "PATH"},
		"only a master or worker needs the number":                                {"--expect-workers", "2", "PATH"},
		"only a master waits for workers":                                         {"--expect-workers-max-wait", "2", "PATH"},
		"a run is either the master or a worker":                                  {"--master", "--worker", "PATH"},
		"--master-bind-port has no effect without --master":                       {"--master-bind-port", "5558", "PATH"},
		"--master-bind-host has no effect without --master":                       {"--worker", "--master-bind-host", "::1", "PATH"},
		"--master-host has no effect without --worker":                            {"--master", "--master-host", "10.0.0.7", "PATH"},
		"a master cannot limit the iterations":                                    {"--master", "-i", "5", "PATH"},
		"--run-time has no effect on a worker":                                    {"--worker", "-t", "5s", "PATH"},
		"--users has no effect on a worker":                                       {"--worker", "-u", "5", "PATH"},
		"LOCUST_USER is unknown: use LOCUST_USERS":                                {"-e", "LOCUST_USER=5", "PATH"},
		"a test is a single script: import the user":                              {"-f", "a.ts,b.ts"},
		"--spawnrate is unknown: use --spawn-rate":                                {"--spawnrate", "5", "PATH"},
		"unknown flag: --web-port":                                                {"--web-port", "8089", "PATH"},
		"--users needs a value":                                                   {"PATH", "-u"},
		"--run-time needs a value":                                                {"PATH", "--run-time"},
		"--host needs a value":                                                    {"--host=", "PATH"},
		"--tags must not be repeated: separate the":                               {"-T", "a", "--tags", "b", "PATH"},
		`--env must be NAME=VALUE, got "=5"`:                                      {"-e", "=5", "PATH"},
		`--json must be true or false, got "maybe"`:                               {"--json=maybe", "PATH"},
		`--no-color must be true or false, got "maybe"`:                           {"--no-color=maybe", "PATH"},
		`--autoquit must be an integer, got "x"`:                                  {"--autoquit", "x", "PATH"},
		`--loglevel must be DEBUG, INFO, WARNING, ERROR, or CRITICAL, got "LOUD"`: {"-L", "LOUD", "PATH"},
		`--headless cannot be false: only a Locust master has a web UI`:           {"--headless=false", "PATH"},
		`--headless must be true or false, got "x"`:                               {"--headless=x", "PATH"},
	} {
		o := newTest(t, plan{Stdout: `{"scenarios":{"default":{"executor":"shared-iterations","vus":1}}}`}).run(t, nil, args...)
		if o.code != 2 || !strings.Contains(o.stderr, want) || strings.Count(o.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %q; want a line with %q", args, o.code, o.stderr, want)
		}
	}
	for variable, want := range map[string]string{
		"LOCUST_EXIT_CODE_ON_ERROR=x": `LOCUST_EXIT_CODE_ON_ERROR must be an integer from 0 to 255, got "x"`,
		"LOCUST_SKIP_LOG_SETUP=x":     `LOCUST_SKIP_LOG_SETUP must be true or false, got "x"`,
		"LOCUST_MODE_MASTER=x":        `LOCUST_MODE_MASTER must be true or false, got "x"`,
		"LOCUST_LOGLEVEL=LOUD":        "LOCUST_LOGLEVEL must be DEBUG",
		"LOCUST_AUTOQUIT=x":           `LOCUST_AUTOQUIT must be an integer, got "x"`,
		"LOCUST_HEADLESS=false":       "LOCUST_HEADLESS cannot be false: only a Locust master has a web UI",
	} {
		o := newTest(t, plan{}).run(t, []string{variable}, "PATH")
		if o.code != 2 || !strings.HasPrefix(o.stderr, want) || strings.Count(o.stderr, "\n") != 1 {
			t.Errorf("%s: code %d, %s; want %s", variable, o.code, o.stderr, want)
		}
	}
}

// For a bad number, duration, or host, the error says where the value was set and which values are accepted.
func TestBadValues(t *testing.T) {
	t.Parallel()
	const duration = "a time such as 300s, 20m, 3h, or 1h30m"
	notCounts := []string{"-5", "1.5", "5k", "NaN", "many", "99999999999999999999", "0x5"}
	for _, one := range []struct {
		flag, variable, accepted string
		values, more             []string
	}{
		{"users", "LOCUST_USERS", "an integer of at least 0", notCounts, nil},
		{"iterations", "LOCUST_ITERATIONS", "an integer of at least 1", append(notCounts, "0"), nil},
		{"expect-workers", "LOCUST_EXPECT_WORKERS", "an integer of at least 1", append(notCounts, "0"), []string{"--master"}},
		{"spawn-rate", "LOCUST_SPAWN_RATE", "a number above 0", []string{"-5", "0", "5/s", "NaN", "Inf", "1e999", "fast"}, nil},
		{"processes", "LOCUST_PROCESSES", "an integer from -1 to 1000", []string{"-2", "1.5", "1001", "all"}, nil},
		{"master-port", "LOCUST_MASTER_NODE_PORT", "an integer from 1 to 65535", []string{"0", "-1", "65536", "http"}, []string{"--worker"}},
		{"master-bind-port", "LOCUST_MASTER_BIND_PORT", "an integer from 1 to 65535", []string{"0", "-1", "65536", "*"}, []string{"--master"}},
		{"exit-code-on-error", "LOCUST_EXIT_CODE_ON_ERROR", "an integer from 0 to 255", []string{"-1", "256", "1.5", "x"}, nil},
		{"run-time", "LOCUST_RUN_TIME", duration, []string{"-5s", "1.5m", "10ms", "5 min", "soon", "NaN", "99999999999h"}, nil},
		{"stop-timeout", "LOCUST_STOP_TIMEOUT", duration, []string{"-5s", "10ms", "1m5"}, nil},
		{"expect-workers-max-wait", "LOCUST_EXPECT_WORKERS_MAX_WAIT", duration, []string{"-5s", "10ms"}, []string{"--master"}},
		{"host", "LOCUST_HOST", "a URL such as http://127.0.0.1:8000", []string{"localhost", "127.0.0.1:8000", "http://a:99999"}, nil},
	} {
		for _, value := range one.values {
			for _, given := range []struct {
				source    string
				args, env []string
				files     map[string]string
			}{
				{source: "--" + one.flag, args: []string{"--" + one.flag + "=" + value}},
				{source: one.variable, args: []string{"-e", one.variable + "=" + value}},
				{source: one.variable, env: []string{one.variable + "=" + value}},
				{source: "locust.conf: " + one.flag, files: map[string]string{"locust.conf": one.flag + " = " + value}},
				{source: "pyproject.toml: " + one.flag, files: map[string]string{"pyproject.toml": "[tool.locust]\n" + one.flag + " = '" + value + "'"}},
			} {
				c := newTest(t, plan{})
				c.write(t, given.files)
				o := c.run(t, given.env, slices.Concat(given.args, one.more, []string{"PATH"})...)
				if want := fmt.Sprintf("%s must be %s, got %q\n", given.source, one.accepted, value); o.code != 2 || o.stderr != want {
					t.Errorf("%q: code %d, %q, want %q", given, o.code, o.stderr, want)
				}
			}
		}
	}
}

// k6's global flags and its log flags reach the k6 process that runs the script.
func TestInheritedFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--log-format raw --no-color PATH":                       "--log-format=raw --no-color=true",
		"-c own.json --secret-source a --secret-source b=c PATH": "--config=own.json --secret-source=a --secret-source=b=c",
		"--logfile x.log -L DEBUG PATH":                          "--verbose --log-output=file=x.log",
		"--skip-log-setup --logfile x.log -L DEBUG PATH":         "",
	} {
		o := newTest(t, plan{}).run(t, nil, strings.Fields(args)...)
		if got := strings.Join(o.record.Args[2:max(2, len(o.record.Args)-1)], " "); got != strings.TrimSpace("--quiet "+want) {
			t.Errorf("%s: k6 got %s, want %s; %s", args, got, want, o.stderr)
		}
	}
	o := newTest(t, plan{Stdout: `{"scenarios":{"s":{"userClasses":[{"name":"A"}]}}}`}).run(t, nil, "--list", "--log-format", "raw", "PATH")
	if !slices.Contains(o.record.Args, "--log-format=raw") {
		t.Errorf("k6 inspect got %q", o.record.Args)
	}
}

func TestLocustfileVariable(t *testing.T) {
	t.Parallel()
	c, other := newTest(t, plan{}), newTest(t, plan{})
	env := []string{"LOCUST_LOCUSTFILE=" + c.script}
	if o := c.run(t, env, "Buyer"); o.code != 0 || o.variables["LOCUST_USER_CLASSES"] != "Buyer" {
		t.Errorf("code %d, %v; %s", o.code, o.variables, o.stderr)
	}
	// A path takes precedence over LOCUST_LOCUSTFILE.
	if o := other.run(t, env, "PATH"); o.code != 0 || o.record.Args[len(o.record.Args)-1] != other.script {
		t.Errorf("code %d, %q; %s", o.code, o.record.Args, o.stderr)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if o := newTest(t, plan{}).run(t, nil, "-V"); o.code != 0 || o.stdout != "k6 v0\n" {
		t.Errorf("code %d, %q; %s", o.code, o.stdout, o.stderr)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	inspected := plan{Stdout: `{"scenarios":{"locust":{"executor":"locust","runTime":"5m0s","gracefulStop":null,"userClasses":[
		{"name":"Buyer","weight":1,"fixedCount":2,"host":"http://a"},{"name":"Visitor","weight":3}]}}}`}
	inspected.Stdout = strings.Replace(inspected.Stdout, `"5m0s"`, `"5m"`, 1)
	o := newTest(t, inspected).run(t, nil, "--list", "-e", "A=1", "-u", "5", "PATH")
	if o.stdout != "Buyer\nVisitor\n" || !slices.Equal(o.record.Args[1:5], []string{"inspect", "--include-system-env-vars", "-e", "A=1"}) || o.variables["LOCUST_USERS"] != "5" {
		t.Errorf("--list: %d, %q, %s", o.code, o.stdout, o.stderr)
	}
	ratios := `"taskRatios":[{"Name":"Buyer","Ratio":1,"Tasks":[{"Name":"search","Ratio":0.75},{"Name":"Basket","Ratio":0.25,"Tasks":[{"Name":"add","Ratio":1}]}]}],`
	o = newTest(t, plan{Stdout: strings.Replace(inspected.Stdout, `"runTime"`, ratios+`"runTime"`, 1)}).run(t, nil, "--show-task-ratio", "PATH")
	want := " 100.0      Buyer\n   75.0       search\n   25.0       Basket\n     100.0      add\n"
	if !strings.HasSuffix(o.stdout, want) || !strings.Contains(o.stdout, "Task ratio per User class") {
		t.Errorf("--show-task-ratio prints\n%s, want\n%s", o.stdout, want)
	}
	o = newTest(t, inspected).run(t, nil, "--stub", "PATH")
	for _, want := range []string{"import locust", "class Buyer(locust.User):", "fixed_count = 2", "class Visitor(locust.User):", "weight = 3"} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("--stub does not print %q: %s", want, o.stdout)
		}
	}
	// If several scenarios use a class, it is listed only once.
	several := `{"scenarios":{"z":{"userClasses":[{"name":"Buyer"}]},"ping":{"executor":"shared-iterations","vus":1,"iterations":2},"a":{"userClasses":[{"name":"Visitor"},{"name":"Buyer"}]}}}`
	if o := newTest(t, plan{Stdout: several}).run(t, nil, "--list", "PATH"); o.stdout != "Visitor\nBuyer\n" {
		t.Errorf("--list with several scenarios: %q, %s", o.stdout, o.stderr)
	}
	if o := newTest(t, plan{Code: 107}).run(t, nil, "--stub", "PATH"); o.code != 107 || o.stdout != "" {
		t.Errorf("for a broken script: code %d, output %q", o.code, o.stdout)
	}
}

// Each signal reaches k6 once, and the command exits with k6's exit code. A signal that follows at once is a repetition:
// timeout(1) sends its signal to the command, and to the group of processes that the command belongs to.
func TestSignals(t *testing.T) {
	t.Parallel()
	for i, sent := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, os.Interrupt} {
		wanted := 1 + i/3
		c := newTest(t, plan{WaitsForSignals: wanted, Code: 105})
		command := c.command(t, nil, c.script)
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		var once sync.Once
		buffer := make([]byte, 100)
		for {
			_, err := stdout.Read(buffer)
			once.Do(func() {
				for i := range wanted {
					time.Sleep(time.Duration(i) * time.Second)
					_ = command.Process.Signal(sent)
					time.Sleep(5 * time.Millisecond)
					_ = command.Process.Signal(sent)
				}
			})
			if err != nil {
				break
			}
		}
		_ = command.Wait()
		if o := c.outcome(t, command, "", ""); o.code != 105 || o.record.Signals != wanted {
			t.Errorf("%v: code %d, %d signals", sent, o.code, o.record.Signals)
		}
	}
}

func TestKilled(t *testing.T) {
	t.Parallel()
	o := newTest(t, plan{IsKilled: true}).run(t, nil, "PATH")
	if want := "the run has no result, because k6 was killed: signal: killed\n"; o.code != 137 || o.stderr != want {
		t.Errorf("got %d, %q, want 137, %q", o.code, o.stderr, want)
	}
}

func TestSkipCatalog(t *testing.T) {
	const variable = "K6_AUTO_EXTENSION_RESOLUTION"
	for name, test := range map[string]struct {
		args      string
		set, want string
	}{
		"the command":          {args: "k6 x locust -u 1", want: "false"},
		"set by the user":      {args: "k6 x locust", set: "true", want: "true"},
		"another command":      {args: "k6 x explore"},
		"a run":                {args: "k6 run x.ts"},
		"no command":           {args: "k6"},
		"the list of commands": {args: "k6 x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(variable, test.set)
			if test.set == "" {
				_ = os.Unsetenv(variable)
			}
			if err := cli.SkipCatalog(strings.Fields(test.args)); err != nil {
				t.Fatal(err)
			}
			if got := os.Getenv(variable); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
