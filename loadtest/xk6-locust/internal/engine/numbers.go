package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// numbersPerWorker is the size of each worker's range of user numbers. If a worker started more users, their numbers
// would overlap with those of another worker's users.
const numbersPerWorker = 1_000_000

var (
	errOldMaster   = errors.New("locust: user numbers and distributors need a master of Locust 2.11 or newer, which numbers its workers")
	errTooMany     = fmt.Errorf("locust: a worker has only %d user numbers", numbersPerWorker)
	errNoCount     = errors.New("locust: a worker must know the number of workers to split the data: set --expect-workers on the master, or on each worker of a Locust master")
	errMoreWorkers = errors.New("locust: the master has had more workers than --expect-workers, so there is no data left for this one")
)

// NextUser returns the number of a new user in this process, from 0.
func (e *Engine) NextUser() int64 { return e.numbers.users.Add(1) - 1 }

// UserNumber returns the number of a user among the users of all workers. Its argument comes from [Engine.NextUser].
func (e *Engine) UserNumber(own int64) (int64, error) {
	if !e.config.Worker {
		return own, nil
	}
	index := e.index.Load()
	switch {
	case index < 0:
		return 0, errOldMaster
	case own >= numbersPerWorker:
		return 0, errTooMany
	}
	return index*numbersPerWorker + own, nil
}

// NextItem returns the index of the next item of a distributor. No other call for this distributor returns the same
// index, in any runtime or worker. Distributors are numbered in the order in which the script creates them.
func (e *Engine) NextItem(distributor int) (int64, error) {
	step, offset := int64(1), int64(0)
	if e.config.Worker {
		step, offset = e.workers.Load(), e.index.Load()
		switch {
		case step == 0:
			return 0, errNoCount
		case offset < 0:
			return 0, errOldMaster
		case offset >= step:
			return 0, errMoreWorkers
		}
	}
	taken, _ := e.numbers.takes.LoadOrStore(distributor, new(atomic.Int64))
	return (taken.(*atomic.Int64).Add(1)-1)*step + offset, nil //nolint:forcetypeassert // it was made here
}

// IsLimited reports whether the run ends after a certain number of tasks.
func (e *Engine) IsLimited() bool { return e.config.Iterations > 0 }

// ClaimTask reports whether one more task may start in a run with a limited number of tasks.
func (e *Engine) ClaimTask() bool { return e.claimed.Add(1) <= int64(e.config.Iterations) }

// TaskDone counts a task that [Engine.ClaimTask] permitted. The last task ends the run.
func (e *Engine) TaskDone() {
	if e.done.Add(1) == int64(e.config.Iterations) {
		e.Quit()
	}
}

// endWithoutUsers ends a run with a limited number of tasks if all users have stopped by themselves. Without a load
// shape, no more tasks can start then. It does nothing in other runs.
func (e *Engine) endWithoutUsers(ctx context.Context) {
	if !e.IsLimited() {
		return
	}
	for e.fleet.wantsUsers() {
		if !sleep(ctx, usersPoll) {
			return
		}
	}
	if ctx.Err() == nil {
		e.logf("warning", "all users have stopped after %d of %s, so the run ends", e.done.Load(), Counted(float64(e.config.Iterations), "task"))
		e.Quit()
	}
}

// usersPoll is how often a run with a limited number of tasks checks whether all users have stopped.
const usersPoll = 100 * time.Millisecond
