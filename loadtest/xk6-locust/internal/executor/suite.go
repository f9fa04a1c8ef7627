package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
	"gopkg.in/guregu/null.v3"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// suite is a test with several scenarios. At least one of them has Locust users. A suite reports on each scenario and
// on the whole test. It replaces k6's runner, so that it sees the requests of scenarios with other executors, and
// notices when all scenarios have ended.
type suite struct {
	lib.Runner

	test    *lib.TestRunState
	logger  logrus.FieldLogger
	numbers engine.Numbers
	// config contains the options of the reports. Its users and spawn rate are the sums for all scenarios, and its run
	// time is the longest.
	config engine.Config
	hosts  []string
	// hasTeardown is false if k6 runs without the script's teardown().
	hasTeardown bool
	// observed contains the scenarios with k6's own executors, by name.
	observed map[string]*observed
	starting sync.Once
	startErr error
	total    *engine.Summary
	// over is closed when all scenarios have ended.
	over chan struct{}

	mutex   sync.Mutex
	engines map[string]*engine.Engine
	// hasFailed is true if k6 reports the error of a scenario. verdicts contains the errors that k6 does not report.
	hasFailed bool
	verdicts  []error
}

var _ lib.Runner = &suite{}

// suiteOf returns the suite of a test, and adds the scenario of an executor to it.
func suiteOf(test *lib.TestRunState, x *Executor) (*suite, error) {
	s, ok := test.Runner.(*suite)
	if !ok {
		s = &suite{
			Runner: test.Runner, test: test, logger: test.Logger, hasTeardown: !test.Options.NoTeardown.Bool,
			observed: map[string]*observed{}, engines: map[string]*engine.Engine{}, over: make(chan struct{}),
		}
		for name, config := range test.Options.Scenarios {
			if config.GetType() != Type {
				s.observed[name] = &observed{suite: s, name: name, recorder: stats.NewRecorder()}
			}
		}
		test.Runner = s
		// k6 must call Teardown.
		test.Options.NoTeardown = null.BoolFrom(false)
	}
	return s, s.add(x.config.Config)
}

var errPaths = errors.New("must be the same in all scenarios, because each scenario adds its name to it")

// add adds the options of a scenario to those of the test.
func (s *suite) add(config engine.Config) error {
	own := &s.config.Options
	for _, path := range []struct {
		name     string
		to       *string
		scenario string
	}{{"csv", &own.CSV, config.CSV}, {"html", &own.HTML, config.HTML}, {"jsonFile", &own.JSONFile, config.JSONFile}} {
		if *path.to != "" && path.scenario != "" && *path.to != path.scenario {
			return fmt.Errorf("%s %w, got %s and %s", path.name, errPaths, *path.to, path.scenario)
		}
		*path.to = cmp.Or(*path.to, path.scenario)
	}
	own.CSVFullHistory = own.CSVFullHistory || config.CSVFullHistory
	own.JSON = own.JSON || config.JSON
	own.PrintStats = own.PrintStats || config.PrintStats
	own.OnlySummary = own.OnlySummary || config.OnlySummary
	own.Result = cmp.Or(own.Result, config.Result)
	own.Users += config.Users
	own.SpawnRate += config.SpawnRate
	own.RunTime = max(own.RunTime, config.RunTime)
	s.config.Script = cmp.Or(s.config.Script, config.Script, scriptName())
	for _, class := range config.Classes {
		if host := cmp.Or(config.Host, class.Host); host != "" && !slices.Contains(s.hosts, host) {
			s.hosts = append(s.hosts, host)
		}
	}
	return nil
}

// reportsOf returns config with the report options of the test. To keep the files of scenarios apart, it adds the
// scenario's name to each path.
func (s *suite) reportsOf(name string, config engine.Config) engine.Config {
	own := s.config.Options
	config.CSV, config.HTML, config.JSONFile = own.CSV, own.HTML, own.JSONFile
	config.CSVFullHistory, config.JSON, config.Result = own.CSVFullHistory, own.JSON, own.Result
	config.PrintStats, config.OnlySummary = own.PrintStats, own.OnlySummary
	for _, path := range []*string{&config.CSV, &config.JSONFile} {
		if *path != "" {
			*path += "_" + name
		}
	}
	if config.HTML != "" {
		extension := filepath.Ext(config.HTML)
		config.HTML = strings.TrimSuffix(config.HTML, extension) + "_" + name + extension
	}
	return config
}

// start starts the report of the test. Only the first call has an effect.
func (s *suite) start() error {
	s.starting.Do(func() {
		config := s.config
		config.Host = strings.Join(s.hosts, ", ")
		s.total, s.startErr = engine.NewSummary(config, s.environment("", s.logger), s.users, nil)
		s.startErr = withCode(s.startErr)
	})
	return s.startErr
}

// withCode adds an exit code to the error of a report, unless the error already has one. It is the same exit code as in
// a test with one scenario.
func withCode(err error) error {
	if err == nil {
		return nil
	}
	return errext.WithExitCodeIfNone(err, exitcodes.ScriptException)
}

// environment returns the environment of an engine that only prints a summary. It passes nothing on to k6's metrics.
func (s *suite) environment(scenario string, logger logrus.FieldLogger) engine.Environment {
	return engine.Environment{
		Stdout: os.Stdout, Stderr: os.Stderr, Log: logTo(logger), Scenario: scenario,
		Users: func(int) {}, Requirement: func(string, bool) {}, Requests: func(*stats.Stats) {},
	}
}

// users returns the number of users and VUs of all scenarios.
func (s *suite) users() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	count := 0
	for _, e := range s.engines {
		if !e.IsFinished() {
			count += e.UserCount()
		}
	}
	for _, o := range s.observed {
		count += int(o.users.Load())
	}
	return count
}

// join connects the engine of a scenario to the report of the test.
func (s *suite) join(x *Executor, environment *engine.Environment) {
	name := x.config.GetName()
	environment.Scenario, environment.Numbers, environment.Begin = name, &s.numbers, s.start
	environment.Collected = func(delta *stats.Stats) { s.total.Add(name, delta) }
	environment.Reset = func() { s.total.Reset(name) }
}

// begin adds the users of an engine to the number of users of the test.
func (s *suite) begin(name string, e *engine.Engine) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.engines[name] = e
}

// leave records the end of a scenario: the error that k6 reports, and the verdict that Teardown returns after all
// scenarios.
func (s *suite) leave(failure, verdict error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.hasFailed = s.hasFailed || failure != nil
	if verdict != nil {
		s.verdicts = append(s.verdicts, verdict)
	}
}

// Setup runs the script's setup() and starts the report of the test.
func (s *suite) Setup(ctx context.Context, out chan<- metrics.SampleContainer) error {
	if err := s.Runner.Setup(ctx, out); err != nil {
		return err
	}
	_ = s.start() // the first scenario with Locust users reports the error
	return nil
}

// Teardown writes the report of the test and runs the script's teardown(). k6 calls it after all scenarios have ended.
// It returns the worst verdict, unless k6 reports another error.
func (s *suite) Teardown(ctx context.Context, out chan<- metrics.SampleContainer) error {
	err := s.finish()
	if s.hasTeardown {
		if failure := s.Runner.Teardown(ctx, out); failure != nil {
			return failure
		}
	}
	return err
}

func (s *suite) finish() error {
	close(s.over)
	if err := s.start(); err != nil {
		return err
	}
	var failures []error
	parts := map[string]engine.Part{}
	for name, o := range s.observed {
		part, err := o.stop()
		parts[name] = part
		failures = append(failures, err)
	}
	for name, e := range s.begun() {
		parts[name] = e.Part()
	}
	var sorted []engine.Part
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		sorted = append(sorted, parts[name])
	}
	failures = append(failures, s.total.Stop(sorted))
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := errors.Join(failures...); err != nil || s.hasFailed {
		return withCode(err)
	}
	return worst(s.verdicts)
}

// begun returns the engines that have run, by scenario.
func (s *suite) begun() map[string]*engine.Engine {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return maps.Clone(s.engines)
}

// worst combines verdicts into one error with the exit code of the worst verdict.
func worst(verdicts []error) error {
	rank := func(verdict error) int {
		return slices.IndexFunc([]error{errRequirements, errLate, errExitCode, errExceptions}, func(kind error) bool { return errors.Is(verdict, kind) })
	}
	code := func(verdict error) exitcodes.ExitCode {
		var coded errext.HasExitCode
		_ = errors.As(verdict, &coded)
		return coded.ExitCode()
	}
	if len(verdicts) == 0 {
		return nil
	}
	first := slices.MinFunc(verdicts, func(a, b error) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(code(b), code(a))) })
	var texts []string
	for _, verdict := range verdicts {
		if rank(verdict) == rank(first) {
			texts = append(texts, verdict.Error())
		}
	}
	slices.Sort(texts)
	return errext.WithExitCodeIfNone(errors.New(strings.Join(texts, "; ")), code(first)) //nolint:err113 // joined
}
