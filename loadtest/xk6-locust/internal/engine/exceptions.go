package engine

import (
	"fmt"
	"sync"
)

// maxDistinct limits the number of different exceptions in the log.
const maxDistinct = 100

// exceptions counts the exceptions or the warnings of all users, and limits how many of them are logged.
type exceptions struct {
	mutex sync.Mutex
	total int64
	// counts maps each traceback to its number of occurrences. It contains at most maxDistinct tracebacks.
	counts map[string]int64
	isFull bool
}

// log logs the 1st, 10th, 100th, … occurrence of an exception. Without this limit, a failing task could log thousands
// of lines per second.
func (x *exceptions) log(traceback string, write func(text string)) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	x.total++
	if _, isKnown := x.counts[traceback]; !isKnown && len(x.counts) == maxDistinct {
		if !x.isFull {
			x.isFull = true
			write(fmt.Sprintf("%d different errors were logged; others are only counted", maxDistinct))
		}
		return
	}
	if x.counts == nil {
		x.counts = map[string]int64{}
	}
	x.counts[traceback]++
	switch count := x.counts[traceback]; {
	case count == 1:
		write(traceback)
	case isPowerOfTen(count):
		write(fmt.Sprintf("%s (%s so far)", traceback, Counted(float64(count), "time")))
	}
}

func (x *exceptions) count() int64 {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	return x.total
}

func isPowerOfTen(number int64) bool {
	for number > 1 && number%10 == 0 {
		number /= 10
	}
	return number == 1
}
