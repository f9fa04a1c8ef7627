package executor

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// observed is a scenario that uses one of k6's own executors. It makes its requests with k6's own HTTP client.
type observed struct {
	suite    *suite
	name     string
	recorder *stats.Recorder
	// users is the number of active VUs.
	users    atomic.Int64
	starting sync.Once
	summary  *engine.Summary
	startErr error
}

// start starts the reports of the scenario. Only the first call has an effect.
func (o *observed) start() error {
	o.starting.Do(func() {
		if o.startErr = o.suite.start(); o.startErr != nil {
			return
		}
		o.recorder.Restart() // it was created before the test started
		config := o.suite.reportsOf(o.name, engine.Config{Script: o.suite.config.Script})
		environment := o.suite.environment(o.name, o.suite.logger.WithField("scenario", o.name))
		environment.Collected = func(delta *stats.Stats) { o.suite.total.Add(o.name, delta) }
		o.summary, o.startErr = engine.NewSummary(config, environment, func() int { return int(o.users.Load()) }, o.recorder.Take)
	})
	return o.startErr
}

// stop writes the reports one last time.
func (o *observed) stop() (engine.Part, error) {
	if err := o.start(); err != nil {
		return engine.Part{}, err
	}
	err := o.summary.Stop(nil)
	return o.summary.Part(), err
}

// record counts the requests in a container of samples. The http_reqs sample of a request comes before its other
// samples, and all of them have the same tags.
func (o *observed) record(container metrics.SampleContainer) {
	builtin := o.suite.test.BuiltinMetrics
	var request *metrics.Sample
	milliseconds, hasFailed := math.NaN(), false
	log := func() {
		if request != nil {
			o.log(*request, milliseconds, hasFailed)
		}
		request, milliseconds, hasFailed = nil, math.NaN(), false
	}
	for _, sample := range container.GetSamples() {
		switch sample.Metric {
		case builtin.HTTPReqs:
			log()
			request = &sample
		case builtin.HTTPReqDuration:
			milliseconds = sample.Value
		case builtin.HTTPReqFailed:
			hasFailed = sample.Value > 0
		}
	}
	log()
}

func (o *observed) log(request metrics.Sample, milliseconds float64, hasFailed bool) {
	tag := func(tags ...metrics.SystemTag) string {
		for _, tag := range tags {
			if value, _ := request.Tags.Get(tag.String()); value != "" {
				return value
			}
		}
		return ""
	}
	failure := ""
	if hasFailed {
		if failure = tag(metrics.TagError); failure == "" {
			failure = "status " + tag(metrics.TagStatus)
		}
	}
	key := stats.Key{Method: tag(metrics.TagMethod), Name: tag(metrics.TagName, metrics.TagURL)}
	o.recorder.Log(key, request.Time, milliseconds, 0, failure)
}

// NewVU creates a VU whose samples pass through the suite.
func (s *suite) NewVU(ctx context.Context, idLocal, idGlobal uint64, out chan<- metrics.SampleContainer) (lib.InitializedVU, error) {
	vu := &observedVU{suite: s, samples: make(chan metrics.SampleContainer)}
	go vu.forward(out)
	var err error
	vu.InitializedVU, err = s.Runner.NewVU(ctx, idLocal, idGlobal, vu.samples)
	return vu, err
}

// observedVU is a VU of a suite. Its scenarios may have any executor.
type observedVU struct {
	lib.InitializedVU

	suite *suite
	// samples has no buffer, see [observedVU.flush].
	samples chan metrics.SampleContainer
	// scenario is the current scenario. It is nil if the scenario has Locust users, because they count their own
	// requests.
	scenario atomic.Pointer[observed]
}

// forward passes samples on to k6 until the end of the test.
func (v *observedVU) forward(out chan<- metrics.SampleContainer) {
	for {
		select {
		case container := <-v.samples:
			if container == nil {
				continue
			}
			if scenario := v.scenario.Load(); scenario != nil {
				scenario.record(container)
			}
			out <- container
		case <-v.suite.over:
			return
		}
	}
}

// flush waits until forward has passed on the earlier samples of the VU. The channel has no buffer, so forward receives
// the empty container only after that.
func (v *observedVU) flush() {
	select {
	case v.samples <- nil:
	case <-v.suite.over:
	}
}

// Activate activates the VU for a scenario. If the scenario is observed, the VU counts as one of its users.
func (v *observedVU) Activate(params *lib.VUActivationParams) lib.ActiveVU {
	scenario := v.suite.observed[params.Scenario]
	own := *params
	if scenario != nil {
		scenario.users.Add(1)
		_ = scenario.start() // stop returns the error
	}
	v.scenario.Store(scenario)
	own.DeactivateCallback = func(lib.InitializedVU) {
		v.flush()
		if scenario != nil {
			scenario.users.Add(-1)
		}
		params.DeactivateCallback(v)
	}
	return &observedIteration{v.InitializedVU.Activate(&own), v}
}

// observedIteration is an active observedVU. It passes on the samples of its iterations.
type observedIteration struct {
	lib.ActiveVU

	vu *observedVU
}

// RunOnce runs one iteration, and passes on its samples.
func (i *observedIteration) RunOnce() error {
	err := i.ActiveVU.RunOnce()
	i.vu.flush()
	return err
}
