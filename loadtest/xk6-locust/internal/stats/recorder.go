package stats

import (
	"sync"
	"time"
)

// Recorder counts requests until the next Take. It is safe for concurrent use. Each runtime has its own recorder, so that
// runtimes do not wait for each other.
type Recorder struct {
	mu    sync.Mutex
	stats *Stats
}

// NewRecorder returns an empty recorder that starts now.
func NewRecorder() *Recorder {
	return &Recorder{stats: newStats(unix(time.Now()), false)}
}

// Restart sets the start time to now. It keeps the counts.
func (r *Recorder) Restart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Total.StartTime = unix(time.Now())
}

// Log counts a request that ended at now. A response time of NaN means that there is none. failure is the text of the
// error, or empty for a success.
func (r *Recorder) Log(key Key, now time.Time, responseTimeMs float64, contentLength int64, failure string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.log(key, now, responseTimeMs, contentLength, failure)
}

// LogException counts an uncaught error of a task.
func (r *Recorder) LogException(message, traceback string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.AddException(&Exception{
		Count: 1, Message: message, Traceback: traceback, Nodes: map[string]struct{}{localNode: {}},
	})
}

// Take returns the counts since the last Take, and clears the recorder. The result belongs to the caller.
func (r *Recorder) Take() *Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := unix(time.Now())
	delta := &Stats{Total: r.stats.Total.copyTo(nil), failures: r.stats.failures, exceptions: r.stats.exceptions}
	r.stats.failures = ordered[failureKey, *Failure]{}
	r.stats.exceptions = ordered[string, *Exception]{}
	// Rows keep their memory for the next requests. Rows without requests are removed.
	entries := r.stats.entries
	r.stats.entries = ordered[Key, *Entry]{}
	for _, key := range entries.keys {
		entry := entries.byKey[key]
		if entry.Requests == 0 {
			continue
		}
		delta.Total.Latency.Add(&entry.Latency)
		delta.entries.put(key, entry.copyTo(delta.Total))
		entry.reset(now)
		r.stats.entries.put(key, entry)
	}
	r.stats.Total.reset(now)
	return delta
}
