package module

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// userRuntime runs users in the runtime of one VU. What comes from elsewhere, such as answers, pauses that are over and users to start,
// is posted to it and handled on the VU's event loop, many at a time.
type userRuntime struct {
	vu         modules.VU
	engine     *engine.Engine
	attachment *engine.Attachment
	script     *script
	samples    *samples
	isOpenLoop bool

	mutex sync.Mutex
	queue []func() error
	// wake hands one callback to the event loop; nil when one is on its way already, or the runtime has ended.
	wake func(func() error)
	over bool

	// The rest belongs to the event loop.
	users  map[int64]*user    // by handle
	last   int64              // handle given
	active map[string][]*user // by class, in the order in which they started
	idle   []*user            // of an open loop
	done   func(any) error
	// rejections are promises that were rejected while nobody waited for them.
	rejections map[*sobek.Promise]struct{}
}

// user is what Go knows of one user.
type user struct {
	// handle is what JavaScript knows the user by. None is given twice: what a task has left behind may go on after its user.
	handle int64
	class  *class
	// pending are the promises that the user waits for.
	pending map[*operation]struct{}
	// isWaiting says that the user pauses between two tasks, so that it may stop at once.
	isWaiting bool
	// isStopping says that it stops after its task, isStopped that it does at its next await; wasStopped that the engine said so.
	isStopping, isStopped, wasStopped bool
	// hasWaited says that its task has waited for something.
	hasWaited bool
	// isCleaningUp says that onStop runs, in which it may go on asking.
	isCleaningUp bool
	// refusals counts what it has asked for since it was to stop.
	refusals int
	// due is when its task should have started, in an open loop; its first request counts from there.
	due time.Time
	jar client.Jar
}

// operation is something that a user waits for.
type operation struct {
	resolve, reject func(any) error
}

func newUserRuntime(vu modules.VU, script *script, samples *samples) *userRuntime {
	return &userRuntime{
		vu: vu, script: script, samples: samples,
		users: map[int64]*user{}, active: map[string][]*user{}, rejections: map[*sobek.Promise]struct{}{},
	}
}

// run attaches to the engine; the promise is resolved when the run is over.
func (v *userRuntime) run(e *engine.Engine) *sobek.Promise {
	promise, resolve, _ := v.vu.Runtime().NewPromise()
	v.done = resolve
	v.engine = e
	v.isOpenLoop = e.IsOpenLoop()
	v.wake = v.vu.RegisterCallback()
	v.vu.Runtime().SetPromiseRejectionTracker(v.track)
	// When the VU is interrupted the event loop must not wait for what will never come.
	context.AfterFunc(v.vu.Context(), v.release)
	v.attachment = e.Attach(v)
	return promise
}

// post has a function called on the event loop.
func (v *userRuntime) post(do func() error) {
	v.mutex.Lock()
	if v.over {
		v.mutex.Unlock()
		return
	}
	v.queue = append(v.queue, do)
	wake := v.wake
	v.wake = nil
	v.mutex.Unlock()
	if wake != nil {
		wake(v.drain)
	}
}

// drain calls what was posted, on the event loop.
func (v *userRuntime) drain() error {
	v.mutex.Lock()
	queue := v.queue
	v.queue = nil
	if !v.over {
		v.wake = v.vu.RegisterCallback()
	}
	v.mutex.Unlock()
	for _, do := range queue {
		if err := do(); err != nil {
			v.release()
			// Of the users of a runtime that is interrupted none comes to its end.
			for _, u := range v.users {
				v.ended(u)
			}
			return err
		}
	}
	v.reportRejections()
	return nil
}

// track notes promises that are rejected while nobody waits for them. k6 would end the whole run because of one.
func (v *userRuntime) track(promise *sobek.Promise, operation sobek.PromiseRejectionOperation) {
	if operation == sobek.PromiseRejectionReject {
		v.rejections[promise] = struct{}{}
	} else {
		delete(v.rejections, promise)
	}
}

// reportRejections counts as exceptions what no task was there to catch.
func (v *userRuntime) reportRejections() {
	for promise := range v.rejections {
		delete(v.rejections, promise)
		if reason := promise.Result(); !v.script.isStop(reason) {
			v.exception(reason)
		}
	}
}

// exception counts what a script threw.
func (v *userRuntime) exception(reason sobek.Value) {
	message, traceback := describe(reason)
	v.attachment.LogException(message, traceback)
	v.vu.State().Logger.WithField("source", "locust").Error(traceback)
}

// release lets the event loop end.
func (v *userRuntime) release() {
	v.mutex.Lock()
	v.over = true
	wake := v.wake
	v.wake = nil
	v.queue = nil
	v.mutex.Unlock()
	if wake != nil {
		wake(func() error { return nil })
	}
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
	u := &user{handle: v.last, class: class}
	v.users[u.handle] = u
	v.active[class.Name] = append(v.active[class.Name], u)
	v.attachment.Started(class.Name)
	return v.script.spawn(class.Name, u.handle, v.isOpenLoop)
}

// ended forgets a user.
func (v *userRuntime) ended(u *user) {
	active := v.active[u.class.Name]
	if i := slices.Index(active, u); i >= 0 {
		v.active[u.class.Name] = slices.Delete(active, i, i+1)
	}
	delete(v.users, u.handle)
	v.attachment.Ended(u.class.Name, u.wasStopped)
}

// Stop implements [engine.Runtime].
func (v *userRuntime) Stop(className string, count int, grace time.Duration) {
	v.post(func() error {
		// A copy, because users that end leave the list.
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

// stop stops a user: at once when it only waits or there is no grace, else after its task, or the grace.
func (v *userRuntime) stop(u *user, grace time.Duration) error {
	u.isStopping = true
	if grace == 0 || u.isWaiting {
		return v.kill(u)
	}
	time.AfterFunc(grace, func() { v.post(func() error { return v.kill(u) }) })
	return nil
}

// kill has all that a user waits for fail.
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
	return nil
}

// Filter implements [engine.Runtime].
func (v *userRuntime) Filter(tags, excluded []string) {
	v.post(func() error { return v.script.filter(tags, excluded) })
}

// Arrive implements [engine.Runtime].
func (v *userRuntime) Arrive(due []time.Time) {
	v.post(func() error {
		for _, at := range due {
			if err := v.arrive(at); err != nil {
				return err
			}
		}
		return nil
	})
}

// arrive has an idle user start the task that was due; without one the arrival is dropped. Any of them, so that the classes have
// their shares however few are busy.
func (v *userRuntime) arrive(due time.Time) error {
	for last := range slices.Backward(v.idle) {
		i := rand.IntN(last + 1) //nolint:gosec // no secret
		u := v.idle[i]
		v.idle[i] = v.idle[last]
		v.idle = v.idle[:last]
		// Of those that were stopped nothing is pending any more.
		for op := range u.pending {
			delete(u.pending, op)
			u.due, u.isWaiting = due, false
			return op.resolve(nil)
		}
	}
	v.attachment.Drop()
	v.samples.drop()
	return nil
}

// Tick implements [engine.Runtime].
func (v *userRuntime) Tick(answer func(engine.Tick)) {
	v.post(func() error {
		answer(v.script.tick())
		return nil
	})
}

// Finish implements [engine.Runtime].
func (v *userRuntime) Finish() {
	v.post(func() error {
		v.samples.flush()
		err := v.done(nil)
		v.release()
		return err
	})
}

const (
	// maxPending is how much a user may wait for at once.
	maxPending = 1000
	// maxRefusals is how often a user may ask for something more when it is to stop.
	maxRefusals = 100
)

var errPending = fmt.Errorf("a user waits for more than %d operations at once; an await may be missing", maxPending)

// begin registers something that a user waits for. When the user is stopped, the promise is rejected already, but not for ever: a loop
// that catches it would keep all users of the runtime waiting, so that its promise stays open and the user counts as ended.
func (v *userRuntime) begin(u *user) (*sobek.Promise, *operation) {
	promise, resolve, reject := v.vu.Runtime().NewPromise()
	if u.isStopped && !u.isCleaningUp {
		u.refusals++
		if u.refusals <= maxRefusals {
			_ = reject(v.script.stop)
		} else if v.users[u.handle] == u {
			v.vu.State().Logger.Warnf("a user of %s catches that it is to stop, and is left: let StopUser pass", u.class.Name)
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

// end takes the operation from the user. Whether somebody still waits for it.
func (u *user) end(op *operation) bool {
	if _, ok := u.pending[op]; !ok {
		return false
	}
	delete(u.pending, op)
	// Only now: a task that leaves it floating has waited for nothing.
	u.hasWaited = true
	return true
}

// rest is the pause between two tasks. It is undefined when there is none to make; a task that has waited for nothing has to let the
// others run all the same.
func (v *userRuntime) rest(u *user, seconds float64) sobek.Value {
	if seconds > 0 || u.isStopping || !u.hasWaited {
		return v.vu.Runtime().ToValue(v.pause(u, seconds, true))
	}
	u.hasWaited = false
	return sobek.Undefined()
}

// pause resolves after some seconds. Between tasks the user stops at once when it is asked to.
func (v *userRuntime) pause(u *user, seconds float64, isBetweenTasks bool) *sobek.Promise {
	if isBetweenTasks && u.isStopping && !u.isCleaningUp {
		u.isStopped = true
	}
	promise, op := v.begin(u)
	if op == nil {
		return promise
	}
	u.isWaiting = isBetweenTasks
	time.AfterFunc(time.Duration(seconds*float64(time.Second)), func() {
		v.post(func() error {
			if !u.end(op) {
				return nil
			}
			u.isWaiting = false
			return op.resolve(nil)
		})
	})
	return promise
}

// arrival resolves when a task of an open loop is due.
func (v *userRuntime) arrival(u *user) *sobek.Promise {
	if u.isStopping {
		u.isStopped = true
	}
	promise, op := v.begin(u)
	if op != nil {
		u.isWaiting = true
		v.idle = append(v.idle, u)
	}
	return promise
}

// clientOf is the client that all users of a class share, in all VUs.
func (v *userRuntime) clientOf(class *class) *client.Client {
	if class.client == nil {
		shared := v.engine.Shared(class.Name, func() engine.Closer { return class.HTTP.newClient() })
		class.client = shared.(*client.Client) //nolint:forcetypeassert // it was made here
	}
	return class.client
}

// runTime is how long the run has taken so far.
func (v *userRuntime) runTime() time.Duration { return time.Since(v.engine.Started()) }

func (v *userRuntime) countResponse(r *response, failure string) {
	v.count(r.key, r.answer.Status, r.at, r.responseTime, r.answer.ContentLength, failure)
}

// count counts a request in Locust's statistics and in k6's metrics. The failure is empty when it succeeded.
func (v *userRuntime) count(key stats.Key, status int, now time.Time, responseTime float64, contentLength int64, failure string) {
	v.attachment.Log(key, now, responseTime, contentLength, failure)
	v.samples.request(key, status, now, responseTime, failure != "")
}
