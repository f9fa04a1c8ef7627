package stats

import "math"

// Bucket rounds a response time in milliseconds to two significant digits, to whole milliseconds below 100 and to whole
// seconds from 10 seconds on. Halves go to the even neighbor, as Python's round does: 145 is in 140, 155 in 160.
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
