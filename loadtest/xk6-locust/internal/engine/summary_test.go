package engine

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// requestsTo returns the statistics of requests with one name, some of them failed.
func requestsTo(name string, count, failures int) *stats.Stats {
	recorder := stats.NewRecorder()
	for i := range count {
		failure := ""
		if i < failures {
			failure = "x"
		}
		recorder.Log(stats.Key{Method: "GET", Name: name}, time.Now(), 5, 1, failure)
	}
	return recorder.Take()
}

func newTotal(t *testing.T, options locust.Options, out *bytes.Buffer) *Summary {
	t.Helper()
	s, err := NewSummary(Config{Options: options}, Environment{
		Stdout: out, Stderr: out, Log: func(string, string) {}, Users: func(int) {}, Requirement: func(string, bool) { t.Error("a total has no requirements") },
	}, func() int { return 3 }, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// If the statistics of a scenario are reset, the total forgets only the requests of that scenario.
func TestSummaryReset(t *testing.T) {
	t.Parallel()
	s := newTotal(t, locust.Options{}, &bytes.Buffer{})
	s.Add("a", requestsTo("/both", 5, 1))
	s.Add("b", requestsTo("/both", 7, 2))
	s.Add("b", requestsTo("/b", 1, 0))
	s.Reset("a")
	s.Add("a", requestsTo("/both", 2, 0))
	if err := s.Stop(nil); err != nil {
		t.Fatal(err)
	}
	part := s.Part()
	if total, both := part.Stats.Total, part.Stats.Entry(stats.Key{Method: "GET", Name: "/both"}); total.Requests != 10 || total.Failures != 2 || both.Requests != 9 {
		t.Errorf("got %d requests, %d failures, %d requests to /both", total.Requests, total.Failures, both.Requests)
	}
}

// The total contains the verdicts of all scenarios, and its result decides the exit code of `k6 x locust`.
func TestSummaryVerdicts(t *testing.T) {
	t.Parallel()
	seven, zero := 7, 0
	ok, failed, late := report.Verdict{Name: "errors", OK: true, Text: "fine"}, report.Verdict{Name: "p95", Text: "slow"}, report.Verdict{Name: "p99", IsLate: true, Text: "unknown"}
	for _, test := range []struct {
		name, verdict      string
		a, b               report.Verdict
		exitA, exitB       *int
		exitCode           int
		requests, failures int64
	}{
		{name: "failed", verdict: "failed", a: ok, b: failed, requests: 12, failures: 3, exitCode: -1},
		{name: "late and failed", verdict: "failed", a: late, b: failed, requests: 12, failures: 3, exitCode: -1},
		{name: "late", verdict: "refused", a: late, b: ok, requests: 12, failures: 3, exitCode: -1},
		{name: "ok", verdict: "ok", a: ok, b: ok, requests: 12, failures: 3, exitCode: -1},
		{name: "one set 0", verdict: "ok", a: ok, b: ok, exitA: &zero, requests: 12, failures: 2, exitCode: -1},
		{name: "both set a code", verdict: "ok", a: ok, b: ok, exitA: &zero, exitB: &seven, requests: 12, exitCode: 7},
	} {
		folder := t.TempDir()
		var out bytes.Buffer
		result := filepath.Join(folder, "result")
		s := newTotal(t, locust.Options{JSONFile: filepath.Join(folder, "out"), HTML: filepath.Join(folder, "out.html"), Result: result}, &out)
		a, b := requestsTo("/a", 5, 1), requestsTo("/b", 7, 2)
		s.Add("a", a)
		s.Add("b", b)
		if err := s.Stop([]Part{
			{Scenario: "a", Source: "the shop", Verdicts: []report.Verdict{test.a}, Stats: a, ExitCode: test.exitA, HTML: "x/out_a.html", Lateness: report.Lateness{P99Ms: 9, CPUs: 2}},
			{Scenario: "b", Verdicts: []report.Verdict{test.b}, Stats: b, ExitCode: test.exitB, HTML: "x/out_b.html", Lateness: report.Lateness{P99Ms: 5, CPUs: 2}},
		}); err != nil {
			t.Fatal(err)
		}
		read := func(name string) string {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		var got Result
		if err := json.Unmarshal([]byte(read(result)), &got); err != nil {
			t.Fatal(err)
		}
		code := -1
		if got.ExitCode != nil {
			code = *got.ExitCode
		}
		if got.Requests != test.requests || got.Failures != test.failures || code != test.exitCode || !strings.HasPrefix(got.Verdict, "scenario a, the shop\n") || !strings.Contains(got.Verdict, "\nscenario b\n") {
			t.Errorf("%s: got %+v with the exit code %d", test.name, got, code)
		}
		if out.Len() > 0 {
			t.Errorf("%s: k6 x locust prints the verdict, so the summary must not: %s", test.name, &out)
		}
		verdict := read(filepath.Join(folder, "out_verdict.json"))
		for _, want := range []string{`"verdict": "` + test.verdict + `"`, `"scenario": "a"`, `"scenario": "b"`, `"p99Ms": 9`} {
			if !strings.Contains(verdict, want) {
				t.Errorf("%s: no %s in %s", test.name, want, verdict)
			}
		}
		page := read(filepath.Join(folder, "out.html"))
		for _, want := range []string{`<a href="out_a.html">a</a></th><td>5</td>`, `<a href="out_b.html">b</a></th><td>7</td>`, "<dd>12</dd>"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page does not contain %s", test.name, want)
			}
		}
	}
}
