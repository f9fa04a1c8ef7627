package engine

import (
	"context"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Event is an event of a run that scripts can listen to. Its value is the name that scripts use.
type Event string

// The events, in the order in which they occur. At EventTestStop, all users have stopped. EventQuitting is the last
// event before the reports are written.
const (
	EventTestStart Event = "testStart"
	EventTestStop  Event = "testStop"
	EventQuitting  Event = "quitting"
)

// notify calls the listeners of the first runtime, and waits for them until the context ends. It returns false if they
// have not finished by then.
func (e *Engine) notify(ctx context.Context, event Event) bool {
	done := make(chan struct{})
	e.fleet.attached()[0].Notify(event, func() { close(done) })
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// notifyStart calls the listeners at the start of the run.
func (e *Engine) notifyStart(ctx context.Context) {
	warning := time.AfterFunc(endGrace, func() {
		e.logf("warning", "the listeners of %s have not finished after %v; no user starts before they have", EventTestStart, endGrace)
	})
	defer warning.Stop()
	e.notify(ctx, EventTestStart)
}

// notifyEnd calls the listeners at the end of the run.
func (e *Engine) notifyEnd() {
	for _, event := range []Event{EventTestStop, EventQuitting} {
		ctx, cancel := context.WithTimeout(context.Background(), endGrace)
		if !e.notify(ctx, event) {
			e.logf("warning", "the listeners of %s did not finish within %v", event, endGrace)
		}
		cancel()
	}
}

// Statistics returns a copy of the current statistics. In a worker, they contain only requests that were already
// reported to the master.
func (e *Engine) Statistics() *stats.Stats {
	e.refresh()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.total.Clone()
}

// ExitCode returns the exit code that the script set, or nil.
func (e *Engine) ExitCode() *int { return e.exitCode.Load() }

// SetExitCode sets the exit code of the process. nil means that the results of the run decide.
func (e *Engine) SetExitCode(code *int) { e.exitCode.Store(code) }
