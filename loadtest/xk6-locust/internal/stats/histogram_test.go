package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Percentiles differ from those of the sorted samples by at most 0.1%, or 1 µs below 1 ms.
func TestHistogramPercentiles(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		samples := make([]float64, 1+random.IntN(3000))
		// Each runtime has its own histogram. The results are added up.
		var parts [3]Histogram
		for i := range samples {
			samples[i] = math.Exp(random.NormFloat64()*3 + 2)
			parts[i%len(parts)].Record(samples[i])
		}
		var histogram Histogram
		for i := range parts {
			histogram.Add(&parts[i])
		}
		slices.Sort(samples)
		for _, share := range []float64{0.01, 0.5, 0.95, 0.99, 1} {
			// k6 uses the same formula.
			rank := share * float64(len(samples)-1)
			lower, upper := samples[int(rank)], samples[min(int(rank)+1, len(samples)-1)]
			want := lower + (upper-lower)*(rank-math.Floor(rank))
			got := histogram.Percentile(share)
			if math.Abs(got-want) > max(0.001, want/1000) {
				t.Errorf("seed %d, %d samples: percentile %v is %v, want %v", seed, len(samples), share, got, want)
			}
		}
	}
}

// The error of a response time is at most 0.1%, and the buckets are in ascending order.
func TestHistogramBuckets(t *testing.T) {
	t.Parallel()
	last := uint32(0)
	for micros := 1.0; micros < 1e10; micros = math.Ceil(micros * 1.0003) {
		bucket := bucketOf(micros / 1000)
		if bucket < last {
			t.Fatalf("%v µs are in bucket %d, less in %d", micros, bucket, last)
		}
		last = bucket
		if got := valueOf(bucket) * 1000; math.Abs(got-micros) > micros/1000 {
			t.Fatalf("%v µs come back as %v", micros, got)
		}
	}
}

func TestHistogramEmpty(t *testing.T) {
	t.Parallel()
	var histogram Histogram
	histogram.Add(&Histogram{})
	if got := histogram.Percentile(0.95); got != 0 {
		t.Errorf("without samples, the percentile is %v", got)
	}
	histogram.Record(0)
	histogram.Record(-1)
	if got := histogram.Percentile(1); got != 0 {
		t.Errorf("for 0 and less, the percentile is %v", got)
	}
}
