package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib"
	k6executor "go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/lib/types"
	"go.k6.io/k6/v2/metrics"
	"gopkg.in/guregu/null.v3"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/executor"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
)

func TestMain(m *testing.M) {
	executor.Register()
	os.Exit(m.Run())
}

const classes = `"userClasses":[{"name":"A","weight":1}]`

func parse(t *testing.T, scenario string) lib.ExecutorConfig {
	t.Helper()
	config, err := lib.GetParsedExecutorConfig("load", executor.Type, []byte(`{"executor":"locust",`+scenario+`}`))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		scenario, description string
		// end is the time after which k6 considers the scenario over, 0 for never.
		end time.Duration
	}{
		{`"users":20,"spawnRate":2.5,"processes":3,"runTime":"1m","stopTimeout":"5s"`, "20 users, started at 2.5 per second for 1m, in 3 processes", 95 * time.Second},
		{`"users":2,"spawnRate":1,"processes":3`, "2 users, started at 1 per second, in 3 processes", 0},
		{`"users":1,"spawnRate":1,"processes":3,"hasShape":true`, "users set by the load shape, in 3 processes", 0},
		{`"arrivalRate":50,"maxInFlight":9,"processes":3`, "50 tasks/s, at most 9 in flight, in 3 processes", 0},
		{`"worker":true,"masterHost":"m","masterPort":5,"processes":3`, "worker of the master at m:5, in 3 processes", 0},
	} {
		config := parse(t, test.scenario+","+classes)
		if failures := config.Validate(); len(failures) > 0 {
			t.Errorf("%s: %v", test.scenario, failures)
		}
		if got := config.GetDescription(nil); got != test.description {
			t.Errorf("%s: %q, want %q", test.scenario, got, test.description)
		}
		steps := config.GetExecutionRequirements(nil)
		if steps[0].PlannedVUs != 3 || (test.end > 0) != (len(steps) == 2) || test.end > 0 && steps[1].TimeOffset != test.end {
			t.Errorf("%s: %+v, want an end at %v", test.scenario, steps, test.end)
		}
	}
	if got, want := parse(t, `"users":1,"spawnRate":1,"processes":1,`+classes).GetDescription(nil), "1 user, started at 1 per second, in 1 process"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := parse(t, `"users":1,"spawnRate":1,`+classes).GetExecutionRequirements(nil)[0].PlannedVUs; got != uint64(worker.CPUs) {
		t.Errorf("without processes, there are %d VUs", got)
	}
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	if _, err := lib.GetParsedExecutorConfig("load", executor.Type, []byte(`{"executor":"locust","vus":1}`)); err == nil || !strings.Contains(err.Error(), "vus") {
		t.Errorf("an unknown key gives %v", err)
	}
	if failures := parse(t, `"users":-1,`+classes).Validate(); len(failures) != 1 || !strings.Contains(failures[0].Error(), "users must be") {
		t.Errorf("no users give %v", failures)
	}
	if failures := parse(t, `"users":1,"spawnRate":1,"gracefulStop":"5s",`+classes).Validate(); len(failures) != 1 || !strings.Contains(failures[0].Error(), "gracefulStop has no effect on users: set stopTimeout") {
		t.Errorf("a graceful stop gives %v", failures)
	}
}

// fakeVU runs a function instead of a script.
type fakeVU struct {
	run    func(ctx context.Context) error
	params *lib.VUActivationParams
}

func (v *fakeVU) Activate(params *lib.VUActivationParams) lib.ActiveVU {
	v.params = params
	context.AfterFunc(params.RunContext, func() { params.DeactivateCallback(v) })
	return v
}

func (*fakeVU) GetID() uint64 { return 1 }

func (v *fakeVU) RunOnce() error { return v.run(v.params.RunContext) }

// fakeRuntime is a runtime whose users send one request each.
type fakeRuntime struct {
	mutex      sync.Mutex
	attachment *engine.Attachment
	finished   chan struct{}
}

func (h *fakeRuntime) Spawn(class string, count int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for range count {
		h.attachment.Started(class)
		h.attachment.Log(stats.Key{Method: "GET", Name: "/"}, time.Now(), 1, 0, "")
	}
}

func (h *fakeRuntime) Stop(class string, count int, _ time.Duration) {
	for range count {
		h.attachment.Ended(class, true)
	}
}
func (*fakeRuntime) Filter(_, _ []string)   {}
func (*fakeRuntime) Arrive([]time.Time)     {}
func (*fakeRuntime) Tick(func(engine.Tick)) {}
func (h *fakeRuntime) Finish()              { close(h.finished) }

func (*fakeRuntime) Notify(_ engine.Event, done func()) { done() }

// attach returns a script that runs users until the run is over. The script ends a little late, as if it had samples to
// hand over. It tells `returned` whether it was interrupted.
func attach(returned func(interrupted bool)) func(context.Context) error {
	return func(ctx context.Context) error {
		runtime := &fakeRuntime{finished: make(chan struct{})}
		runtime.mutex.Lock()
		runtime.attachment = engine.From(ctx).Attach(runtime)
		runtime.mutex.Unlock()
		select {
		case <-runtime.finished:
			time.Sleep(50 * time.Millisecond)
		case <-ctx.Done():
		}
		returned(ctx.Err() != nil)
		return nil
	}
}

// execute runs a scenario with one VU per function. It returns the values of k6's metrics.
func execute(
	ctx context.Context, t *testing.T, scenario string, runs ...func(context.Context) error,
) (map[string]float64, error) {
	t.Helper()
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	registry := metrics.NewRegistry()
	registry.MustNewMetric(executor.UsersMetric, metrics.Gauge)
	registry.MustNewMetric(executor.RequirementsMetric, metrics.Rate)
	tuple, err := lib.NewExecutionTuple(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := uint64(len(runs))
	state := lib.NewExecutionState(&lib.TestRunState{
		TestPreInitState: &lib.TestPreInitState{Registry: registry, Logger: logger}, RunTags: registry.RootTagSet(),
	}, tuple, count, count)
	for _, run := range runs {
		state.AddInitializedVU(&fakeVU{run: run})
	}
	x, err := parse(t, scenario).NewExecutor(state, logrus.NewEntry(logger))
	if err != nil {
		return nil, err
	}
	out := make(chan metrics.SampleContainer, 100)
	values := map[string]float64{}
	var group sync.WaitGroup
	group.Go(func() {
		for container := range out {
			for _, sample := range container.GetSamples() {
				tags := sample.Tags.Map()
				name := strings.TrimSpace(sample.Metric.Name + " " + tags["requirement"])
				values[name] = max(values[name], sample.Value)
				if tags["scenario"] != "load" {
					t.Errorf("%s has the tags %v", name, tags)
				}
			}
		}
	})
	err = x.Run(ctx, out)
	close(out)
	group.Wait()
	return values, err
}

func TestRun(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	var returns []bool
	returned := func(interrupted bool) {
		mutex.Lock()
		defer mutex.Unlock()
		returns = append(returns, interrupted)
	}
	got, err := execute(t.Context(), t, `"users":4,"spawnRate":4,"processes":2,"runTime":"2s","requirements":{"errorRate":0,"rate":1000},`+classes,
		attach(returned), attach(returned))
	want := map[string]float64{"users": 4, "requirements errors": 1, "requirements rate": 0}
	if err == nil || err.Error() != "requirements were not met: rate" || exitCode(err) != exitcodes.ThresholdsHaveFailed || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	// Scripts must not be interrupted while they hand over samples.
	if len(returns) != 2 || returns[0] || returns[1] {
		t.Errorf("the scripts were interrupted: %v", returns)
	}
}

// Scripts read the progress as exec.scenario.progress.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		runTime      string
		first, least float64
	}{
		{`,"runTime":"2s"`, 0.5, 0.75},
		{`,"iterations":4`, 0, 0},
	} {
		var first, last float64
		run := func(ctx context.Context) error {
			progress := lib.GetScenarioState(ctx).ProgressFn
			first, _ = progress()
			if test.least == 0 {
				return nil
			}
			err := attach(func(bool) {})(ctx)
			last, _ = progress()
			return err
		}
		_, _ = execute(t.Context(), t, `"users":4,"spawnRate":4,"processes":1`+test.runTime+","+classes, run)
		if first > test.first || last < test.least || last > 1 {
			t.Errorf("%s: the progress went from %v to %v", test.runTime, first, last)
		}
	}
}

// lateRuntime is a runtime whose users are a minute late.
type lateRuntime struct{ fakeRuntime }

func (h *lateRuntime) Spawn(class string, count int) {
	h.fakeRuntime.Spawn(class, count)
	for range 10_000 {
		h.attachment.Late(time.Minute)
	}
}

// If the process was late and no requirement failed, there is no verdict.
func TestRunTooLate(t *testing.T) {
	t.Parallel()
	late := func(ctx context.Context) error {
		runtime := &lateRuntime{fakeRuntime{finished: make(chan struct{})}}
		runtime.mutex.Lock()
		runtime.attachment = engine.From(ctx).Attach(runtime)
		runtime.mutex.Unlock()
		<-runtime.finished
		return nil
	}
	file := filepath.Join(t.TempDir(), "out")
	scenario := `"users":1,"spawnRate":1,"processes":1,"runTime":"1s","jsonFile":"` + file + `",` + classes
	// Without requirements, the run succeeds with a warning.
	var e *engine.Engine
	if _, err := execute(t.Context(), t, scenario, func(ctx context.Context) error {
		e = engine.From(ctx)
		return late(ctx)
	}); err != nil {
		t.Error(err)
	}
	const warning = "this process was too late, so users made fewer requests than they should, and response times may be too long: p99 60000"
	if got := e.Shortfall(); len(got) != 1 || !strings.HasPrefix(got[0], warning) {
		t.Errorf("got the shortfall %q", got)
	}
	got, err := execute(t.Context(), t, scenario+`,"requirements":{"errorRate":0,"p99Ms":1000}`, late)
	const prefix = "no verdict, because this process was too late: p99 60000"
	if err == nil || !strings.HasPrefix(err.Error(), prefix) || strings.Contains(err.Error(), "\n") || exitCode(err) != 120 {
		t.Errorf("got exit code %d: %v", exitCode(err), err)
	}
	if _, isJudged := got["requirements p99"]; isJudged || got["requirements errors"] != 1 {
		t.Errorf("the metric requirements has %v", got)
	}
	text, err := os.ReadFile(file + "_verdict.json")
	if err != nil || !strings.Contains(string(text), `"verdict": "refused"`) || !strings.Contains(string(text), `"result": "late"`) {
		t.Errorf("got %v, %s", err, text)
	}
}

func exitCode(err error) exitcodes.ExitCode {
	var coded errext.HasExitCode
	if !errors.As(err, &coded) {
		return 0
	}
	return coded.ExitCode()
}

// throw is a run in which a task throws an error.
func throw(ctx context.Context) error {
	runtime := &fakeRuntime{finished: make(chan struct{})}
	runtime.mutex.Lock()
	runtime.attachment = engine.From(ctx).Attach(runtime)
	runtime.mutex.Unlock()
	runtime.attachment.LogException("Error: a", "Error: a")
	<-runtime.finished
	return nil
}

// If a task throws an error, the run ends with an error, unless `k6 x locust` or a master decides the exit code.
func TestRunExceptions(t *testing.T) {
	t.Parallel()
	const scenario = `"users":1,"spawnRate":1,"processes":1,"runTime":"1s",`
	_, err := execute(t.Context(), t, scenario+classes, throw)
	if err == nil || err.Error() != "the script failed: its tasks threw 1 error" || exitCode(err) != exitcodes.ScriptException {
		t.Errorf("got %v", err)
	}
	if _, err := execute(t.Context(), t, scenario+`"result":"`+filepath.Join(t.TempDir(), "result")+`",`+classes, throw); err != nil {
		t.Errorf("for k6 x locust: %v", err)
	}
}

// If the script sets an exit code, it takes precedence over the exit code for errors in tasks. `k6 x locust` reads it
// from the result.
func TestRunExitCode(t *testing.T) {
	t.Parallel()
	for _, code := range []int{0, 7} {
		set := func(ctx context.Context) error {
			engine.From(ctx).SetExitCode(&code)
			return throw(ctx)
		}
		const scenario = `"users":1,"spawnRate":1,"processes":1,"runTime":"1s",`
		if _, err := execute(t.Context(), t, scenario+classes, set); int(exitCode(err)) != code {
			t.Errorf("for the code %d: %v", code, err)
		}
		result := filepath.Join(t.TempDir(), "result")
		_, err := execute(t.Context(), t, scenario+`"result":"`+result+`",`+classes, set)
		text, readErr := os.ReadFile(result)
		if want := fmt.Sprintf(`"exitCode":%d`, code); err != nil || readErr != nil || !strings.Contains(string(text), want) {
			t.Errorf("for k6 x locust: %v, %v, %s", err, readErr, text)
		}
	}
}

// An archive contains old options. The variables of this run take precedence.
func TestVariables(t *testing.T) {
	t.Parallel()
	const scenario = `"users":1,"spawnRate":1,"processes":2,`
	other := parse(t, scenario+classes)
	half, err := lib.NewExecutionSegmentFromString("0:1/2")
	if err != nil {
		t.Fatal(err)
	}
	full, err := lib.NewExecutionSegmentFromString("0:1")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		env       map[string]string
		scenarios lib.ScenarioConfigs
		want      string
		options   lib.Options
	}{
		"overrides":                      {env: map[string]string{"LOCUST_USERS": "9", "LOCUST_RUN_TIME": "2s", "LOCUST_PROCESSES": "1", "LOCUST_HOST": ""}, scenarios: nil, want: "9 users, started at 1 per second for 2s, in 1 process"},
		"a wrong value":                  {env: map[string]string{"LOCUST_USERS": "many"}, scenarios: nil, want: `scenario load: LOCUST_USERS must be an integer of at least 0, got "many"`},
		"a wrong number":                 {env: map[string]string{"LOCUST_SPAWN_RATE": "-1"}, scenarios: nil, want: "scenario load: LOCUST_SPAWN_RATE must be a number above 0, got \"-1\""},
		"a wrong class":                  {env: map[string]string{"LOCUST_USER_CLASSES": "B"}, scenarios: nil, want: "scenario load: unknown user class: B; known: A"},
		"more processes":                 {env: map[string]string{"LOCUST_PROCESSES": "3"}, scenarios: nil, want: "scenario load: the archive was made for fewer processes: make it again with -e LOCUST_PROCESSES, got 3 instead of 2"},
		"a master with another scenario": {env: map[string]string{"LOCUST_MODE_MASTER": "true", "LOCUST_MASTER_BIND_PORT": "5557"}, scenarios: lib.ScenarioConfigs{"load": other, "more": other}, want: "scenario load: a master or worker must have a single scenario, got load, more: remove the others, or run without --master and --worker"},
		"a worker with another scenario": {env: map[string]string{"LOCUST_MODE_WORKER": "true", "LOCUST_MASTER_NODE_PORT": "5557"}, scenarios: lib.ScenarioConfigs{"load": other, "plain": k6executor.NewConstantVUsConfig("plain")}, want: "scenario load: a master or worker must have a single scenario, got load, plain: remove the others"},
		"other scenarios":                {scenarios: lib.ScenarioConfigs{"load": other, "more": other}, want: "1 user, started at 1 per second, in 2 processes"},
		"a segment":                      {want: "scenario load: users of k6/x/locust do not support k6's option executionSegment: segments do not split users", options: lib.Options{ExecutionSegment: half}},
		"a full segment":                 {want: "1 user", options: lib.Options{ExecutionSegment: full}},
		"rps":                            {want: "1 user", options: lib.Options{RPS: null.IntFrom(5)}},
		"an iteration":                   {want: "scenario load: users of k6/x/locust do not support k6's option minIterationDuration: set waitTime", options: lib.Options{MinIterationDuration: types.NullDurationFrom(time.Second)}},
		"itself":                         {scenarios: lib.ScenarioConfigs{"load": other}, want: "1 user, started at 1 per second, in 2 processes"},
	} {
		tuple, err := lib.NewExecutionTuple(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		test.options.Scenarios = test.scenarios
		state := lib.NewExecutionState(&lib.TestRunState{
			TestPreInitState: &lib.TestPreInitState{RuntimeOptions: lib.RuntimeOptions{Env: test.env}}, Options: test.options,
		}, tuple, 2, 2)
		x, err := parse(t, scenario+classes).NewExecutor(state, logrus.NewEntry(logrus.New()))
		var got string
		if err == nil {
			got = x.GetConfig().GetDescription(nil)
		} else {
			got = err.Error()
			if exitCode(err) != exitcodes.InvalidConfig {
				t.Errorf("%s: the exit code is %d", name, exitCode(err))
			}
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// If k6 stops a run, the run ends without an error.
func TestRunCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	script := attach(func(bool) {})
	_, err := execute(ctx, t, `"users":4,"spawnRate":4,"processes":1,`+classes, func(ctx context.Context) error {
		time.AfterFunc(20*time.Millisecond, cancel)
		return script(ctx)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("the script is broken")
	for want, script := range map[string]func(context.Context) error{
		broken.Error():              func(context.Context) error { return broken },
		"export default locust.run": func(context.Context) error { return nil },
	} {
		// The other script waits until it is interrupted.
		_, err := execute(t.Context(), t, `"users":4,"spawnRate":4,"processes":2,`+classes, script, attach(func(bool) {}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := execute(t.Context(), t, `"users":1,"spawnRate":1,"processes":1`, attach(func(bool) {})); err == nil || err.Error() != "scenario load: there are no user classes" {
		t.Errorf("without classes: %v", err)
	}
}
