package engine

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// fakeRuntime runs users that do nothing.
type fakeRuntime struct {
	mutex      sync.Mutex
	attachment *Attachment
	users      map[string]int
	// log lists the engine's calls, with the time since the start.
	log      []string
	started  time.Time
	arrivals []time.Time
	finished bool
	// task is how long users need to stop, limited by the grace period.
	task time.Duration
	// ticks contains the answers of the load shape. The last answer is repeated.
	ticks []Tick
	// events contains the events in their order. If isDeaf is true, listeners never end. quitsAt is the event whose
	// listeners end the run.
	events  []Event
	isDeaf  bool
	quitsAt Event
	// listens is how long the listeners of testStart take.
	listens time.Duration
	// prepares is how long onStart takes. If it is negative, onStart never ends.
	prepares time.Duration
}

func (h *fakeRuntime) note(format string, arguments ...any) {
	at := time.Since(h.started).Round(time.Millisecond)
	h.log = append(h.log, fmt.Sprintf("%v: ", at)+fmt.Sprintf(format, arguments...))
}

func (h *fakeRuntime) Spawn(class string, count int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.note("spawn %d %s", count, class)
	h.users[class] += count
	for range count {
		h.attachment.Started(class)
		if h.prepares >= 0 {
			time.AfterFunc(h.prepares, h.attachment.Ready)
		}
	}
}

func (h *fakeRuntime) Stop(class string, count int, grace time.Duration) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.note("stop %d %s within %v", count, class, grace)
	h.users[class] -= count
	end := func() {
		for range count {
			h.attachment.Ended(class, true)
		}
	}
	if h.task == 0 || grace == 0 {
		end()
		return
	}
	time.AfterFunc(min(h.task, grace), end)
}

func (h *fakeRuntime) Filter(tags, excluded []string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.note("filter %v %v", tags, excluded)
}

func (h *fakeRuntime) Arrive(due []time.Time) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.arrivals = append(h.arrivals, due...)
}

func (h *fakeRuntime) Tick(answer func(Tick)) {
	h.mutex.Lock()
	tick := h.ticks[0]
	if len(h.ticks) > 1 {
		h.ticks = h.ticks[1:]
	}
	h.mutex.Unlock()
	go answer(tick)
}

func (h *fakeRuntime) Notify(event Event, done func()) {
	h.mutex.Lock()
	h.events = append(h.events, event)
	h.mutex.Unlock()
	if event == h.quitsAt {
		h.attachment.engine.Quit()
	}
	if h.isDeaf {
		return
	}
	if event != EventTestStart {
		go done()
		return
	}
	time.AfterFunc(h.listens, done)
}

func (h *fakeRuntime) Finish() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.finished = true
}

// request records `count` requests with the same response time.
func (h *fakeRuntime) request(count int, milliseconds float64, failure string) {
	for range count {
		h.attachment.Log(stats.Key{Method: "GET", Name: "/"}, time.Now(), milliseconds, 10, failure)
	}
}

func (h *fakeRuntime) counts() map[string]int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return maps.Clone(h.users)
}

func (h *fakeRuntime) told() []string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Clone(h.log)
}

func (h *fakeRuntime) due() []time.Time {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Clone(h.arrivals)
}

// trial is one run of an engine with fake runtimes, with the fake clock of a synctest bubble.
type trial struct {
	*Engine

	runtimes     []*fakeRuntime
	stdout       bytes.Buffer
	mutex        sync.Mutex
	messages     []string
	userSamples  []int
	requirements map[string]bool
	cancel       context.CancelFunc
	ended        chan error
}

// begin starts a run with the given number of runtimes.
func begin(t *testing.T, config Config, runtimes int, prepare func(h *fakeRuntime)) *trial {
	t.Helper()
	trial := &trial{requirements: map[string]bool{}, ended: make(chan error, 1)}
	config.Processes = runtimes
	engine, err := New(config, Environment{
		Stdout: &trial.stdout,
		Log: func(level, message string) {
			trial.mutex.Lock()
			defer trial.mutex.Unlock()
			trial.messages = append(trial.messages, level+": "+message)
		},
		Users: func(count int) {
			trial.mutex.Lock()
			defer trial.mutex.Unlock()
			trial.userSamples = append(trial.userSamples, count)
		},
		Requirement: func(name string, ok bool) { trial.requirements[name] = ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	trial.Engine = engine
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	trial.cancel = cancel
	for range runtimes {
		runtime := &fakeRuntime{users: map[string]int{}, started: time.Now()}
		if prepare != nil {
			prepare(runtime)
		}
		runtime.attachment = engine.Attach(runtime)
		trial.runtimes = append(trial.runtimes, runtime)
	}
	go func() { trial.ended <- engine.Run(ctx) }()
	return trial
}

// end waits for the end of the run.
func (r *trial) end(t *testing.T) {
	t.Helper()
	if err := <-r.ended; err != nil {
		t.Fatal(err)
	}
}

func (r *trial) warnings() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.DeleteFunc(slices.Clone(r.messages), func(message string) bool { return !strings.HasPrefix(message, "warning: ") })
}

// counts returns the users of all runtimes per class.
func (r *trial) counts() map[string]int {
	counts := map[string]int{}
	for _, runtime := range r.runtimes {
		for class, count := range runtime.counts() {
			counts[class] += count
		}
	}
	return counts
}

// at waits until half a millisecond after the given time since the start of the run, so that everything due by then is
// done.
func (r *trial) at(after time.Duration) {
	time.Sleep(time.Until(r.runtimes[0].started.Add(after + time.Millisecond/2)))
	synctest.Wait()
}

func duration(d time.Duration) locust.Duration { return locust.Duration(d) }

func pointer(number float64) *float64 { return &number }
