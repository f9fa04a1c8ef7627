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
)

// host runs users in the runtime of one VU. What comes from elsewhere, such as answers, pauses that are over and users to start,
// is posted to it and handled on the VU's event loop, many at a time.
type host struct {
	vu         modules.VU
	engine     *engine.Engine
	attachment *engine.Attachment
	runtime    *scriptRuntime
	samples    *samples
	isOpenLoop bool

	mutex sync.Mutex
	queue []func() error
	// wake hands one callback to the event loop; nil when one is on its way already, or the host has ended.
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

func newHost(vu modules.VU, runtime *scriptRuntime, samples *samples) *host {
	return &host{
		vu: vu, runtime: runtime, samples: samples,
		users: map[int64]*user{}, active: map[string][]*user{}, rejections: map[*sobek.Promise]struct{}{},
	}
}

// run attaches to the engine; the promise is resolved when the run is over.
func (h *host) run(e *engine.Engine) *sobek.Promise {
	promise, resolve, _ := h.vu.Runtime().NewPromise()
	h.done = resolve
	h.engine = e
	h.isOpenLoop = e.IsOpenLoop()
	h.wake = h.vu.RegisterCallback()
	h.vu.Runtime().SetPromiseRejectionTracker(h.track)
	// When the VU is interrupted the event loop must not wait for what will never come.
	context.AfterFunc(h.vu.Context(), h.release)
	h.attachment = e.Attach(h)
	return promise
}

// post has a function called on the event loop.
func (h *host) post(do func() error) {
	h.mutex.Lock()
	if h.over {
		h.mutex.Unlock()
		return
	}
	h.queue = append(h.queue, do)
	wake := h.wake
	h.wake = nil
	h.mutex.Unlock()
	if wake != nil {
		wake(h.drain)
	}
}

// drain calls what was posted, on the event loop.
func (h *host) drain() error {
	h.mutex.Lock()
	queue := h.queue
	h.queue = nil
	if !h.over {
		h.wake = h.vu.RegisterCallback()
	}
	h.mutex.Unlock()
	for _, do := range queue {
		if err := do(); err != nil {
			h.release()
			// Of the users of a runtime that is interrupted none comes to its end.
			for _, u := range h.users {
				h.ended(u)
			}
			return err
		}
	}
	h.reportRejections()
	return nil
}

// track notes promises that are rejected while nobody waits for them. k6 would end the whole run because of one.
func (h *host) track(promise *sobek.Promise, operation sobek.PromiseRejectionOperation) {
	if operation == sobek.PromiseRejectionReject {
		h.rejections[promise] = struct{}{}
	} else {
		delete(h.rejections, promise)
	}
}

// reportRejections counts as exceptions what no task was there to catch.
func (h *host) reportRejections() {
	for promise := range h.rejections {
		delete(h.rejections, promise)
		if reason := promise.Result(); !h.runtime.isStop(reason) {
			h.exception(reason)
		}
	}
}

// exception counts what a script threw.
func (h *host) exception(reason sobek.Value) {
	message, traceback := describe(reason)
	h.attachment.LogException(message, traceback)
	h.vu.State().Logger.WithField("source", "locust").Error(traceback)
}

// release lets the event loop end.
func (h *host) release() {
	h.mutex.Lock()
	h.over = true
	wake := h.wake
	h.wake = nil
	h.queue = nil
	h.mutex.Unlock()
	if wake != nil {
		wake(func() error { return nil })
	}
}

// Spawn implements [engine.Host].
func (h *host) Spawn(className string, count int) {
	h.post(func() error {
		class := h.runtime.classes[className]
		if class == nil {
			return fmt.Errorf("locust: this runtime has no user class %s", className)
		}
		if err := h.runtime.checkTasks(className); err != nil {
			return err
		}
		for range count {
			if err := h.spawn(class); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *host) spawn(class *class) error {
	h.last++
	u := &user{handle: h.last, class: class}
	h.users[u.handle] = u
	h.active[class.Name] = append(h.active[class.Name], u)
	h.attachment.Started(class.Name)
	return h.runtime.spawn(class.Name, u.handle, h.isOpenLoop)
}

// ended forgets a user.
func (h *host) ended(u *user) {
	active := h.active[u.class.Name]
	if i := slices.Index(active, u); i >= 0 {
		h.active[u.class.Name] = slices.Delete(active, i, i+1)
	}
	delete(h.users, u.handle)
	h.attachment.Ended(u.class.Name, u.wasStopped)
}

// Stop implements [engine.Host].
func (h *host) Stop(className string, count int, grace time.Duration) {
	h.post(func() error {
		// A copy, because users that end leave the list.
		for _, u := range slices.Backward(slices.Clone(h.active[className])) {
			if count == 0 {
				break
			}
			if u.wasStopped {
				continue
			}
			u.wasStopped = true
			count--
			if err := h.stop(u, grace); err != nil {
				return err
			}
		}
		return nil
	})
}

// stop stops a user: at once when it only waits or there is no grace, else after its task, or the grace.
func (h *host) stop(u *user, grace time.Duration) error {
	u.isStopping = true
	if grace == 0 || u.isWaiting {
		return h.kill(u)
	}
	time.AfterFunc(grace, func() { h.post(func() error { return h.kill(u) }) })
	return nil
}

// kill has all that a user waits for fail.
func (h *host) kill(u *user) error {
	if u.isStopped || u.isCleaningUp || h.users[u.handle] != u {
		return nil
	}
	u.isStopping, u.isStopped = true, true
	pending := u.pending
	u.pending = nil
	for op := range pending {
		if err := op.reject(h.runtime.stop); err != nil {
			return err
		}
	}
	return nil
}

// Filter implements [engine.Host].
func (h *host) Filter(tags, excluded []string) {
	h.post(func() error { return h.runtime.filter(tags, excluded) })
}

// Arrive implements [engine.Host].
func (h *host) Arrive(due []time.Time) {
	h.post(func() error {
		for _, at := range due {
			if err := h.arrive(at); err != nil {
				return err
			}
		}
		return nil
	})
}

// arrive has an idle user start the task that was due; without one the arrival is dropped. Any of them, so that the classes have
// their shares however few are busy.
func (h *host) arrive(due time.Time) error {
	for last := range slices.Backward(h.idle) {
		i := rand.IntN(last + 1) //nolint:gosec // no secret
		u := h.idle[i]
		h.idle[i] = h.idle[last]
		h.idle = h.idle[:last]
		// Of those that were stopped nothing is pending any more.
		for op := range u.pending {
			delete(u.pending, op)
			u.due, u.isWaiting = due, false
			return op.resolve(nil)
		}
	}
	h.attachment.Drop()
	h.samples.drop()
	return nil
}

// Tick implements [engine.Host].
func (h *host) Tick(answer func(engine.Tick)) {
	h.post(func() error {
		answer(h.runtime.tick())
		return nil
	})
}

// Finish implements [engine.Host].
func (h *host) Finish() {
	h.post(func() error {
		h.samples.flush()
		err := h.done(nil)
		h.release()
		return err
	})
}

const (
	// maxPending is how much a user may wait for at once.
	maxPending = 1000
	// maxRefusals is how often a user may ask for something more when it is to stop.
	maxRefusals = 100
)

var errPending = fmt.Errorf("a user waits for more than %d things at once: is an await missing", maxPending)

// begin registers something that a user waits for. When the user is stopped, the promise is rejected already, but not for ever: a loop
// that catches it would keep all users of the runtime waiting, so that its promise stays open and the user counts as ended.
func (h *host) begin(u *user) (*sobek.Promise, *operation) {
	promise, resolve, reject := h.vu.Runtime().NewPromise()
	if u.isStopped && !u.isCleaningUp {
		u.refusals++
		if u.refusals <= maxRefusals {
			_ = reject(h.runtime.stop)
		} else if h.users[u.handle] == u {
			h.vu.State().Logger.Warnf("a user of %s catches that it is to stop, and is left: let StopUser pass", u.class.Name)
			h.ended(u)
		}
		return promise, nil
	}
	if len(u.pending) >= maxPending {
		common.Throw(h.vu.Runtime(), errPending)
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
func (h *host) rest(u *user, seconds float64) sobek.Value {
	if seconds > 0 || u.isStopping || !u.hasWaited {
		return h.vu.Runtime().ToValue(h.pause(u, seconds, true))
	}
	u.hasWaited = false
	return sobek.Undefined()
}

// pause resolves after some seconds. Between tasks the user stops at once when it is asked to.
func (h *host) pause(u *user, seconds float64, isBetweenTasks bool) *sobek.Promise {
	if isBetweenTasks && u.isStopping && !u.isCleaningUp {
		u.isStopped = true
	}
	promise, op := h.begin(u)
	if op == nil {
		return promise
	}
	u.isWaiting = isBetweenTasks
	time.AfterFunc(time.Duration(seconds*float64(time.Second)), func() {
		h.post(func() error {
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
func (h *host) arrival(u *user) *sobek.Promise {
	if u.isStopping {
		u.isStopped = true
	}
	promise, op := h.begin(u)
	if op != nil {
		u.isWaiting = true
		h.idle = append(h.idle, u)
	}
	return promise
}
