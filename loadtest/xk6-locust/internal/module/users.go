package module

import (
	"fmt"
	"slices"
	"time"

	"github.com/grafana/sobek"
)

// user is the Go side of one user.
type user struct {
	// handle identifies the user in JavaScript. Handles are never reused, because a task's code may still run after its
	// user has stopped.
	handle int64
	// number is the number of the user in this process.
	number int64
	// pending contains the promises that the user waits for.
	pending map[*operation]struct{}
	// object is the JavaScript object of the user, and tasks is the list of the user's tasks. isPausing is true while
	// no code of the user runs, because the user waits for the next task.
	object, tasks sobek.Value
	isPausing     bool
	// isReady is true if markReady has told the engine about the user of an open loop.
	isReady bool
	// isWaiting is true while the user pauses between two tasks and can stop immediately.
	isWaiting bool
	// isStopping is true if the user stops after its task. isStopped is true if the user stops at its next await.
	// wasStopped is true if the engine stopped the user.
	isStopping, isStopped, wasStopped bool
	// hasWaited is true if the current task has waited for something.
	hasWaited bool
	// isCleaningUp is true while onStop is running. During this time, the user may still make requests.
	isCleaningUp bool
	// refusals counts the operations that the user began after it was stopped (isStopped), except in onStop.
	refusals int
	// isAnswered is true if the user has neither paused nor sent a request since its last answer. delay is the time
	// from the arrival of this answer to its handling, at most pollTimeout.
	isAnswered bool
	delay      time.Duration
	// due is the time when the current task of an open loop should have started. The response time of the task's first
	// request is measured from this time.
	due time.Time
	// sessions contains the additional open sessions of the user, by number. They have their own hosts, headers, and
	// cookies.
	sessions map[int64]*web
	// lastSession is the number of the session that was opened last.
	lastSession int64
	// streams contains the open streams. depth is 0 until onStart has ended, and then 1 plus the number of running task
	// sets whose onStart has ended.
	streams map[*stream]struct{}
	depth   int
	web
}

// Spawn implements [engine.Runtime].
func (v *userRuntime) Spawn(className string, count int) {
	v.post(func() error {
		class := v.script.classes[className]
		if class == nil {
			return fmt.Errorf("locust: this script has no user class %s", className)
		}
		if err := v.script.checkTasks(className); err != nil {
			return err
		}
		for range count {
			if err := v.spawn(class); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *userRuntime) spawn(class *class) error {
	v.last++
	u := &user{handle: v.last, number: v.engine.NextUser(), web: web{class: class}}
	v.users[u.handle] = u
	v.active[class.Name] = append(v.active[class.Name], u)
	v.attachment.Started(class.Name)
	return v.script.spawn(class.Name, u.handle, v.isOpenLoop, v.engine.IsLimited())
}

// ended removes a user that has stopped, and closes its streams and sessions.
func (v *userRuntime) ended(u *user) {
	active := v.active[u.class.Name]
	if i := slices.Index(active, u); i >= 0 {
		v.active[u.class.Name] = slices.Delete(active, i, i+1)
	}
	delete(v.users, u.handle)
	v.left++
	// If the user did not await a request, the request ends here and is not counted. The objects are released now,
	// because a timer may still refer to the user.
	u.pending, u.object, u.tasks = nil, nil, nil
	u.closeStreams(func(*stream) bool { return true })
	u.closeSessions()
	v.markReady(u)
	v.attachment.Ended(u.class.Name, u.wasStopped)
}

// Stop implements [engine.Runtime].
func (v *userRuntime) Stop(className string, count int, grace time.Duration) {
	v.post(func() error {
		v.isEnding = true
		// The list is copied, because users that stop are removed from it.
		for _, u := range slices.Backward(slices.Clone(v.active[className])) {
			if count == 0 {
				break
			}
			if u.wasStopped {
				continue
			}
			u.wasStopped = true
			count--
			if err := v.stop(u, grace); err != nil {
				return err
			}
		}
		return nil
	})
}

// stop stops a user. The user stops immediately if it pauses between tasks or there is no grace period. Otherwise, it
// stops after its task, at the latest at the end of the grace period.
func (v *userRuntime) stop(u *user, grace time.Duration) error {
	u.isStopping = true
	if grace == 0 || u.isWaiting {
		return v.kill(u)
	}
	time.AfterFunc(grace, func() { v.post(func() error { return v.kill(u) }) })
	return nil
}

// kill rejects all promises that a user waits for, and ends a pause between tasks.
func (v *userRuntime) kill(u *user) error {
	if u.isStopped || u.isCleaningUp || v.users[u.handle] != u {
		return nil
	}
	u.isStopping, u.isStopped = true, true
	pending := u.pending
	u.pending = nil
	for op := range pending {
		if err := op.reject(v.script.stop); err != nil {
			return err
		}
	}
	if u.isPausing {
		u.isPausing = false
		return v.script.cleanUp(u.handle)
	}
	return nil
}
