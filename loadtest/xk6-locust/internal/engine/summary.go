package engine

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Numbers assigns numbers to users and to the items of distributors. The engines of a test share it, so that no two
// users of the test have the same number.
type Numbers struct {
	// users is the number of users that have started.
	users atomic.Int64
	// takes contains the number of items that were taken from each distributor.
	takes sync.Map
}

// Part is one scenario's part of the report of a test.
type Part struct {
	// Scenario is the name of the scenario. Source names the source of its requirements.
	Scenario, Source string
	Verdicts         []report.Verdict
	Lateness         report.Lateness
	// HTML is the path of the scenario's HTML report, or empty.
	HTML  string
	Stats *stats.Stats
	// ExitCode is the exit code that the script set in this scenario, or nil.
	ExitCode *int
}

// Summary reports on the requests of a scenario with one of k6's own executors, or on the requests of all scenarios. It
// has no users of its own.
type Summary struct {
	engine *Engine
	// parts contains the statistics of each scenario, for resets. The engine's mutex guards it.
	parts map[string]*stats.Stats
}

// NewSummary creates a summary and starts to write its reports. users returns the number of running users. take returns
// the requests since the previous call. take is nil if the caller adds the requests with [Summary.Add].
func NewSummary(config Config, environment Environment, users func() int, take func() *stats.Stats) (*Summary, error) {
	e := &Engine{config: config, environment: environment, total: stats.New(time.Now()), end: func(error) {}, take: take, isTotal: take == nil}
	e.fleet = newFleet(Config{}, e)
	e.users = externalUsers(users)
	s := &Summary{engine: e, parts: map[string]*stats.Stats{}}
	e.start()
	var err error
	e.reporter, err = startReporter(e)
	return s, err
}

// Add adds requests of a scenario.
func (s *Summary) Add(scenario string, delta *stats.Stats) {
	s.engine.mutex.Lock()
	defer s.engine.mutex.Unlock()
	s.part(scenario).Add(delta)
	s.engine.total.Add(delta)
}

// Reset removes the requests of a scenario from the summary. It is called after the scenario has reset its statistics.
func (s *Summary) Reset(scenario string) {
	s.engine.mutex.Lock()
	defer s.engine.mutex.Unlock()
	s.part(scenario).Reset(time.Now())
	s.engine.total = stats.New(time.Now())
	for _, part := range s.parts {
		s.engine.total.Add(part)
	}
}

// part returns the statistics of a scenario. The caller holds the mutex.
func (s *Summary) part(scenario string) *stats.Stats {
	if s.parts[scenario] == nil {
		s.parts[scenario] = stats.New(s.engine.started)
	}
	return s.parts[scenario]
}

// Part returns the summary's part of the report of the test. Call it after Stop.
func (s *Summary) Part() Part { return s.engine.Part() }

// Stop writes the reports one last time. parts lists the scenarios that the summary covers.
func (s *Summary) Stop(parts []Part) error {
	s.engine.parts = parts
	return s.engine.reporter.stop()
}

// Part returns the run's part of the report of the test. Call it after Run.
func (e *Engine) Part() Part {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return Part{
		Scenario: e.environment.Scenario, Source: e.requirementsSource(), Verdicts: e.verdicts, Lateness: e.late, HTML: e.htmlPath(),
		Stats: e.total.Clone(), ExitCode: e.ExitCode(),
	}
}

// verdictLines formats the verdicts of all parts for printing.
func verdictLines(parts []Part) string {
	var text strings.Builder
	for _, part := range parts {
		header := "scenario " + part.Scenario
		if part.Source != "" {
			header += ", " + part.Source
		}
		text.WriteString(formatVerdicts(header, part.Verdicts))
	}
	return text.String()
}

// scenarioRows returns the rows of the scenarios in the HTML report of a test.
func scenarioRows(parts []Part) []report.ScenarioRow {
	rows := make([]report.ScenarioRow, len(parts))
	for i, part := range parts {
		rows[i] = report.ScenarioRow{Name: part.Scenario, Page: filepath.Base(part.HTML), Total: part.Stats.Total}
	}
	return rows
}

// isSummary reports whether other engines or executors run the users.
func (e *Engine) isSummary() bool { return e.isTotal || e.take != nil }

// mergeLateness combines the lateness of two scenarios. It takes the worse value of each measurement.
func mergeLateness(a, b report.Lateness) report.Lateness {
	return report.Lateness{
		MeanMs: max(a.MeanMs, b.MeanMs), P95Ms: max(a.P95Ms, b.P95Ms), P99Ms: max(a.P99Ms, b.P99Ms), MaxMs: max(a.MaxMs, b.MaxMs),
		CPUPercent: max(a.CPUPercent, b.CPUPercent), CPUs: max(a.CPUs, b.CPUs), GCPauseMs: max(a.GCPauseMs, b.GCPauseMs),
	}
}

// externalUsers are the users of a summary. They belong to other engines and executors, so a summary only counts them.
type externalUsers func() int

var _ userGroup = externalUsers(nil)

func (externalUsers) step(dispatch.Step, time.Duration) {}
func (externalUsers) rampDone(context.Context) bool     { return true }
func (externalUsers) stopAll(time.Duration)             {}
func (u externalUsers) count() int                      { return u() }
func (externalUsers) byClass() map[string]int           { return nil }
func (externalUsers) spawnedNone() bool                 { return false }
