package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/master"
)

// userGroup runs users, in the runtimes of this process or in the workers of a master.
type userGroup interface {
	// step starts and stops users. Stopping users may finish their tasks within the grace period.
	step(step dispatch.Step, grace time.Duration)
	// rampDone is called after the last step of a ramp. It returns false if the context ended first.
	rampDone(ctx context.Context) bool
	// stopAll stops all users, and waits until they have stopped, for at most the grace period plus endGrace.
	stopAll(grace time.Duration)
	count() int
	byClass() map[string]int
	spawnedNone() bool
}

var (
	_ userGroup = &fleet{}
	_ userGroup = &workers{}
)

// workers distributes the users of a master among its workers.
type workers struct {
	*master.Server

	engine *Engine
	// isAssigned is set once workers were told to start users. hasRun is set once the workers have reported users.
	isAssigned, hasRun bool
}

// reportTimeout limits how long a master waits for the reports from its workers at the end of a ramp.
const reportTimeout = 5 * time.Second

// ErrWorkers means that too few workers joined a master, or that it lost all of its workers.
var ErrWorkers = errors.New("not enough workers")

// startMaster opens the port of the master, and waits for the expected workers. The returned function closes the port.
func (e *Engine) startMaster(ctx context.Context) (func(), error) {
	server, err := master.Listen(ctx, e.config.MasterBindHost, e.config.MasterBindPort, master.Events{
		Log: e.environment.Log,
		Exception: func(_, traceback string) {
			e.exceptions.log(traceback, func(text string) { e.environment.Log("error", text) })
		},
		Empty: func(isLost bool) {
			if isLost {
				e.Fail(fmt.Errorf("%w: the last worker was lost before the end of the run", ErrWorkers))
				return
			}
			e.logf("warning", "the last worker has left, so the run ends")
			e.Quit()
		},
	})
	if err != nil {
		return nil, err
	}
	workers := &workers{Server: server, engine: e}
	expected := max(1, e.config.ExpectWorkers)
	e.logf("info", "the master waits for %s on port %d", Counted(float64(expected), "worker"), server.Port())
	waitContext, cancel := ctx, context.CancelFunc(func() {})
	if e.config.ExpectWorkersMaxWait > 0 {
		waitContext, cancel = context.WithTimeout(ctx, time.Duration(e.config.ExpectWorkersMaxWait))
	}
	defer cancel()
	if !server.WaitForWorkers(waitContext, expected) {
		joined := server.Workers()
		workers.stopAll(0)
		server.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%w: %d of %s joined within %v", ErrWorkers, joined, Counted(float64(expected), "worker"), e.config.ExpectWorkersMaxWait)
	}
	e.users = workers
	server.Start(master.Job{
		Host: e.config.Host, StopTimeout: time.Duration(e.config.StopTimeout), Tags: e.config.Tags, ExcludeTags: e.config.ExcludeTags,
		ResetStats: e.config.ResetStats, ExpectWorkers: e.config.ExpectWorkers,
	})
	e.master = server
	return server.Close, nil
}

// step assigns the new users to workers. The workers know the grace period from their job.
func (w *workers) step(step dispatch.Step, _ time.Duration) {
	w.isAssigned = w.isAssigned || len(step.Started) > 0
	w.Apply(step)
}

func (w *workers) rampDone(ctx context.Context) bool {
	if !w.Complete(ctx, reportTimeout) {
		return false
	}
	w.hasRun = w.hasRun || w.count() > 0
	w.engine.logf("info", "%s on %s", Counted(float64(w.count()), "user"), Counted(float64(w.Workers()), "worker"))
	return true
}

func (w *workers) stopAll(grace time.Duration) {
	w.hasRun = w.hasRun || w.count() > 0
	ctx, cancel := context.WithTimeout(context.Background(), grace+endGrace)
	defer cancel()
	if left := w.Quit(ctx); len(left) > 0 {
		w.engine.logf("warning", "these workers did not end within %v, so their last reports are missing: %s", grace+endGrace, strings.Join(left, ", "))
	}
}

func (w *workers) byClass() map[string]int {
	users := w.Users()
	for _, class := range w.engine.config.Classes {
		users[class.Name] += 0
	}
	return users
}

func (w *workers) count() int { return sum(w.Users()) }

// spawnedNone reports whether no users were started. This can happen if the workers' locustfiles have different user
// classes.
func (w *workers) spawnedNone() bool {
	w.engine.mutex.Lock()
	defer w.engine.mutex.Unlock()
	return !w.isAssigned || !w.hasRun && w.engine.total.Total.Requests == 0
}

func (f *fleet) step(step dispatch.Step, grace time.Duration) { f.apply(step.Counts, grace) }

// rampDone returns true immediately, because step has already told the runtimes to start all users.
func (*fleet) rampDone(context.Context) bool { return true }
