package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
)

// probeInterval is the interval of additional measurements. Lateness is also measured whenever a pause of a user ends,
// and whenever a task of an open loop starts.
const probeInterval = 10 * time.Millisecond

// lateness measures how late this process acts: how late pauses end, and how late tasks start. Garbage collections and
// a lack of CPU time make a process late.
type lateness struct {
	mutex sync.Mutex
	delays
	// cpu and gc are the CPU time and the garbage collection pauses of this process up to the time in `began`.
	began   time.Time
	cpu, gc time.Duration
}

// delays summarizes the measured delays.
type delays struct {
	histogram stats.Histogram
	count     int64
	// sum and max are in milliseconds.
	sum, max float64
}

func (l *lateness) reset() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.delays = delays{}
	l.began, l.cpu, l.gc = time.Now(), worker.CPUTime(), gcPauses()
}

func (l *lateness) record(delay time.Duration) {
	milliseconds := max(0, float64(delay)/float64(time.Millisecond))
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.histogram.Record(milliseconds)
	l.count++
	l.sum += milliseconds
	l.max = max(l.max, milliseconds)
}

// probe measures how late timers fire, until the context ends.
func (l *lateness) probe(ctx context.Context) {
	for {
		due := time.Now().Add(probeInterval)
		isOver := !sleep(ctx, probeInterval)
		if isOver {
			return
		}
		l.record(time.Since(due))
	}
}

// take returns the lateness since the start, or since the last reset.
func (l *lateness) take() report.Lateness {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	cpus := worker.CPUs
	passed := max(time.Since(l.began), time.Millisecond)
	return report.Lateness{
		// The percentiles of the histogram are rounded, so they could exceed the maximum.
		P95Ms: min(l.max, l.histogram.Percentile(0.95)), P99Ms: min(l.max, l.histogram.Percentile(0.99)), MaxMs: l.max,
		MeanMs:     l.sum / float64(max(1, l.count)),
		CPUPercent: 100 * (worker.CPUTime() - l.cpu).Seconds() / passed.Seconds() / float64(cpus), CPUs: cpus,
		GCPauseMs: float64(gcPauses()-l.gc) / float64(time.Millisecond),
	}
}

// gcPauses returns the total time for which garbage collections have stopped this process.
func gcPauses() time.Duration {
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	return gc.PauseTotal
}

// Late records how late a user's pause ended, or how late a task of an open loop started.
func (a *Attachment) Late(delay time.Duration) { a.engine.lateness.record(delay) }

// Refusal returns a description of the lateness if the run has no verdict. Otherwise, it returns an empty string. Call
// it after Run. A run has no verdict if lateness may have changed the result of a requirement, and no requirement
// failed.
func (e *Engine) Refusal() string { return e.refusal }

// noticeableLateness is the limit for the 99th percentile of the lateness. If a run without requirements exceeds it, k6
// warns.
const noticeableLateness = 100 * time.Millisecond

// Shortfall describes why the users made fewer requests than the options require, or is empty. Call it after Run. With
// requirements, the verdicts contain this information.
func (e *Engine) Shortfall() []string {
	var reasons []string
	if e.config.Requirements != nil || e.config.Master || e.config.Worker {
		return nil
	}
	if dropped := e.outcome().Dropped; dropped > 0 {
		reasons = append(reasons, fmt.Sprintf("%s of the open loop did not start, because all %s were busy: increase maxInFlight",
			Counted(float64(dropped), "task"), Counted(float64(e.config.MaxInFlight), "user")))
	}
	if e.late.P99Ms > float64(noticeableLateness/time.Millisecond) {
		reasons = append(reasons, "this process was too late, so users made fewer requests than they should, and response times may be too long: "+
			e.late.String())
	}
	return reasons
}

// refusalOf returns the text for [Engine.Refusal].
func refusalOf(verdicts []report.Verdict, late report.Lateness) string {
	isRefused := false
	for _, verdict := range verdicts {
		if !verdict.OK && !verdict.IsLate {
			return ""
		}
		isRefused = isRefused || verdict.IsLate
	}
	if !isRefused {
		return ""
	}
	return late.String()
}
