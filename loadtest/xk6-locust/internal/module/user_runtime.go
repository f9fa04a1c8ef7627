package module

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/loop"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
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
	// parked receives a value when a goroutine should wait for timers and sockets, because the event loop has little to
	// do.
	parked chan struct{}
	parker sync.WaitGroup

	// Only the event loop may use the fields below.
	users  map[int64]*user    // by handle
	last   int64              // last assigned handle
	left   int                // number of users that have ended
	active map[string][]*user // by class, in the order in which they started
	idle   int                // number of idle users in an open loop
	// isEnding is true if users were told to stop. An open loop stops users only at its end.
	isEnding bool
	done     func(any) error
	// rejections contains promises that were rejected without a handler.
	rejections map[*sobek.Promise]struct{}
	// ready contains the functions of timers that are due and of sockets that are ready. spare is an empty list for the
	// next functions.
	ready, spare []func() error
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
		return v.end()
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

// maxBlocking is how long functions may occupy the event loop without a warning. Even the code of many users takes much
// less time.
const maxBlocking = 500 * time.Millisecond

// runAll runs functions on the event loop.
func (v *userRuntime) runAll(queue []func() error) error {
	start, started, left := time.Now(), v.last, v.left
	defer func() {
		// Do not warn if users were started or stopped in the meantime, because starting or stopping many users may
		// take longer.
		if time.Since(start) > maxBlocking && v.last == started && v.left == left {
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
			v.removeUsers()
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
// over, so that onStop of all users runs, and reports whether the event loop can continue. If a user does not wait for
// anything, it was running when the interrupt came. Its code cannot continue, so recover calls its onStop.
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
		wake(v.end)
	}
}

// end stops the work of a runtime that was released. An error in a callback of another k6 module, such as one passed to
// setTimeout, can end a runtime whose users are still running.
func (v *userRuntime) end() error {
	v.stopPolling()
	v.removeUsers()
	return nil
}

// removeUsers removes the users of a runtime that has ended, because they will never finish.
func (v *userRuntime) removeUsers() {
	for _, u := range v.users {
		v.ended(u)
	}
}

// Filter implements [engine.Runtime].
func (v *userRuntime) Filter(tags, excluded []string) {
	v.post(func() error { return v.script.filter(tags, excluded) })
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

// Notify implements [engine.Runtime].
func (v *userRuntime) Notify(event engine.Event, done func()) {
	if !v.post(func() error { return v.script.notify(string(event), done) }) {
		done()
	}
}
