package module

import (
	"fmt"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
)

// operation is a promise that a user waits for.
type operation struct {
	resolve, reject func(any) error
}

const (
	// maxPending limits the operations that a user may wait for at once.
	maxPending = 1000
	// maxRefusals is how many operations of a stopped user are rejected before the user is abandoned.
	maxRefusals = 100
)

var errPending = fmt.Errorf("a user waits for more than %d operations at once; an await may be missing", maxPending)

// begin registers an operation of a user. If the user is stopped, the operation is nil, and the promise is rejected
// immediately. After maxRefusals rejections, the promise stays pending and the user counts as stopped, because a loop
// that catches the rejections would block all other users of the runtime.
func (v *userRuntime) begin(u *user) (*sobek.Promise, *operation) {
	promise, resolve, reject := v.vu.Runtime().NewPromise()
	if u.isStopped && !u.isCleaningUp {
		u.refusals++
		if u.refusals <= maxRefusals {
			_ = reject(v.script.stop)
		} else if v.users[u.handle] == u {
			v.vu.State().Logger.Warnf("a user of %s caught StopUser and continued, so it was abandoned: rethrow StopUser", u.class.Name)
			v.ended(u)
		}
		return promise, nil
	}
	if len(u.pending) >= maxPending {
		common.Throw(v.vu.Runtime(), errPending)
	}
	op := &operation{resolve: resolve, reject: reject}
	if u.pending == nil {
		u.pending = make(map[*operation]struct{}, 1)
	}
	u.pending[op] = struct{}{}
	return promise, op
}

// end removes the operation from the user, and reports whether the user was still waiting for it.
func (u *user) end(op *operation) bool {
	if _, ok := u.pending[op]; !ok {
		return false
	}
	delete(u.pending, op)
	// Set hasWaited only now, because a task that does not await its operations has not waited.
	u.hasWaited = true
	return true
}

// pausePromise returns the pause between two tasks of a task set, or undefined if there is none.
func (v *userRuntime) pausePromise(u *user, seconds float64) sobek.Value {
	if v.endTask(u); v.needsPause(u, seconds) {
		return v.vu.Runtime().ToValue(v.pause(u, seconds, true))
	}
	return sobek.Undefined()
}

// needsPause reports whether a user pauses after a task. If the task has not waited for anything, the user always
// pauses, so that other users can run.
func (v *userRuntime) needsPause(u *user, seconds float64) bool {
	if seconds > 0 || u.isStopping || !u.hasWaited {
		return true
	}
	u.hasWaited = false
	return false
}

// pauseBetweenTasks pauses between two tasks of a user, and then resumes the user. It returns false if there is no
// pause. It throws if the user is stopping.
func (v *userRuntime) pauseBetweenTasks(u *user, seconds float64) bool {
	if v.endTask(u); !v.needsPause(u, seconds) {
		return false
	}
	v.startPause(u)
	v.after(u, seconds, func() bool { return u.isPausing }, func() error { return v.resume(u) })
	return true
}

// startPause records that a user waits for its next task. It throws if the user is stopping.
func (v *userRuntime) startPause(u *user) {
	if u.isStopping {
		u.isStopped = true
		panic(v.script.stop)
	}
	u.isPausing, u.isWaiting = true, true
}

// resume runs the next task of a user that has waited for it.
func (v *userRuntime) resume(u *user) error {
	u.isPausing, u.isWaiting, u.hasWaited = false, false, true
	return v.script.resume(u)
}

// pause returns a promise that is resolved after some seconds. Between tasks, a user that is stopping stops
// immediately.
func (v *userRuntime) pause(u *user, seconds float64, isBetweenTasks bool) *sobek.Promise {
	if isBetweenTasks && u.isStopping && !u.isCleaningUp {
		u.isStopped = true
	}
	promise, op := v.begin(u)
	if op == nil {
		return promise
	}
	u.isWaiting = isBetweenTasks
	v.after(u, seconds, func() bool { return u.end(op) }, func() error {
		u.isWaiting = false
		return op.resolve(nil)
	})
	return promise
}

// after calls a function when a user's pause ends, unless the user has stopped waiting by then. It records how late the
// pause ends.
func (v *userRuntime) after(u *user, seconds float64, isWaiting func() bool, do func() error) {
	length := time.Duration(seconds * float64(time.Second))
	due := time.Now().Add(length - v.proceed(u, length))
	v.at(due, func() error {
		if !isWaiting() {
			return nil
		}
		// A pause of 0 only yields to other users, so its delay is not counted as lateness.
		if length > 0 {
			v.attachment.Late(time.Since(due))
		}
		return do()
	})
}
