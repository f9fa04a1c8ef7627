package worker

import (
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"
)

// usageInterval is the period over which CPU use is averaged, Locust's CPU_MONITOR_INTERVAL.
const usageInterval = 10 * time.Second

// CPUs is the number of CPUs that this process may use. Since Go 1.25, it respects a container's CPU limit. During a
// run, GOMAXPROCS is higher.
var CPUs = runtime.GOMAXPROCS(0)

// usage measures the CPU and memory use of this process for heartbeats.
type usage struct {
	at      time.Time
	spent   time.Duration
	percent float64
}

// cpu returns the utilization of the available CPUs in the last whole interval, in percent from 0 to 100. In Locust,
// 100 means one CPU, because a Python process cannot use more. Locust's warning above 90 has the same meaning here: the
// worker is at its limit.
func (u *usage) cpu(now time.Time) float64 {
	passed := now.Sub(u.at)
	if passed < usageInterval {
		return u.percent
	}
	spent := CPUTime()
	if !u.at.IsZero() {
		u.percent = 100 * (spent - u.spent).Seconds() / passed.Seconds() / float64(CPUs)
	}
	u.at, u.spent = now, spent
	return u.percent
}

// memory returns the resident memory of this process in bytes, or the memory of the Go runtime if the system does not
// report it.
func memory() uint64 {
	if status, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(status); len(fields) > 1 {
			if pages, err := strconv.ParseUint(string(fields[1]), 10, 64); err == nil {
				return pages * uint64(os.Getpagesize())
			}
		}
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}
