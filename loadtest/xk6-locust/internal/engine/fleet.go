package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// fleet distributes users among the runtimes.
type fleet struct {
	size    int
	engine  *Engine
	classes []Class
	ready   chan struct{}
	// preparing is the number of users of an open loop that are not ready for tasks yet. prepared receives a value when
	// preparing becomes 0.
	preparing atomic.Int64
	prepared  chan struct{}

	mutex    sync.Mutex
	runtimes []*Attachment
	spawned  bool
	// tags and excluded select the tasks.
	tags, excluded []string
	// hostURL is the host that the options or the master set. It takes precedence over the hosts of the classes.
	hostURL string
}

func newFleet(config Config, engine *Engine) *fleet {
	return &fleet{
		size: config.Processes, engine: engine, classes: config.Classes, hostURL: config.Host,
		ready: make(chan struct{}), prepared: make(chan struct{}, 1),
	}
}

// Attachment connects one runtime to the engine.
type Attachment struct {
	Runtime

	engine   *Engine
	recorder *stats.Recorder
	dropped  atomic.Int64
	users    atomic.Int64

	mutex   sync.Mutex
	running map[string]int

	// wanted is the number of users per class that the runtime should run. Guarded by the fleet's mutex.
	wanted map[string]int
}

// Started records that a user of a class has started.
func (a *Attachment) Started(class string) { a.note(class, 1) }

// Ended records that a user has stopped. As in Locust, the next step of a ramp replaces a user that stopped by itself.
func (a *Attachment) Ended(class string, wasStopped bool) {
	a.note(class, -1)
	if wasStopped {
		return
	}
	a.engine.fleet.mutex.Lock()
	defer a.engine.fleet.mutex.Unlock()
	// wanted is already 0 if all users were told to stop while this user was stopping by itself.
	a.wanted[class] = max(0, a.wanted[class]-1)
}

// Ready records that a user of an open loop waits for its first task, or has stopped before waiting for one.
func (a *Attachment) Ready() {
	f := a.engine.fleet
	if f.preparing.Add(-1) == 0 {
		select {
		case f.prepared <- struct{}{}:
		default:
		}
	}
}

func (a *Attachment) note(class string, change int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.running[class] += change
	a.users.Add(int64(change))
}

// Log counts a request. failure is empty for a success. The response time is in milliseconds.
func (a *Attachment) Log(key stats.Key, now time.Time, responseTime float64, contentLength int64, failure string) {
	a.recorder.Log(key, now, responseTime, contentLength, failure)
}

// LogException counts an error that a task threw, and logs it unless it repeats too often.
func (a *Attachment) LogException(message, traceback string) {
	a.recorder.LogException(message, traceback)
	a.engine.exceptions.log(traceback, func(text string) { a.engine.environment.Log("error", text) })
}

// Warn logs a warning, unless it repeats too often.
func (a *Attachment) Warn(text string) {
	a.engine.warnings.log(text, func(text string) { a.engine.environment.Log("warning", text) })
}

// Drop counts an arrival for which no user was free.
func (a *Attachment) Drop() { a.dropped.Add(1) }

// UserCount returns the number of running users in all runtimes.
func (a *Attachment) UserCount() int { return a.engine.UserCount() }

// HostURL returns the base URL for the paths of a class.
func (a *Attachment) HostURL(class string) string {
	f := a.engine.fleet
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.hostURL != "" {
		return strings.TrimRight(f.hostURL, "/")
	}
	for _, known := range f.classes {
		if known.Name == class {
			return strings.TrimRight(known.Host, "/")
		}
	}
	return ""
}

func (f *fleet) waitForRuntimes(ctx context.Context) error {
	select {
	case <-f.ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// waitForUsers waits until all users of an open loop are ready, or until the time limit has passed (0 means no limit).
// It returns false if the context ended first.
func (f *fleet) waitForUsers(ctx context.Context, limit time.Duration) bool {
	end := longestWait
	if limit > 0 {
		end = limit
	}
	timeout, notice := time.NewTimer(end), time.NewTimer(prepareWarningDelay)
	defer timeout.Stop()
	defer notice.Stop()
	for f.preparing.Load() > 0 {
		select {
		case <-f.prepared:
		case <-notice.C:
			f.engine.logf("warning", "the open loop has not started yet, because onStart of %s has not ended", Counted(float64(f.preparing.Load()), "user"))
		case <-timeout.C:
			f.engine.logf("warning", "the open loop starts without %s, because onStart did not end within the run time", Counted(float64(f.preparing.Load()), "user"))
			return true
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

// prepareWarningDelay is how long onStart of an open loop's users may take without a warning.
const prepareWarningDelay = 10 * time.Second

func (f *fleet) attached() []*Attachment {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Clone(f.runtimes)
}

// filter selects the tasks that run from now on. Running users finish their current task first.
func (f *fleet) filter(tags, excluded []string) {
	f.mutex.Lock()
	isSame := slices.Equal(f.tags, tags) && slices.Equal(f.excluded, excluded)
	f.tags, f.excluded = tags, excluded
	f.mutex.Unlock()
	if isSame {
		return
	}
	for _, runtime := range f.attached() {
		runtime.Filter(tags, excluded)
	}
}

// apply starts and stops users until their numbers match counts. It starts users in the runtime with the fewest users
// of their class, and stops users in the runtime with the most users of their class.
func (f *fleet) apply(counts map[string]int, grace time.Duration) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, class := range f.classes {
		change := counts[class.Name]
		for _, runtime := range f.runtimes {
			change -= runtime.wanted[class.Name]
		}
		f.spawned = f.spawned || change > 0
		changes := make([]int, len(f.runtimes))
		for ; change > 0; change-- {
			changes[f.extreme(class.Name, changes, func(a, b int) bool { return a < b })]++
		}
		for ; change < 0; change++ {
			changes[f.extreme(class.Name, changes, func(a, b int) bool { return a > b })]--
		}
		for i, change := range changes {
			f.preparing.Add(int64(max(0, change)))
			f.runtimes[i].wanted[class.Name] += change
			if change > 0 {
				f.runtimes[i].Spawn(class.Name, change)
			} else if change < 0 {
				f.runtimes[i].Stop(class.Name, -change, grace)
			}
		}
	}
}

// extreme returns the index of the runtime with the fewest or, depending on `before`, the most users of a class.
func (f *fleet) extreme(class string, changes []int, before func(a, b int) bool) int {
	best := 0
	for i, runtime := range f.runtimes {
		if before(runtime.wanted[class]+changes[i], f.runtimes[best].wanted[class]+changes[best]) {
			best = i
		}
	}
	return best
}

func (f *fleet) stopAll(grace time.Duration) {
	f.apply(nil, grace)
	deadline := time.Now().Add(grace + endGrace)
	for f.count() > 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if left := f.count(); left > 0 {
		f.engine.logf("warning", "%s did not end within %v", Counted(float64(left), "user"), grace+endGrace)
	}
}

func (f *fleet) finish() {
	for _, runtime := range f.attached() {
		runtime.Finish()
	}
}

func (f *fleet) count() int {
	total := 0
	for _, runtime := range f.attached() {
		total += int(runtime.users.Load())
	}
	return total
}

func (f *fleet) spawnedNone() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return !f.spawned
}

// wantsUsers reports whether any user should run. Users that stopped by themselves should not.
func (f *fleet) wantsUsers() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, runtime := range f.runtimes {
		if sum(runtime.wanted) > 0 {
			return true
		}
	}
	return false
}

// byClass returns the number of running users per class.
func (f *fleet) byClass() map[string]int {
	counts := make(map[string]int, len(f.classes))
	for _, class := range f.classes {
		counts[class.Name] = 0
	}
	for _, runtime := range f.attached() {
		runtime.mutex.Lock()
		for class, count := range runtime.running {
			counts[class] += count
		}
		runtime.mutex.Unlock()
	}
	return counts
}

func (f *fleet) setHostURL(url string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.hostURL = url
}

var (
	errNoClasses    = errors.New("there are no user classes")
	errUnknownClass = errors.New("unknown user class")
)

// SelectClasses returns the classes with the given names, or all classes if there are no names.
func SelectClasses(classes []Class, names []string) ([]Class, error) {
	if len(classes) == 0 {
		return nil, errNoClasses
	}
	if len(names) == 0 {
		return classes, nil
	}
	selected := make([]Class, 0, len(names))
	for _, name := range names {
		at := slices.IndexFunc(classes, func(class Class) bool { return class.Name == name })
		if at < 0 {
			known := make([]string, len(classes))
			for i, class := range classes {
				known[i] = class.Name
			}
			return nil, fmt.Errorf("%w: %s; known: %s", errUnknownClass, name, strings.Join(known, ", "))
		}
		if !slices.ContainsFunc(selected, func(class Class) bool { return class.Name == name }) {
			selected = append(selected, classes[at])
		}
	}
	return selected, nil
}

func dispatchClasses(classes []Class) []dispatch.Class {
	converted := make([]dispatch.Class, len(classes))
	for i, class := range classes {
		converted[i] = dispatch.Class{Name: class.Name, Weight: class.Weight, FixedCount: class.FixedCount}
	}
	return converted
}
