package executor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
)

var (
	// requestMetrics are the metrics of the requests of users.
	requestMetrics = []string{metrics.HTTPReqsName, metrics.HTTPReqDurationName, metrics.HTTPReqFailedName}
	// phaseMetrics are the metrics that only k6's own HTTP client measures.
	phaseMetrics = []string{
		metrics.HTTPReqBlockedName, metrics.HTTPReqConnectingName, metrics.HTTPReqTLSHandshakingName, metrics.HTTPReqSendingName,
		metrics.HTTPReqWaitingName, metrics.HTTPReqReceivingName,
	}
	// foreignTags are the tags that only k6's own HTTP client sets.
	foreignTags = []metrics.SystemTag{
		metrics.TagURL, metrics.TagProto, metrics.TagTLSVersion, metrics.TagError, metrics.TagErrorCode, metrics.TagIP, metrics.TagOCSPStatus,
	}
	// setupGroups are the values of the tag `group` in setup() and teardown(), which use k6's own HTTP client.
	setupGroups = []string{"group:::setup", "group:::teardown"}
)

var (
	errPhase = errors.New("k6 does not measure this metric for requests of users")
	errTag   = errors.New("requests of users do not have the tag")
)

// checkUserThresholds returns an error if a threshold applies only to requests of users, but needs values or tags that
// these requests do not have. Without measurements, k6 would treat such a threshold as met.
func checkUserThresholds(options lib.Options) error {
	for _, name := range slices.Sorted(maps.Keys(options.Thresholds)) {
		metric, tags, err := metrics.ParseMetricName(name)
		if err != nil || !onlyUsers(options.Scenarios, tags) {
			continue // k6 reports invalid names
		}
		if slices.Contains(phaseMetrics, metric) {
			return fmt.Errorf("threshold %s: %w: use %s", name, errPhase, metrics.HTTPReqDurationName)
		}
		for _, tag := range tags {
			key, _, _ := strings.Cut(tag, ":")
			isForeign := slices.ContainsFunc(foreignTags, func(foreign metrics.SystemTag) bool { return foreign.String() == key })
			if isForeign && slices.Contains(requestMetrics, metric) && !setsTag(options, key) {
				return fmt.Errorf("threshold %s: %w %s: use name, method, status, or the option tags of a request", name, errTag, key)
			}
		}
	}
	return nil
}

// setsTag reports whether the options set a tag for all requests of the test or of a scenario.
func setsTag(options lib.Options, key string) bool {
	for _, scenario := range options.Scenarios {
		if _, ok := scenario.GetTags()[key]; ok {
			return true
		}
	}
	_, ok := options.RunTags[key]
	return ok
}

// onlyUsers reports whether all requests with these tags come from users of HttpUser classes.
func onlyUsers(scenarios lib.ScenarioConfigs, tags []string) bool {
	for name, scenario := range scenarios {
		isSelected := !slices.ContainsFunc(tags, func(tag string) bool {
			wanted, ok := strings.CutPrefix(tag, "scenario:")
			return ok && wanted != name
		})
		if config, ok := scenario.(*Config); isSelected && (!ok || !config.HasHTTP) {
			return false
		}
	}
	return !slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(setupGroups, tag) })
}
