// Package engine runs the users of a test: it decides how many of which class there are, has them run by runtimes, and gathers what
// they measure into Locust's statistics and reports. It knows nothing of JavaScript or k6.
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
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Class is a class of users.
type Class struct {
	Name       string  `json:"name"`
	Weight     float64 `json:"weight"`
	FixedCount int     `json:"fixedCount"`
	// Host is where the paths of its users go.
	Host string `json:"host,omitempty"`
}

// Runtime runs users in one JavaScript runtime. Its methods return at once and may be called from any goroutine.
type Runtime interface {
	// Spawn starts users of a class.
	Spawn(class string, count int)
	// Stop stops the users of a class that started last: those that wait at once, the others after their task, but after the grace in any
	// case. Without a grace all stop at once.
	Stop(class string, count int, grace time.Duration)
	// Filter says which tasks run from now on, by their tags.
	Filter(tags, excluded []string)
	// Arrive starts tasks of an open loop, each as of the moment at which it was due.
	Arrive(due []time.Time)
	// Tick asks the load shape, and has the answer given once.
	Tick(answer func(Tick))
	// Finish lets the runtime end. It has no users any more.
	Finish()
}

// Tick is what a load shape says: users and spawn rate from now on.
type Tick struct {
	Users     int
	SpawnRate float64
	// Classes are those that run; all where it is nil.
	Classes []string
	// IsEnd ends the run.
	IsEnd bool
	// Err is what the shape threw.
	Err error
}

// Config says what an engine runs.
type Config struct {
	locust.Options

	Classes []Class `json:"userClasses"`
	// HasShape says that runtimes have a load shape to ask.
	HasShape bool `json:"hasShape,omitempty"`
	// Requirements are what the run must show.
	Requirements *Requirements `json:"requirements,omitempty"`
	// Script is its name in reports.
	Script string `json:"script,omitempty"`
	// TaskRatios are the shares of tasks for reports, as runtimes know them.
	TaskRatios []report.TaskRatio `json:"taskRatios,omitempty"`
}

// Environment is what an engine has around it.
type Environment struct {
	// Stdout takes tables and verdicts; with --json only that, and Stderr the others.
	Stdout, Stderr io.Writer
	// Log takes one line; the level is debug, info, warning or error.
	Log func(level, message string)
	// Users and Requirement take what is to be among k6's metrics: the number of users each second, and each requirement's verdict.
	Users       func(count int)
	Requirement func(name string, ok bool)
}

// Engine is one run.
type Engine struct {
	config      Config
	environment Environment
	fleet       *fleet
	reporter    *reporter
	shared      shared
	finished    atomic.Bool

	mutex   sync.Mutex
	total   *stats.Stats
	latency Histogram
	dropped int64
	started time.Time
	// plateau is the time in which all users run, from which the rate is taken.
	plateau struct{ start, end mark }
}

// mark is what was measured up to a moment.
type mark struct {
	at time.Time
	// requests are all, timed those that have a response time, of which milliseconds is the sum.
	requests, timed int64
	milliseconds    float64
	// users are those that run, by class.
	users map[string]int
}

// How long users may take to end beyond the stop timeout: for onStop and what it asks for.
const endGrace = 10 * time.Second

var errNoUsers = errors.New("the run ended before any user started")

// New checks what is to be run.
func New(config Config, environment Environment) (*Engine, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	classes, err := SelectClasses(config.Classes, config.UserClasses)
	if err != nil {
		return nil, err
	}
	config.Classes = classes
	e := &Engine{config: config, environment: environment, total: stats.New(time.Now())}
	e.fleet = newFleet(config, e)
	return e, nil
}

// Run runs the test until its time is over, its load shape or master ends it, or the context does; then users stop, as gently
// as the stop timeout lets them, and reports are written.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.fleet.waitForRuntimes(ctx); err != nil {
		return err
	}
	e.start()
	e.fleet.filter(e.config.Tags, e.config.ExcludeTags)
	var err error
	if e.reporter, err = startReporter(e); err != nil {
		return err
	}
	err = e.drive(ctx)
	e.markPlateauEnd()
	e.reporter.noteUsers()
	e.fleet.stopAll(time.Duration(e.config.StopTimeout))
	e.finished.Store(true)
	e.fleet.finish()
	e.shared.close()
	if reportErr := e.reporter.stop(); err == nil {
		err = reportErr
	}
	if err == nil && !e.config.Worker && ctx.Err() == nil && e.fleet.spawnedNone() {
		err = errNoUsers
	}
	return err
}

// drive makes users come and go until the run is over.
func (e *Engine) drive(ctx context.Context) error {
	if e.config.Worker {
		return runWorker(ctx, e)
	}
	if e.config.RunTime > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, time.Duration(e.config.RunTime))
		defer cancel()
	}
	switch {
	case e.config.IsOpenLoop():
		return runArrivals(ctx, e)
	case e.config.HasShape:
		return runShape(ctx, e)
	default:
		return e.runUsers(ctx)
	}
}

// runUsers brings up the users at the spawn rate and keeps them.
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
		<-ctx.Done()
	}
	return nil
}

// ramp goes the dispatcher's steps. Whether it came to the end.
func (e *Engine) ramp(ctx context.Context, dispatcher *dispatch.Dispatcher) bool {
	for {
		step, ok := dispatcher.Next()
		if !ok {
			return true
		}
		begun := time.Now()
		e.fleet.apply(step.Counts, time.Duration(e.config.StopTimeout))
		if !sleep(ctx, step.Wait-time.Since(begun)) {
			return false
		}
	}
}

// sleep waits. Whether the context lasted.
func sleep(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (e *Engine) start() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.started = time.Now()
	e.total = stats.New(e.started)
}

// Started is when the run began.
func (e *Engine) Started() time.Time {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.started
}

// IsOpenLoop reports whether tasks start at a fixed rate.
func (e *Engine) IsOpenLoop() bool { return e.config.IsOpenLoop() }

// IsFinished reports whether the run is over.
func (e *Engine) IsFinished() bool { return e.finished.Load() }

// UserCount is how many users run now.
func (e *Engine) UserCount() int { return e.fleet.count() }

// Attach ties a runtime to the engine; the run begins when all are.
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

// collect takes what the runtimes have measured since the last time, and returns it.
func (e *Engine) collect() *stats.Stats {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delta := stats.New(time.Now())
	for _, attachment := range e.fleet.attached() {
		delta.Add(attachment.recorder.Take())
		e.latency.Add(attachment.takeLatency())
		e.dropped += attachment.dropped.Swap(0)
	}
	e.total.Add(delta)
	return delta
}

// markPlateauStart begins the time from which the rate is taken; with --reset-stats the statistics too.
func (e *Engine) markPlateauStart() {
	e.collect()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.config.ResetStats {
		e.resetStats()
	}
	e.plateau.start = e.mark()
}

// markPlateauEnd ends that time.
func (e *Engine) markPlateauEnd() {
	// What a worker has measured is taken by its master.
	if !e.config.Worker {
		e.collect()
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.plateau.end = e.mark()
}

// plateauStart is when all users had started, zero before.
func (e *Engine) plateauStart() time.Time {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.plateau.start.at
}

// mark is what was measured up to now. The mutex is held.
func (e *Engine) mark() mark {
	total := e.total.Total
	return mark{
		at: time.Now(), requests: total.Requests, timed: total.Requests - total.NoneRequests, milliseconds: total.TotalResponseTime,
		users: e.fleet.byClass(),
	}
}

// resetStats begins the statistics anew. The mutex is held.
func (e *Engine) resetStats() {
	e.total.Reset(time.Now())
	e.latency = Histogram{}
	e.reporter.history.Reset()
}

func (e *Engine) logf(level, format string, arguments ...any) {
	e.environment.Log(level, fmt.Sprintf(format, arguments...))
}

// outcome is what the run has shown.
func (e *Engine) outcome() Outcome {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	outcome := Outcome{
		Requests: e.total.Total.Requests, Failures: e.total.Total.Failures, Dropped: e.dropped,
		P95Ms: e.latency.Percentile(0.95), P99Ms: e.latency.Percentile(0.99),
		MaxInFlight: e.config.MaxInFlight, ArrivalRate: e.config.ArrivalRate,
	}
	start, end := e.plateau.start, e.plateau.end
	for _, count := range end.users {
		outcome.Users += count
	}
	if !start.at.IsZero() {
		outcome.Seconds = max(end.at.Sub(start.at), time.Millisecond).Seconds()
		outcome.Rate = float64(end.requests-start.requests) / outcome.Seconds
		outcome.MeanMs = (end.milliseconds - start.milliseconds) / float64(max(1, end.timed-start.timed))
	}
	return outcome
}

// Shared returns the thing of that name that all runtimes share. The first runtime that asks for it creates it; the engine
// closes it at the end of the run.
func (e *Engine) Shared(name string, create func() Closer) Closer { return e.shared.get(name, create) }
