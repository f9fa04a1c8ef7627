package engine

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

// The engine notifies only the first runtime, so each event occurs once.
func TestEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1, RunTime: duration(3 * time.Second)}, Classes: shoppers}, 2, nil)
		run.at(2 * time.Second)
		run.runtimes[1].request(3, 10, "no")
		if total := run.Statistics().Total; total.Requests != 3 || total.FailRatio() != 1 {
			t.Errorf("during the run, the statistics have %d requests, and the fail ratio %v", total.Requests, total.FailRatio())
		}
		run.end(t)
		if want := []Event{EventTestStart, EventTestStop, EventQuitting}; !slices.Equal(run.runtimes[0].events, want) {
			t.Errorf("the first runtime heard %v", run.runtimes[0].events)
		}
		if len(run.runtimes[1].events) > 0 {
			t.Errorf("the second runtime heard %v", run.runtimes[1].events)
		}
	})
}

// If listeners never end, they delay the end of the run, but do not prevent it.
func TestListenersThatNeverEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1}, Classes: shoppers}, 1, func(h *fakeRuntime) { h.isDeaf = true })
		run.at(endGrace)
		run.cancel()
		run.end(t)
		lines := strings.Join(run.messages, "\n")
		for _, want := range []string{
			"warning: the listeners of testStart have not finished after 10s; no user starts before they have",
			"warning: the listeners of testStop did not finish within 10s",
		} {
			if !strings.Contains(lines, want) {
				t.Errorf("it logged %s, want %s", lines, want)
			}
		}
	})
}

// If a listener of testStart ends the run, no user starts.
func TestQuitAtTheStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options  locust.Options
		hasShape bool
	}{
		"users":    {locust.Options{Users: 3, SpawnRate: 10}, false},
		"arrivals": {locust.Options{ArrivalRate: 100, MaxInFlight: 3}, false},
		"shape":    {locust.Options{Users: 1, SpawnRate: 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := Config{Options: test.options, Classes: shoppers, HasShape: test.hasShape}
				run := begin(t, config, 1, func(h *fakeRuntime) {
					h.quitsAt = EventTestStart
					h.ticks = []Tick{{Users: 3, SpawnRate: 10}}
				})
				run.end(t)
				runtime := run.runtimes[0]
				if log := strings.Join(runtime.told(), "\n"); strings.Contains(log, "spawn") || len(runtime.arrivals) > 0 {
					t.Errorf("%d tasks started, and the engine called\n%s", len(runtime.arrivals), log)
				}
				if want := []Event{EventTestStart, EventTestStop, EventQuitting}; !slices.Equal(runtime.events, want) {
					t.Errorf("it heard %v", runtime.events)
				}
			})
		})
	}
}

// Rates cover the time since the start of the run. They exclude the time before that, in which runtimes start and
// listeners of testStart run.
func TestRatesBeginWithTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := Config{Options: locust.Options{Users: 1, SpawnRate: 1, RunTime: duration(10 * time.Second)}, Classes: shoppers}
		run := begin(t, config, 1, func(h *fakeRuntime) { h.listens = 30 * time.Second })
		run.at(40*time.Second - time.Millisecond)
		run.runtimes[0].request(100, 10, "")
		run.end(t)
		if rate := run.Statistics().Total.TotalRPS(); rate < 10 || rate > 10.1 {
			t.Errorf("100 requests in 10 s are %v requests/s", rate)
		}
	})
}
