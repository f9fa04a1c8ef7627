package module

import (
	"fmt"
	"slices"
	"time"

	"github.com/grafana/sobek"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// defineEvents defines the functions for listeners and for the environment that listeners receive.
func (n *native) defineEvents(set func(name string, function func(call sobek.FunctionCall) sobek.Value)) {
	rt := n.vu.Runtime()
	set("listenToRequests", func(sobek.FunctionCall) sobek.Value {
		n.script.hasRequestListeners = true
		return sobek.Undefined()
	})
	set("listenerFailed", func(call sobek.FunctionCall) sobek.Value {
		n.running().exception(call.Argument(0))
		return sobek.Undefined()
	})
	set("runHost", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(n.running().attachment.HostURL("")) })
	set("statistics", func(sobek.FunctionCall) sobek.Value { return n.statistics(n.running().engine.Statistics()) })
	set("exitCode", func(sobek.FunctionCall) sobek.Value {
		if code := n.running().engine.ExitCode(); code != nil {
			return rt.ToValue(*code)
		}
		return sobek.Null()
	})
	set("setExitCode", func(call sobek.FunctionCall) sobek.Value {
		if sobek.IsNull(call.Argument(0)) {
			n.running().engine.SetExitCode(nil)
			return sobek.Undefined()
		}
		code := int(call.Argument(0).ToInteger())
		n.running().engine.SetExitCode(&code)
		return sobek.Undefined()
	})
}

// requested calls the listeners of events.request.
func (s *script) requested(c counted) error {
	rt := s.vu.Runtime()
	exception, response, url := sobek.Null(), sobek.Null(), sobek.Null()
	if c.failure != "" {
		exception = rt.ToValue(c.failure)
	}
	if c.response != nil {
		response, url = c.response, rt.ToValue(c.url)
	}
	event := objectOf(
		rt, "requestType", c.key.Method, "name", c.key.Name, "responseTime", c.responseTime, "responseLength", c.contentLength,
		"exception", exception, "response", response, "url", url,
		"startTime", float64(c.at.UnixNano())/float64(time.Second)-c.responseTime/1000,
	)
	_, err := s.requestedFn(sobek.Undefined(), event)
	return err
}

// statistics returns the statistics as JavaScript objects.
func (n *native) statistics(s *stats.Stats) sobek.Value {
	rt := n.vu.Runtime()
	entries := []any{}
	for _, entry := range s.SortedEntries() {
		entries = append(entries, n.entry(entry))
	}
	failures := []any{}
	for _, failure := range s.Failures() {
		failures = append(failures, objectOf(
			rt, "method", failure.Method, "name", failure.Name, "error", failure.Error, "occurrences", failure.Occurrences,
		))
	}
	return objectOf(rt, "total", n.entry(s.Total), "entries", rt.NewArray(entries...), "errors", rt.NewArray(failures...))
}

// entry returns a row of the statistics. Its fields have Locust's names in camel case.
func (n *native) entry(e *stats.Entry) *sobek.Object {
	rt := n.vu.Runtime()
	percentile := func(call sobek.FunctionCall) sobek.Value {
		share := call.Argument(0).ToFloat()
		if !(share >= 0 && share <= 1) {
			panic(rt.NewTypeError("locust: getResponseTimePercentile needs a number from 0 to 1, such as 0.95, got %s", call.Argument(0)))
		}
		return rt.ToValue(e.Percentile(share))
	}
	return objectOf(
		rt, "name", e.Name, "method", e.Method, "numRequests", e.Requests, "numFailures", e.Failures, "failRatio", e.FailRatio(),
		"avgResponseTime", e.Average(), "minResponseTime", e.Min(), "maxResponseTime", e.Max(), "medianResponseTime", e.Median(),
		"avgContentLength", e.AverageContentLength(), "totalRps", e.TotalRPS(), "currentRps", e.CurrentRPS(),
		"totalFailPerSec", e.TotalFailuresPerSecond(), "currentFailPerSec", e.CurrentFailuresPerSecond(),
		"getResponseTimePercentile", percentile,
	)
}

// objectOf returns a JavaScript object with the given names and values, in this order.
func objectOf(rt *sobek.Runtime, namesAndValues ...any) *sobek.Object {
	object := rt.NewObject()
	for pair := range slices.Chunk(namesAndValues, 2) {
		throwIfError(rt, object.Set(fmt.Sprint(pair[0]), pair[1]))
	}
	return object
}
