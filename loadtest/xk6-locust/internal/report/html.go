package report

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// HTML is the content of the --html page, a single file that loads no other files.
type HTML struct {
	Snapshot Snapshot
	History  *History
	// Now is the time when the page is written. The charts may have an additional last point with the values at this
	// time.
	Now time.Time
	// Host is the tested host. Script is the file that defines the users. Either may be empty.
	Host, Script string
	// Scenario is the name of the scenario if the test has several scenarios. In the report of the whole test,
	// Scenarios contains a row for each scenario.
	Scenario  string
	Scenarios []ScenarioRow
	// VerdictOf names the source of the requirements, and Verdicts are their results. Both may be empty.
	VerdictOf string
	Verdicts  []Verdict
	// Refusal says why there is no verdict, or is empty.
	Refusal  string
	Lateness Lateness
	// PerClass and Total are the shares of the tasks, per class and among all users.
	PerClass, Total []TaskRatio
}

// ScenarioRow is a scenario in the report of a test with several scenarios.
type ScenarioRow struct {
	Name string
	// Page is the file name of the HTML report of this scenario. The report is in the same folder.
	Page  string
	Total *stats.Entry
}

// TaskRatio is the share of a user class or task, from 0 to 1, with the shares of its own tasks.
type TaskRatio struct {
	Name  string
	Ratio float64
	Tasks []TaskRatio
}

// HTMLPath replaces placeholders in a path as Locust does: {u} is the number of users, {r} the spawn rate, {t} the
// run time in seconds. Placeholders whose value is 0 are unchanged.
func HTMLPath(pattern string, users int, spawnRate float64, runTime time.Duration) string {
	for _, option := range []struct {
		placeholder string
		value       float64
	}{{"{u}", float64(users)}, {"{r}", spawnRate}, {"{t}", runTime.Truncate(time.Second).Seconds()}} {
		if option.value != 0 {
			pattern = strings.ReplaceAll(pattern, option.placeholder, strings.TrimSuffix(pythonFloat(option.value), ".0"))
		}
	}
	return pattern
}

// SaveHTML writes the page to path and creates its directory.
func SaveHTML(path string, h HTML) error {
	return save(path, func(w io.Writer) error { return WriteHTML(w, h) })
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// WriteHTML writes the page of the --html option.
func WriteHTML(w io.Writer, h HTML) error {
	page, err := template.New("page").Funcs(template.FuncMap{
		"percent": func(ratio float64) string { return strconv.FormatFloat(ratio*100, 'f', 1, 64) + "%" },
		"number":  formatNumber,
		"rate":    func(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) },
		"seen":    func(seconds float64) string { return utcTime(time.Unix(int64(seconds), 0)) },
	}).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("cannot write the HTML report: %w", err)
	}
	data := templateArgs(h)
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("cannot write the HTML report: %w", err)
	}
	total := h.Snapshot.Stats.Total
	// The browser uses only the style and the script whose hashes are given, and loads nothing. The style and the
	// script are constants, and json.Marshal escapes what could end a script element.
	err = page.Execute(w, map[string]any{
		"CSS": template.CSS(pageCSS), "JS": template.JS(pageJS), "JSON": template.JS(text), //nolint:gosec // see above
		"CSP":         "default-src 'none'; style-src " + sourceHash(pageCSS) + "; script-src " + sourceHash(pageJS) + "; base-uri 'none'; form-action 'none'",
		"Data":        data,
		"Scenario":    h.Scenario,
		"Scenarios":   scenariosOf(h.Scenarios),
		"VerdictOf":   h.VerdictOf,
		"Verdicts":    h.Verdicts,
		"Refusal":     h.Refusal,
		"Lateness":    h.Lateness.String(),
		"IsMeasured":  h.Lateness.IsMeasured(),
		"HasFailed":   slices.ContainsFunc(h.Verdicts, func(verdict Verdict) bool { return !verdict.OK && !verdict.IsLate }),
		"Rows":        data.Requests[:len(data.Requests)-1],
		"Total":       data.Requests[len(data.Requests)-1],
		"FailRatio":   total.FailRatio(),
		"Percentiles": percentilesForHTML,
		"Charts":      charts(data.points),
		"PeakUsers":   peakUsers(data.points),
		"PerClass":    h.PerClass, "AllTasks": h.Total,
	})
	if err != nil {
		return fmt.Errorf("cannot write the HTML report: %w", err)
	}
	return nil
}

// scenarioData is a row in the table of scenarios.
type scenarioData struct {
	Page string
	requestData
}

func scenariosOf(rows []ScenarioRow) []scenarioData {
	data := make([]scenarioData, len(rows))
	for i, row := range rows {
		data[i] = scenarioData{row.Page, requestDataOf(row.Total)}
		data[i].Name = row.Name
	}
	return data
}

// sourceHash returns the hash that a content security policy needs to allow an inline style or script.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// formatNumber formats milliseconds or bytes, with decimals only for small values.
func formatNumber(f float64) string {
	if f < 10 && f != float64(int64(f)) {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

func peakUsers(points []Point) int {
	peak := 0
	for _, point := range points {
		peak = max(peak, point.Users)
	}
	return peak
}

// percentilesForHTML contains the percentiles in the page's table (Locust's PERCENTILES_FOR_HTML_REPORT).
var percentilesForHTML = []percentileColumn{
	{0.50, "0.5"}, {0.6, "0.6"}, {0.7, "0.7"}, {0.8, "0.8"}, {0.9, "0.9"}, {0.95, "0.95"}, {0.99, "0.99"}, {1.0, "1.0"},
}

type percentileColumn struct {
	Share float64
	// Key is the share as Python formats it.
	Key string
}

// Title returns the share in percent.
func (p percentileColumn) Title() string {
	return strconv.FormatFloat(p.Share*100, 'f', -1, 64) + "%"
}

// htmlData has the keys of Locust's templateArgs, so that tools that read Locust's pages can read these too.
type htmlData struct {
	IsReport           bool             `json:"is_report"`
	Requests           []requestData    `json:"requests_statistics"`
	Failures           []failureData    `json:"failures_statistics"`
	Exceptions         []exceptionData  `json:"exceptions_statistics"`
	ResponseTimes      []map[string]any `json:"response_time_statistics"`
	StartTime          string           `json:"start_time"`
	EndTime            string           `json:"end_time"`
	Duration           string           `json:"duration"`
	Host               string           `json:"host"`
	History            []historyData    `json:"history"`
	ShowDownloadLink   bool             `json:"show_download_link"`
	Script             string           `json:"locustfile"`
	Tasks              map[string]any   `json:"tasks"`
	PercentilesToChart []float64        `json:"percentiles_to_chart"`
	Profile            *string          `json:"profile"`

	points []Point
}

type requestData struct {
	Method                   string  `json:"method"`
	Name                     string  `json:"name"`
	Requests                 int64   `json:"num_requests"`
	Failures                 int64   `json:"num_failures"`
	Min                      float64 `json:"min_response_time"`
	Max                      float64 `json:"max_response_time"`
	CurrentRPS               float64 `json:"current_rps"`
	CurrentFailuresPerSecond float64 `json:"current_fail_per_sec"`
	Average                  float64 `json:"avg_response_time"`
	Median                   float64 `json:"median_response_time"`
	TotalRPS                 float64 `json:"total_rps"`
	TotalFailuresPerSecond   float64 `json:"total_fail_per_sec"`
	P95                      int     `json:"response_time_percentile_0.95"`
	P99                      int     `json:"response_time_percentile_0.99"`
	AverageContentLength     float64 `json:"avg_content_length"`
}

type failureData struct {
	Method      string  `json:"method"`
	Name        string  `json:"name"`
	Error       string  `json:"error"`
	Occurrences int64   `json:"occurrences"`
	FirstSeen   float64 `json:"first_seen"`
	LastSeen    float64 `json:"last_seen"`
}

type exceptionData struct {
	Count     int64  `json:"count"`
	Message   string `json:"msg"`
	Traceback string `json:"traceback"`
	Nodes     string `json:"nodes"`
}

// As in Locust's charts, each value of the history comes with its time.
type historyData struct {
	Median            [2]any `json:"response_time_percentile_0.5"`
	P95               [2]any `json:"response_time_percentile_0.95"`
	P99               [2]any `json:"response_time_percentile_0.99"`
	RPS               [2]any `json:"current_rps"`
	FailuresPerSecond [2]any `json:"current_fail_per_sec"`
	Average           [2]any `json:"total_avg_response_time"`
	Users             [2]any `json:"user_count"`
	Time              string `json:"time"`
}

// templateArgs returns the data of Locust's get_html_report, plus the 99th percentile and more points of the history.
func templateArgs(h HTML) htmlData {
	s := h.Snapshot.Stats
	start := unixTime(s.Total.StartTime)
	end := start
	if s.Total.LastRequest != 0 {
		end = unixTime(s.Total.LastRequest)
	}
	data := htmlData{
		IsReport: true, StartTime: utcTime(start), EndTime: utcTime(end), Duration: durationText(end.Sub(start)),
		Host: h.Host, Script: h.Script, PercentilesToChart: percentilesToChart,
		Tasks:    map[string]any{"per_class": ratioMap(h.PerClass), "total": ratioMap(h.Total)},
		Failures: []failureData{}, Exceptions: []exceptionData{}, History: []historyData{},
	}
	for _, e := range rows(s) {
		data.Requests = append(data.Requests, requestDataOf(e))
		data.ResponseTimes = append(data.ResponseTimes, responseTimesOf(e))
	}
	for _, f := range s.SortedFailures() {
		data.Failures = append(data.Failures,
			failureData{f.Method, f.Name, f.Error, f.Occurrences, unixSeconds(f.FirstSeen), unixSeconds(f.LastSeen)})
	}
	for _, e := range s.Exceptions() {
		data.Exceptions = append(data.Exceptions, exceptionData{e.Count, e.Message, e.Traceback, nodesText(e)})
	}
	data.points = pointsUntil(end, h)
	for _, p := range data.points {
		at := utcTime(p.Time)
		data.History = append(data.History, historyData{
			[2]any{at, p.Median}, [2]any{at, p.P95}, [2]any{at, p.P99}, [2]any{at, p.RPS}, [2]any{at, p.FailuresPerSecond},
			[2]any{at, p.Average}, [2]any{at, p.Users}, at,
		})
	}
	return data
}

// pointsUntil returns the history until `end`, the time of the last request. The last point has the final values. If
// the run continued for more than two seconds after that request, it returns the history unchanged.
func pointsUntil(end time.Time, h HTML) []Point {
	points := h.History.Points()
	if len(points) == 0 || points[len(points)-1].Time.Sub(end) > 2*time.Second {
		return points
	}
	for len(points) > 1 && utcTime(points[len(points)-1].Time) >= utcTime(end) {
		points = points[:len(points)-1]
	}
	if utcTime(points[len(points)-1].Time) >= utcTime(end) {
		return points
	}
	last := pointOf(h.Now, h.Snapshot)
	last.Time = end
	return append(slices.Clip(points), last)
}

func requestDataOf(e *stats.Entry) requestData {
	percentiles := e.Percentiles(0.95, 0.99)
	return requestData{
		Method: e.Method, Name: e.Name, Requests: e.Requests, Failures: e.Failures,
		Min: properRound(e.Min(), 0), Max: properRound(e.Max(), 0),
		CurrentRPS: e.CurrentRPS(), CurrentFailuresPerSecond: e.CurrentFailuresPerSecond(),
		Average: e.Average(), Median: e.Median(), TotalRPS: e.TotalRPS(), TotalFailuresPerSecond: e.TotalFailuresPerSecond(),
		P95: percentiles[0], P99: percentiles[1], AverageContentLength: e.AverageContentLength(),
	}
}

func responseTimesOf(e *stats.Entry) map[string]any {
	row := map[string]any{"name": e.Name, "method": e.Method}
	shares := make([]float64, len(percentilesForHTML))
	for i, column := range percentilesForHTML {
		shares[i] = column.Share
	}
	for i, percentile := range e.Percentiles(shares...) {
		row[percentilesForHTML[i].Key] = percentile
	}
	return row
}

func ratioMap(ratios []TaskRatio) map[string]any {
	named := map[string]any{}
	for _, r := range ratios {
		value := map[string]any{"ratio": r.Ratio}
		if len(r.Tasks) > 0 {
			value["tasks"] = ratioMap(r.Tasks)
		}
		named[r.Name] = value
	}
	return named
}

func unixTime(seconds float64) time.Time { return time.Unix(0, int64(seconds*1e9)) }

func unixSeconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }
