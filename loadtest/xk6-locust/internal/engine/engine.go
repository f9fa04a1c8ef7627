// Package engine runs the users of a test. It decides how many users of each class run, distributes them among the
// runtimes, and collects their measurements in Locust's statistics and reports. It does not depend on JavaScript or k6.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/master"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Class is a user class.
type Class struct {
	Name       string  `json:"name"`
	Weight     float64 `json:"weight"`
	FixedCount int     `json:"fixedCount"`
	// Host is the base URL for the paths of its users.
	Host string `json:"host,omitempty"`
}

// Runtime runs users in one JavaScript runtime. Its methods return immediately and may be called from any goroutine.
type Runtime interface {
	// Spawn starts users of a class.
	Spawn(class string, count int)
	// Stop stops some users of a class, starting with those that started last. Users that pause between tasks stop
	// immediately. Other users stop after their task, or at the end of the grace period. If grace is 0, all of them
	// stop immediately.
	Stop(class string, count int, grace time.Duration)
	// Filter selects the tasks that run from now on, by their tags.
	Filter(tags, excluded []string)
	// Arrive starts tasks of an open loop. due contains the time at which each task is due. This time may be in the
	// future.
	Arrive(due []time.Time)
	// Tick calls the load shape. answer is called once.
	Tick(answer func(Tick))
	// Notify calls the script's listeners of an event, and then done.
	Notify(event Event, done func())
	// Finish ends the runtime. The engine calls it after it has stopped the users.
	Finish()
}

// Tick is an answer from a load shape: the number of users and the spawn rate from now on.
type Tick struct {
	Users     int
	SpawnRate float64
	// Classes lists the classes that run. nil means all.
	Classes []string
	// IsEnd ends the run.
	IsEnd bool
	// Err is the error that the shape threw.
	Err error
}

// Config describes a run.
type Config struct {
	locust.Options

	Classes []Class `json:"userClasses"`
	// HasShape is true if the runtimes have a load shape.
	HasShape bool `json:"hasShape,omitempty"`
	// HasHTTP is true if one of the classes extends HttpUser.
	HasHTTP bool `json:"hasHTTP,omitempty"`
	// Requirements contains the requirements of the run.
	Requirements *Requirements `json:"requirements,omitempty"`
	// Definition is the index of the call in the script that defined the scenario. The first call has the index 0.
	Definition int `json:"definition,omitempty"`
	// Script is the name of the script in reports.
	Script string `json:"script,omitempty"`
	// TaskRatios contains the shares of the tasks, for reports.
	TaskRatios []report.TaskRatio `json:"taskRatios,omitempty"`
}

// Environment contains the outputs of an engine.
type Environment struct {
	// Stdout receives tables and verdicts. With --json, Stdout receives only the JSON, and Stderr receives the rest.
	Stdout, Stderr io.Writer
	// Log logs a message. The level is debug, info, warning, or error.
	Log func(level, message string)
	// Users and Requirement receive values for k6's metrics: the number of users each second, and the verdict on each
	// requirement.
	Users       func(count int)
	Requirement func(name string, ok bool)
	// Requests receives the requests that a master's workers report.
	Requests func(delta *stats.Stats)

	// Scenario is the name of the scenario if the test has several scenarios, and empty otherwise. With several
	// scenarios, only the report of the whole test prints the verdict lines and the JSON, and writes the result.
	Scenario string
	// Begin starts the report of the test. Collected and Reset keep the report up to date. All three may be nil.
	Begin     func() error
	Collected func(delta *stats.Stats)
	Reset     func()
	// Numbers is nil if no other engine has users of the same test.
	Numbers *Numbers
}

// Engine is one run.
type Engine struct {
	config      Config
	environment Environment
	// fleet contains the runtimes of this process. users is the fleet, or the workers of the master.
	fleet      *fleet
	users      userGroup
	master     *master.Server
	reporter   *reporter
	shared     shared
	lateness   lateness
	exceptions exceptions
	warnings   exceptions
	// failed contains the names of the requirements that were not met.
	failed   []string
	requests int64
	refusal  string
	verdicts []report.Verdict
	late     report.Lateness
	// Only a summary uses take, isTotal, and parts. take returns the new requests of a scenario. If the summary covers
	// all scenarios, isTotal is true, and parts contains the scenarios.
	take     func() *stats.Stats
	isTotal  bool
	parts    []Part
	finished atomic.Bool
	numbers  *Numbers
	// claimed and done count the tasks of a run with a limit.
	claimed, done atomic.Int64
	// index is the index that the master assigned to this worker, or -1 if it assigned none.
	index atomic.Int64
	// workers is the number of workers that share the data of distributors, or 0 if it is unknown.
	workers atomic.Int64
	// exitCode is the exit code that the script set, or nil.
	exitCode atomic.Pointer[int]
	// end ends the run. Run sets it before the first user starts.
	end context.CancelCauseFunc

	mutex   sync.Mutex
	total   *stats.Stats
	dropped int64
	started time.Time
	// plateau is the period during which all users are running. The rate is measured over this period.
	plateau struct{ start, end mark }
}

// mark contains the measurements up to one moment.
type mark struct {
	at time.Time
	// requests counts all requests. timed counts requests with a response time. milliseconds is the sum of the response
	// times.
	requests, timed int64
	milliseconds    float64
	// users is the number of running users per class.
	users map[string]int
}

// endGrace is how long users can run onStop after the stop timeout, and how long the listeners of an event can take at
// the end of the run.
const endGrace = 10 * time.Second

var errNoUsers = errors.New("the run ended before any user started")

// New validates the configuration and creates an engine.
func New(config Config, environment Environment) (*Engine, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	classes, err := SelectClasses(config.Classes, config.UserClasses)
	if err != nil {
		return nil, err
	}
	config.Classes = classes
	e := &Engine{config: config, environment: environment, total: stats.New(time.Now()), end: func(error) {}, numbers: environment.Numbers}
	if e.numbers == nil {
		e.numbers = &Numbers{}
	}
	e.index.Store(-1)
	e.workers.Store(int64(config.ExpectWorkers))
	e.fleet = newFleet(config, e)
	e.users = e.fleet
	return e, nil
}

// Run runs the test. The test ends when the run time is over, when the context ends, or when the load shape, the
// script, or the master ends it. Run then stops the users, and writes the reports.
func (e *Engine) Run(ctx context.Context) error {
	interrupted := ctx
	ctx, e.end = context.WithCancelCause(ctx)
	defer e.end(nil)
	if err := e.fleet.waitForRuntimes(ctx); err != nil {
		return err
	}
	if e.environment.Begin != nil {
		if err := e.environment.Begin(); err != nil {
			return err
		}
	}
	if e.config.Master {
		stopMaster, err := e.startMaster(ctx)
		if interrupted.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		defer stopMaster()
	}
	e.start()
	e.notifyStart(ctx)
	// As in Locust, the run begins after the listeners have returned.
	e.start()
	e.fleet.filter(e.config.Tags, e.config.ExcludeTags)
	var err error
	if e.reporter, err = startReporter(e); err != nil {
		return err
	}
	probing, endProbe := context.WithCancel(ctx)
	go e.lateness.probe(probing)
	err = e.drive(ctx)
	endProbe()
	e.markPlateauEnd()
	e.reporter.noteUsers()
	e.users.stopAll(time.Duration(e.config.StopTimeout))
	e.notifyEnd()
	e.finished.Store(true)
	e.fleet.finish()
	e.shared.close()
	if reportErr := e.reporter.stop(); err == nil {
		err = reportErr
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errQuit) && !errors.Is(cause, context.Cause(interrupted)) {
		return cause
	}
	isEmpty := e.config.Users == 0 && !e.config.IsOpenLoop() && !e.config.HasShape
	if err == nil && !e.config.Worker && !isEmpty && ctx.Err() == nil && e.users.spawnedNone() {
		err = errNoUsers
	}
	return err
}

// errQuit ends a run without an error.
var errQuit = errors.New("the script ended the run")

// Fail ends the run with an error. The users stop in the same way as when the run time is over. Only the first call
// has an effect.
func (e *Engine) Fail(err error) { e.end(err) }

// Quit ends the run as if its run time were over.
func (e *Engine) Quit() { e.end(errQuit) }

// drive starts and stops users until the end of the run.
func (e *Engine) drive(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	if e.config.Worker {
		return runWorker(ctx, e)
	}
	if e.config.IsOpenLoop() {
		return runArrivals(ctx, e)
	}
	ctx, cancel := e.withRunTime(ctx)
	defer cancel()
	switch {
	case e.config.HasShape:
		return runShape(ctx, e)
	default:
		return e.runUsers(ctx)
	}
}

// withRunTime returns a context that ends after the run time, if there is one.
func (e *Engine) withRunTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.config.RunTime == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Duration(e.config.RunTime))
}

// runUsers starts the users at the spawn rate and keeps them running until the context ends.
func (e *Engine) runUsers(ctx context.Context) error {
	dispatcher, err := dispatch.New(dispatchClasses(e.config.Classes))
	if err != nil {
		return err
	}
	if err := dispatcher.Dispatch(e.config.Users, e.config.SpawnRate, nil); err != nil {
		return err
	}
	if e.ramp(ctx, dispatcher) {
		e.markPlateauStart()
		e.endWithoutUsers(ctx)
		<-ctx.Done()
	}
	return nil
}

// ramp performs the dispatcher's steps. It returns false if the context ended first.
func (e *Engine) ramp(ctx context.Context, dispatcher *dispatch.Dispatcher) bool {
	for {
		step, ok := dispatcher.Next()
		if !ok {
			return e.users.rampDone(ctx)
		}
		begun := time.Now()
		e.users.step(step, time.Duration(e.config.StopTimeout))
		if !sleep(ctx, step.Wait-time.Since(begun)) {
			return false
		}
	}
}

// sleep waits. It returns false if the context ended first.
func sleep(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

func (e *Engine) start() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.started = time.Now()
	e.total = stats.New(e.started)
	for _, attachment := range e.fleet.attached() {
		attachment.recorder.Restart()
	}
	e.lateness.reset()
	e.noteReset()
}

// noteReset tells the report of the test that the statistics were reset. The caller holds the mutex.
func (e *Engine) noteReset() {
	if e.environment.Reset != nil {
		e.environment.Reset()
	}
}

// Definition returns [Config.Definition].
func (e *Engine) Definition() int { return e.config.Definition }

// Started returns the start time of the run.
func (e *Engine) Started() time.Time {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.started
}

// IsOpenLoop reports whether tasks start at a fixed rate.
func (e *Engine) IsOpenLoop() bool { return e.config.IsOpenLoop() }

// IsFinished reports whether the run is over.
func (e *Engine) IsFinished() bool { return e.finished.Load() }

// Exceptions returns the number of errors that tasks threw, including those before a reset of the statistics.
func (e *Engine) Exceptions() int64 { return e.exceptions.count() }

// Requests returns the number of requests in the report. Call it after Run.
func (e *Engine) Requests() int64 { return e.requests }

// FailedRequirements returns the names of the requirements that were not met. Call it after Run.
func (e *Engine) FailedRequirements() []string { return e.failed }

// UserCount returns the number of running users.
func (e *Engine) UserCount() int { return e.users.count() }

// Attach connects a runtime to the engine. The run begins when all runtimes are attached.
func (e *Engine) Attach(runtime Runtime) *Attachment {
	f := e.fleet
	f.mutex.Lock()
	defer f.mutex.Unlock()
	attachment := &Attachment{Runtime: runtime, engine: e, recorder: stats.NewRecorder(), wanted: map[string]int{}, running: map[string]int{}}
	f.runtimes = append(f.runtimes, attachment)
	if len(f.runtimes) == f.size {
		close(f.ready)
	}
	return attachment
}

// refresh collects the new measurements. In a worker, it does nothing, because each report to the master collects them.
func (e *Engine) refresh() {
	if !e.config.Worker {
		e.collect()
	}
}

// collect adds the new measurements to the total, and returns them.
func (e *Engine) collect() *stats.Stats {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delta := stats.New(time.Now())
	for _, attachment := range e.fleet.attached() {
		delta.Add(attachment.recorder.Take())
		e.dropped += attachment.dropped.Swap(0)
	}
	if e.master != nil {
		delta.Add(e.master.Take())
		e.environment.Requests(delta)
	}
	if e.take != nil {
		delta.Add(e.take())
	}
	e.total.Add(delta)
	if e.environment.Collected != nil {
		e.environment.Collected(delta)
	}
	return delta
}

// markPlateauStart marks the start of the plateau. With --reset-stats, it also resets the statistics.
func (e *Engine) markPlateauStart() {
	e.collect()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.config.ResetStats {
		e.resetStats()
	}
	e.plateau.start = e.mark()
}

// markPlateauEnd records the measurements at the end of the plateau.
func (e *Engine) markPlateauEnd() {
	e.refresh()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.plateau.end = e.mark()
}

// plateauStart returns the time when all users had started, or zero if not all of them have started.
func (e *Engine) plateauStart() time.Time {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.plateau.start.at
}

// mark returns the current measurements. The caller holds the mutex.
func (e *Engine) mark() mark {
	total := e.total.Total
	return mark{
		at: time.Now(), requests: total.Requests, timed: total.Requests - total.NoneRequests, milliseconds: total.TotalResponseTime,
		users: e.users.byClass(),
	}
}

// resetStats resets the statistics. The caller holds the mutex.
func (e *Engine) resetStats() {
	e.total.Reset(time.Now())
	e.lateness.reset()
	e.reporter.history.Reset()
	e.noteReset()
}

func (e *Engine) logf(level, format string, arguments ...any) {
	e.environment.Log(level, fmt.Sprintf(format, arguments...))
}

// outcome returns the results of the run for the verdicts.
func (e *Engine) outcome() Outcome {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	outcome := Outcome{
		Requests: e.total.Total.Requests, Failures: e.total.Total.Failures, Dropped: e.dropped,
		P95Ms: e.total.Total.Latency.Percentile(0.95), P99Ms: e.total.Total.Latency.Percentile(0.99),
		MaxInFlight: e.config.MaxInFlight, ArrivalRate: e.config.ArrivalRate,
	}
	start, end := e.plateau.start, e.plateau.end
	for _, count := range end.users {
		outcome.Users += count
	}
	if !start.at.IsZero() {
		outcome.Seconds = max(end.at.Sub(start.at), time.Millisecond).Seconds()
		outcome.Rate = float64(end.requests-start.requests) / outcome.Seconds
		if e.master != nil {
			outcome.Rate = e.total.Total.Rate(start.at, end.at)
		}
		outcome.MeanMs = (end.milliseconds - start.milliseconds) / float64(max(1, end.timed-start.timed))
	}
	return outcome
}

// Shared returns the object with the given name, which all runtimes share. The first call creates it. The engine closes
// it at the end of the run.
func (e *Engine) Shared(name string, create func() Closer) Closer { return e.shared.get(name, create) }
