// Package executor implements the k6 executor "locust". It runs the engine, and gives it one VU per JavaScript runtime.
package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/lib"
	k6executor "go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
)

// Type is the name of the executor in a scenario.
const Type = "locust"

// Names of the extension's own metrics: the number of running users, and the requirements that were met.
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

// Register registers the executor with k6. Call it once, in an init function.
func Register() {
	lib.RegisterExecutorConfigType(Type, func(name string, rawJSON []byte) (lib.ExecutorConfig, error) {
		config := &Config{BaseConfig: k6executor.NewBaseConfig(name, Type)}
		if err := lib.StrictJSONUnmarshal(rawJSON, config); err != nil {
			return nil, fmt.Errorf("scenario %s: %w", name, err)
		}
		if config.Processes <= 0 {
			config.Processes = runtime.GOMAXPROCS(0)
		}
		return config, nil
	})
}

// Validate returns all errors in the scenario.
func (c *Config) Validate() []error {
	failures := c.BaseConfig.Validate()
	if err := c.Check(); err != nil {
		failures = append(failures, err)
	}
	return failures
}

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
	if c.RunTime > 0 {
		what += fmt.Sprintf(" for %v", c.RunTime)
	}
	processes := fmt.Sprintf("%d processes", c.Processes)
	if c.Processes == 1 {
		processes = "1 process"
	}
	return what + ", in " + processes
}

// GetExecutionRequirements requests one VU per process. Users need no VUs of their own.
func (c *Config) GetExecutionRequirements(*lib.ExecutionTuple) []lib.ExecutionStep {
	steps := []lib.ExecutionStep{{PlannedVUs: uint64(c.Processes)}}
	if c.RunTime > 0 && !c.Worker {
		end := time.Duration(c.RunTime) + time.Duration(c.StopTimeout) + c.GetGracefulStop()
		steps = append(steps, lib.ExecutionStep{TimeOffset: end})
	}
	return steps
}

// IsDistributable returns false. To use several machines, run workers of a Locust master.
func (*Config) IsDistributable() bool { return false }

// HasWork always returns true.
func (*Config) HasWork(*lib.ExecutionTuple) bool { return true }

// NewExecutor creates the executor of a test run.
func (c *Config) NewExecutor(state *lib.ExecutionState, logger *logrus.Entry) (lib.Executor, error) {
	return &Executor{BaseExecutor: k6executor.NewBaseExecutor(c, state, logger), config: c, state: state}, nil
}

// Executor runs one scenario.
type Executor struct {
	*k6executor.BaseExecutor

	config *Config
	state  *lib.ExecutionState
}

var errEndedEarly = errors.New("the default function returned before the end of the run: use export default locust.run")

// Run runs the engine in one VU per process.
func (x *Executor) Run(ctx context.Context, out chan<- metrics.SampleContainer) error {
	config := x.config.Config
	if config.Script == "" {
		config.Script = scriptName()
	}
	// A run allocates a lot but retains little. Fewer collections reduced the CPU time per request by 12% (two rounds
	// of each).
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	e, err := engine.New(config, x.environment(ctx, out))
	if err != nil {
		return fmt.Errorf("scenario %s: %w", x.config.GetName(), err)
	}
	// When k6 is interrupted, the engine stops all users first. The VUs stop after the engine.
	vuContext, interrupt := context.WithCancel(engine.WithEngine(context.WithoutCancel(ctx), e))
	defer interrupt()
	vuContext = lib.WithScenarioState(vuContext, &lib.ScenarioState{
		Name: x.config.GetName(), Executor: Type, StartTime: time.Now(), ProgressFn: func() (float64, []string) { return 0, nil },
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
	return err
}

// returnGrace is the time that scripts have to hand over their last samples and return after the engine has stopped.
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
		Log: func(level, message string) {
			parsed, err := logrus.ParseLevel(level)
			if err != nil {
				parsed = logrus.InfoLevel
			}
			x.GetLogger().Log(parsed, message)
		},
		Users: func(count int) { push(UsersMetric, float64(count), nil) },
		Requirement: func(name string, ok bool) {
			value := 0.0
			if ok {
				value = 1
			}
			push(RequirementsMetric, value, map[string]string{"requirement": name})
		},
	}
}

// scriptName returns the base name of the last argument that is a file, which is the script that k6 runs.
func scriptName() string {
	for i := len(os.Args) - 1; i > 0; i-- {
		if info, err := os.Stat(os.Args[i]); err == nil && info.Mode().IsRegular() {
			return filepath.Base(os.Args[i])
		}
	}
	return ""
}
