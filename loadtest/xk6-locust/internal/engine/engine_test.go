package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

var shoppers = []Class{{Name: "Buyer", Weight: 1}, {Name: "Visitor", Weight: 3}}

func TestRamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 10, SpawnRate: 4, RunTime: duration(10 * time.Second)}, Classes: shoppers}, 3, nil)
		// With the same ramp, Locust's dispatcher (2.47.0) has started these users after 0, 1, and 2 s.
		for second, want := range []map[string]int{{"Buyer": 1, "Visitor": 3}, {"Buyer": 2, "Visitor": 6}, {"Buyer": 3, "Visitor": 7}} {
			run.at(time.Duration(second) * time.Second)
			if got := run.counts(); !maps.Equal(got, want) {
				t.Errorf("after %d s there are %v, want %v", second, got, want)
			}
			for class := range want {
				of := func(h *fakeRuntime) int { return h.counts()[class] }
				least, most := of(run.runtimes[0]), of(run.runtimes[0])
				for _, runtime := range run.runtimes {
					least, most = min(least, of(runtime)), max(most, of(runtime))
				}
				if most-least > 1 {
					t.Errorf("after %d s one runtime has %d users of %s and another %d", second, least, class, most)
				}
			}
		}
		run.at(9 * time.Second)
		if got := run.UserCount(); got != 10 {
			t.Errorf("%d users run on the plateau", got)
		}
		run.end(t)
		if took := time.Since(run.Started()); took < 10*time.Second || took > 10*time.Second+10*time.Millisecond {
			t.Errorf("the run took %v", took)
		}
		for _, runtime := range run.runtimes {
			if !runtime.finished {
				t.Error("a runtime was not finished")
			}
		}
		if !run.IsFinished() || run.UserCount() != 0 {
			t.Errorf("at the end there are %d users", run.UserCount())
		}
		if last := run.userSamples[len(run.userSamples)-1]; last != 0 || slices.Max(run.userSamples) != 10 {
			t.Errorf("the values of the metric users are %v", run.userSamples)
		}
	})
}

// The next step of a ramp replaces a user that stopped by itself. This user does not count as one of the users to stop.
func TestUsersThatEndThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shape := []Tick{{Users: 4, SpawnRate: 100}, {Users: 5, SpawnRate: 100}, {Users: 3, SpawnRate: 100}, {IsEnd: true}}
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1}, HasShape: true, Classes: shoppers[:1]}, 1,
			func(h *fakeRuntime) { h.ticks = shape })
		run.at(500 * time.Millisecond)
		runtime := run.runtimes[0]
		for range 3 {
			runtime.mutex.Lock()
			runtime.users["Buyer"]--
			runtime.mutex.Unlock()
			runtime.attachment.Ended("Buyer", false)
		}
		for second, want := range []int{1, 5, 3} {
			run.at(time.Duration(second)*time.Second + 600*time.Millisecond)
			if got := run.UserCount(); got != want {
				t.Errorf("after %d.6 s there are %d users, want %d", second, got, want)
			}
		}
		run.end(t)
	})
}

func TestStopTimeout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stopTimeout, task, want time.Duration
		warning                 string
	}{
		"none":                {0, time.Hour, 0, ""},
		"tasks that end":      {5 * time.Second, 2 * time.Second, 2 * time.Second, ""},
		"tasks that are long": {5 * time.Second, time.Hour, 5 * time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options := locust.Options{Users: 4, SpawnRate: 4, RunTime: duration(3 * time.Second), StopTimeout: duration(test.stopTimeout)}
				run := begin(t, Config{Options: options, Classes: shoppers}, 2, func(h *fakeRuntime) { h.task = test.task })
				run.end(t)
				took := time.Since(run.Started()) - 3*time.Second
				if took < test.want || took > test.want+10*time.Millisecond {
					t.Errorf("users ended %v after the run time, want %v", took, test.want)
				}
				if len(run.messages) > 0 {
					t.Errorf("the log has %q", run.messages)
				}
			})
		})
	}
}

// The run ends even if some users never stop.
func TestUsersThatHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1, RunTime: duration(time.Second)}, Classes: shoppers}, 1, nil)
		run.runtimes[0].attachment.Started("Visitor")
		run.end(t)
		if want := []string{
			"info: 1 user, 0 requests/s, 0 failures/s, p95 0.0 ms so far", "warning: 1 user did not end within 10s",
		}; !slices.Equal(run.messages, want) {
			t.Errorf("the log has %q, want %q", run.messages, want)
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 100, SpawnRate: 1}, Classes: shoppers}, 1, nil)
		run.at(2500 * time.Millisecond)
		if got := run.UserCount(); got != 3 {
			t.Errorf("after 2.5 s there are %d users", got)
		}
		run.cancel()
		run.end(t)
		if took := time.Since(run.Started()); took > 2600*time.Millisecond || run.UserCount() != 0 {
			t.Errorf("the run ended after %v with %d users", took, run.UserCount())
		}
	})
}

// If the runtimes never attach, the run ends with the cause of its context.
func TestMissingRuntimes(t *testing.T) {
	t.Parallel()
	e, err := New(Config{Options: locust.Options{Users: 1, SpawnRate: 1, Processes: 2}, Classes: shoppers}, Environment{})
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("the script is broken")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	e.Attach(&fakeRuntime{})
	if err := e.Run(ctx); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}

func TestNewErrors(t *testing.T) {
	t.Parallel()
	good := locust.Options{Users: 1, SpawnRate: 1}
	for want, config := range map[string]Config{
		"there are no user classes":                        {Options: good},
		"spawnRate must be a number above 0, got 0":        {Classes: shoppers},
		"unknown user class: Thief; known: Buyer, Visitor": {Options: locust.Options{Users: 1, SpawnRate: 1, UserClasses: []string{"Thief"}}, Classes: shoppers},
	} {
		if _, err := New(config, Environment{}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestUserClasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := locust.Options{Users: 4, SpawnRate: 4, RunTime: duration(time.Second), UserClasses: []string{"Buyer", "Buyer"}}
		run := begin(t, Config{Options: options, Classes: shoppers}, 1, nil)
		run.at(0)
		if got := run.counts(); !maps.Equal(got, map[string]int{"Buyer": 4}) {
			t.Errorf("there are %v", got)
		}
		run.end(t)
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := locust.Options{Users: 1, SpawnRate: 1, RunTime: duration(time.Second), Tags: []string{"a"}, ExcludeTags: []string{"b", "c"}}
		run := begin(t, Config{Options: options, Classes: shoppers}, 1, nil)
		run.end(t)
		want := []string{"0s: filter [a] [b c]", "0s: spawn 1 Visitor", "1s: stop 1 Visitor within 0s"}
		if got := run.runtimes[0].told(); !slices.Equal(got, want) {
			t.Errorf("the runtime got the calls %q, want %q", got, want)
		}
	})
}

func TestHostURL(t *testing.T) {
	t.Parallel()
	classes := []Class{{Name: "A", Weight: 1, Host: "http://a/"}, {Name: "B", Weight: 1}}
	for _, test := range []struct{ option, class, want string }{
		{"", "A", "http://a"},
		{"", "B", ""},
		{"http://option/base//", "A", "http://option/base"},
		{"http://option", "B", "http://option"},
	} {
		e, err := New(Config{Options: locust.Options{Users: 1, SpawnRate: 1, Host: test.option}, Classes: classes}, Environment{})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Attach(&fakeRuntime{}).HostURL(test.class); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

type closer struct{ closed *int }

func (c closer) Close() { *c.closed++ }

func TestShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1, RunTime: duration(time.Second)}, Classes: shoppers}, 1, nil)
		created, closed := 0, 0
		create := func() Closer {
			created++
			return closer{&closed}
		}
		first, second, other := run.Shared("a", create), run.Shared("a", create), run.Shared("b", create)
		if first != second || created != 2 || other == nil {
			t.Errorf("%d objects were created for two names", created)
		}
		run.end(t)
		if closed != 2 {
			t.Errorf("%d of 2 objects were closed", closed)
		}
	})
}

func TestContext(t *testing.T) {
	t.Parallel()
	e := &Engine{}
	if got := From(WithEngine(t.Context(), e)); got != e {
		t.Errorf("got %p, want %p", got, e)
	}
	if got := From(t.Context()); got != nil {
		t.Errorf("a context without an engine has %p", got)
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shape := []Tick{
			{Users: 4, SpawnRate: 100},
			{Users: 4, SpawnRate: 100},
			{Users: 6, SpawnRate: 100, Classes: []string{"Buyer"}},
			{Users: 2, SpawnRate: 100, Classes: []string{"Buyer"}},
			{IsEnd: true},
		}
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1}, HasShape: true, Classes: shoppers}, 1,
			func(h *fakeRuntime) { h.ticks = shape })
		run.end(t)
		want := []string{
			"0s: spawn 1 Buyer", "0s: spawn 3 Visitor", "2s: spawn 2 Buyer",
			"3s: stop 2 Buyer within 0s", "3s: stop 2 Visitor within 0s",
			"4s: stop 1 Buyer within 0s", "4s: stop 1 Visitor within 0s",
		}
		if got := run.runtimes[0].told(); !slices.Equal(got, want) {
			t.Errorf("the runtime got the calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// If the shape changes its target during a ramp, the next ramp starts from the current users.
func TestShapeChangesDuringRamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1}, HasShape: true, Classes: shoppers}, 1, func(h *fakeRuntime) {
			h.ticks = []Tick{{Users: 100, SpawnRate: 2}, {Users: 100, SpawnRate: 2}, {Users: 5, SpawnRate: 100}, {IsEnd: true}}
		})
		for second, want := range []int{2, 4, 5} {
			run.at(time.Duration(second)*time.Second + 100*time.Millisecond)
			if got := run.UserCount(); got != want {
				t.Errorf("after %d s there are %d users, want %d", second, got, want)
			}
		}
		run.end(t)
	})
}

func TestShapeErrors(t *testing.T) {
	t.Parallel()
	for want, tick := range map[string]Tick{
		"the load shape failed: no more":                   {Err: errors.New("no more")},
		"unknown user class: Thief; known: Buyer, Visitor": {Users: 1, SpawnRate: 1, Classes: []string{"Thief"}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1}, HasShape: true, Classes: shoppers}, 1,
					func(h *fakeRuntime) { h.ticks = []Tick{{Users: 3, SpawnRate: 100}, tick} })
				if err := <-run.ended; err == nil || err.Error() != want {
					t.Errorf("got %v, want %s", err, want)
				}
				if run.UserCount() != 0 || !run.runtimes[0].finished {
					t.Error("the runtime was not finished")
				}
			})
		})
	}
}

func TestOpenLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// The 601st task would start after 2 s.
		options := locust.Options{ArrivalRate: 300, MaxInFlight: 8, RunTime: duration(2*time.Second - time.Millisecond)}
		run := begin(t, Config{Options: options, Classes: shoppers}, 3, nil)
		run.at(0)
		if got := run.counts(); !maps.Equal(got, map[string]int{"Buyer": 2, "Visitor": 6}) {
			t.Errorf("there are %v for 8 in flight", got)
		}
		run.runtimes[0].attachment.Drop()
		run.end(t)
		var all []time.Time
		for i, runtime := range run.runtimes {
			if got := len(runtime.arrivals); got != 200 {
				t.Errorf("runtime %d had %d arrivals, want 200", i, got)
			}
			all = append(all, runtime.arrivals...)
		}
		slices.SortFunc(all, time.Time.Compare)
		for i, at := range all {
			want := time.Duration(float64(i) * float64(time.Second) / 300)
			if got := at.Sub(all[0]); got != want {
				t.Fatalf("arrival %d was due after %v, want %v", i, got, want)
			}
		}
		want := []string{"1 task of the open loop did not start, because all 8 users were busy: increase maxInFlight"}
		if got := run.Shortfall(); !slices.Equal(got, want) {
			t.Errorf("got the shortfall %q, want %q", got, want)
		}
		if got := run.outcome().Dropped; got != 1 {
			t.Errorf("%d arrivals were dropped, want 1", got)
		}
	})
}

// An open loop distributes users among the classes as a ramp does, even if one class has a fixed count and another has
// no weight.
func TestOpenLoopWeights(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		classes := []Class{{Name: "A", Weight: 1}, {Name: "B", Weight: 1, FixedCount: 3}, {Name: "C"}}
		run := begin(t, Config{Options: locust.Options{ArrivalRate: 1, MaxInFlight: 10, RunTime: duration(time.Second)}, Classes: classes}, 1, nil)
		run.at(0)
		if got := run.counts(); !maps.Equal(got, map[string]int{"A": 7, "B": 3}) {
			t.Errorf("there are %v", got)
		}
		run.end(t)
	})
}

// preparing sets how long onStart takes, in each runtime.
func preparing(durations ...time.Duration) func(h *fakeRuntime) {
	return func(h *fakeRuntime) { h.prepares, durations = durations[0], durations[1:] }
}

// The first task is due, and the run time starts, once onStart has ended for all users.
func TestOpenLoopWaitsForUsers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := locust.Options{ArrivalRate: 100, MaxInFlight: 4, RunTime: duration(5*time.Second - time.Millisecond)}
		run := begin(t, Config{Options: options, Classes: shoppers}, 2, preparing(3*time.Second, 4*time.Second))
		run.at(4*time.Second - time.Millisecond)
		for i, runtime := range run.runtimes {
			if got := len(runtime.due()); got > 0 {
				t.Errorf("runtime %d had %d arrivals before all users were ready", i, got)
			}
		}
		run.end(t)
		for i, runtime := range run.runtimes {
			due := runtime.due()
			if len(due) != 250 {
				t.Fatalf("runtime %d had %d arrivals, want 250", i, len(due))
			}
			if after := due[0].Sub(runtime.started); after < 4*time.Second {
				t.Errorf("the first task of runtime %d was due after %v", i, after)
			}
			if !slices.IsSortedFunc(due, time.Time.Compare) {
				t.Errorf("runtime %d got the arrivals in another order", i)
			}
		}
		if got := run.warnings(); len(got) > 0 {
			t.Errorf("got %q, although the users were ready within 10 s", got)
		}
	})
}

// If onStart does not end for some users within the run time, the run starts without them.
func TestOpenLoopWithUsersThatNeverStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := locust.Options{ArrivalRate: 100, MaxInFlight: 4, RunTime: duration(20*time.Second - time.Millisecond)}
		run := begin(t, Config{Options: options, Classes: shoppers}, 2, preparing(0, -1))
		run.end(t)
		for i, runtime := range run.runtimes {
			if got := len(runtime.due()); got != 1000 {
				t.Errorf("runtime %d had %d arrivals, want 1000", i, got)
			}
		}
		want := []string{
			"warning: the open loop has not started yet, because onStart of 1 user has not ended",
			"warning: the open loop starts without 1 user, because onStart did not end within the run time",
		}
		if got := run.warnings(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// The second task may be due after more than 292 years, the longest time.Duration.
func TestOpenLoopWithAVeryLowRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := Config{Options: locust.Options{ArrivalRate: 1e-11, MaxInFlight: 1, RunTime: duration(5 * time.Second)}, Classes: shoppers[:1]}
		run := begin(t, config, 1, nil)
		run.end(t)
		if count := len(run.runtimes[0].arrivals); count != 1 {
			t.Errorf("%d tasks arrived", count)
		}
	})
}
