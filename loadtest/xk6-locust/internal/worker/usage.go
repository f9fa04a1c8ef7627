package worker

import (
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"
)

// usageInterval is how long the processor's use is averaged over: Locust's CPU_MONITOR_INTERVAL.
const usageInterval = 10 * time.Second

// usage measures what the heartbeat says of this process.
type usage struct {
	at      time.Time
	spent   time.Duration
	percent float64
}

// cpu returns the percentage of the processors that this process may use which it has used: 0 to 100, of the last whole
// interval. Locust's 100 is one processor, as a Python process has no use for more; its warning beyond 90 means the same
// here, that the worker is at its end.
func (u *usage) cpu(now time.Time) float64 {
	passed := now.Sub(u.at)
	if passed < usageInterval {
		return u.percent
	}
	spent := cpuTime()
	if !u.at.IsZero() {
		// GOMAXPROCS knows a container's limit since Go 1.25.
		u.percent = 100 * (spent - u.spent).Seconds() / passed.Seconds() / float64(runtime.GOMAXPROCS(0))
	}
	u.at, u.spent = now, spent
	return u.percent
}

// memory returns the resident memory of this process in bytes; where the system does not tell, what Go has of it.
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
