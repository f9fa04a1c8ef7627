package engine

import (
	"context"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
)

// leadTime is how far in advance a runtime learns of an arrival, at most. This lets it start the task on time even if
// this goroutine runs late.
const leadTime = 20 * time.Millisecond

// longestWait limits the time until an arrival. At a very low rate, this time would exceed the range of time.Duration.
const longestWait = 100 * 365 * 24 * time.Hour

// runArrivals starts MaxInFlight users, and then starts tasks at the arrival rate, at even intervals and in each
// runtime in turn. The first task is due, and the run time starts, when onStart has ended for all users. Otherwise, the
// start of the users would delay the first tasks. The wait for onStart is limited to the run time, if there is one.
func runArrivals(ctx context.Context, e *Engine) error {
	dispatcher, err := dispatch.New(dispatchClasses(e.config.Classes))
	if err != nil {
		return err
	}
	// With this spawn rate, all users start in one step.
	if err := dispatcher.Dispatch(e.config.MaxInFlight, float64(e.config.MaxInFlight), nil); err != nil {
		return err
	}
	if !e.ramp(ctx, dispatcher) || !e.fleet.waitForUsers(ctx, time.Duration(e.config.RunTime)) {
		return nil
	}
	ctx, cancel := e.withRunTime(ctx)
	defer cancel()
	runtimes := e.fleet.attached()
	e.markPlateauStart()
	go e.endWithoutUsers(ctx)
	start := time.Now()
	gap := float64(time.Second) / e.config.ArrivalRate
	dueAt := func(arrival int) time.Time {
		return start.Add(time.Duration(min(float64(arrival)*gap, float64(longestWait))))
	}
	end, hasEnd := ctx.Deadline()
	for next := 0; ; {
		until := time.Now().Add(leadTime)
		if hasEnd && until.After(end) {
			until = end
		}
		due := make([][]time.Time, len(runtimes))
		for ; !dueAt(next).After(until); next++ {
			due[next%len(runtimes)] = append(due[next%len(runtimes)], dueAt(next))
		}
		for i, moments := range due {
			if len(moments) > 0 {
				runtimes[i].Arrive(moments)
			}
		}
		if !sleep(ctx, max(leadTime/2, time.Until(dueAt(next))-leadTime/2)) {
			return nil
		}
	}
}
