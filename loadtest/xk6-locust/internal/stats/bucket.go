package stats

import "math"

// Bucket rounds a response time in milliseconds to two significant digits. Below 100 ms, it rounds to whole
// milliseconds, and above 10 s to whole seconds. Halves are rounded to even, as in Python's round: 145 becomes 140, and
// 155 becomes 160.
func Bucket(responseTime float64) int {
	step := 1.0
	switch {
	case responseTime < 100:
	case responseTime < 1000:
		step = 10
	case responseTime < 10000:
		step = 100
	default:
		step = 1000
	}
	return int(math.RoundToEven(responseTime/step) * step)
}
