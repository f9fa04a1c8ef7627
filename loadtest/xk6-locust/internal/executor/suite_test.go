package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib"
	k6executor "go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

// fakeRunner creates VUs that run a function instead of a script.
type fakeRunner struct {
	lib.Runner

	iterate  func(out chan<- metrics.SampleContainer)
	teardown error
	calls    []string
}

func (r *fakeRunner) NewVU(_ context.Context, _, _ uint64, out chan<- metrics.SampleContainer) (lib.InitializedVU, error) {
	return &iteratingVU{runner: r, out: out}, nil
}

func (r *fakeRunner) Setup(context.Context, chan<- metrics.SampleContainer) error {
	r.calls = append(r.calls, "setup")
	return nil
}

func (r *fakeRunner) Teardown(context.Context, chan<- metrics.SampleContainer) error {
	r.calls = append(r.calls, "teardown")
	return r.teardown
}

type iteratingVU struct {
	runner *fakeRunner
	out    chan<- metrics.SampleContainer
}

func (*iteratingVU) GetID() uint64 { return 1 }

func (v *iteratingVU) Activate(params *lib.VUActivationParams) lib.ActiveVU {
	context.AfterFunc(params.RunContext, func() { params.DeactivateCallback(v) })
	return v
}

func (v *iteratingVU) RunOnce() error {
	v.runner.iterate(v.out)
	return nil
}

// newSuite returns the suite of a test with the scenarios `users` and `plain`.
func newSuite(t *testing.T, runner *fakeRunner, options lib.Options, config engine.Config) *suite {
	t.Helper()
	registry := metrics.NewRegistry()
	logger := logrus.New()
	logger.SetOutput(t.Output())
	options.Scenarios = lib.ScenarioConfigs{"users": &Config{BaseConfig: k6executor.NewBaseConfig("users", Type)}, "plain": k6executor.NewConstantVUsConfig("plain")}
	test := &lib.TestRunState{
		TestPreInitState: &lib.TestPreInitState{Registry: registry, Logger: logger, BuiltinMetrics: metrics.RegisterBuiltinMetrics(registry)},
		Options:          options, Runner: runner, RunTags: registry.RootTagSet(),
	}
	s, err := suiteOf(test, &Executor{config: &Config{Config: config}})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := suiteOf(test, &Executor{config: &Config{}}); again != s || err != nil || test.Options.NoTeardown.Bool {
		t.Fatalf("got another suite, or %v", err)
	}
	return s
}

// request returns the samples of a request, in the order of k6's HTTP client.
func (s *suite) request(tags map[string]string, milliseconds, failed float64) metrics.Samples {
	builtin, set := s.test.BuiltinMetrics, s.test.RunTags.WithTagsFromMap(tags)
	var samples metrics.Samples
	for _, one := range []struct {
		metric *metrics.Metric
		value  float64
	}{{builtin.HTTPReqs, 1}, {builtin.HTTPReqDuration, milliseconds}, {builtin.HTTPReqWaiting, 1}, {builtin.HTTPReqFailed, failed}} {
		samples = append(samples, metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: one.metric, Tags: set}, Time: time.Now(), Value: one.value})
	}
	return samples
}

// All requests of VUs with other executors are reported and passed on to k6, even if k6 is slow. Requests of VUs with
// Locust users are only passed on.
func TestSuiteObserves(t *testing.T) {
	t.Parallel()
	var s *suite
	runner := &fakeRunner{iterate: func(out chan<- metrics.SampleContainer) {
		out <- s.request(map[string]string{"name": "/a", "method": "GET", "status": "200"}, 7, 0)
		out <- slices.Concat(s.request(map[string]string{"url": "/b", "method": "PUT", "status": "503"}, 9, 1),
			s.request(map[string]string{"name": "/a", "method": "GET", "error": "dial: refused"}, 0, 1))
		out <- metrics.Samples{{TimeSeries: metrics.TimeSeries{Metric: s.test.BuiltinMetrics.Iterations, Tags: s.test.RunTags}, Value: 1}}
	}}
	prefix := filepath.Join(t.TempDir(), "out")
	s = newSuite(t, runner, lib.Options{}, engine.Config{Options: locust.Options{CSV: prefix}})
	out := make(chan metrics.SampleContainer)
	time.Sleep(10 * time.Millisecond) // k6 needs some time to start
	begin := float64(time.Now().UnixNano()) / 1e9
	if err := s.Setup(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	passed := 0
	var reader, vus sync.WaitGroup
	reader.Go(func() {
		for range out {
			passed++
		}
	})
	const iterations = 50
	for _, scenario := range []string{"plain", "users", "plain"} {
		vu, err := s.NewVU(t.Context(), 1, 1, out)
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		returned := make(chan lib.InitializedVU, 1)
		active := vu.Activate(&lib.VUActivationParams{
			RunContext: ctx, Scenario: scenario, DeactivateCallback: func(vu lib.InitializedVU) { returned <- vu },
		})
		vus.Go(func() {
			for range iterations {
				_ = active.RunOnce()
			}
			end()
			if got := <-returned; got != vu {
				t.Error("k6 gets back another VU, whose requests would be lost")
			}
		})
	}
	vus.Wait()
	if users := s.users(); users != 0 {
		t.Errorf("there are %d users at the end", users)
	}
	if err := s.Teardown(t.Context(), out); err != nil || !slices.Equal(runner.calls, []string{"setup", "teardown"}) {
		t.Errorf("got %v after %v", err, runner.calls)
	}
	close(out)
	reader.Wait()
	// Rates begin with the scenario, not with k6.
	if start := s.observed["plain"].summary.Part().Stats.Total.StartTime; start < begin-1e-3 {
		t.Errorf("the rates begin %v s before the test", begin-start)
	}
	if passed != 9*iterations {
		t.Errorf("%d containers of samples reached k6, want %d", passed, 9*iterations)
	}
	for _, file := range []string{prefix + "_plain_stats.csv", prefix + "_stats.csv"} {
		text, err := os.ReadFile(file)
		for _, row := range []string{"GET,/a,200,100,", "PUT,/b,100,100,", ",Aggregated,300,200,"} {
			if err != nil || !strings.Contains(string(text), row) {
				t.Errorf("%s has no row %s: %v\n%s", file, row, err, text)
			}
		}
	}
	text, err := os.ReadFile(prefix + "_plain_failures.csv")
	if err != nil || !strings.Contains(string(text), "PUT,/b,status 503,100,") || !strings.Contains(string(text), "GET,/a,dial: refused,100,") {
		t.Errorf("got %v, %s", err, text)
	}
}

// The worst verdict determines the exit code. If k6 itself reports an error, this error takes precedence.
func TestSuiteVerdict(t *testing.T) {
	t.Parallel()
	verdict := func(scenario string, kind error, code exitcodes.ExitCode) error {
		return fmt.Errorf("scenario %s: %w", scenario, errext.WithExitCodeIfNone(fmt.Errorf("%w: x", kind), code))
	}
	failed, late := verdict("a", errRequirements, exitcodes.ThresholdsHaveFailed), verdict("b", errLate, exitCodeLate)
	three, seven, thrown := verdict("c", errExitCode, 3), verdict("d", errExitCode, 7), verdict("e", errExceptions, exitcodes.ScriptException)
	torn := errors.New("teardown failed")
	for name, test := range map[string]struct {
		verdicts       []error
		failure, torn  error
		want           string
		code           exitcodes.ExitCode
		skipsTeardown  bool
		wantedTeardown int
	}{
		"none":              {wantedTeardown: 1},
		"requirements":      {verdicts: []error{thrown, late, seven, failed}, want: "scenario a: requirements were not met: x", code: 99, wantedTeardown: 1},
		"lateness":          {verdicts: []error{seven, late, thrown}, want: "scenario b: no verdict", code: 120, wantedTeardown: 1},
		"exit codes":        {verdicts: []error{three, thrown, seven}, want: "scenario c: the script set the exit code: x; scenario d: ", code: 7, wantedTeardown: 1},
		"exceptions":        {verdicts: []error{thrown}, want: "scenario e: the script failed: x", code: 107, wantedTeardown: 1},
		"another error":     {verdicts: []error{failed}, failure: errors.New("broken"), wantedTeardown: 1},
		"a failed teardown": {verdicts: []error{failed}, torn: torn, want: "teardown failed", wantedTeardown: 1},
		"no teardown":       {verdicts: []error{failed}, torn: torn, skipsTeardown: true, want: "scenario a: requirements", code: 99},
	} {
		runner := &fakeRunner{teardown: test.torn}
		options := lib.Options{}
		options.NoTeardown.Bool = test.skipsTeardown
		s := newSuite(t, runner, options, engine.Config{})
		for _, one := range test.verdicts {
			s.leave(nil, one)
		}
		s.leave(test.failure, nil)
		err := s.Teardown(t.Context(), nil)
		var coded errext.HasExitCode
		var code exitcodes.ExitCode
		if errors.As(err, &coded) {
			code = coded.ExitCode()
		}
		got := ""
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) || (test.want == "") != (err == nil) || code != test.code || len(runner.calls) != test.wantedTeardown {
			t.Errorf("%s: got %q with code %d after %v", name, got, code, runner.calls)
		}
	}
}

// Scenarios share the report paths in the options, and append their names to them.
func TestSuiteReports(t *testing.T) {
	t.Parallel()
	s := newSuite(t, &fakeRunner{}, lib.Options{}, engine.Config{Options: locust.Options{CSV: "out/x", Users: 3, SpawnRate: 1, RunTime: locust.Duration(time.Minute), OnlySummary: true}})
	if err := s.add(engine.Config{Options: locust.Options{CSV: "out/x", HTML: "a.b/{u}.html", JSONFile: "j", Users: 2, SpawnRate: 2}}); err != nil {
		t.Fatal(err)
	}
	got := s.reportsOf("browse", engine.Config{Options: locust.Options{Users: 2}})
	want := engine.Config{Options: locust.Options{CSV: "out/x_browse", HTML: "a.b/{u}_browse.html", JSONFile: "j_browse", Users: 2, OnlySummary: true}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if own := s.config.Options; own.Users != 5 || own.SpawnRate != 3 || own.RunTime != locust.Duration(time.Minute) {
		t.Errorf("the report of the test has %+v", own)
	}
	for want, options := range map[string]locust.Options{
		"csv must be the same in all scenarios, because each scenario adds its name to it, got out/x and y": {CSV: "y"},
		"html must be the same in all scenarios":                                                            {HTML: "other.html"},
		"jsonFile must be the same in all scenarios":                                                        {JSONFile: "other"},
	} {
		if err := s.add(engine.Config{Options: options}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
