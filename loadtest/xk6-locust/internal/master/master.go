// Package master implements a Locust master. Workers of this extension and Python workers of Locust 2.11 to 2.47 can
// join it. The protocol is that of locust/runners.py.
//
// It intentionally differs from Locust's own master:
//   - The users of a missing worker run on the other workers within a second, even without --enable-rebalancing. A
//     worker that returns gets its share again.
//   - A missing worker is never forgotten, so its late reports are counted.
//   - At the end, it waits until each worker has sent its last report and has closed its connection. Locust's master
//     waits only 0.5 s.
//   - If a heartbeat says that a worker runs no users although it should, the master sends the job again.
//   - It has neither a web interface nor custom messages.
package master

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

const (
	// heartbeatInterval and heartbeatLiveness are constants of locust/runners.py. A worker is missing after
	// heartbeatLiveness intervals without a heartbeat.
	heartbeatInterval = time.Second
	heartbeatLiveness = 3
	// cpuWarning is the CPU use of a worker, in percent, above which its measurements are doubtful.
	cpuWarning = 90
	// reportInterval is the interval in seconds at which workers of this extension report. Other workers ignore it and
	// report every 3 s.
	reportInterval = 1.0
	// reportPrecision is the precision of times in log lines.
	reportPrecision = 100 * time.Millisecond
	// oldestMinor is the oldest supported minor version of Locust 2.
	oldestMinor = 11
	// maxWarnings limits the log lines that faulty peers can cause.
	maxWarnings = 20
)

// States of a worker. Heartbeats contain one of the first three.
const (
	stateReady    = "ready"
	stateSpawning = "spawning"
	stateRunning  = "running"
	stateMissing  = "missing"
	// stateLeft means that the worker has announced that it quits.
	stateLeft = "left"
)

// Job contains the options of a run that workers need.
type Job struct {
	// Host is the base URL of all users. If it is empty, each class uses its own host.
	Host string
	// StopTimeout is how long a stopping user may take to finish its task.
	StopTimeout time.Duration
	// Tags and ExcludeTags select the tasks.
	Tags, ExcludeTags []string
	// ResetStats makes workers reset their statistics when all users have started.
	ResetStats bool
	// ExpectWorkers is the number of workers, or 0 if the user has not set it.
	ExpectWorkers int
}

// Events are functions that a master calls. They must not call the master.
type Events struct {
	// Log logs one line. The level is debug, info, warning, or error.
	Log func(level, message string)
	// Exception is called for each exception that a worker reports.
	Exception func(message, traceback string)
	// Empty is called when a run has no workers left. isLost is false if the last one announced that it quits.
	Empty func(isLost bool)
}

// Master knows the workers, assigns users to them, and adds up their reports.
type Master struct {
	events Events
	// send sends a frame to a worker if the worker is connected. send does not block.
	send func(id string, frame []byte)
	// isConnected reports whether a worker is connected.
	isConnected func(id string) bool

	mutex sync.Mutex
	// changed is closed and replaced at every change that a method may wait for.
	changed chan struct{}
	nodes   map[string]*node
	indexes map[string]int
	spread  dispatch.Spread
	// delta contains the measurements since the last Take.
	delta *stats.Stats
	job   Job
	// isRunning is true from Start until Quit. isQuitting is true once Quit has been called.
	isRunning, isQuitting bool
	// isUnbalanced is true if workers came or went since the last jobs were sent. New jobs are sent only at the next
	// Beat, because many workers may come or go at once.
	isUnbalanced bool
	// timestamp is the timestamp of the last job. Workers ignore jobs that are not newer than their last one.
	timestamp float64
	warned    map[string]bool
}

// node is what the master knows about a worker.
type node struct {
	id    string
	index int
	state string
	// liveness is the number of heartbeats that the worker may still miss.
	liveness int
	// users is the number of users per class that the worker has reported.
	users map[string]int
	// requests is the number of requests that the worker has reported. reported is the time of its last report.
	requests   int64
	reported   time.Time
	isHot      bool // used too much CPU time
	wasMissing bool
	// isAway is true if the worker was not connected when the run ended, and has not returned since then.
	isAway bool
}

func (n *node) name() string { return fmt.Sprintf("%s (index %d)", n.id, n.index) }

// requestsOf formats a number of requests.
func requestsOf(count int64) string {
	if count == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", count)
}

// isActive reports whether users can run on the worker.
func (n *node) isActive() bool { return n.state != stateMissing && n.state != stateLeft }

// New creates a master without workers. The functions are described at the fields of [Master]. They must not call the
// master.
func New(events Events, send func(id string, frame []byte), isConnected func(id string) bool) *Master {
	return &Master{
		events: events, send: send, isConnected: isConnected, changed: make(chan struct{}), nodes: map[string]*node{}, indexes: map[string]int{},
		delta: stats.Delta(time.Now(), nil, nil), warned: map[string]bool{},
	}
}

func (m *Master) logf(level, format string, arguments ...any) {
	m.events.Log(level, fmt.Sprintf(format, arguments...))
}

// warnOnce logs a warning, unless it has already logged one of this kind.
func (m *Master) warnOnce(kind, format string, arguments ...any) {
	if !m.warned[kind] && len(m.warned) < maxWarnings {
		m.warned[kind] = true
		m.logf("warning", format, arguments...)
	}
}

// change wakes the methods that wait for a change.
func (m *Master) change() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// await waits until holds returns true. It returns false if the context ends first.
func (m *Master) await(ctx context.Context, holds func() bool) bool {
	for {
		m.mutex.Lock()
		done, changed := holds(), m.changed
		m.mutex.Unlock()
		if done {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// WaitForWorkers waits until at least count workers are ready. It returns false if the context ends first.
func (m *Master) WaitForWorkers(ctx context.Context, count int) bool {
	return m.await(ctx, func() bool { return len(m.active()) >= count })
}

// Workers returns the number of workers that can run users.
func (m *Master) Workers() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.active())
}

// active returns the workers that can run users, sorted by index.
func (m *Master) active() []*node {
	var active []*node
	for _, n := range m.nodes {
		if n.isActive() {
			active = append(active, n)
		}
	}
	slices.SortFunc(active, func(a, b *node) int { return a.index - b.index })
	return active
}

// Start begins a run. Its users start with [Master.Apply].
func (m *Master) Start(job Job) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.job, m.isRunning = job, true
	m.delta = stats.Delta(time.Now(), nil, nil)
}

// Apply assigns the users of a step to the workers, and sends each worker its job.
func (m *Master) Apply(step dispatch.Step) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.spread.Apply(step)
	m.sendJobs()
}

// sendJobs sends each worker the number of users that it should run.
func (m *Master) sendJobs() {
	m.isUnbalanced = false
	if !m.isRunning {
		return
	}
	for _, n := range m.active() {
		m.sendJob(n)
	}
}

func (m *Master) sendJob(n *node) {
	// Locust's timestamps have a resolution of 1 µs. Jobs sent at the same moment must have different timestamps.
	m.timestamp = max(m.timestamp+1e-6, float64(time.Now().UnixMicro())/1e6)
	var host any
	if m.job.Host != "" {
		host = m.job.Host
	}
	options := map[string]any{
		"tags": textsOrNil(m.job.Tags), "exclude_tags": textsOrNil(m.job.ExcludeTags), "reset_stats": m.job.ResetStats,
		"host": host, "stop_timeout": m.job.StopTimeout.Seconds(), "expect_workers": max(1, m.job.ExpectWorkers),
	}
	if m.job.ExpectWorkers > 0 {
		options[protocol.OptionWorkers] = m.job.ExpectWorkers
	}
	m.sendTo(n.id, "spawn", map[string]any{
		"timestamp": m.timestamp, "user_classes_count": m.spread.Counts(n.id), "host": host,
		"stop_timeout": m.job.StopTimeout.Seconds(), "parsed_options": options,
	})
}

func textsOrNil(texts []string) any {
	if len(texts) == 0 {
		return nil
	}
	return texts
}

func (m *Master) sendTo(id, kind string, data any) {
	frame, err := protocol.Encode(kind, data, id)
	if err != nil {
		m.warnOnce(kind, "cannot send a message of the type %s: %v", kind, err)
		return
	}
	m.send(id, frame)
}

// Complete waits until the workers have reported all users, but for at most timeout. It then tells them that the
// ramp is over. If the context ends first, it returns false and tells the workers nothing.
func (m *Master) Complete(ctx context.Context, timeout time.Duration) bool {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	all := m.await(limited, func() bool { return m.count() == m.spread.Len() })
	if ctx.Err() != nil {
		return false
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if !all {
		m.logf("warning", "the workers have reported only %d of %d users", m.count(), m.spread.Len())
	}
	for _, n := range m.active() {
		m.sendTo(n.id, "spawning_complete", map[string]any{"user_count": m.spread.Len()})
	}
	return true
}

// Users returns the number of users per class that the workers have reported.
func (m *Master) Users() map[string]int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	users := map[string]int{}
	for _, n := range m.active() {
		for class, count := range n.users {
			users[class] += count
		}
	}
	return users
}

func (m *Master) count() int {
	total := 0
	for _, n := range m.active() {
		for _, count := range n.users {
			total += count
		}
	}
	return total
}

// Take returns the measurements that workers have reported since the last call.
func (m *Master) Take() *stats.Stats {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	taken := m.delta
	m.delta = stats.Delta(time.Now(), nil, nil)
	return taken
}

// Quit ends the run. It tells all workers to quit, and waits until they have sent their last reports and disconnected.
// If the context ends first, it returns the names of the workers that are still connected or may connect again.
func (m *Master) Quit(ctx context.Context) []string {
	m.mutex.Lock()
	m.isRunning, m.isQuitting = false, true
	for _, n := range m.nodes {
		if n.state != stateLeft {
			n.isAway = !m.isConnected(n.id)
			m.sendTo(n.id, "quit", nil)
		}
	}
	m.mutex.Unlock()
	m.await(ctx, func() bool { return len(m.remaining()) == 0 })
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, n := range slices.SortedFunc(maps.Values(m.nodes), func(a, b *node) int { return a.index - b.index }) {
		suffix := ""
		if n.wasMissing {
			suffix = " and was missing for a while"
		}
		m.logf("info", "worker %s reported %s%s", n.name(), requestsOf(n.requests), suffix)
	}
	return m.remaining()
}

// remaining returns the names of the workers that are connected or may connect again. It leaves out workers that have
// announced that they quit.
func (m *Master) remaining() []string {
	var names []string
	for _, n := range m.nodes {
		mayReturn := n.isAway && n.isActive() && n.liveness >= 0
		if n.state != stateLeft && (m.isConnected(n.id) || mayReturn) {
			names = append(names, n.name())
		}
	}
	slices.Sort(names)
	return names
}

// ConnectionsChanged must be called after a worker connects or loses its connection. If a worker loses its connection,
// it has three heartbeat intervals to reconnect.
func (m *Master) ConnectionsChanged() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.change()
}

// Beat counts one missed heartbeat for each worker, and sends jobs if workers came or went. Call it every second. A
// heartbeat resets its worker's count.
func (m *Master) Beat() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, n := range m.active() {
		if n.liveness--; n.liveness >= 0 {
			continue
		}
		if m.isQuitting {
			m.change()
			continue
		}
		n.state, n.users, n.wasMissing = stateMissing, nil, true
		m.logf("warning", "worker %s is missing: it has sent no heartbeat for %v; its requests from the last %v are counted only if it returns",
			n.name(), heartbeatLiveness*heartbeatInterval, time.Since(n.reported).Round(reportPrecision))
		m.remove(n, true)
	}
	if m.isUnbalanced {
		m.sendJobs()
	}
}

// remove assigns the users of a worker to the other workers.
func (m *Master) remove(n *node, isLost bool) {
	m.spread.Remove(n.id)
	m.isUnbalanced = true
	m.change()
	if m.isRunning && len(m.active()) == 0 {
		m.events.Empty(isLost)
	}
}

// Handle handles a message from the worker with the given identity.
func (m *Master) Handle(id string, message protocol.Message) {
	// Decoding a large report takes time, so it is done before the mutex is locked.
	var measured *stats.Stats
	var err error
	if message.Kind == "stats" {
		measured, err = protocol.StatsOf(message.Data)
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if message.Err != nil {
		m.warnOnce("", "cannot read a message from worker %s, so the master told it to reconnect: %v", id, message.Err)
		m.sendTo(id, "reconnect", nil)
		return
	}
	switch message.Kind {
	case "client_ready":
		m.ready(id, message.Data)
		return
	case "locustfile":
		m.sendTo(id, "locustfile", map[string]any{"error": "this master has no Python locustfile: start the worker with -f locustfile.py"})
		return
	}
	n := m.nodes[id]
	switch {
	case n == nil && (message.Kind == "spawning" || message.Kind == "spawning_complete"):
		m.warnOnce(id, "unknown worker %s is running users, so the master told it to quit", id)
		m.sendTo(id, "quit", nil)
	case n == nil:
		if message.Kind == "stats" {
			m.warnOnce(id, "ignored a report from unknown worker %s", id)
		}
	case err != nil:
		m.warnOnce("stats "+id, "ignored a report from worker %s: %v", n.name(), err)
	default:
		m.handle(n, message, measured)
	}
}

// handle handles a message from a known worker.
func (m *Master) handle(n *node, message protocol.Message, measured *stats.Stats) {
	switch message.Kind {
	case "heartbeat":
		m.heartbeat(n, message.Fields())
	case "stats":
		n.requests += measured.Total.Requests
		n.reported = time.Now()
		m.delta.Add(measured)
		m.setUsers(n, message.Data)
	case "spawning":
		m.setState(n, stateSpawning)
	case "spawning_complete":
		m.setState(n, stateRunning)
		m.setUsers(n, message.Data)
	case "exception":
		text, _ := message.Fields()["msg"].(string)
		traceback, _ := message.Fields()["traceback"].(string)
		m.delta.AddException(&stats.Exception{Count: 1, Message: text, Traceback: traceback, Nodes: map[string]struct{}{n.id: {}}})
		m.events.Exception(text, traceback)
	case "client_stopped", "quit":
		if n.state == stateLeft {
			return
		}
		wasActive := n.isActive()
		n.state, n.users = stateLeft, nil
		if !m.isQuitting {
			m.logf("warning", "worker %s left after %s", n.name(), requestsOf(n.requests))
		}
		if wasActive {
			m.remove(n, false)
		}
		m.change()
	case "logs": // the workers write their own logs
	default:
		m.warnOnce("message "+message.Kind, "ignored a message of the unknown type %.50q from worker %s", message.Kind, n.name())
	}
}

// setState changes the state of a worker that is active. Only a heartbeat or client_ready can make a missing worker
// active again.
func (m *Master) setState(n *node, state string) {
	if n.isActive() {
		n.state = state
	}
}

func (m *Master) setUsers(n *node, data any) {
	users, err := protocol.UsersOf(data)
	if err != nil {
		m.warnOnce("users "+n.id, "ignored the number of users from worker %s: %v", n.name(), err)
		return
	}
	if n.isActive() {
		n.users = users
		m.change()
	}
}

// ready handles client_ready, which means that a worker without users joins, for the first time or again.
func (m *Master) ready(id string, version any) {
	if !m.checkVersion(id, version) {
		return
	}
	index, isKnown := m.indexes[id]
	if !isKnown {
		index = len(m.indexes)
		m.indexes[id] = index
	}
	m.sendTo(id, "ack", map[string]any{
		"index": index, protocol.AckLatency: true, protocol.AckReportInterval: reportInterval,
	})
	// This heartbeat tells the worker that the master answers heartbeats. After a lost connection, the worker can then
	// find out whether the master still knows it.
	m.sendTo(id, "heartbeat", nil)
	if m.isQuitting {
		m.sendTo(id, "quit", nil)
		return
	}
	n := m.nodes[id]
	wasActive := n != nil && n.isActive()
	if n == nil {
		n = &node{id: id, index: index, reported: time.Now()}
		m.nodes[id] = n
	}
	n.state, n.liveness, n.users = stateReady, heartbeatLiveness, nil
	if wasActive {
		// The worker has joined again, or has missed the ack. It gets the same users as before.
		if m.isRunning {
			m.sendJob(n)
		}
		return
	}
	m.spread.Add(id)
	m.isUnbalanced = true
	m.logf("info", "worker %s is ready (workers in total: %d)", n.name(), len(m.active()))
	m.change()
}

// checkVersion reports whether a worker with this version can join. Workers of this extension, and other workers that
// are not Locust, send -1.
func (m *Master) checkVersion(id string, version any) bool {
	text, isText := version.(string)
	if !isText || text == "" {
		number, isNumber := protocol.Number(version)
		if isNumber && number == -1 {
			return true
		}
		m.logf("error", "worker %s cannot join: it is older than Locust 2.0", id)
		return false
	}
	major, rest, _ := strings.Cut(text, ".")
	minor, _, _ := strings.Cut(rest, ".")
	if number, err := strconv.Atoi(minor); major != "2" || err != nil || number < oldestMinor {
		m.logf("warning", "worker %s runs Locust %.50s, but only Locust 2.%d and later 2.x versions are supported", id, text, oldestMinor)
	}
	return true
}

func (m *Master) heartbeat(n *node, fields map[string]any) {
	state, _ := fields["state"].(string)
	m.sendTo(n.id, "heartbeat", nil)
	n.liveness = heartbeatLiveness
	if use, ok := protocol.Number(fields["current_cpu_usage"]); ok && use > cpuWarning && !n.isHot {
		n.isHot = true
		m.logf("warning", "worker %s uses %.0f%% of the CPU time available to it, so its response times may be too high (logged only once)", n.name(), use)
	}
	if m.isQuitting && n.state != stateLeft {
		n.isAway = false
		// An earlier quit may have been lost with a connection.
		m.sendTo(n.id, "quit", nil)
	}
	if n.state == stateLeft || m.isQuitting {
		return
	}
	wasMissing := n.state == stateMissing
	if slices.Contains([]string{stateReady, stateSpawning, stateRunning}, state) {
		n.state = state
	} else if wasMissing {
		n.state = stateReady
	}
	switch {
	case wasMissing:
		m.logf("info", "worker %s is back", n.name())
		m.spread.Add(n.id)
		m.isUnbalanced = true
		m.change()
	case n.state == stateReady && m.isRunning && !m.isUnbalanced && m.spread.Sum(n.id) > 0:
		// The job may have been lost with a connection. If the job is still on its way, this copy has no effect.
		m.sendJob(n)
	}
}
