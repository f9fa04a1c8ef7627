package module

import (
	"strconv"
	"strings"
	"time"

	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/lib/netext"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Samples are passed to k6 in batches. Passing them one by one would take more CPU time than the rest of a request.
const (
	maxSamples  = 1500
	maxHoldBack = 100 * time.Millisecond
	// maxQuiet is how long samples wait at most if no other samples follow.
	maxQuiet = 500 * time.Millisecond
)

// samples collects the k6 metrics of a runtime. Only the event loop may use it.
type samples struct {
	vu      modules.VU
	pending metrics.Samples
	since   time.Time
	tags    map[tagKey]*metrics.TagSet
	// at runs a function on the event loop at the given time. isScheduled is true while a call to flush is scheduled.
	at          func(time.Time, func() error)
	isScheduled bool
}

// requestTags are the tags of a request that do not depend on its answer. vu contains those of the VU at the start of
// the request. own contains those that the script sets for the request, encoded by encodeTags.
type requestTags struct {
	vu  *metrics.TagSet
	own string
}

// current returns the tags of a request that starts now and has no tags of its own.
func (s *samples) current() requestTags {
	return requestTags{vu: s.vu.State().Tags.GetCurrentValues().Tags}
}

// tagKey identifies a time series of requests.
type tagKey struct {
	stats.Key
	requestTags

	status   int
	isFailed bool
}

func newSamples(vu modules.VU) *samples {
	return &samples{vu: vu, tags: map[tagKey]*metrics.TagSet{}}
}

// request adds the three samples of a request: count, duration in milliseconds, and failure.
func (s *samples) request(key tagKey, now time.Time, responseTime float64) {
	tags := s.tagsOf(key)
	builtin := s.vu.State().BuiltinMetrics
	failed := 0.0
	if key.isFailed {
		failed = 1
	}
	s.add(now,
		sample(builtin.HTTPReqs, tags, now, 1),
		sample(builtin.HTTPReqDuration, tags, now, responseTime),
		sample(builtin.HTTPReqFailed, tags, now, failed),
	)
}

// drop counts an arrival that was dropped because no user was free.
func (s *samples) drop() {
	now := time.Now()
	s.add(now, sample(s.vu.State().BuiltinMetrics.DroppedIterations, s.tagsOf(tagKey{requestTags: s.current()}), now, 1))
}

func sample(metric *metrics.Metric, tags *metrics.TagSet, now time.Time, value float64) metrics.Sample {
	return metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags}, Time: now, Value: value}
}

func (s *samples) add(now time.Time, more ...metrics.Sample) {
	if len(s.pending) == 0 {
		s.since = now
	}
	s.pending = append(s.pending, more...)
	if len(s.pending) >= maxSamples || now.Sub(s.since) >= maxHoldBack {
		s.flush()
		return
	}
	s.schedule()
}

// schedule makes flush run soon, even if no other samples follow.
func (s *samples) schedule() {
	if s.isScheduled {
		return
	}
	s.isScheduled = true
	s.at(time.Now().Add(maxQuiet), func() error {
		s.isScheduled = false
		s.flush()
		return nil
	})
}

// flush passes all pending samples, and the numbers of bytes, to k6.
func (s *samples) flush() {
	state := s.vu.State()
	if len(s.pending) > 0 {
		state.Samples <- s.pending
		s.pending = make(metrics.Samples, 0, cap(s.pending))
	}
	if dialer, ok := state.Dialer.(*netext.Dialer); ok {
		// The VU's dialer counts the bytes of all connections that it opened, even if other VUs use them.
		state.Samples <- dialer.IOSamples(time.Now(), state.Tags.GetCurrentValues(), state.BuiltinMetrics)
	}
}

// tagsOf returns the tags of a time series. k6's own HTTP client also sets these tags.
func (s *samples) tagsOf(key tagKey) *metrics.TagSet {
	if tags := s.tags[key]; tags != nil {
		return tags
	}
	tags, enabled := key.vu, s.vu.State().Options.SystemTags
	set := func(tag metrics.SystemTag, value string) {
		if enabled.Has(tag) {
			tags = tags.With(tag.String(), value)
		}
	}
	for _, tag := range decodeTags(key.own) {
		tags = tags.With(tag[0], tag[1])
	}
	if key.Name != "" {
		set(metrics.TagName, key.Name)
		set(metrics.TagMethod, key.Method)
		set(metrics.TagStatus, strconv.Itoa(key.status))
		set(metrics.TagExpectedResponse, strconv.FormatBool(!key.isFailed))
	}
	s.tags[key] = tags
	return tags
}

// encodeTags returns tags as a string, so that they can be part of a tagKey.
func encodeTags(tags [][2]string) string {
	var out strings.Builder
	for _, tag := range tags {
		out.WriteString(strconv.Quote(tag[0]) + strconv.Quote(tag[1]))
	}
	return out.String()
}

// decodeTags returns the tags that encodeTags has encoded.
func decodeTags(encoded string) [][2]string {
	var tags [][2]string
	for encoded != "" {
		var tag [2]string
		for i := range tag {
			// There are no errors, because encodeTags quotes every text.
			quoted, _ := strconv.QuotedPrefix(encoded)
			tag[i], _ = strconv.Unquote(quoted)
			encoded = encoded[len(quoted):]
		}
		tags = append(tags, tag)
	}
	return tags
}
