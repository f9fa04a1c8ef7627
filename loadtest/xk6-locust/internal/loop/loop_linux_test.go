package loop

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func newLoop(t *testing.T) *Loop {
	t.Helper()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// Timers run in the order of their times, and never too early.
func TestTimers(t *testing.T) {
	l := newLoop(t)
	start := time.Now()
	var order []int
	for _, ms := range []int{3, 1, 2, 0} {
		due := start.Add(time.Duration(ms) * time.Millisecond)
		l.At(due, func() error {
			if time.Now().Before(due) {
				t.Errorf("the timer of %d ms ran too early", ms)
			}
			order = append(order, ms)
			return nil
		})
	}
	for len(order) < 4 {
		var due []func() error
		l.Wait(time.Second, &due)
		for _, do := range due {
			_ = do()
		}
	}
	if !slices.IsSorted(order) {
		t.Errorf("the order was %v", order)
	}
}

// Wake ends Wait and Block, even if it is called before them.
func TestWake(t *testing.T) {
	l := newLoop(t)
	for range 3 {
		l.Wake()
		start := time.Now()
		l.Wait(time.Minute, new([]func() error))
		if passed := time.Since(start); passed > 10*time.Second {
			t.Errorf("the wait took %v", passed)
		}
	}
	blocked := make(chan struct{})
	go func() {
		l.Block()
		close(blocked)
	}()
	l.Wake()
	<-blocked
}

// Block returns for a timer that is set after Arm, whether it is the first one, an earlier one, or already due.
func TestTimersAfterArm(t *testing.T) {
	for name, delays := range map[string][]time.Duration{
		"first": {time.Millisecond}, "earlier": {time.Hour, time.Millisecond}, "due": {time.Hour, -time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoop(t)
			l.Arm()
			blocked := make(chan struct{})
			go func() {
				l.Block()
				close(blocked)
			}()
			for _, delay := range delays {
				l.At(time.Now().Add(delay), func() error { return nil })
			}
			select {
			case <-blocked:
			case <-time.After(10 * time.Second):
				t.Error("Block did not return")
				l.Wake()
				<-blocked
			}
			var due []func() error
			for until := time.Now().Add(10 * time.Second); len(due) == 0 && time.Now().Before(until); {
				l.Wait(time.Second, &due)
			}
			if len(due) != 1 {
				t.Errorf("%d timers were due", len(due))
			}
		})
	}
}

// Wait returns the functions that other goroutines post, in their order.
func TestPost(t *testing.T) {
	l := newLoop(t)
	var order []int
	go func() {
		for i := range 3 {
			l.Post(func() error {
				order = append(order, i)
				return nil
			})
		}
	}()
	for until := time.Now().Add(10 * time.Second); len(order) < 3 && time.Now().Before(until); {
		var posted []func() error
		l.Wait(time.Second, &posted)
		for _, do := range posted {
			_ = do()
		}
	}
	if !slices.Equal(order, []int{0, 1, 2}) {
		t.Errorf("the order was %v", order)
	}
}

// Handlers run when data arrives, until Forget.
func TestWatch(t *testing.T) {
	l := newLoop(t)
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ends[0])
	defer unix.Close(ends[1])
	calls, hasEnded := 0, false
	handle, err := l.Watch(ends[0], func(isEnd bool) { calls, hasEnded = calls+1, isEnd })
	if err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 2; want++ {
		if _, err := unix.Write(ends[1], []byte("x")); err != nil {
			t.Fatal(err)
		}
		l.Wait(10*time.Second, new([]func() error))
		if calls != want || hasEnded {
			t.Fatalf("there were %d calls, want %d; the connection has ended: %v", calls, want, hasEnded)
		}
	}
	if err := unix.Shutdown(ends[1], unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	l.Wait(10*time.Second, new([]func() error))
	if calls != 3 || !hasEnded {
		t.Fatalf("there were %d calls, want 3; the connection has ended: %v", calls, hasEnded)
	}
	l.Forget(ends[0], handle)
	if err := unix.Shutdown(ends[1], unix.SHUT_RD); err != nil {
		t.Fatal(err)
	}
	l.Wait(0, new([]func() error))
	if calls != 3 {
		t.Error("the handler was called after Forget")
	}
	l.Close()
	if _, err := l.Watch(ends[0], func(bool) {}); err == nil {
		t.Error("a closed loop watches a socket")
	}
}

// Data that has arrived ends a wait only after WakeOnSockets. Otherwise, it is handled when the next timer is due.
func TestWakeOnSockets(t *testing.T) {
	for name, timer := range map[string]time.Duration{"woken by sockets": time.Hour, "woken by timers": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			l := newLoop(t)
			ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			var order []string
			note := func(what string) func() error {
				return func() error {
					order = append(order, what)
					return nil
				}
			}
			handle, err := l.Watch(ends[0], func(bool) { _ = note("data")() })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				l.Forget(ends[0], handle)
				_, _ = unix.Close(ends[0]), unix.Close(ends[1])
			})
			l.socketWakeAt = time.Now().Add(-time.Minute)
			if name == "woken by sockets" {
				l.WakeOnSockets()
			}
			l.At(time.Now().Add(timer), note("timer"))
			_, _ = unix.Write(ends[1], []byte("data"))
			for len(order) < 2 {
				var due []func() error
				l.Wait(time.Minute, &due)
				for _, do := range due {
					_ = do()
				}
				_ = note("end of wait")()
			}
			want := []string{"data", "timer", "end of wait"}
			if name == "woken by sockets" {
				want = []string{"data", "end of wait"}
			}
			if !slices.Equal(order, want) {
				t.Errorf("the order was %v", order)
			}
		})
	}
}

// A garbage collection does not have to wait until Wait returns.
func TestCollectionDuringWait(t *testing.T) {
	l := newLoop(t)
	if spare.Load() <= 0 {
		t.Skip("no spare processor")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Wait(time.Minute, new([]func() error))
	}()
	for range 5 {
		runtime.GC()
	}
	select {
	case <-ended:
		t.Error("the wait has ended early")
	default:
	}
	l.Wake()
	<-ended
}
