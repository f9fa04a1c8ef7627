package engine

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
)

// Requirements contains the requirements of a run. If a requirement is nil, it is not checked.
type Requirements struct {
	// Of is the name of the source of the requirements, such as a preset.
	Of string `json:"of,omitempty"`
	// ErrorRate is the maximum share of failed requests, from 0 to 1.
	ErrorRate *float64 `json:"errorRate,omitempty"`
	// P95Ms and P99Ms limit the percentiles of the response times, in milliseconds.
	P95Ms *float64 `json:"p95Ms,omitempty"`
	P99Ms *float64 `json:"p99Ms,omitempty"`
	// Rate is the minimum number of requests per second, averaged over the time during which all users are running.
	Rate *float64 `json:"rate,omitempty"`
}

var (
	errErrorRate = errors.New("requirements.errorRate must be a number from 0 to 1")
	errLimit     = errors.New("must be a number above 0")
	errNothing   = errors.New("requirements must contain errorRate, p95Ms, p99Ms, or rate")
)

// Check returns an error for the first requirement that has an invalid value, or if there are no requirements.
func (r *Requirements) Check() error {
	if r.ErrorRate == nil && r.P95Ms == nil && r.P99Ms == nil && r.Rate == nil {
		return errNothing
	}
	if r.ErrorRate != nil && !(*r.ErrorRate >= 0 && *r.ErrorRate <= 1) {
		return fmt.Errorf("%w, got %v", errErrorRate, *r.ErrorRate)
	}
	for _, limit := range []struct {
		name  string
		value *float64
	}{{"p95Ms", r.P95Ms}, {"p99Ms", r.P99Ms}, {"rate", r.Rate}} {
		if limit.value != nil && !(*limit.value > 0) {
			return fmt.Errorf("requirements.%s %w, got %v", limit.name, errLimit, *limit.value)
		}
	}
	return nil
}

// Outcome contains the results of a run that determine its verdicts.
type Outcome struct {
	Requests, Failures, Dropped int64
	// P95Ms and P99Ms are the percentiles of all requests, in milliseconds.
	P95Ms, P99Ms float64
	// Rate is the number of requests per second, and MeanMs is their mean response time. Both are measured while all
	// users were running, for a period of Seconds. All three are 0 if not all users had started.
	Rate, MeanMs, Seconds float64
	// Users is the number of users at the end. Only open loops have MaxInFlight and ArrivalRate.
	Users, MaxInFlight int
	ArrivalRate        float64
	// Late says how late this process acted. If this delay may have changed a verdict, the verdict is marked as late.
	Late report.Lateness
}

// openLoopTolerance is the share by which an open loop may miss its rate if no arrival was dropped. The requests in
// flight at the end are only estimated.
const openLoopTolerance = 0.01

// Verdicts returns one verdict per requirement.
func (r *Requirements) Verdicts(outcome Outcome) []report.Verdict {
	var verdicts []report.Verdict
	add := func(name string, ok, isLate bool, format string, arguments ...any) {
		if outcome.Requests == 0 {
			ok, isLate, format, arguments = false, false, "no request was made", nil
		}
		verdicts = append(verdicts, report.Verdict{Name: name, OK: ok && !isLate, IsLate: isLate, Text: fmt.Sprintf(format, arguments...)})
	}
	if r.ErrorRate != nil {
		share := float64(outcome.Failures) / float64(max(1, outcome.Requests))
		add("errors", share <= *r.ErrorRate, false, "%s of %s requests failed (%s; limit: %s)",
			formatInteger(float64(outcome.Failures)), formatInteger(float64(outcome.Requests)), percent(share), percent(*r.ErrorRate))
	}
	latency := func(name string, got, late float64, wanted *float64) {
		if wanted == nil {
			return
		}
		ok := got <= *wanted
		// Response times include the lateness. If the lateness exceeds the limit, the users did not create the
		// requested load.
		isLate := ok && outcome.Late.P99Ms > *wanted || !ok && got-late <= *wanted
		add(name, ok, isLate, "%s ms (limit: %s ms)", formatShort(got), formatShort(*wanted))
	}
	latency("p95", outcome.P95Ms, outcome.Late.P95Ms, r.P95Ms)
	latency("p99", outcome.P99Ms, outcome.Late.P99Ms, r.P99Ms)
	if r.Rate != nil {
		ok, text := rateVerdict(outcome, *r.Rate)
		add("rate", ok, !ok && explainsRate(outcome, *r.Rate), "%s", text)
	}
	return verdicts
}

func rateVerdict(outcome Outcome, wanted float64) (bool, string) {
	isOpenLoop := outcome.ArrivalRate > 0
	if outcome.Seconds <= 0 {
		return false, fmt.Sprintf("the run ended before all users had started, so the rate was not measured (required: %s requests/s)", formatShort(wanted))
	}
	text := fmt.Sprintf("%s requests/s (required: %s)", formatShort(outcome.Rate), formatShort(wanted))
	if isOpenLoop {
		if outcome.Dropped > 0 {
			return false, fmt.Sprintf("%s: %s %s not sent because %s %s already in flight (mean answer: %s ms)", text,
				Counted(float64(outcome.Dropped), "request"), wasOrWere(outcome.Dropped), formatInteger(float64(outcome.MaxInFlight)), wasOrWere(outcome.MaxInFlight), formatShort(outcome.MeanMs))
		}
		// Requests in flight at the end were also sent. By Little's law, their number is rate × response time.
		sent := outcome.Rate + outcome.ArrivalRate*outcome.MeanMs/1000/outcome.Seconds
		return sent >= wanted*(1-openLoopTolerance), text
	}
	if outcome.Rate >= wanted {
		return true, text
	}
	return false, text + ": " + shortfall(outcome, wanted)
}

// explainsRate reports whether the run could have reached the rate if this process had been on time.
func explainsRate(outcome Outcome, wanted float64) bool {
	if outcome.Seconds <= 0 || outcome.Rate == 0 {
		return false
	}
	late := outcome.Late
	if outcome.ArrivalRate == 0 {
		// By Little's law, a task and a pause together take users / rate.
		cycle := float64(outcome.Users)/outcome.Rate - late.MeanMs/1000
		return cycle <= 0 && outcome.Users > 0 || float64(outcome.Users)/cycle >= wanted
	}
	if outcome.Dropped == 0 {
		return outcome.Rate+outcome.ArrivalRate*(outcome.MeanMs+late.MaxMs)/1000/outcome.Seconds >= wanted*(1-openLoopTolerance)
	}
	// After a delay, all overdue tasks start at once, in addition to the tasks that are already in flight.
	inFlight := outcome.ArrivalRate * max(0, outcome.MeanMs-late.MeanMs) / 1000
	bunch := outcome.ArrivalRate * late.P99Ms / 1000
	return inFlight < float64(outcome.MaxInFlight) && inFlight+bunch >= float64(outcome.MaxInFlight)
}

// shortfall explains why a closed loop did not reach the rate. By Little's law, users = rate × (pause + response time).
// The mean pause follows from this.
func shortfall(outcome Outcome, wanted float64) string {
	if outcome.Rate == 0 {
		return "no request was answered"
	}
	users := float64(outcome.Users)
	pause := math.Max(0, users/outcome.Rate-outcome.MeanMs/1000)
	needed := math.Ceil(wanted * (pause + outcome.MeanMs/1000))
	missing := Counted(needed-users, "user")
	if most := users / pause; pause > 0 && most < wanted {
		return fmt.Sprintf("too few users: %s cannot send more than %s requests/s; at a mean response time of %s ms, add %s",
			Counted(users, "user"), formatShort(most), formatShort(outcome.MeanMs), missing)
	}
	allowed := (users/wanted - pause) * 1000
	return fmt.Sprintf("with %s, the mean response time must be at most %s ms, but it was %s ms: reduce it, or add %s",
		Counted(users, "user"), formatShort(allowed), formatShort(outcome.MeanMs), missing)
}

// formatVerdicts formats verdicts for printing, below the source of the requirements.
func formatVerdicts(source string, verdicts []report.Verdict) string {
	var text strings.Builder
	if source != "" && len(verdicts) > 0 {
		fmt.Fprintf(&text, "%s\n", source)
	}
	for _, verdict := range verdicts {
		word := "ok"
		switch {
		case verdict.IsLate:
			word = "late"
		case !verdict.OK:
			word = "FAIL"
		}
		fmt.Fprintf(&text, "  %-4s  %-6s  %s\n", word, verdict.Name, verdict.Text)
	}
	return text.String()
}

// formatInteger formats a number with thousands separators: 24,000.
func formatInteger(number float64) string {
	digits := fmt.Sprintf("%.0f", number)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// Counted formats a number with its unit, such as "1 user" or "2 users".
func Counted(number float64, unit string) string {
	if number != 1 {
		unit += "s"
	}
	return formatInteger(number) + " " + unit
}

// wasOrWere returns "was" or "were", depending on the number.
func wasOrWere[T int | int64](number T) string {
	if number == 1 {
		return "was"
	}
	return "were"
}

// formatShort formats milliseconds or a rate with zero to two decimals, depending on its size.
func formatShort(number float64) string {
	switch {
	case number >= 100:
		return formatInteger(number)
	case number >= 10:
		return fmt.Sprintf("%.1f", number)
	default:
		return fmt.Sprintf("%.2f", number)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.3g%%", share*100) }
