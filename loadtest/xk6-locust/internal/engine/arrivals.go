package engine

import (
	"context"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
)

// leastPause bounds how often arrivals are looked at: some come late by so much, which their response time counts.
const leastPause = 200 * time.Microsecond

// runArrivals lets tasks start at the arrival rate, evenly, each runtime's in turn. Users are there for as many as may be under way.
func runArrivals(ctx context.Context, e *Engine) error {
	dispatcher, err := dispatch.New(dispatchClasses(e.config.Classes))
	if err != nil {
		return err
	}
	// At a spawn rate of as many as there are to be, all come in the one step.
	if err := dispatcher.Dispatch(e.config.MaxInFlight, float64(e.config.MaxInFlight), nil); err != nil {
		return err
	}
	e.ramp(ctx, dispatcher)
	runtimes := e.fleet.attached()
	e.markPlateauStart()
	start := time.Now()
	gap := float64(time.Second) / e.config.ArrivalRate
	dueAt := func(arrival int) time.Time { return start.Add(time.Duration(float64(arrival) * gap)) }
	for next := 0; ; {
		now := time.Now()
		due := make([][]time.Time, len(runtimes))
		for ; !dueAt(next).After(now); next++ {
			due[next%len(runtimes)] = append(due[next%len(runtimes)], dueAt(next))
		}
		for i, moments := range due {
			if len(moments) > 0 {
				runtimes[i].Arrive(moments)
			}
		}
		if !sleep(ctx, max(leastPause, time.Until(dueAt(next)))) {
			return nil
		}
	}
}
