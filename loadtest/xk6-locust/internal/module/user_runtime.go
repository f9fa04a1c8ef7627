package module

import (
	"context"
	"errors"
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
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/loop"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// userRuntime runs users in the JavaScript runtime of one VU. Events from other goroutines, such as answers, finished
// pauses, and new users, are queued and handled in batches on the VU's event loop.
type userRuntime struct {
	vu         modules.VU
	engine     *engine.Engine
	attachment *engine.Attachment
	script     *script
	samples    *samples
	isOpenLoop bool
	// setupData is the result of the script's setup().
	setupData sobek.Value

	mutex sync.Mutex
	queue []func() error
	// wake schedules a callback on the event loop. It is nil if a callback is already scheduled or the runtime has
	// ended.
	wake func(func() error)
	over bool
	// loop waits for timers and sockets on the event loop. It is nil if the system has no such loop. isPolling is true
	// while the event loop waits in it. During this time, post calls loop.Wake, unless isWoken is true.
	loop               *loop.Loop
	isPolling, isWoken bool
	// idlePolls is the number of polls in a row during which nothing happened.
	idlePolls int
	// parked starts the goroutine that waits for timers and sockets while the event loop has little to do.
	parked chan struct{}
	parker sync.WaitGroup

	// Only the event loop may use the fields below.
	users  map[int64]*user    // by handle
	last   int64              // last assigned handle
	active map[string][]*user // by class, in the order in which they started
	idle   int                // number of idle users in an open loop
	// isEnding is true if users were told to stop. An open loop only stops users at its end.
	isEnding bool
	done     func(any) error
	// rejections contains promises that were rejected without a handler.
	rejections map[*sobek.Promise]struct{}
	// ready contains the functions of timers that are due and of sockets that are ready. spare is an empty list for the
	// next functions.
	ready, spare []func() error
}

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
	// isReady is true if the user of an open loop has waited for a task.
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
	// refusals counts the operations that were rejected because the user is stopping.
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
	// streams contains the open streams. depth is the number of nested task sets that are running.
	streams map[*stream]struct{}
	depth   int
	web
}

// operation is a promise that a user waits for.
type operation struct {
	resolve, reject func(any) error
}

func newUserRuntime(vu modules.VU, script *script, samples *samples) *userRuntime {
	v := &userRuntime{
		vu: vu, script: script, samples: samples,
		users: map[int64]*user{}, active: map[string][]*user{}, rejections: map[*sobek.Promise]struct{}{},
	}
	samples.at = v.at
	return v
}

// run attaches to the engine. The promise is resolved at the end of the run.
func (v *userRuntime) run(e *engine.Engine) *sobek.Promise {
	promise, resolve, _ := v.vu.Runtime().NewPromise()
	v.done = resolve
	v.engine = e
	v.isOpenLoop = e.IsOpenLoop()
	v.wake = v.vu.RegisterCallback()
	v.startPolling()
	v.vu.Runtime().SetPromiseRejectionTracker(v.track)
	// If the VU is interrupted, the event loop must not wait for further callbacks.
	context.AfterFunc(v.vu.Context(), v.release)
	v.attachment = e.Attach(v)
	return promise
}

// post schedules a function on the event loop. It returns false if the runtime has ended.
func (v *userRuntime) post(do func() error) bool {
	v.mutex.Lock()
	if v.over {
		v.mutex.Unlock()
		return false
	}
	v.queue = append(v.queue, do)
	wake := v.notify()
	v.mutex.Unlock()
	wake()
	return true
}

// notify returns a function that makes the event loop run drain. The caller must hold the mutex, and release it
// before it calls the returned function.
func (v *userRuntime) notify() func() {
	if v.isPolling {
		if v.isWoken {
			return func() {}
		}
		v.isWoken = true
		return v.loop.Wake
	}
	wake := v.wake
	v.wake = nil
	if wake == nil {
		return func() {}
	}
	return func() { wake(v.drain) }
}

// drain runs the queued functions on the event loop. If there is a loop, drain then waits for timers and sockets for a
// short time, and runs their functions.
func (v *userRuntime) drain() error {
	v.mutex.Lock()
	queue := v.queue
	v.queue = nil
	if v.over {
		v.mutex.Unlock()
		v.stopPolling()
		return nil
	}
	v.wake = v.vu.RegisterCallback()
	v.mutex.Unlock()
	if err := v.runAll(queue); err != nil || v.loop == nil {
		return err
	}
	if !v.poll() {
		return nil
	}
	ready := v.ready
	v.ready = v.spare[:0]
	err := v.runAll(ready)
	clear(ready)
	v.spare = ready
	return err
}

// maxBlocking is how long functions may occupy the event loop without a warning. It is much longer than the code of
// many users needs.
const maxBlocking = 500 * time.Millisecond

// runAll runs functions on the event loop.
func (v *userRuntime) runAll(queue []func() error) error {
	start, started := time.Now(), v.last
	defer func() {
		// Do not warn if users were started in the meantime, because starting many users at once may take longer.
		if time.Since(start) > maxBlocking && v.last == started {
			v.attachment.Warn("the code of a task blocked all users of its runtime for more than " + maxBlocking.String() +
				": k6's sleep and k6/http block, so use await this.sleep() and await this.client")
		}
	}()
	for len(queue) > 0 {
		err := v.protect(protection, func() error {
			for len(queue) > 0 {
				do := queue[0]
				queue = queue[1:]
				if err := do(); err != nil {
					return err
				}
			}
			return nil
		})
		if v.recover(err) {
			continue
		}
		if err != nil {
			v.release()
			// The users of an interrupted runtime never finish, so they are removed here.
			for _, u := range v.users {
				v.ended(u)
			}
			return err
		}
	}
	v.reportRejections()
	return nil
}

// protection is the maximum depth of nested async calls that [userRuntime.protect] can clear from the stack after an
// interrupt.
const protection = 8

// protect calls a function that runs JavaScript. If the JavaScript is interrupted, sobek leaves a call on its stack for
// each nested async call, and would run no further jobs. Each Try removes one call from the stack.
func (v *userRuntime) protect(levels int, do func() error) (err error) {
	if levels == 0 {
		err = do()
		var interrupt *sobek.InterruptedError
		if errors.As(err, &interrupt) {
			panic(interrupt)
		}
		return err
	}
	if levels == protection {
		defer func() {
			thrown := recover()
			if interrupt, ok := thrown.(*sobek.InterruptedError); ok {
				err = interrupt
			} else if thrown != nil {
				panic(thrown)
			}
		}()
	}
	if thrown := v.vu.Runtime().Try(func() { err = v.protect(levels-1, do) }); thrown != nil {
		return thrown
	}
	return err
}

// recover handles an interrupt that ends the run, such as exec.test.abort(). It ends the run as if the run time were
// over, so that onStop of all users runs, and reports whether the event loop can continue. Users that do not wait for
// anything were running when the interrupt came. Their code cannot continue, so recover calls their onStop.
func (v *userRuntime) recover(err error) bool {
	var interrupt *sobek.InterruptedError
	if !errors.As(err, &interrupt) || v.vu.Context().Err() != nil {
		return false
	}
	v.vu.Runtime().ClearInterrupt()
	v.engine.Fail(common.UnwrapSobekInterruptedError(err))
	for _, u := range v.users {
		if len(u.pending) > 0 || u.isPausing {
			continue
		}
		u.isStopping, u.isStopped = true, true
		if u.isCleaningUp || v.script.cleanUp(u.handle) != nil {
			v.ended(u)
		}
	}
	return true
}

// track records promises that were rejected without a handler. k6 would end the run at the first such promise.
func (v *userRuntime) track(promise *sobek.Promise, operation sobek.PromiseRejectionOperation) {
	if operation == sobek.PromiseRejectionReject {
		v.rejections[promise] = struct{}{}
	} else {
		delete(v.rejections, promise)
	}
}

// reportRejections counts unhandled rejections as exceptions.
func (v *userRuntime) reportRejections() {
	for promise := range v.rejections {
		delete(v.rejections, promise)
		if reason := promise.Result(); !v.script.isStop(reason) {
			v.exception(reason)
		}
	}
}

// exception counts an error that a script threw.
func (v *userRuntime) exception(reason sobek.Value) {
	message, traceback := describe(v.vu.Runtime(), reason)
	v.attachment.LogException(message, traceback)
}

// release lets the event loop end.
func (v *userRuntime) release() {
	v.mutex.Lock()
	v.over = true
	wake := v.wake
	v.wake = nil
	v.queue = nil
	if v.isPolling {
		v.loop.Wake()
	}
	v.mutex.Unlock()
	if wake != nil {
		wake(func() error {
			v.stopPolling()
			return nil
		})
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
	// Requests that the user did not await end here and are not counted. The objects are released now, because a timer
	// may still refer to the user.
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

// stop stops a user. The user stops immediately if it pauses or there is no grace period. Otherwise, it stops after its
// task, at the latest at the end of the grace period.
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

// Filter implements [engine.Runtime].
func (v *userRuntime) Filter(tags, excluded []string) {
	v.post(func() error { return v.script.filter(tags, excluded) })
}

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
		// A user that was stopped is still in the list of idle users, but no longer waits for a task.
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
	// maxPending limits the operations that a user may wait for at once.
	maxPending = 1000
	// maxRefusals is how many operations of a stopped user are rejected before the user is abandoned.
	maxRefusals = 100
)

var errPending = fmt.Errorf("a user waits for more than %d operations at once; an await may be missing", maxPending)

// begin registers an operation of a user. If the user is stopped, the promise is rejected immediately. After
// maxRefusals rejections, the promise stays pending and the user counts as stopped, because a loop that catches the
// rejections would block all other users of the runtime.
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
	// This is set only when the operation ends, because a task that does not await its operations has not waited.
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

// needsPause reports whether a user pauses after a task. After a task that has not waited for anything, the user always
// pauses, so that other users can run.
func (v *userRuntime) needsPause(u *user, seconds float64) bool {
	if seconds > 0 || u.isStopping || !u.hasWaited {
		return true
	}
	u.hasWaited = false
	return false
}

// pauseBetweenTasks pauses between two tasks of a user, and then resumes the user. It returns false if there is no
// pause. It throws if the user stops.
func (v *userRuntime) pauseBetweenTasks(u *user, seconds float64) bool {
	if v.endTask(u); !v.needsPause(u, seconds) {
		return false
	}
	v.startPause(u)
	v.after(u, seconds, func() bool { return u.isPausing }, func() error { return v.resume(u) })
	return true
}

// startPause records that a user waits for its next task. It throws if the user stops.
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

// waitForArrival makes a user wait for the next arrival of an open loop.
func (v *userRuntime) waitForArrival(u *user) {
	v.endTask(u)
	v.markReady(u)
	v.startPause(u)
	u.isAnswered, u.delay = false, 0
	u.class.idle = append(u.class.idle, u)
	v.idle++
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

// markReady tells the engine that the user of an open loop has run onStart.
func (v *userRuntime) markReady(u *user) {
	if v.isOpenLoop && !u.isReady {
		u.isReady = true
		v.attachment.Ready()
	}
}

// clientOf returns the client that all users of a class share in all VUs.
func (v *userRuntime) clientOf(class *class) *network.Client {
	if class.client == nil {
		shared := v.engine.Shared(class.Name, func() engine.Closer { return class.HTTP.newClient(v.vu.State()) })
		class.client = shared.(*network.Client) //nolint:forcetypeassert // it was made here
	}
	return class.client
}

// starterOf returns the Starter that sends the requests of a class from this VU.
func (v *userRuntime) starterOf(class *class) *client.Starter {
	if class.starter == nil {
		class.starter = v.clientOf(class).NewStarter(v.loop)
	}
	return class.starter
}

// runTime returns the time since the start of the run.
func (v *userRuntime) runTime() time.Duration { return time.Since(v.engine.Started()) }

// counted is a finished request that the statistics count.
type counted struct {
	key    stats.Key
	tags   string
	status int
	at     time.Time
	// responseTime is in milliseconds, contentLength in bytes.
	responseTime  float64
	contentLength int64
	// failure is empty for a success.
	failure string
	// url and response are empty if an event was fired.
	url      string
	response sobek.Value
}

func (v *userRuntime) countResponse(r *response, object sobek.Value) error {
	return v.count(counted{
		key: r.key, tags: r.tags, status: r.answer.Status, at: r.at, responseTime: r.responseTime, contentLength: r.answer.ContentLength,
		failure: r.failure(), url: r.answer.URL, response: object,
	})
}

// count counts a request in Locust's statistics and in k6's metrics, and calls the listeners.
func (v *userRuntime) count(c counted) error {
	v.attachment.Log(c.key, c.at, c.responseTime, c.contentLength, c.failure)
	v.samples.request(tagKey{c.key, c.tags, c.status, c.failure != ""}, c.at, c.responseTime)
	if !v.script.hasRequestListeners {
		return nil
	}
	return v.script.requested(c)
}

// Notify implements [engine.Runtime].
func (v *userRuntime) Notify(event engine.Event, done func()) {
	if !v.post(func() error { return v.script.notify(string(event), done) }) {
		done()
	}
}
