package stats

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// localNode is Locust's name for this process in exceptions.
const localNode = "local"

// Stats are the statistics of a run, or of a part of it. As in Locust, they contain every distinct name and error, so a
// script with ids in its names uses a lot of memory. Unlike a Recorder, Stats are not safe for concurrent use.
type Stats struct {
	// Total is the row of all requests.
	Total *Entry

	entries    ordered[Key, *Entry]
	failures   ordered[failureKey, *Failure]
	exceptions ordered[string, *Exception]
	cached     bool
}

type failureKey struct {
	Key
	err string
}

// New returns empty statistics with the given start time.
func New(start time.Time) *Stats { return newStats(unix(start), true) }

func newStats(start float64, cached bool) *Stats {
	return &Stats{Total: newEntry(Key{Name: aggregatedName}, start, nil, cached), cached: cached}
}

// Delta returns the statistics of a part of a run: its rows and failures, and the total of the rows. If an entry has no
// start time, Delta sets the start time to now.
func Delta(now time.Time, entries []*Entry, failures []*Failure) *Stats {
	start := unix(now)
	s := newStats(start, false)
	for _, entry := range entries {
		if entry.StartTime <= 0 {
			entry.StartTime = start
		}
		s.Total.Add(entry)
		s.entry(Key{entry.Method, entry.Name}, entry.StartTime).Add(entry)
	}
	for _, failure := range failures {
		s.addFailure(failure)
	}
	return s
}

// Entry returns the row of a method and name. It creates the row if necessary.
func (s *Stats) Entry(key Key) *Entry { return s.entry(key, s.Total.StartTime) }

func (s *Stats) entry(key Key, start float64) *Entry {
	if entry, ok := s.entries.byKey[key]; ok {
		return entry
	}
	return s.entries.put(key, newEntry(key, start, s.Total, s.cached))
}

// Entries returns the rows without the total, in the order of their first requests.
func (s *Stats) Entries() []*Entry { return s.entries.values() }

// SortedEntries returns the rows without the total, sorted by name and method.
func (s *Stats) SortedEntries() []*Entry {
	return slices.SortedFunc(maps.Values(s.entries.byKey), func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Method, b.Method))
	})
}

// Failures returns the failures in the order of their first occurrences.
func (s *Stats) Failures() []*Failure { return s.failures.values() }

// SortedFailures returns the failures sorted by their Key.
func (s *Stats) SortedFailures() []*Failure {
	return slices.SortedFunc(maps.Values(s.failures.byKey), func(a, b *Failure) int { return cmp.Compare(a.Key(), b.Key()) })
}

// Exceptions returns the exceptions in the order of their first occurrences.
func (s *Stats) Exceptions() []*Exception { return s.exceptions.values() }

// Add merges a delta into the statistics. It does not change the delta.
func (s *Stats) Add(delta *Stats) {
	s.Total.Add(delta.Total)
	for _, entry := range delta.Entries() {
		if entry.Requests > 0 || entry.Failures > 0 {
			s.entry(Key{entry.Method, entry.Name}, entry.StartTime).Add(entry)
		}
	}
	for _, failure := range delta.Failures() {
		s.addFailure(failure)
	}
	for _, exception := range delta.Exceptions() {
		s.AddException(exception)
	}
}

func (s *Stats) addFailure(failure *Failure) {
	key := failureKey{Key{failure.Method, failure.Name}, failure.Error}
	known, ok := s.failures.byKey[key]
	if !ok {
		added := *failure
		s.failures.put(key, &added)
		return
	}
	known.Occurrences += failure.Occurrences
	if failure.FirstSeen.Before(known.FirstSeen) {
		known.FirstSeen = failure.FirstSeen
	}
	if failure.LastSeen.After(known.LastSeen) {
		known.LastSeen = failure.LastSeen
	}
}

// AddException adds occurrences of an exception. Exceptions with the same traceback are counted together.
func (s *Stats) AddException(exception *Exception) {
	known, ok := s.exceptions.byKey[exception.Traceback]
	if !ok {
		known = s.exceptions.put(exception.Traceback, &Exception{
			Message: exception.Message, Traceback: exception.Traceback, Nodes: map[string]struct{}{},
		})
	}
	known.Count += exception.Count
	maps.Copy(known.Nodes, exception.Nodes)
}

// Clone returns a copy of the rows, failures, and exceptions, without the data for current percentiles.
func (s *Stats) Clone() *Stats {
	clone := newStats(s.Total.StartTime, false)
	clone.Add(s)
	return clone
}

// Reset sets all counts to zero and removes the failures, like --reset-stats. It keeps rows and exceptions.
func (s *Stats) Reset(now time.Time) {
	s.Total.reset(unix(now))
	for _, entry := range s.Entries() {
		entry.reset(unix(now))
	}
	s.failures = ordered[failureKey, *Failure]{}
}

func (s *Stats) log(key Key, now time.Time, responseTime float64, contentLength int64, failure string) {
	at := unix(now)
	if math.IsInf(responseTime, 0) {
		responseTime = math.NaN()
	}
	bucket := 0
	if !math.IsNaN(responseTime) {
		bucket = Bucket(responseTime)
	}
	failed := failure != ""
	s.Total.log(at, bucket, responseTime, contentLength, failed)
	entry := s.entry(key, at)
	entry.log(at, bucket, responseTime, contentLength, failed)
	if !math.IsNaN(responseTime) {
		entry.Latency.Record(responseTime) // Take adds it to the total
	}
	if failed {
		s.logFailure(failureKey{key, maskAddress(failure)}, now)
	}
}

func (s *Stats) logFailure(key failureKey, now time.Time) {
	failure, ok := s.failures.byKey[key]
	if !ok {
		failure = s.failures.put(key, &Failure{Method: key.Method, Name: key.Name, Error: key.err, FirstSeen: now})
	}
	failure.Occurrences++
	failure.LastSeen = now
}

// unix returns the time in seconds, like Python's time.time().
func unix(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

// ordered is a map that keeps the insertion order of its keys, like a Python dict.
type ordered[K comparable, V any] struct {
	byKey map[K]V
	keys  []K
}

func (o *ordered[K, V]) put(key K, value V) V {
	if o.byKey == nil {
		o.byKey = map[K]V{}
	}
	o.byKey[key] = value
	o.keys = append(o.keys, key)
	return value
}

func (o *ordered[K, V]) values() []V {
	values := make([]V, len(o.keys))
	for i, key := range o.keys {
		values[i] = o.byKey[key]
	}
	return values
}
