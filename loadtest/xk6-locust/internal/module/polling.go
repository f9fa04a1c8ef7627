package module

import (
	"errors"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/loop"
)

const (
	// pollTimeout is how long the event loop waits for timers and sockets at a time. Meanwhile, callbacks of other k6
	// modules wait, so this time must be short.
	pollTimeout = 2 * time.Millisecond
	// maxIdlePolls is the number of times in a row that the event loop polls without a result before it parks. Parking
	// wakes other threads. With 250 users who pause, waiting three times instead of once reduced the CPU time per request
	// by 6%.
	maxIdlePolls = 3
)

// startPolling opens the loop for timers and sockets, if the system has one. If this fails, it logs a warning.
func (v *userRuntime) startPolling() {
	opened, err := loop.New()
	if err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			v.vu.State().Logger.Warnf("locust: Go's scheduler replaces the event loop, so requests need more CPU time: %v", err)
		}
		return
	}
	parked := make(chan struct{}, 1)
	v.loop, v.parked = opened, parked
	v.parker.Go(func() {
		for range parked {
			v.loop.Block()
			v.post(func() error { return nil })
		}
	})
}

// stopPolling closes the loop. It runs on the event loop, after the end of the run.
func (v *userRuntime) stopPolling() {
	if v.parked == nil {
		return
	}
	close(v.parked)
	v.parked = nil
	v.loop.Wake()
	v.parker.Wait()
	v.loop.Close()
}

// poll waits for timers and sockets, and adds their functions to ready. Afterward, drain runs again, but the callbacks
// of other modules run first. If nothing happens several times in a row, poll parks: the event loop waits as it does
// for other modules, and a goroutine waits for timers and sockets. poll returns false if the run is over.
func (v *userRuntime) poll() bool {
	limit := pollTimeout
	v.mutex.Lock()
	if v.over {
		v.mutex.Unlock()
		return false
	}
	if v.wake == nil || len(v.ready) > 0 {
		// Functions are already queued or ready, so do not wait.
		limit = 0
	}
	v.isPolling, v.isWoken = true, limit == 0
	v.mutex.Unlock()
	v.loop.Wait(limit, &v.ready)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.isPolling = false
	if v.over {
		return false
	}
	if v.idlePolls++; len(v.ready) > 0 || len(v.queue) > 0 {
		v.idlePolls = 0
	}
	wake := v.wake
	switch {
	case wake == nil:
	case v.idlePolls >= maxIdlePolls:
		v.loop.Arm()
		select {
		case v.parked <- struct{}{}:
		default:
		}
	default:
		v.wake = nil
		wake(v.drain)
	}
	return true
}

// shortPause is the shortest pause that can be corrected if the previous answer was handled late.
const shortPause = 10 * pollTimeout

// proceed records that a user is about to pause or, if the pause is 0, to send a request. It returns how much shorter
// the pause must be because the previous answer was handled late. If a request or a short pause directly follows an
// answer, the delay cannot be corrected, so proceed makes the loop handle answers as soon as they arrive.
func (v *userRuntime) proceed(u *user, pause time.Duration) time.Duration {
	delay := u.delay
	if u.isAnswered && pause < shortPause {
		delay = 0
		if v.loop != nil {
			v.loop.WakeOnSockets()
		}
	}
	u.isAnswered, u.delay = false, 0
	return delay
}

// at runs a function on the event loop at the given time, or soon if it has passed. Only the event loop may call it.
func (v *userRuntime) at(due time.Time, do func() error) {
	if v.loop != nil {
		v.loop.At(due, do)
		return
	}
	time.AfterFunc(time.Until(due), func() { v.post(do) })
}
