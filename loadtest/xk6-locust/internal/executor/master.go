package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// exitCodeWorkers is the exit code of a master without enough workers. Locust also uses it if too few workers join in
// time.
const exitCodeWorkers exitcodes.ExitCode = 1

// maxBatch is the maximum number of samples that are passed to k6 at once.
const maxBatch = 5000

// A master's thresholds can use these metrics and these tags.
var (
	masterMetrics = []string{metrics.HTTPReqsName, metrics.HTTPReqDurationName, metrics.HTTPReqFailedName, UsersMetric, RequirementsMetric}
	masterTags    = []string{"name", "method", "scenario"}
)

var errThreshold = errors.New("a master does not receive this metric from its workers")

// checkThresholds returns an error if a threshold depends on values that workers do not report. Without measurements,
// k6 would treat such a threshold as met.
func checkThresholds(thresholds map[string]metrics.Thresholds) error {
	for _, name := range slices.Sorted(maps.Keys(thresholds)) {
		metric, tags, err := metrics.ParseMetricName(name)
		if err != nil {
			return fmt.Errorf("threshold %s: %w", name, err)
		}
		known := slices.Contains(masterMetrics, metric)
		for _, tag := range tags {
			key, _, _ := strings.Cut(tag, ":")
			known = known && (slices.Contains(masterTags, key) || metric == RequirementsMetric)
		}
		if !known {
			return fmt.Errorf("threshold %s: %w: remove the threshold, or use %s, with the tags %s", name, errThreshold,
				strings.Join(masterMetrics, ", "), strings.Join(masterTags, ", "))
		}
	}
	return nil
}

// workersRequests returns a function that passes the requests of a master's workers on to k6's metrics.
func (x *Executor) workersRequests(ctx context.Context, out chan<- metrics.SampleContainer) func(*stats.Stats) {
	run := x.state.Test
	base := run.RunTags.With("scenario", x.config.GetName())
	return func(delta *stats.Stats) {
		now := time.Now()
		var batch metrics.Samples
		flush := func() {
			metrics.PushIfNotDone(context.WithoutCancel(ctx), out, batch)
			batch = nil
		}
		add := func(metric *metrics.Metric, tags *metrics.TagSet, value float64, times int64) {
			for range times {
				batch = append(batch, metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags}, Time: now, Value: value})
				if len(batch) == maxBatch {
					flush()
				}
			}
		}
		for _, entry := range delta.Entries() {
			tags := base
			if run.Options.SystemTags.Has(metrics.TagName) {
				tags = tags.With("name", entry.Name)
			}
			if run.Options.SystemTags.Has(metrics.TagMethod) {
				tags = tags.With("method", entry.Method)
			}
			add(run.BuiltinMetrics.HTTPReqs, tags, float64(entry.Requests), min(1, entry.Requests))
			add(run.BuiltinMetrics.HTTPReqFailed, tags, 1, entry.Failures)
			add(run.BuiltinMetrics.HTTPReqFailed, tags, 0, entry.Requests-entry.Failures)
			for milliseconds, count := range entry.Latency.Values {
				add(run.BuiltinMetrics.HTTPReqDuration, tags, milliseconds, count)
			}
		}
		if len(batch) > 0 {
			flush()
		}
	}
}
