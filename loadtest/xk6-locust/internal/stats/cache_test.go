package stats

import (
	"testing"
	"time"
)

// A long run must not keep a copy of the response times for every second.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	all := New(time.Unix(1700000000, 0))
	for second := range int64(100) {
		recorder := NewRecorder()
		recorder.Log(Key{"GET", "/"}, time.Unix(1700000000+second, 0), 5, 1, "")
		all.Add(recorder.Take())
	}
	if got := len(all.Total.cache.seconds); got != cacheSize {
		t.Errorf("%d seconds are kept, want %d", got, cacheSize)
	}
}
