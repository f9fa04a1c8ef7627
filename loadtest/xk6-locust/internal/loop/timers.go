// Package loop waits for sockets and timers on the goroutine of a JavaScript runtime. Go's own scheduler would wake
// several goroutines and threads for each event, and its timers fire up to a millisecond late.
package loop

import "time"

// timer is a function that runs at a given time.
type timer struct {
	at time.Time
	do func() error
}

// timers is a heap of timers, for container/heap. The earliest timer is the first.
type timers []timer

func (t *timers) Len() int           { return len(*t) }
func (t *timers) Less(i, j int) bool { return (*t)[i].at.Before((*t)[j].at) }
func (t *timers) Swap(i, j int)      { (*t)[i], (*t)[j] = (*t)[j], (*t)[i] }
func (t *timers) Push(one any)       { *t = append(*t, one.(timer)) } //nolint:forcetypeassert // the heap contains only timers
func (t *timers) Pop() any {
	last := len(*t) - 1
	one := (*t)[last]
	(*t)[last] = timer{}
	*t = (*t)[:last]
	return one
}
