package module

import (
	"math/rand/v2"
	"time"
)

// Arrive implements [engine.Runtime].
func (v *userRuntime) Arrive(due []time.Time) {
	v.post(func() error {
		for _, at := range due {
			v.at(at, func() error { return v.arrive(at) })
		}
		return nil
	})
}

// arrive lets an idle user start the task that was due. If no user is idle, the arrival is dropped.
func (v *userRuntime) arrive(due time.Time) error {
	if v.isEnding {
		return nil
	}
	for v.idle > 0 {
		u := v.takeIdle()
		// A stopped user is still in the list of idle users, but no longer waits for a task.
		if u.isPausing {
			u.due = due
			v.attachment.Late(time.Since(due))
			return v.resume(u)
		}
	}
	v.attachment.Drop()
	v.samples.drop()
	return nil
}

// takeIdle removes an idle user and returns it. The class is chosen at random, so that the classes get their shares
// even if few users are busy. Within the class, takeIdle picks the user that became idle last, because this
// user probably has an open connection.
func (v *userRuntime) takeIdle() *user {
	i := rand.IntN(v.idle) //nolint:gosec // no secret
	v.idle--
	for _, class := range v.script.classes {
		last := len(class.idle) - 1
		if i > last {
			i -= len(class.idle)
			continue
		}
		u := class.idle[last]
		class.idle = class.idle[:last]
		return u
	}
	panic("locust: the number of idle users is wrong")
}

// waitForArrival makes a user wait for the next arrival of an open loop.
func (v *userRuntime) waitForArrival(u *user) {
	v.endTask(u)
	v.markReady(u)
	v.startPause(u)
	u.isAnswered, u.delay = false, 0
	u.class.idle = append(u.class.idle, u)
	v.idle++
}

// markReady tells the engine that the user of an open loop has run onStart, or has stopped. Only the first call for a
// user has an effect.
func (v *userRuntime) markReady(u *user) {
	if v.isOpenLoop && !u.isReady {
		u.isReady = true
		v.attachment.Ready()
	}
}
