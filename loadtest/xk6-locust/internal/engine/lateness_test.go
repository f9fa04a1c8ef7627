package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
)

func TestLateVerdicts(t *testing.T) {
	t.Parallel()
	limit := func(number float64) *float64 { return &number }
	late := report.Lateness{MeanMs: 5, P95Ms: 20, P99Ms: 40, MaxMs: 80}
	closed := Outcome{Requests: 1000, P95Ms: 30, P99Ms: 60, Rate: 90, MeanMs: 10, Seconds: 10, Users: 10, Late: late}
	with := func(change func(*Outcome)) Outcome {
		changed := closed
		change(&changed)
		return changed
	}
	open := with(func(o *Outcome) { o.ArrivalRate, o.MaxInFlight, o.Dropped, o.Users = 100, 3, 5, 3 })
	for name, test := range map[string]struct {
		requirements Requirements
		outcome      Outcome
		want         string
	}{
		"a met limit":                                {Requirements{P99Ms: limit(70)}, closed, "ok"},
		"a limit below the lateness":                 {Requirements{P99Ms: limit(39)}, with(func(o *Outcome) { o.P99Ms = 30 }), "late"},
		"a limit that lateness may have exceeded":    {Requirements{P99Ms: limit(25)}, closed, "late"},
		"a limit that was exceeded by more":          {Requirements{P99Ms: limit(19)}, closed, "failed"},
		"the 95th percentile has its own lateness":   {Requirements{P95Ms: limit(9)}, closed, "failed"},
		"errors do not depend on lateness":           {Requirements{ErrorRate: limit(0)}, with(func(o *Outcome) { o.Failures = 1 }), "failed"},
		"a reached rate":                             {Requirements{Rate: limit(90)}, closed, "ok"},
		"a rate that punctual users would reach":     {Requirements{Rate: limit(94)}, closed, "late"},
		"a rate that punctual users would not reach": {Requirements{Rate: limit(95)}, closed, "failed"},
		"no request": {Requirements{P99Ms: limit(1)}, Outcome{Late: late}, "failed"},
		"drops that a bunch of late arrivals explains": {Requirements{Rate: limit(100)}, open, "late"},
		"drops because of slow answers":                {Requirements{Rate: limit(100)}, func() Outcome { o := open; o.MeanMs = 60; return o }(), "failed"},
		"drops that lateness cannot explain":           {Requirements{Rate: limit(100)}, func() Outcome { o := open; o.MaxInFlight = 9; return o }(), "failed"},
		"a punctual open loop that was too short":      {Requirements{Rate: limit(100)}, func() Outcome { o := open; o.Dropped, o.Late = 0, report.Lateness{}; return o }(), "failed"},
	} {
		verdict := test.requirements.Verdicts(test.outcome)[0]
		got := map[bool]string{true: "ok", false: "failed"}[verdict.OK]
		if verdict.IsLate {
			got = "late"
		}
		if got != test.want || verdict.OK && verdict.IsLate {
			t.Errorf("%s: %+v, want %s", name, verdict, test.want)
		}
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	late := report.Lateness{P99Ms: 34.25, MaxMs: 80, CPUPercent: 98.4, CPUs: 2, GCPauseMs: 12}
	text := "p99 34.2 ms, maximum 80.0 ms; it used 98% of 2 CPUs, and garbage collections stopped it for 12.0 ms"
	ok, isLate, failed := report.Verdict{OK: true}, report.Verdict{IsLate: true}, report.Verdict{}
	for _, test := range []struct {
		verdicts []report.Verdict
		want     string
	}{
		{nil, ""},
		{[]report.Verdict{ok}, ""},
		{[]report.Verdict{ok, isLate}, text},
		// A failed requirement stays failed, even if the process was late.
		{[]report.Verdict{isLate, failed}, ""},
	} {
		if got := refusalOf(test.verdicts, late); got != test.want {
			t.Errorf("%+v: %q, want %q", test.verdicts, got, test.want)
		}
	}
}

func TestLateness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l lateness
		l.reset()
		l.record(-time.Millisecond)
		l.record(30 * time.Millisecond)
		if got := l.take(); got.MaxMs != 30 || got.MeanMs != 15 || got.P99Ms < 29 || got.CPUs < 1 {
			t.Errorf("got %+v", got)
		}
		l.reset()
		if got := l.take(); got.MaxMs != 0 || got.P99Ms != 0 {
			t.Errorf("after a reset: %+v", got)
		}
	})
}
