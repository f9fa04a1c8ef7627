package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
)

// tickInterval is the interval between two calls to the load shape, as in Locust.
const tickInterval = time.Second

// runShape runs as many users as the load shape requests. It calls the first runtime's shape every second.
func runShape(ctx context.Context, e *Engine) error {
	dispatcher, err := dispatch.New(dispatchClasses(e.config.Classes))
	if err != nil {
		return err
	}
	if e.config.Users > 1 || e.config.SpawnRate != 1 {
		e.logf("warning", "the load shape sets the users, so users and spawnRate have no effect")
	}
	runtime := e.fleet.attached()[0]
	answers := make(chan Tick, 1)
	var last Tick
	cancelRamp := func() {}
	defer func() { cancelRamp() }()
	for {
		runtime.Tick(func(tick Tick) { answers <- tick })
		var tick Tick
		select {
		case tick = <-answers:
		case <-ctx.Done():
			return nil
		}
		if tick.Err != nil {
			return fmt.Errorf("the load shape failed: %w", tick.Err)
		}
		if tick.IsEnd {
			return nil
		}
		if !sameTick(tick, last) {
			cancelRamp()
			if err := dispatcher.Dispatch(tick.Users, tick.SpawnRate, tick.Classes); err != nil {
				return err
			}
			cancelRamp = startRamp(ctx, e, dispatcher)
			last = tick
		}
		if !sleep(ctx, tickInterval) {
			return nil
		}
	}
}

// startRamp performs the dispatcher's steps in the background. The returned function stops the ramp and waits until it
// has stopped.
func startRamp(ctx context.Context, e *Engine, dispatcher *dispatch.Dispatcher) func() {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if e.ramp(ctx, dispatcher) && e.plateauStart().IsZero() {
			e.markPlateauStart()
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func sameTick(a, b Tick) bool {
	return a.Users == b.Users && a.SpawnRate == b.SpawnRate && slices.Equal(a.Classes, b.Classes)
}
