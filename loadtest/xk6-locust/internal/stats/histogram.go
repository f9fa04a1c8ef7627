package stats

import (
	"maps"
	"math/bits"
	"slices"
)

// Histogram counts response times in buckets of 1 µs below 2,048 µs, and in 1,024 buckets per power of two above. From
// 1 ms, the relative error is at most 0.1%.
type Histogram struct {
	counts map[uint32]int64
	total  int64
}

const (
	mantissaBits = 10
	// maxShift limits the values of buckets that come from another process.
	maxShift = 63 - mantissaBits - 1
)

// Record adds a response time in milliseconds.
func (h *Histogram) Record(milliseconds float64) { h.AddBucket(bucketOf(milliseconds), 1) }

// RecordTimes adds the same response time in milliseconds several times.
func (h *Histogram) RecordTimes(milliseconds float64, times int64) {
	h.AddBucket(bucketOf(milliseconds), times)
}

// AddBucket adds count to the bucket that has this key in [Histogram.Counts].
func (h *Histogram) AddBucket(bucket uint32, count int64) {
	if h.counts == nil {
		h.counts = map[uint32]int64{}
	}
	h.counts[bucket] += count
	h.total += count
}

// Counts returns the counts by bucket. The caller must not change them.
func (h *Histogram) Counts() map[uint32]int64 { return h.counts }

// Values calls yield with each response time in milliseconds and its count, in ascending order of response time.
func (h *Histogram) Values(yield func(milliseconds float64, count int64) bool) {
	for _, bucket := range slices.Sorted(maps.Keys(h.counts)) {
		if !yield(valueOf(bucket), h.counts[bucket]) {
			return
		}
	}
}

// Add adds the counts of another histogram.
func (h *Histogram) Add(other *Histogram) {
	if h.counts == nil {
		h.counts = make(map[uint32]int64, len(other.counts))
	}
	for bucket, count := range other.counts {
		h.counts[bucket] += count
	}
	h.total += other.total
}

// Percentile returns a percentile of the response times in milliseconds, or 0 if there are no requests. As in k6's p(99), it
// is interpolated between two requests, so that verdicts and thresholds agree.
func (h *Histogram) Percentile(share float64) float64 {
	if h.total == 0 {
		return 0
	}
	rank := share * float64(h.total-1)
	below := int64(rank)
	buckets := slices.Sorted(maps.Keys(h.counts))
	at := func(index int64) float64 {
		var counted int64
		for _, bucket := range buckets {
			if counted += h.counts[bucket]; counted > index {
				return valueOf(bucket)
			}
		}
		return 0
	}
	lower, upper := at(below), at(min(below+1, h.total-1))
	return lower + (upper-lower)*(rank-float64(below))
}

// bucketOf returns the bucket of a response time in milliseconds.
func bucketOf(milliseconds float64) uint32 {
	micros := uint64(max(0, milliseconds*1000))
	shift := max(0, bits.Len64(micros)-mantissaBits-1)
	return uint32(shift)<<mantissaBits + uint32(micros>>shift)
}

// valueOf returns the middle of a bucket in milliseconds, or the start of a bucket of 1 µs.
func valueOf(bucket uint32) float64 {
	if bucket < 2<<mantissaBits {
		return float64(bucket) / 1000
	}
	shift := min(bucket>>mantissaBits-1, maxShift)
	first := uint64(bucket-shift<<mantissaBits) << shift
	return (float64(first) + float64(uint64(1)<<shift)/2) / 1000
}
