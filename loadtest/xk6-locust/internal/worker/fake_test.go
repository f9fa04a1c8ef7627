package worker

import (
	"bytes"
	"context"
	"io"
	"maps"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/testing/journal"
)

// fakeRunner simulates users. Each one counts a request every 20 milliseconds.
type fakeRunner struct {
	mu       sync.Mutex
	recorder *stats.Recorder
	// counted contains the requests that were taken since the last ResetStats.
	counted *stats.Stats
	// taken is the total number of taken requests.
	taken   int64
	users   map[string]int
	stops   map[string][]chan struct{}
	running sync.WaitGroup
	jobs    []Job
	resets  int
	// refuse is the error that Spawn returns. slow is the time that Stop takes, unless its context ends first.
	refuse error
	slow   time.Duration
	// name is the name of the requests.
	name string
}

func newFakeRunner() *fakeRunner {
	return &fakeRunner{
		recorder: stats.NewRecorder(), counted: stats.New(time.Now()), name: "/go",
		users: map[string]int{"Visitor": 0, "Buyer": 0}, stops: map[string][]chan struct{}{},
	}
}

func (r *fakeRunner) Spawn(job Job) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs = append(r.jobs, job)
	if r.refuse != nil {
		return r.refuse
	}
	for class, count := range job.Counts {
		r.scale(class, count)
	}
	return nil
}

func (r *fakeRunner) scale(class string, count int) {
	for len(r.stops[class]) < count {
		stop := make(chan struct{})
		r.stops[class] = append(r.stops[class], stop)
		r.running.Go(func() { r.user(class, stop) })
	}
	for len(r.stops[class]) > count {
		last := len(r.stops[class]) - 1
		close(r.stops[class][last])
		r.stops[class] = r.stops[class][:last]
	}
	r.users[class] = count
}

func (r *fakeRunner) user(class string, stop chan struct{}) {
	for i := 0; ; i++ {
		key := stats.Key{Method: "GET", Name: r.name + "/" + class}
		responseTime, failure := float64(i%700)+0.25, ""
		switch {
		case i%10 == 1:
			failure = `CatchResponseError('bad "json" – 한글')`
		case i%17 == 2:
			responseTime = math.NaN()
		case i%31 == 3:
			r.recorder.LogException("division by zero", "Traceback: line 1\n  line 2 of "+class)
		}
		r.recorder.Log(key, time.Now(), responseTime, int64(i%100), failure)
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *fakeRunner) Stop(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(r.slow):
	}
	r.mu.Lock()
	for class := range r.users {
		r.scale(class, 0)
	}
	r.mu.Unlock()
	r.running.Wait()
}

func (r *fakeRunner) Users() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.users)
}

func (r *fakeRunner) Take() *stats.Stats {
	delta := r.recorder.Take()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counted.Add(delta)
	r.taken += delta.Total.Requests
	return delta
}

func (r *fakeRunner) ResetStats() {
	r.recorder.Take()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counted = stats.New(time.Now())
	r.resets++
}

// spawns returns the number of jobs so far.
func (r *fakeRunner) spawns() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.jobs)
}

// total returns the number of running users.
func (r *fakeRunner) total() int {
	total := 0
	for _, count := range r.Users() {
		total += count
	}
	return total
}

// running is a worker under test.
type running struct {
	*fakeRunner
	cancel context.CancelFunc
	ended  chan struct{}
	result Result
	err    error
	log    *journal.Journal
}

func start(t *testing.T, config Config, runner *fakeRunner) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{fakeRunner: runner, cancel: cancel, ended: make(chan struct{}), log: &journal.Journal{}}
	config.Logger = r.log.Add
	go func() {
		defer close(r.ended)
		r.result, r.err = Run(ctx, config, runner)
	}()
	t.Cleanup(func() { cancel(); <-r.ended })
	return r
}

// wait waits until the worker has stopped, and checks the result.
func (r *running) wait(t *testing.T, want Result) {
	t.Helper()
	select {
	case <-r.ended:
	case <-time.After(30 * time.Second):
		t.Fatalf("the worker does not end; its log:\n%s", r.log.Text())
	}
	if r.result != want || (r.err != nil) != (want == Lost) {
		t.Fatalf("the worker ended with %q, %v, want %q; its log:\n%s", r.result, r.err, want, r.log.Text())
	}
	if total := r.total(); total != 0 {
		t.Errorf("%d users still run", total)
	}
}

// eventually waits until a condition is met.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// fakeMaster is a listener that lets tests act as a master.
type fakeMaster struct {
	t        *testing.T
	listener net.Listener
	port     int
}

func newFakeMaster(t *testing.T) *fakeMaster {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return &fakeMaster{t, listener, listener.Addr().(*net.TCPAddr).Port}
}

// quickConfig returns a configuration of a worker with short intervals. Even a slow machine does not reach its
// timeouts.
func (m *fakeMaster) quickConfig() Config {
	return Config{
		MasterPort: m.port, Hostname: "go_host", Version: "2.47.0", HeartbeatInterval: 50 * time.Millisecond,
		ReportInterval: 100 * time.Millisecond, MasterTimeout: time.Minute, ConnectTimeout: time.Minute,
		ConnectRetries: 4, RedialInterval: 20 * time.Millisecond,
	}
}

// impatientConfig is like quickConfig, for tests that wait for timeouts.
func (m *fakeMaster) impatientConfig() Config {
	config := m.quickConfig()
	config.MasterTimeout, config.ConnectTimeout = time.Second, 500*time.Millisecond
	return config
}

// peer is one connection of a worker to a fakeMaster.
type peer struct {
	t    *testing.T
	conn net.Conn
	id   string
}

// A ROUTER sends these bytes in the ZMTP handshake.
var (
	routerGreeting = append(append([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL"), make([]byte, 16+1+31)...),
		[]byte("\x04\x29\x05READY\x0bSocket-Type\x00\x00\x00\x06ROUTER\x08Identity\x00\x00\x00\x00")...)
)

// accept accepts the next connection and performs the handshake.
func (m *fakeMaster) accept() *peer {
	m.t.Helper()
	if listener, ok := m.listener.(*net.TCPListener); ok {
		_ = listener.SetDeadline(time.Now().Add(20 * time.Second))
	}
	conn, err := m.listener.Accept()
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = conn.Close() })
	p := &peer{t: m.t, conn: conn}
	p.write(routerGreeting)
	p.read(64)
	ready := p.frame()
	_, id, _ := strings.Cut(string(ready), "Identity")
	if len(id) < 4 {
		m.t.Fatalf("READY is %q", ready)
	}
	p.id = id[4:]
	return p
}

func (p *peer) write(data []byte) { _, _ = p.conn.Write(data) }

func (p *peer) read(size int) []byte {
	p.t.Helper()
	data := make([]byte, size)
	_ = p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadFull(p.conn, data); err != nil {
		p.t.Fatalf("reading from the worker: %v", err)
	}
	return data
}

func (p *peer) frame() []byte {
	p.t.Helper()
	head := p.read(2)
	size := int(head[1])
	if head[0]&2 != 0 {
		for _, b := range p.read(7) {
			size = size<<8 | int(b)
		}
	}
	return p.read(size)
}

// next returns the next message of one of the given kinds. It skips other messages.
func (p *peer) next(kinds ...string) protocol.Message {
	p.t.Helper()
	for {
		frame := p.frame()
		m, err := protocol.Parse(frame, protocol.MaxWorkerValues)
		if err != nil {
			p.t.Fatalf("%v: %q", err, frame)
		}
		if !bytes.HasSuffix(frame, []byte(p.id)) {
			p.t.Fatalf("the node id of %q is not the identity %q", frame, p.id)
		}
		if slices.Contains(kinds, m.Kind) {
			return m
		}
	}
}

func (p *peer) send(kind string, data any) {
	p.t.Helper()
	frame, err := protocol.Encode(kind, data, "x")
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(zmtpFrame(frame))
}

func zmtpFrame(frame []byte) []byte {
	return append([]byte{2, 0, 0, 0, 0, byte(len(frame) >> 24), byte(len(frame) >> 16), byte(len(frame) >> 8), byte(len(frame))}, frame...)
}

// join greets the worker like a current master.
func (p *peer) join() {
	p.t.Helper()
	p.next("client_ready")
	p.send("ack", map[string]any{"index": 3})
	p.next("heartbeat")
	p.send("heartbeat", nil)
}

func spawnData(timestamp float64, visitors, buyers int) map[string]any {
	return map[string]any{
		"timestamp": timestamp, "user_classes_count": map[string]int{"Visitor": visitors, "Buyer": buyers},
		"host": "http://host", "stop_timeout": 0.0,
		"parsed_options": map[string]any{"tags": []string{"a"}, "exclude_tags": nil, "num_users": 5, "own": map[string]any{"x": 1}},
	}
}

// leaks fails the test if there are more goroutines or open files at the end of the test than now. Call it first in a
// test that is not parallel.
func leaks(t *testing.T) {
	t.Helper()
	files := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return 0
		}
		return len(entries)
	}
	// The first socket of a process opens files that stay open, so open one before counting.
	if listener, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = listener.Close()
	}
	goroutinesBefore, filesBefore := runtime.NumGoroutine(), files()
	t.Cleanup(func() {
		for range 3000 {
			if runtime.NumGoroutine() <= goroutinesBefore && files() <= filesBefore {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines and %d files, before %d and %d\n%s", runtime.NumGoroutine(), files(), goroutinesBefore, filesBefore,
			stacks[:runtime.Stack(stacks, true)])
	})
}
