package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

const (
	// reportInterval is the interval at which statistics are collected and the CSV files are written, as in Locust.
	reportInterval = time.Second
	// tableInterval is the interval at which the table is printed, Locust's CONSOLE_STATS_INTERVAL_SEC.
	tableInterval = 2 * time.Second
	// progressInterval is the interval at which a progress line shows the load, if no table is printed.
	progressInterval = 10 * time.Second
)

// reporter writes the files and tables during a run and at its end.
type reporter struct {
	engine  *Engine
	csv     *report.CSV
	history *report.History
	quit    chan struct{}
	done    chan struct{}
	err     error
	// usersAtEnd is the number of users at the end of the run, before they were stopped.
	usersAtEnd int
}

func startReporter(e *Engine) (*reporter, error) {
	r := &reporter{engine: e, history: report.NewHistory(), quit: make(chan struct{}), done: make(chan struct{})}
	for _, path := range r.paths() {
		if err := report.CheckPath(path); err != nil {
			return nil, err
		}
	}
	if e.config.CSV != "" {
		csv, err := report.NewCSV(e.config.CSV, e.config.CSVFullHistory)
		if err != nil {
			return nil, err
		}
		r.csv = csv
	}
	// As in Locust, the history begins before the first user.
	r.tick(time.Now())
	go r.loop()
	return r, nil
}

// paths returns the paths of the reports that are written at the end of the run.
func (r *reporter) paths() []string {
	var paths []string
	if config := r.engine.config; config.HTML != "" {
		paths = append(paths, r.engine.htmlPath())
	}
	if name := r.engine.config.JSONFile; name != "" {
		paths = append(paths, report.JSONPath(name))
	}
	return paths
}

func (r *reporter) loop() {
	defer close(r.done)
	ticker := time.NewTicker(reportInterval)
	defer ticker.Stop()
	lastTable := time.Now()
	last := r.now()
	for {
		select {
		case <-r.quit:
			return
		case now := <-ticker.C:
			r.tick(now)
			if r.engine.config.PrintStats && !r.engine.config.OnlySummary && now.Sub(lastTable) >= tableInterval-reportInterval/2 {
				lastTable = now
				r.print(func(snapshot report.Snapshot, width int) []string { return report.Table(snapshot.Stats, true, width) })
			}
			if r.showsProgress() && now.Sub(last.at) >= progressInterval-reportInterval/2 {
				last = r.progress(last)
			}
		}
	}
}

// progress contains the totals up to one moment.
type progress struct {
	at                 time.Time
	requests, failures int64
	p95Ms              float64
}

func (r *reporter) now() progress {
	e := r.engine
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return progress{time.Now(), e.total.Total.Requests, e.total.Total.Failures, e.total.Total.Latency.Percentile(0.95)}
}

// showsProgress reports whether progress lines are needed. `k6 x locust` prints tables instead. A worker needs no
// lines, because its master shows the load.
func (r *reporter) showsProgress() bool {
	config := r.engine.config
	return !config.PrintStats && !config.OnlySummary && !config.Worker && config.Result == "" && !r.engine.isTotal
}

// progress logs the load since an earlier moment, and returns the current totals.
func (r *reporter) progress(last progress) progress {
	now := r.now()
	if now.requests < last.requests {
		last.requests, last.failures = 0, 0 // the statistics were reset
	}
	seconds := now.at.Sub(last.at).Seconds()
	rate := func(from, to int64, unit string) string {
		return Counted(math.Round(float64(to-from)/seconds), unit) + "/s"
	}
	r.engine.logf("info", "%s, %s, %s, p95 %.1f ms so far", Counted(float64(r.engine.UserCount()), "user"),
		rate(last.requests, now.requests, "request"), rate(last.failures, now.failures, "failure"), now.p95Ms)
	return now
}

// tick collects the measurements and writes them. If a file cannot be written, this is reported once.
func (r *reporter) tick(now time.Time) {
	e := r.engine
	e.refresh()
	users := e.UserCount()
	e.environment.Users(users)
	r.withSnapshot(func(snapshot report.Snapshot) {
		r.history.Sample(now, snapshot)
		if r.csv == nil {
			return
		}
		if err := r.csv.Tick(now, snapshot); err != nil && r.err == nil {
			r.err = err
			e.logf("error", "%v", err)
		}
	})
}

// noteUsers records the number of users before they stop. Otherwise, reports would show 0 users at the end.
func (r *reporter) noteUsers() {
	r.usersAtEnd = r.engine.UserCount()
	r.engine.environment.Users(r.usersAtEnd)
}

func (r *reporter) withSnapshot(use func(report.Snapshot)) {
	e := r.engine
	users, classes := e.UserCount(), e.users.byClass()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	use(report.Snapshot{Users: users, Classes: classes, Stats: e.total})
}

// texts returns the output stream for tables and verdicts, which must be separate from the JSON.
func (r *reporter) texts() io.Writer {
	if r.engine.config.JSON {
		return r.engine.environment.Stderr
	}
	return r.engine.environment.Stdout
}

func (r *reporter) print(table func(snapshot report.Snapshot, width int) []string) {
	r.withSnapshot(func(snapshot report.Snapshot) {
		_, _ = fmt.Fprintln(r.texts(), r.title()+strings.Join(table(snapshot, report.NameWidth(os.Stdout)), "\n"))
	})
}

// title returns the line above the tables, if the test has several scenarios.
func (r *reporter) title() string {
	switch {
	case r.engine.environment.Scenario != "":
		return "Scenario " + r.engine.environment.Scenario + "\n"
	case r.engine.isTotal:
		return "All scenarios\n"
	default:
		return ""
	}
}

// stop ends the periodic updates of the reports, writes all reports one last time, and prints the verdicts.
func (r *reporter) stop() error {
	close(r.quit)
	<-r.done
	now := time.Now()
	r.tick(now)
	failures := []error{r.err}
	if r.csv != nil {
		failures = append(failures, r.csv.Close())
	}
	e := r.engine
	if e.config.PrintStats || e.config.OnlySummary {
		r.print(func(snapshot report.Snapshot, width int) []string {
			lines := slices.Concat(report.Table(snapshot.Stats, false, width), []string{""},
				report.PercentileTable(snapshot.Stats, width), []string{""})
			if len(snapshot.Stats.Failures()) > 0 {
				lines = append(lines, report.FailureTable(snapshot.Stats, width)...)
			}
			return lines
		})
	}
	var late report.Lateness // a master or summary runs no users, so its lateness affects no response times
	if !e.config.Master && !e.isSummary() {
		late = e.lateness.take()
	}
	e.verdicts, e.late = r.verdicts(late), late
	for _, part := range e.parts {
		e.late = mergeLateness(e.late, part.Lateness)
	}
	e.refusal = refusalOf(e.verdicts, e.late)
	r.withSnapshot(func(snapshot report.Snapshot) {
		snapshot.Users = r.usersAtEnd
		failures = append(failures, r.save(now, snapshot))
		e.requests = snapshot.Stats.Total.Requests
	})
	r.announce()
	return errors.Join(failures...)
}

// save writes the reports that are written only at the end of a run.
func (r *reporter) save(now time.Time, snapshot report.Snapshot) error {
	e, config := r.engine, r.engine.config
	var failures []error
	if config.HTML != "" {
		failures = append(failures, report.SaveHTML(e.htmlPath(), report.HTML{
			Snapshot: snapshot, History: r.history, Now: now, Host: r.hosts(), Script: config.Script,
			Scenario: e.environment.Scenario, Scenarios: scenarioRows(e.parts),
			VerdictOf: e.requirementsSource(), Verdicts: e.verdicts, Refusal: e.refusal, Lateness: e.late, PerClass: config.TaskRatios, Total: totalRatios(e.plateau.end.users, config.TaskRatios),
		}))
	}
	if config.JSONFile != "" {
		failures = append(failures, report.SaveJSON(config.JSONFile, snapshot.Stats))
		// A worker has no verdicts.
		if !config.Worker {
			failures = append(failures, report.SaveVerdict(config.JSONFile, e.verdicts, e.refusal, e.late))
		}
	}
	if e.environment.Scenario != "" {
		return errors.Join(failures...)
	}
	if config.JSON {
		var text bytes.Buffer
		failures = append(failures, report.WriteJSON(&text, snapshot.Stats))
		if _, err := fmt.Fprintln(e.environment.Stdout, text.String()); err != nil {
			failures = append(failures, fmt.Errorf("cannot write the statistics to standard output: %w", err))
		}
	}
	if config.Result != "" {
		result := Result{ExitCode: e.ExitCode()}
		// The master's exit code covers the failures on its workers.
		if !config.Worker {
			result.count(snapshot.Stats)
			result.Verdict = e.verdictText()
		}
		if e.isTotal {
			result.judge(e.parts)
		}
		failures = append(failures, result.Save(config.Result))
	}
	return errors.Join(failures...)
}

// requirementsSource returns the name of the source of the requirements, or an empty string.
func (e *Engine) requirementsSource() string {
	if e.config.Requirements == nil {
		return ""
	}
	return e.config.Requirements.Of
}

// htmlPath returns the path of the HTML report, or an empty string.
func (e *Engine) htmlPath() string {
	return report.HTMLPath(e.config.HTML, e.config.Users, e.config.SpawnRate, time.Duration(e.config.RunTime))
}

// verdictText returns the lines of the verdict, or of all verdicts if this engine reports several scenarios.
func (e *Engine) verdictText() string {
	if e.isTotal {
		return verdictLines(e.parts)
	}
	return formatVerdicts(e.requirementsSource(), e.verdicts)
}

// totalRatios returns the shares of tasks among all users, weighted by the number of users per class.
func totalRatios(users map[string]int, perClass []report.TaskRatio) []report.TaskRatio {
	all := 0
	for _, count := range users {
		all += count
	}
	total := make([]report.TaskRatio, len(perClass))
	for i, ratio := range perClass {
		total[i] = scaled(ratio, float64(users[ratio.Name])/float64(max(1, all)))
	}
	return total
}

func scaled(ratio report.TaskRatio, factor float64) report.TaskRatio {
	result := report.TaskRatio{Name: ratio.Name, Ratio: ratio.Ratio * factor}
	for _, task := range ratio.Tasks {
		result.Tasks = append(result.Tasks, scaled(task, result.Ratio))
	}
	return result
}

// hosts returns the tested hosts, separated by commas.
func (r *reporter) hosts() string {
	if r.engine.config.Host != "" {
		return r.engine.config.Host
	}
	var hosts []string
	for _, class := range r.engine.config.Classes {
		if class.Host != "" && !slices.Contains(hosts, class.Host) {
			hosts = append(hosts, class.Host)
		}
	}
	return strings.Join(hosts, ", ")
}

// Result is what a run reports to the process that started the run.
type Result struct {
	Requests   int64 `json:"requests"`
	Failures   int64 `json:"failures"`
	Exceptions int64 `json:"exceptions"`
	// Verdict contains the lines about the requirements, which `k6 x locust` prints after k6's summary.
	Verdict string `json:"verdict,omitempty"`
	// ExitCode is the exit code that the script set, if any.
	ExitCode *int `json:"exitCode,omitempty"`
	// IsUsage is true if the run did not start because of a mistake in the command line.
	IsUsage bool `json:"isUsage,omitempty"`
}

func (result *Result) count(s *stats.Stats) {
	result.Requests += s.Total.Requests
	result.Failures += s.Total.Failures
	for _, exception := range s.Exceptions() {
		result.Exceptions += exception.Count
	}
}

// judge sets the fields that determine the exit code of a test with several scenarios: the highest exit code that the
// script set, and the failures and exceptions of the scenarios without such an exit code.
func (result *Result) judge(parts []Part) {
	result.Failures, result.Exceptions = 0, 0
	for _, part := range parts {
		if part.ExitCode == nil {
			requests := result.Requests
			result.count(part.Stats)
			result.Requests = requests
		} else if code := *part.ExitCode; code > 0 && (result.ExitCode == nil || code > *result.ExitCode) {
			result.ExitCode = &code
		}
	}
}

// Save writes the result to a file.
func (result *Result) Save(path string) error {
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("cannot write the result: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("cannot write the result: %w", err)
	}
	return nil
}

// verdicts checks the requirements. For the report on all scenarios, it returns the verdicts of each scenario. A worker
// has no verdicts, because the master decides how many users the worker runs, and for how long.
func (r *reporter) verdicts(late report.Lateness) []report.Verdict {
	e := r.engine
	var verdicts []report.Verdict
	for _, part := range e.parts {
		for _, verdict := range part.Verdicts {
			verdict.Scenario = part.Scenario
			verdicts = append(verdicts, verdict)
		}
	}
	if e.config.Requirements == nil || e.config.Worker {
		return verdicts
	}
	outcome := e.outcome()
	// A master has no users of its own. They run in its workers.
	if !e.config.Master {
		outcome.Late = late
	}
	return e.config.Requirements.Verdicts(outcome)
}

// announce passes the verdicts, except late ones, on to k6's metrics. It also prints one line per verdict, unless
// `k6 x locust` or the report of the test prints the lines later.
func (r *reporter) announce() {
	e := r.engine
	for _, verdict := range e.verdicts {
		if verdict.IsLate || e.isTotal {
			continue // each scenario has already passed on its verdicts
		}
		e.environment.Requirement(verdict.Name, verdict.OK)
		if !verdict.OK {
			e.failed = append(e.failed, verdict.Name)
		}
	}
	if len(e.verdicts) > 0 && e.config.Result == "" && e.environment.Scenario == "" {
		_, _ = fmt.Fprint(r.texts(), e.verdictText())
	}
}
