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
)

const (
	// reportInterval is the interval at which statistics are collected and files are written, as in Locust.
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
	// usersAtEnd is the number of users before they were stopped.
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
		paths = append(paths, r.htmlPath())
	}
	if name := r.engine.config.JSONFile; name != "" {
		paths = append(paths, report.JSONPath(name))
	}
	return paths
}

func (r *reporter) htmlPath() string {
	config := r.engine.config
	return report.HTMLPath(config.HTML, config.Users, config.SpawnRate, time.Duration(config.RunTime))
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

// showsProgress reports whether progress lines are needed. `k6 x locust` prints tables instead, and the master of a
// worker shows the load.
func (r *reporter) showsProgress() bool {
	config := r.engine.config
	return !config.PrintStats && !config.OnlySummary && !config.Worker && config.Result == ""
}

// progress logs the load since an earlier moment, and returns the totals up to now.
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

// tick collects the measurements and writes them. A file that cannot be written is reported once.
func (r *reporter) tick(now time.Time) {
	e := r.engine
	// The master collects a worker's statistics itself.
	if !e.config.Worker {
		e.collect()
	}
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

// noteUsers records the users before they stop. Otherwise, reports would show 0 users at the end.
func (r *reporter) noteUsers() {
	r.usersAtEnd = r.engine.UserCount()
	r.engine.environment.Users(r.usersAtEnd)
}

func (r *reporter) withSnapshot(use func(report.Snapshot)) {
	e := r.engine
	users, classes := e.UserCount(), e.crew.byClass()
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
		_, _ = fmt.Fprintln(r.texts(), strings.Join(table(snapshot, report.NameWidth(os.Stdout)), "\n"))
	})
}

// stop stops the loop, writes everything one last time, and prints the verdicts.
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
	var late report.Lateness // a master runs no users, so its lateness is not in their response times
	if !e.config.Master {
		late = e.lateness.take()
	}
	verdicts := r.verdicts(late)
	e.refusal = refusalOf(verdicts, late)
	r.withSnapshot(func(snapshot report.Snapshot) {
		snapshot.Users = r.usersAtEnd
		failures = append(failures, r.save(now, snapshot, verdicts, late))
	})
	r.announce(verdicts)
	return errors.Join(failures...)
}

// save writes the reports that are written only at the end of a run.
func (r *reporter) save(now time.Time, snapshot report.Snapshot, verdicts []report.Verdict, late report.Lateness) error {
	config := r.engine.config
	of := ""
	if config.Requirements != nil {
		of = config.Requirements.Of
	}
	var failures []error
	if config.HTML != "" {
		failures = append(failures, report.SaveHTML(r.htmlPath(), report.HTML{
			Snapshot: snapshot, History: r.history, Now: now, Host: r.hosts(), Script: config.Script,
			VerdictOf: of, Verdicts: verdicts, Refusal: r.engine.refusal, Lateness: late, PerClass: config.TaskRatios, Total: totalRatios(r.engine.plateau.end.users, config.TaskRatios),
		}))
	}
	if config.JSONFile != "" {
		failures = append(failures, report.SaveJSON(config.JSONFile, snapshot.Stats))
		// A worker has no verdicts.
		if !config.Worker {
			failures = append(failures, report.SaveVerdict(config.JSONFile, verdicts, r.engine.refusal, late))
		}
	}
	if config.JSON {
		var text bytes.Buffer
		failures = append(failures, report.WriteJSON(&text, snapshot.Stats))
		_, _ = fmt.Fprintln(r.engine.environment.Stdout, text.String())
	}
	if code := r.engine.ExitCode(); config.Result != "" && (code != nil || !config.Worker) {
		result := Result{ExitCode: code}
		// The master's exit code covers the failures on its workers.
		if !config.Worker {
			result.count(snapshot)
			result.Verdict = lines(of, verdicts)
		}
		failures = append(failures, result.save(config.Result))
	}
	return errors.Join(failures...)
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

// Result is the result of a run for the process that started it.
type Result struct {
	Requests   int64 `json:"requests"`
	Failures   int64 `json:"failures"`
	Exceptions int64 `json:"exceptions"`
	// Verdict contains the lines about the requirements, which `k6 x locust` prints after k6's summary.
	Verdict string `json:"verdict,omitempty"`
	// ExitCode is the exit code that the script has set, if any.
	ExitCode *int `json:"exitCode,omitempty"`
}

func (result *Result) count(snapshot report.Snapshot) {
	result.Requests, result.Failures = snapshot.Stats.Total.Requests, snapshot.Stats.Total.Failures
	for _, exception := range snapshot.Stats.Exceptions() {
		result.Exceptions += exception.Count
	}
}

func (result *Result) save(path string) error {
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("cannot write the result: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("cannot write the result: %w", err)
	}
	return nil
}

// verdicts checks the requirements. A worker has no verdicts, because the master decides how many users it runs and for
// how long.
func (r *reporter) verdicts(late report.Lateness) []report.Verdict {
	e := r.engine
	if e.config.Requirements == nil || e.config.Worker {
		return nil
	}
	outcome := e.outcome()
	// A master has no users of its own. They run in its workers.
	if !e.config.Master {
		outcome.Late = late
	}
	return e.config.Requirements.Verdicts(outcome)
}

// announce passes the verdicts on to k6's metrics, and prints one line for each, unless `k6 x locust` prints them later.
func (r *reporter) announce(verdicts []report.Verdict) {
	e := r.engine
	for _, verdict := range verdicts {
		if verdict.IsLate {
			continue
		}
		e.environment.Requirement(verdict.Name, verdict.OK)
		if !verdict.OK {
			e.failed = append(e.failed, verdict.Name)
		}
	}
	if len(verdicts) > 0 && e.config.Result == "" {
		_, _ = fmt.Fprint(r.texts(), lines(e.config.Requirements.Of, verdicts))
	}
}
