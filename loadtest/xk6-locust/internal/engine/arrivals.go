package engine

import (
	"context"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
)

// leastPause is the minimum time between two checks for due arrivals. Tasks may start this much too late. The delay
// counts toward their response time.
const leastPause = 200 * time.Microsecond

// runArrivals starts tasks evenly at the arrival rate, in each runtime in turn. It uses MaxInFlight users.
func runArrivals(ctx context.Context, e *Engine) error {
	dispatcher, err := dispatch.New(dispatchClasses(e.config.Classes))
	if err != nil {
		return err
	}
	// With this spawn rate, all users start in one step.
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
