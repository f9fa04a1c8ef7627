// Package stats counts requests like stats.py of Locust 2.47: rounded response times, percentiles, rates, failures, and
// exceptions. It also computes deltas that can be merged.
package stats

import (
	"maps"
	"math"
	"slices"
	"time"
)

// Key identifies a row. Requests with the same method and name are counted together.
type Key struct{ Method, Name string }

// aggregatedName is Locust's name for the row of all requests. The method of this row is empty.
const aggregatedName = "Aggregated"

// Locust's windows, in seconds.
const (
	// percentileWindow is the period of the "current" percentiles.
	percentileWindow = 10
	// cacheSize limits the copies of response times for the current percentiles. It exceeds the window, because
	// [responseTimesCache.at] may use a copy that is up to 8 seconds older.
	cacheSize = percentileWindow + 10
	// The current rate is the mean over the seconds from rateWindowStart to rateWindowEnd before the last request. The
	// newest seconds are left out, because they may be incomplete.
	rateWindowStart, rateWindowEnd = 12, 2
)

// Entry is one row: the requests with one method and name, or all requests.
type Entry struct {
	Method, Name string
	// StartTime is the time when counting started, in Unix seconds.
	StartTime float64
	// LastRequest is the time of the last request in Unix seconds, or 0 if there are no requests.
	LastRequest float64
	// Requests counts all requests, including failed ones. NoneRequests counts those without a response time.
	Requests, NoneRequests, Failures int64
	// TotalResponseTime is the sum of the response times in milliseconds.
	TotalResponseTime float64
	// MinResponseTime and MaxResponseTime are exact, in milliseconds. They are valid only if Requests > NoneRequests.
	MinResponseTime, MaxResponseTime float64
	// ContentLength is the total size of all bodies in bytes.
	ContentLength int64
	// ResponseTimes counts requests by their Bucket.
	ResponseTimes map[int]int64
	// Latency contains the same response times with a higher precision, for verdicts and thresholds.
	Latency Histogram
	// RequestsPerSecond and FailuresPerSecond map Unix seconds to counts. As in Locust, they grow by at most one entry
	// per second.
	RequestsPerSecond, FailuresPerSecond map[int64]int64

	// clock is the row of the total. Its times are used to compute the rates. nil means that this row's own times are
	// used.
	clock *Entry
	// cache is for the current percentiles. It is nil in a delta, which does not need it.
	cache *responseTimesCache
}

func newEntry(key Key, start float64, clock *Entry, cached bool) *Entry {
	entry := &Entry{Method: key.Method, Name: key.Name, clock: clock}
	if cached {
		entry.cache = &responseTimesCache{}
	}
	entry.reset(start)
	return entry
}

func (e *Entry) reset(start float64) {
	*e = Entry{
		Method: e.Method, Name: e.Name, StartTime: start, clock: e.clock, cache: e.cache,
		ResponseTimes: emptied(e.ResponseTimes), RequestsPerSecond: emptied(e.RequestsPerSecond),
		FailuresPerSecond: emptied(e.FailuresPerSecond), Latency: Histogram{counts: emptied(e.Latency.counts)},
	}
	if e.cache != nil {
		e.cache.seconds = nil
		e.cache.put(int64(start), e)
	}
}

// emptied clears a map but keeps its memory, which a recorder would otherwise allocate again every second.
func emptied[K comparable](counts map[K]int64) map[K]int64 {
	if counts == nil {
		return map[K]int64{}
	}
	clear(counts)
	return counts
}

// copyTo returns a copy with a different clock and without a cache.
func (e *Entry) copyTo(clock *Entry) *Entry {
	entry := *e
	entry.clock, entry.cache = clock, nil
	entry.ResponseTimes = maps.Clone(e.ResponseTimes)
	entry.Latency.counts = maps.Clone(e.Latency.counts)
	entry.RequestsPerSecond = maps.Clone(e.RequestsPerSecond)
	entry.FailuresPerSecond = maps.Clone(e.FailuresPerSecond)
	return &entry
}

func (e *Entry) log(now float64, bucket int, responseTime float64, contentLength int64, failed bool) {
	second := int64(now)
	e.Requests++
	e.RequestsPerSecond[second]++
	e.LastRequest = max(e.LastRequest, now)
	e.ContentLength += contentLength
	if failed {
		e.Failures++
		e.FailuresPerSecond[second]++
	}
	if math.IsNaN(responseTime) {
		e.NoneRequests++
		return
	}
	if e.Requests-e.NoneRequests == 1 {
		e.MinResponseTime, e.MaxResponseTime = responseTime, responseTime
	}
	e.TotalResponseTime += responseTime
	e.MinResponseTime = min(e.MinResponseTime, responseTime)
	e.MaxResponseTime = max(e.MaxResponseTime, responseTime)
	e.ResponseTimes[bucket]++
}

// Add merges other, a delta, into the row.
func (e *Entry) Add(other *Entry) {
	oldLast := int64(e.LastRequest)
	e.LastRequest = max(e.LastRequest, other.LastRequest)
	e.StartTime = min(e.StartTime, other.StartTime)
	if other.timed() > 0 {
		if e.timed() == 0 {
			e.MinResponseTime, e.MaxResponseTime = other.MinResponseTime, other.MaxResponseTime
		}
		e.MinResponseTime = min(e.MinResponseTime, other.MinResponseTime)
		e.MaxResponseTime = max(e.MaxResponseTime, other.MaxResponseTime)
	}
	e.Requests += other.Requests
	e.NoneRequests += other.NoneRequests
	e.Failures += other.Failures
	e.TotalResponseTime += other.TotalResponseTime
	e.ContentLength += other.ContentLength
	addCounts(e.ResponseTimes, other.ResponseTimes)
	e.Latency.Add(&other.Latency)
	addCounts(e.RequestsPerSecond, other.RequestsPerSecond)
	addCounts(e.FailuresPerSecond, other.FailuresPerSecond)
	if last := int64(e.LastRequest); e.cache != nil && last > oldLast {
		e.cache.put(last, e)
	}
}

func addCounts[K comparable](to, from map[K]int64) {
	for key, count := range from {
		to[key] += count
	}
}

// timed returns the number of requests with a response time.
func (e *Entry) timed() int64 { return e.Requests - e.NoneRequests }

// Percentile returns the bucket in milliseconds that the share p (0 to 1) of the requests did not exceed, or 0 if there
// are no requests. As in Locust, p = 1 returns the highest bucket, which may differ from the exact maximum.
func (e *Entry) Percentile(p float64) int { return e.Percentiles(p)[0] }

// Percentiles returns Percentile for each p in one pass.
func (e *Entry) Percentiles(ps ...float64) []int {
	return percentiles(e.ResponseTimes, e.timed(), ps)
}

func percentiles(counts map[int]int64, requests int64, ps []float64) []int {
	buckets := slices.Sorted(maps.Keys(counts))
	slices.Reverse(buckets)
	result := make([]int, len(ps))
	for i, p := range ps {
		above := int64(float64(requests) * p)
		var processed int64
		for _, bucket := range buckets {
			processed += counts[bucket]
			if requests-processed <= above {
				result[i] = bucket
				break
			}
		}
	}
	return result
}

// CurrentPercentiles returns percentiles for about the last 10 seconds before now, or zeros if there is no data. Only
// rows of statistics from New have this data. Rows of a Recorder do not.
func (e *Entry) CurrentPercentiles(now time.Time, ps ...float64) []int {
	then := e.cache.at(now.Unix() - percentileWindow)
	if then == nil {
		return make([]int, len(ps))
	}
	counts := make(map[int]int64, len(e.ResponseTimes))
	for bucket, count := range e.ResponseTimes {
		if added := count - then.responseTimes[bucket]; added != 0 {
			counts[bucket] = added
		}
	}
	return percentiles(counts, e.timed()-then.timed, ps)
}

// Median returns Percentile(0.5), limited to the exact minimum and maximum, in milliseconds.
func (e *Entry) Median() float64 {
	if e.timed() == 0 {
		return 0
	}
	return max(min(float64(e.Percentile(0.5)), e.MaxResponseTime), e.MinResponseTime)
}

// Average returns the mean response time in milliseconds, or 0 if there is none.
func (e *Entry) Average() float64 {
	if e.timed() == 0 {
		return 0
	}
	return e.TotalResponseTime / float64(e.timed())
}

// Min returns the shortest response time in milliseconds, or 0 if there is none.
func (e *Entry) Min() float64 {
	if e.timed() == 0 {
		return 0
	}
	return e.MinResponseTime
}

// Max returns the longest response time in milliseconds, or 0 if there is none.
func (e *Entry) Max() float64 {
	if e.timed() == 0 {
		return 0
	}
	return e.MaxResponseTime
}

// AverageContentLength returns the mean size of a body in bytes, or 0 if there are no requests.
func (e *Entry) AverageContentLength() float64 {
	if e.Requests == 0 {
		return 0
	}
	return float64(e.ContentLength) / float64(e.Requests)
}

// FailRatio returns failures / requests, from 0 to 1.
func (e *Entry) FailRatio() float64 {
	switch {
	case e.Requests > 0:
		return float64(e.Failures) / float64(e.Requests)
	case e.Failures > 0:
		return 1
	}
	return 0
}

// TotalRPS returns requests per second between the start of the total row and its last request, so that rows add up.
func (e *Entry) TotalRPS() float64 { return e.total(e.Requests) }

// TotalFailuresPerSecond returns failures per second, over the same period as TotalRPS.
func (e *Entry) TotalFailuresPerSecond() float64 { return e.total(e.Failures) }

func (e *Entry) total(count int64) float64 {
	clock := e.aggregate()
	seconds := clock.LastRequest - clock.StartTime
	if clock.LastRequest == 0 || clock.StartTime == 0 || seconds == 0 {
		return 0
	}
	return float64(count) / seconds
}

// Rate returns the requests per second between two moments, from the counts of the whole seconds between them. Unlike a
// difference of totals, it does not depend on when a worker reported its requests. It returns 0 if there is no whole
// second between the two moments.
func (e *Entry) Rate(from, to time.Time) float64 {
	first, end := int64(math.Ceil(unix(from))), to.Unix()
	var sum int64
	for second := first; second < end; second++ {
		sum += e.RequestsPerSecond[second]
	}
	return float64(sum) / float64(max(1, end-first))
}

// CurrentRPS returns the requests per second in the 10 seconds that end 2 seconds before the last request of the total
// row.
func (e *Entry) CurrentRPS() float64 { return e.current(e.RequestsPerSecond) }

// CurrentFailuresPerSecond returns the failures per second, over the same period as CurrentRPS.
func (e *Entry) CurrentFailuresPerSecond() float64 { return e.current(e.FailuresPerSecond) }

func (e *Entry) current(perSecond map[int64]int64) float64 {
	clock := e.aggregate()
	last := int64(clock.LastRequest)
	start, end := max(last-rateWindowStart, int64(clock.StartTime)), last-rateWindowEnd
	if last == 0 || start >= end {
		return 0
	}
	var sum int64
	for second := start; second < end; second++ {
		sum += perSecond[second]
	}
	return float64(sum) / float64(end-start)
}

func (e *Entry) aggregate() *Entry {
	if e.clock == nil {
		return e
	}
	return e.clock
}

// responseTimesCache contains copies of a row's response times, one for each of the last seconds with requests.
type responseTimesCache struct{ seconds []cachedResponseTimes }

type cachedResponseTimes struct {
	second        int64
	responseTimes map[int]int64
	timed         int64
}

func (c *responseTimesCache) put(second int64, e *Entry) {
	state := cachedResponseTimes{second, maps.Clone(e.ResponseTimes), e.timed()}
	for i := range c.seconds {
		if c.seconds[i].second == second {
			c.seconds[i] = state
			return
		}
	}
	if len(c.seconds) == cacheSize {
		c.seconds = append(c.seconds[:0], c.seconds[1:]...)
	}
	c.seconds = append(c.seconds, state)
}

// at returns the copy of the given second or, as in Locust, the nearest copy less than 9 seconds away. Of two equally
// near copies, it returns the earlier one.
func (c *responseTimesCache) at(second int64) *cachedResponseTimes {
	if c == nil {
		return nil
	}
	var nearest *cachedResponseTimes
	best := int64(percentileWindow - 1)
	for i := range c.seconds {
		state := &c.seconds[i]
		distance := max(state.second-second, second-state.second)
		if distance < best || distance == best && nearest != nil && state.second < nearest.second {
			nearest, best = state, distance
		}
	}
	return nearest
}
