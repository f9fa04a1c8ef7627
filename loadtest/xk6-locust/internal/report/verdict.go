package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// Verdict is the result of checking one requirement of a run.
type Verdict struct {
	// Scenario is the name of the scenario in the report of a test with several scenarios, and empty otherwise.
	Scenario string
	Name     string
	OK       bool
	// IsLate is true if the result is uncertain because the lateness of this process may have changed it. OK is then
	// false.
	IsLate bool
	Text   string
}

// Lateness says how late a load generator acted. It covers the ends of pauses, the starts of tasks in an open loop, and
// timers that only measure it.
type Lateness struct {
	MeanMs float64 `json:"meanMs"`
	P95Ms  float64 `json:"p95Ms"`
	P99Ms  float64 `json:"p99Ms"`
	MaxMs  float64 `json:"maxMs"`
	// CPUPercent is the CPU time that the process used, as a percentage of the CPUs that it may use.
	CPUPercent float64 `json:"cpuPercent"`
	CPUs       int     `json:"cpus"`
	// GCPauseMs is the time for which garbage collections stopped the process.
	GCPauseMs float64 `json:"gcPauseMs"`
}

// IsMeasured reports whether the lateness is known.
func (l Lateness) IsMeasured() bool { return l.CPUs > 0 }

// String describes the lateness in one line.
func (l Lateness) String() string {
	cpus := fmt.Sprintf("%d CPUs", l.CPUs)
	if l.CPUs == 1 {
		cpus = "1 CPU"
	}
	return fmt.Sprintf("p99 %.1f ms, maximum %.1f ms; it used %.0f%% of %s, and garbage collections stopped it for %.1f ms",
		l.P99Ms, l.MaxMs, l.CPUPercent, cpus, l.GCPauseMs)
}

// result returns ok, failed, or late.
func (v Verdict) result() string {
	switch {
	case v.OK:
		return "ok"
	case v.IsLate:
		return "late"
	default:
		return "failed"
	}
}

// SaveVerdict writes the verdicts and the lateness to name_verdict.json. refusal is empty if the run has a verdict. The
// file of a master, which does not know the lateness of its workers, contains no lateness.
func SaveVerdict(name string, verdicts []Verdict, refusal string, late Lateness) error {
	type requirement struct {
		Scenario string `json:"scenario,omitempty"`
		Name     string `json:"name"`
		Result   string `json:"result"`
		Text     string `json:"text"`
	}
	content := struct {
		Verdict      string        `json:"verdict"`
		Refusal      string        `json:"refusal,omitempty"`
		Requirements []requirement `json:"requirements"`
		Lateness     *Lateness     `json:"lateness,omitempty"`
	}{"none", refusal, make([]requirement, len(verdicts)), nil}
	if late.IsMeasured() {
		content.Lateness = &late
	}
	for i, verdict := range verdicts {
		content.Requirements[i] = requirement{verdict.Scenario, verdict.Name, verdict.result(), verdict.Text}
		if i == 0 {
			content.Verdict = "ok"
		}
	}
	for _, verdict := range verdicts {
		if verdict.result() == "failed" {
			content.Verdict = "failed"
		}
	}
	if refusal != "" {
		content.Verdict = "refused"
	}
	return save(name+"_verdict.json", func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "    ")
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(content); err != nil {
			return fmt.Errorf("cannot write the verdict as JSON: %w", err)
		}
		return nil
	})
}
