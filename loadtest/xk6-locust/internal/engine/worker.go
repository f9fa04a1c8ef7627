package engine

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
)

// runWorker lets a master control the users, until the master sends quit.
func runWorker(ctx context.Context, e *Engine) error {
	hostname, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("cannot read the machine's name: %w", err)
	}
	e.markPlateauStart()
	result, err := worker.Run(ctx, worker.Config{
		MasterHost: e.config.MasterHost, MasterPort: e.config.MasterPort, Hostname: hostname, Logger: e.environment.Log,
	}, &runner{e})
	if err == nil {
		e.logf("info", "the worker ended: %s", result)
	}
	return err
}

// runner lets a master control the engine.
type runner struct{ *Engine }

var _ worker.Runner = &runner{}

// Spawn starts and stops users until their numbers match the job.
func (r *runner) Spawn(job worker.Job) error {
	if _, err := SelectClasses(r.config.Classes, slices.Collect(maps.Keys(job.Counts))); err != nil && len(job.Counts) > 0 {
		err = fmt.Errorf("the master has other user classes (for a Locust master, k6 x locust --stub prints a matching locustfile): %w", err)
		r.Fail(err)
		return err
	}
	r.index.Store(int64(job.WorkerIndex))
	if count, ok := job.Options[protocol.OptionWorkers].(int64); ok && r.config.ExpectWorkers == 0 {
		r.workers.Store(count)
	}
	if job.Host != "" {
		r.fleet.setHostURL(job.Host)
	}
	r.fleet.filter(job.Tags, job.ExcludeTags)
	r.fleet.apply(job.Counts, job.StopTimeout)
	// The master uses the answer as the number of running users, so wait until the runtimes have started them.
	for deadline := time.Now().Add(time.Second); r.fleet.count() < sum(job.Counts) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	return nil
}

func sum(counts map[string]int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}

// Stop stops all users. They may finish their tasks until the deadline of the context. Without a deadline, they stop
// immediately.
func (r *runner) Stop(ctx context.Context) {
	var grace time.Duration
	if deadline, ok := ctx.Deadline(); ok {
		grace = max(0, time.Until(deadline))
	}
	r.fleet.stopAll(grace)
}

// Users returns the number of running users per class.
func (r *runner) Users() map[string]int { return r.fleet.byClass() }

// Take returns the measurements since the last call.
func (r *runner) Take() *stats.Stats { return r.collect() }

// ResetStats discards all measurements.
func (r *runner) ResetStats() {
	r.collect()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.resetStats()
}
