package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	// 200 users pause for 1.9 s between answers of 100 ms.
	closed := Outcome{Requests: 10_000, Failures: 5, P95Ms: 12.345, P99Ms: 250.4, MeanMs: 100, Rate: 100, Seconds: 60, Users: 200}
	with := func(change func(o *Outcome)) Outcome {
		changed := closed
		change(&changed)
		return changed
	}
	open := with(func(o *Outcome) { o.ArrivalRate, o.MaxInFlight = 100, 1000 })
	rate := func(wanted float64) Requirements { return Requirements{Rate: pointer(wanted)} }
	for _, test := range []struct {
		name         string
		requirements Requirements
		outcome      Outcome
		want         report.Verdict
	}{
		{
			"few errors", Requirements{ErrorRate: pointer(0.001)}, closed,
			report.Verdict{Name: "errors", OK: true, Text: "5 of 10,000 requests failed (0.05%; limit: 0.1%)"},
		},
		{
			"no errors are allowed", Requirements{ErrorRate: pointer(0)}, closed,
			report.Verdict{Name: "errors", OK: false, Text: "5 of 10,000 requests failed (0.05%; limit: 0%)"},
		},
		{
			"p95 met", Requirements{P95Ms: pointer(12.345)}, closed,
			report.Verdict{Name: "p95", OK: true, Text: "12.3 ms (limit: 12.3 ms)"},
		},
		{
			"p99 missed", Requirements{P99Ms: pointer(9)}, closed,
			report.Verdict{Name: "p99", OK: false, Text: "250 ms (limit: 9.00 ms)"},
		},
		{"rate met", rate(100), closed, report.Verdict{Name: "rate", OK: true, Text: "100 requests/s (required: 100)"}},
		{
			// 200 users can send at most 200 / 1.9 s = 105.3 requests/s. 120 requests/s need 120/s × 2 s = 240 users.
			"too few users", rate(120), closed,
			report.Verdict{Name: "rate", OK: false, Text: "100 requests/s (required: 120): too few users: 200 users cannot send more than 105 requests/s; " +
				"at a mean response time of 100 ms, add 40 users"},
		},
		{
			// The answers may take (200 / 104/s) - 1.9 s = 23.1 ms. Otherwise, 104/s × 2 s = 208 users are needed.
			"answers too slow", rate(104), closed,
			report.Verdict{Name: "rate", OK: false, Text: "100 requests/s (required: 104): with 200 users, the mean response time must be at most 23.1 ms, " +
				"but it was 100 ms: reduce it, or add 8 users"},
		},
		{
			// Without pauses, 10 users with answers of 100 ms send 100/s. 250/s need 40 ms or 25 users.
			"users that never pause", rate(250), with(func(o *Outcome) { o.Users = 10 }),
			report.Verdict{Name: "rate", OK: false, Text: "100 requests/s (required: 250): with 10 users, the mean response time must be at most 40.0 ms, " +
				"but it was 100 ms: reduce it, or add 15 users"},
		},
		{
			"ramp not finished", rate(24_000), with(func(o *Outcome) { o.Rate, o.MeanMs, o.Seconds = 0, 0, 0 }),
			report.Verdict{Name: "rate", OK: false, Text: "the run ended before all users had started, so the rate was not measured (required: 24,000 requests/s)"},
		},
		{
			"no answers on the plateau", rate(100), with(func(o *Outcome) { o.Rate, o.MeanMs = 0, 0 }),
			report.Verdict{Name: "rate", OK: false, Text: "0.00 requests/s (required: 100): no request was answered"},
		},
		{"open loop met except for requests in flight", rate(101), open, report.Verdict{Name: "rate", OK: true, Text: "100 requests/s (required: 101)"}},
		{"open loop missed", rate(120), open, report.Verdict{Name: "rate", OK: false, Text: "100 requests/s (required: 120)"}},
		{
			// 50/s for 4 s is 200 requests. With answers of 500 ms, 25 of them are in flight at the end.
			"open loop with slow answers", rate(50),
			with(func(o *Outcome) { o.ArrivalRate, o.MaxInFlight, o.Rate, o.MeanMs, o.Seconds = 50, 1000, 43.75, 500, 4 }),
			report.Verdict{Name: "rate", OK: true, Text: "43.8 requests/s (required: 50.0)"},
		},
		{
			"open loop dropped", rate(90), with(func(o *Outcome) { o.ArrivalRate, o.MaxInFlight, o.Dropped = 100, 1000, 1234 }),
			report.Verdict{Name: "rate", OK: false, Text: "100 requests/s (required: 90.0): 1,234 requests were not sent because 1,000 were already in flight (mean answer: 100 ms)"},
		},
		{
			"open loop dropped one request", rate(90), with(func(o *Outcome) { o.ArrivalRate, o.MaxInFlight, o.Dropped = 100, 1, 1 }),
			report.Verdict{Name: "rate", OK: false, Text: "100 requests/s (required: 90.0): 1 request was not sent because 1 was already in flight (mean answer: 100 ms)"},
		},
		{"no requests, errors", Requirements{ErrorRate: pointer(0.01)}, Outcome{Seconds: 1}, report.Verdict{Name: "errors", OK: false, Text: "no request was made"}},
		{"no requests, p95", Requirements{P95Ms: pointer(1)}, Outcome{Seconds: 1}, report.Verdict{Name: "p95", OK: false, Text: "no request was made"}},
		{"no requests, rate", rate(1), Outcome{Seconds: 1, Users: 5}, report.Verdict{Name: "rate", OK: false, Text: "no request was made"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := test.requirements.Verdicts(test.outcome)
			if len(got) != 1 || got[0] != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
	if got := (&Requirements{Of: "nothing"}).Verdicts(closed); len(got) != 0 {
		t.Errorf("verdicts without requirements: %v", got)
	}
}

func TestFormatInteger(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 24_000.4: "24,000", 1_234_567: "1,234,567", -999: "-999", -1000: "-1,000"} {
		if got := formatInteger(number); got != want {
			t.Errorf("%v is written %s, want %s", number, got, want)
		}
	}
}

// The rate and the mean cover only the time during which all users are running, not the ramp-up or the ramp-down.
func TestPlateau(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := locust.Options{Users: 10, SpawnRate: 5, RunTime: duration(12 * time.Second), StopTimeout: duration(30 * time.Second)}
		requirements := &Requirements{Of: "small", Rate: pointer(50), ErrorRate: pointer(0.5), P99Ms: pointer(1)}
		run := begin(t, Config{Options: options, Classes: shoppers, Requirements: requirements}, 1, func(h *fakeRuntime) { h.task = time.Hour })
		run.at(500 * time.Millisecond)
		run.runtimes[0].request(1000, 900, "")
		run.at(6 * time.Second)
		run.runtimes[0].request(220, 20, "")
		run.at(20 * time.Second)
		run.runtimes[0].request(1000, 900, "slow")
		run.end(t)
		// All users have started after 1 s. In the remaining 11 s, they send 220 requests, which is 20 requests/s. Each
		// of the 10 users thus sends a request every 500 ms. The answer takes 20 ms of that.
		const want = "small\n" +
			"  ok    errors  1,000 of 2,220 requests failed (45%; limit: 50%)\n" +
			"  FAIL  p99     900 ms (limit: 1.00 ms)\n" +
			"  FAIL  rate    20.0 requests/s (required: 50.0): too few users: 10 users cannot send more than 20.8 requests/s; " +
			"at a mean response time of 20.0 ms, add 15 users\n"
		if got := run.stdout.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if !run.requirements["errors"] || run.requirements["rate"] || run.requirements["p99"] || len(run.requirements) != 3 {
			t.Errorf("the metric has %v", run.requirements)
		}
	})
}

// With a load shape, the number of users is the number at the end of the run, because the options do not set one.
func TestShapeOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := begin(t, Config{Options: locust.Options{Users: 1, SpawnRate: 1}, HasShape: true, Classes: shoppers}, 2,
			func(h *fakeRuntime) {
				h.ticks = []Tick{{Users: 7, SpawnRate: 100}, {Users: 7, SpawnRate: 100}, {IsEnd: true}}
			})
		run.at(1500 * time.Millisecond)
		run.runtimes[1].request(20, 10, "")
		run.end(t)
		if got := run.outcome(); got.Users != 7 || got.Rate < 9.9 || got.Rate > 10.1 || got.MeanMs != 10 {
			t.Errorf("the outcome is %+v", got)
		}
	})
}

func TestRampThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := locust.Options{Users: 10, SpawnRate: 1, RunTime: duration(3 * time.Second)}
		run := begin(t, Config{Options: options, Classes: shoppers, Requirements: &Requirements{Rate: pointer(5)}}, 1, nil)
		run.at(time.Second)
		run.runtimes[0].request(100, 1, "")
		run.end(t)
		const want = "  FAIL  rate    the run ended before all users had started, so the rate was not measured (required: 5.00 requests/s)\n"
		if got := run.stdout.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
