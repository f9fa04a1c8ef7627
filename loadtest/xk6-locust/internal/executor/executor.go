// Package executor implements the k6 executor "locust". It runs the engine, and gives it one VU per JavaScript runtime.
package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/lib"
	k6executor "go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
)

// Type is the name of the executor in a scenario.
const Type = "locust"

// exitCodeLate is the exit code if the lateness of this process may have changed the verdict. k6 itself never uses this
// code.
const exitCodeLate exitcodes.ExitCode = 120

// Names of the extension's own metrics: the number of running users, and the results of the requirements.
const (
	UsersMetric        = "users"
	RequirementsMetric = "requirements"
)

// gcPercent is how much the heap may grow between two garbage collections, in percent. The variable GOGC takes
// precedence.
const gcPercent = 400

// Scenario is a scenario as the script defines it.
type Scenario struct {
	Executor string `json:"executor"`
	engine.Config
}

// Config is a scenario as k6 parses it.
type Config struct {
	k6executor.BaseConfig
	engine.Config
}

var (
	_ lib.ExecutorConfig = &Config{}
	_ lib.Executor       = &Executor{}
)

// used is true if k6 has parsed a scenario with the executor.
var used atomic.Bool

// IsUsed reports whether the test has scenarios with Locust users. Before k6 has read the script's options, it returns
// false.
func IsUsed() bool { return used.Load() }

// Register registers the executor with k6. Call it once, in an init function.
func Register() {
	lib.RegisterExecutorConfigType(Type, func(name string, rawJSON []byte) (lib.ExecutorConfig, error) {
		used.Store(true)
		config := &Config{BaseConfig: k6executor.NewBaseConfig(name, Type)}
		if err := lib.StrictJSONUnmarshal(rawJSON, config); err != nil {
			return nil, fmt.Errorf("scenario %s: %w", name, err)
		}
		config.Processes = runtimes(config.Config.Options)
		return config, nil
	})
}

// runtimes returns the number of JavaScript runtimes. A master has only one, for the load shape.
func runtimes(options locust.Options) int {
	switch {
	case options.Master:
		return 1
	case options.Processes <= 0:
		return worker.CPUs
	default:
		return options.Processes
	}
}

// Validate returns errors in the scenario.
func (c *Config) Validate() []error {
	failures := c.BaseConfig.Validate()
	if err := c.Check(); err != nil {
		failures = append(failures, err)
	}
	if c.GracefulStop.ValueOrZero() > 0 {
		failures = append(failures, errGraceful)
	}
	return failures
}

var errGraceful = errors.New("gracefulStop has no effect on users: set stopTimeout in locust.scenario")

// GetDescription describes the run in one line.
func (c *Config) GetDescription(*lib.ExecutionTuple) string {
	what := fmt.Sprintf("%s, started at %v per second", engine.Counted(float64(c.Users), "user"), c.SpawnRate)
	switch {
	case c.Worker:
		what = fmt.Sprintf("worker of the master at %s:%d", c.MasterHost, c.MasterPort)
	case c.HasShape:
		what = "users set by the load shape"
	case c.IsOpenLoop():
		what = fmt.Sprintf("%v tasks/s, at most %d in flight", c.ArrivalRate, c.MaxInFlight)
	}
	if c.Master {
		what = fmt.Sprintf("master on port %d: %s", c.MasterBindPort, what)
	}
	if c.RunTime > 0 {
		what += fmt.Sprintf(" for %v", c.RunTime)
	}
	processes := fmt.Sprintf("%d processes", c.Processes)
	if c.Processes == 1 {
		processes = "1 process"
	}
	return what + ", in " + processes
}

// GetExecutionRequirements requests one VU per JavaScript runtime. Users do not need VUs of their own.
func (c *Config) GetExecutionRequirements(*lib.ExecutionTuple) []lib.ExecutionStep {
	steps := []lib.ExecutionStep{{PlannedVUs: uint64(c.Processes)}}
	if c.RunTime > 0 && !c.Worker && !c.Master {
		end := time.Duration(c.RunTime) + time.Duration(c.StopTimeout) + c.GetGracefulStop()
		steps = append(steps, lib.ExecutionStep{TimeOffset: end})
	}
	return steps
}

// IsDistributable returns false. To use several machines, run a master and workers.
func (*Config) IsDistributable() bool { return false }

// HasWork always returns true.
func (*Config) HasWork(*lib.ExecutionTuple) bool { return true }

var (
	errSeveral   = errors.New("a master or worker must have a single scenario")
	errProcesses = errors.New("the archive was made for fewer processes: make it again with -e LOCUST_PROCESSES")
)

// NewExecutor creates the executor of a test run. Its errors have k6's exit code for an invalid configuration.
func (c *Config) NewExecutor(state *lib.ExecutionState, logger *logrus.Entry) (lib.Executor, error) {
	config, err := c.forRun(state.Test)
	if err != nil {
		return nil, errext.WithExitCodeIfNone(fmt.Errorf("scenario %s: %w", c.GetName(), err), exitcodes.InvalidConfig)
	}
	endOnHangup()
	x := &Executor{BaseExecutor: k6executor.NewBaseExecutor(config, state, logger), config: config, state: state}
	if defined, run, last := definitions(state.Test.Options.Scenarios); run < defined && c.GetName() == last {
		logger.Warnf(dropped, defined, run)
	}
	if len(state.Test.Options.Scenarios) > 1 {
		if x.suite, err = suiteOf(state.Test, x); err != nil {
			return nil, errext.WithExitCodeIfNone(fmt.Errorf("scenario %s: %w", c.GetName(), err), exitcodes.InvalidConfig)
		}
	}
	return x, nil
}

// dropped is the warning about scenarios that the script defined but that do not run.
const dropped = "the script calls locust.options or locust.scenario %d times, but the test contains only %d of the results. " +
	"To run several scenarios, write each under its own name: scenarios: { browse: locust.scenario({ … }), buy: locust.scenario({ … }) }"

// definitions returns how many scenarios with Locust users the script has defined, up to the last one that runs, how many
// of these run, and the name of a scenario for the last one.
func definitions(scenarios lib.ScenarioConfigs) (defined, run int, last string) {
	found := map[int]bool{}
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		config, ok := scenarios[name].(*Config)
		if !ok {
			continue
		}
		found[config.Definition] = true
		if config.Definition >= defined {
			defined, last = config.Definition+1, name
		}
	}
	return defined, len(found), last
}

// forRun returns the configuration with the overrides from Locust's variables. They are applied again for each run,
// because an archive contains the options from the time when it was created.
func (c *Config) forRun(test *lib.TestRunState) (*Config, error) {
	if err := network.Check(test.Options); err != nil {
		return nil, err
	}
	config := *c
	options, err := c.Override(func(name string) (string, bool) {
		value := c.GetEnv()[name]
		if value == "" {
			value = test.RuntimeOptions.Env[name]
		}
		return value, value != ""
	})
	if err != nil {
		return nil, err
	}
	options.Processes = runtimes(options)
	if options.Processes > c.Processes {
		return nil, fmt.Errorf("%w, got %d instead of %d", errProcesses, options.Processes, c.Processes)
	}
	config.Config.Options = options
	if err := config.Check(); err != nil {
		return nil, err
	}
	if (options.Master || options.Worker) && len(test.Options.Scenarios) > 1 {
		return nil, fmt.Errorf("%w, got %s: remove the others, or run without --master and --worker", errSeveral,
			strings.Join(slices.Sorted(maps.Keys(test.Options.Scenarios)), ", "))
	}
	if options.Master {
		if err := checkThresholds(test.Options.Thresholds); err != nil {
			return nil, err
		}
	}
	if !test.RuntimeOptions.NoThresholds.Bool {
		if err := checkUserThresholds(test.Options); err != nil {
			return nil, err
		}
	}
	_, err = engine.SelectClasses(config.Classes, config.UserClasses)
	return &config, err
}

// Executor runs one scenario.
type Executor struct {
	*k6executor.BaseExecutor

	config *Config
	state  *lib.ExecutionState
	// suite is nil if the test has no other scenarios.
	suite *suite
}

var errEndedEarly = errors.New("the default function returned before the end of the run: use export default locust.run")

// Run runs the engine, with one VU per JavaScript runtime.
func (x *Executor) Run(ctx context.Context, out chan<- metrics.SampleContainer) error {
	if x.suite == nil {
		e, err := x.runEngine(ctx, x.config.Config, x.environment(ctx, out))
		if err != nil || ctx.Err() != nil {
			return err
		}
		return x.judge(e)
	}
	environment := x.environment(ctx, out)
	x.suite.join(x, &environment)
	e, err := x.runEngine(ctx, x.suite.reportsOf(x.config.GetName(), x.config.Config), environment)
	var verdict error
	if err == nil && ctx.Err() == nil {
		// Returning an error would make k6 stop the other scenarios.
		if verdict = x.judge(e); verdict != nil {
			verdict = fmt.Errorf("scenario %s: %w", x.config.GetName(), verdict)
		}
	}
	x.suite.leave(err, verdict)
	return err
}

// runEngine runs the engine, with one VU per JavaScript runtime. It returns no engine if the configuration is invalid.
func (x *Executor) runEngine(ctx context.Context, config engine.Config, environment engine.Environment) (*engine.Engine, error) {
	if config.Script == "" {
		config.Script = scriptName()
	}
	defer tune(config.Processes)()
	e, err := engine.New(config, environment)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", x.config.GetName(), err)
	}
	if x.suite != nil {
		x.suite.begin(x.config.GetName(), e)
	}
	// When k6 is interrupted, the engine stops all users first. The VUs stop after the engine.
	vuContext, interrupt := context.WithCancel(engine.WithEngine(context.WithoutCancel(ctx), e))
	defer interrupt()
	start := time.Now()
	vuContext = lib.WithScenarioState(vuContext, &lib.ScenarioState{
		Name: x.config.GetName(), Executor: Type, StartTime: start,
		ProgressFn: func() (float64, []string) { return progress(time.Since(start), time.Duration(config.RunTime)), nil },
	})
	runContext, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var vus, scripts sync.WaitGroup
	for range x.config.Processes {
		vu, err := x.state.GetPlannedVU(x.GetLogger(), true)
		if err != nil {
			cancel(err)
			break
		}
		vus.Add(1)
		scripts.Go(func() { x.runVU(vuContext, vu, vus.Done, cancel) })
	}
	err = e.Run(runContext)
	if cause := context.Cause(runContext); cause != nil && ctx.Err() == nil {
		err = cause
	}
	if e.IsFinished() {
		waitAtMost(&scripts, returnGrace)
	}
	interrupt()
	vus.Wait()
	if errors.Is(err, engine.ErrWorkers) {
		return e, errext.WithExitCodeIfNone(err, exitCodeWorkers)
	}
	if err != nil {
		return e, errext.WithExitCodeIfNone(common.UnwrapSobekInterruptedError(err), exitcodes.ScriptException)
	}
	return e, nil
}

// progress returns the part of the run time that has passed, from 0 to 1. Without a run time, it returns 0.
func progress(passed, runTime time.Duration) float64 {
	if runTime == 0 {
		return 0
	}
	return min(1, passed.Seconds()/runTime.Seconds())
}

// tuned contains Go's original settings, and the numbers of running scenarios and of their runtimes.
var tuned struct {
	sync.Mutex

	scenarios, runtimes, gcPercent, processors int
}

// tune adapts Go's settings to a number of JavaScript runtimes. The returned function restores the previous settings.
func tune(runtimes int) func() {
	tuned.Lock()
	defer tuned.Unlock()
	// A run allocates a lot but retains little. Fewer collections reduced the CPU time per request by 12% (two rounds
	// of each).
	setsGC := os.Getenv("GOGC") == ""
	if setsGC && tuned.scenarios == 0 {
		tuned.gcPercent = debug.SetGCPercent(gcPercent)
	}
	if tuned.scenarios == 0 {
		tuned.processors = runtime.GOMAXPROCS(0)
	}
	tuned.scenarios++
	// Each runtime holds one of Go's processors while it waits for sockets and timers. With one spare processor per
	// runtime, Go does not take a runtime's processor away after each wait. This reduced the CPU time per request by
	// 20% and the 99th percentile of the response time from 7 to 0.5 ms (250 users who pause, one round of each). The
	// variable GOMAXPROCS takes precedence.
	setsProcessors := os.Getenv("GOMAXPROCS") == ""
	if setsProcessors {
		tuned.runtimes += runtimes
		runtime.GOMAXPROCS(worker.CPUs + tuned.runtimes)
	}
	return func() {
		tuned.Lock()
		defer tuned.Unlock()
		tuned.scenarios--
		if setsGC && tuned.scenarios == 0 {
			debug.SetGCPercent(tuned.gcPercent)
		}
		if setsProcessors {
			tuned.runtimes -= runtimes
			if tuned.scenarios == 0 {
				runtime.GOMAXPROCS(tuned.processors)
			} else {
				runtime.GOMAXPROCS(worker.CPUs + tuned.runtimes)
			}
		}
	}
}

var (
	errRequirements = errors.New("requirements were not met")
	errExceptions   = errors.New("the script failed")
	errExitCode     = errors.New("the script set the exit code")
	errLate         = errors.New("no verdict, because this process was too late")
)

// judge returns an error for a run that k6 would otherwise report as a success. It does so if a requirement without a
// threshold was not met, if there is no verdict, if the script set an exit code, or if a task threw an error. It warns
// if no request was counted, or if users made fewer requests than the options require. `k6 x locust` and a Locust
// master have their own exit codes for errors in tasks.
func (x *Executor) judge(e *engine.Engine) error {
	if e.Requests() == 0 && e.Exceptions() == 0 && !x.config.Worker {
		x.GetLogger().Warn("no request was counted: only requests of this.client that end during the run are counted, not requests of k6/http")
	}
	for _, reason := range e.Shortfall() {
		x.GetLogger().Warn(reason)
	}
	options := x.state.Test.Options
	_, hasThreshold := options.Thresholds[RequirementsMetric]
	if failed := e.FailedRequirements(); len(failed) > 0 && !hasThreshold && !x.state.Test.RuntimeOptions.NoThresholds.Bool {
		return errext.WithExitCodeIfNone(fmt.Errorf("%w: %s", errRequirements, strings.Join(failed, ", ")), exitcodes.ThresholdsHaveFailed)
	}
	if refusal := e.Refusal(); refusal != "" && !x.state.Test.RuntimeOptions.NoThresholds.Bool {
		return errext.WithExitCodeIfNone(fmt.Errorf("%w: %s", errLate, refusal), exitCodeLate)
	}
	// `k6 x locust` reads this code from the result and exits with it.
	if code := e.ExitCode(); code != nil && x.config.Result == "" {
		if *code == 0 {
			return nil
		}
		return errext.WithExitCodeIfNone(fmt.Errorf("%w %d", errExitCode, *code), exitcodes.ExitCode(*code))
	}
	if count := e.Exceptions(); count > 0 && x.config.Result == "" && !x.config.Worker {
		return errext.WithExitCodeIfNone(
			fmt.Errorf("%w: its tasks threw %s", errExceptions, engine.Counted(float64(count), "error")), exitcodes.ScriptException)
	}
	return nil
}

// returnGrace is the time after the end of the engine in which scripts can hand over their last samples and return.
const returnGrace = 5 * time.Second

func waitAtMost(group *sync.WaitGroup, limit time.Duration) {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// runVU calls the script's function once in a VU. The function returns when the engine has stopped.
func (x *Executor) runVU(ctx context.Context, initialized lib.InitializedVU, returned func(), fail func(error)) {
	active := initialized.Activate(&lib.VUActivationParams{
		RunContext: ctx, Scenario: x.config.GetName(), Exec: x.config.GetExec(), Env: x.config.GetEnv(), Tags: x.config.GetTags(),
		DeactivateCallback: func(vu lib.InitializedVU) {
			x.state.ReturnVU(vu, true)
			returned()
		},
		GetNextIterationCounters: func() (uint64, uint64) { return 0, 0 },
	})
	err := active.RunOnce()
	switch {
	case ctx.Err() != nil || engine.From(ctx).IsFinished():
		x.state.AddFullIterations(1)
	case err != nil:
		fail(err)
	default:
		fail(errEndedEarly)
	}
}

// environment connects the engine to k6's log and metrics.
func (x *Executor) environment(ctx context.Context, out chan<- metrics.SampleContainer) engine.Environment {
	registry := x.state.Test.Registry
	push := func(name string, value float64, tags map[string]string) {
		metric := registry.Get(name)
		if metric == nil {
			return
		}
		set := x.state.Test.RunTags.With("scenario", x.config.GetName()).WithTagsFromMap(tags)
		metrics.PushIfNotDone(context.WithoutCancel(ctx), out, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: metric, Tags: set}, Time: time.Now(), Value: value,
		})
	}
	return engine.Environment{
		Stdout: os.Stdout, Stderr: os.Stderr,
		Log:   logTo(x.GetLogger()),
		Users: func(count int) { push(UsersMetric, float64(count), nil) },
		Requirement: func(name string, ok bool) {
			value := 0.0
			if ok {
				value = 1
			}
			push(RequirementsMetric, value, map[string]string{"requirement": name})
		},
		Requests: x.workersRequests(ctx, out),
	}
}

// logTo returns a function that logs to k6's log.
func logTo(logger logrus.FieldLogger) func(level, message string) {
	return func(level, message string) {
		switch level {
		case "debug":
			logger.Debug(message)
		case "warning":
			logger.Warn(message)
		case "error":
			logger.Error(message)
		default:
			logger.Info(message)
		}
	}
}

// scriptName returns the base name of k6's script. The script is the last argument that names a file.
func scriptName() string {
	for i := len(os.Args) - 1; i > 0; i-- {
		if info, err := os.Stat(os.Args[i]); err == nil && info.Mode().IsRegular() {
			return filepath.Base(os.Args[i])
		}
	}
	return ""
}
