package master

import (
	"context"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/testing/journal"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/zmtp"
)

func listen(t *testing.T) (*Server, *journal.Journal) {
	t.Helper()
	log := &journal.Journal{}
	server, err := Listen(t.Context(), "127.0.0.1", 0, Events{Log: log.Add, Exception: func(string, string) {}, Empty: func(bool) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server, log
}

// eventually waits until a condition is met.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func dial(t *testing.T, server *Server, id string) *zmtp.Conn {
	t.Helper()
	conn, err := zmtp.Dial(t.Context(), net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port())), zmtp.Options{Identity: id, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func send(t *testing.T, conn *zmtp.Conn, id, kind string, data any) {
	t.Helper()
	frame, err := protocol.Encode(kind, data, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Send(frame); err != nil {
		t.Fatal(err)
	}
}

// receive returns the next message, or the zero Message if the connection was closed.
func receive(t *testing.T, conn *zmtp.Conn) protocol.Message {
	t.Helper()
	frames, err := conn.Receive()
	if err != nil {
		return protocol.Message{}
	}
	message, err := protocol.Parse(frames[0], protocol.MaxMasterValues)
	if err != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	return message
}

func TestServerAnswersAndReplacesConnections(t *testing.T) {
	t.Parallel()
	server, log := listen(t)
	first := dial(t, server, "a_1")
	send(t, first, "a_1", "client_ready", -1)
	if ack := receive(t, first); ack.Kind != "ack" || ack.Fields()["index"] != int64(0) {
		t.Errorf("the answer is %+v", ack)
	}
	if message := receive(t, first); message.Kind != "heartbeat" {
		t.Errorf("the second answer is %+v", message)
	}
	// Send a message that cannot be decoded.
	if err := first.Send([]byte("\xc1")); err != nil {
		t.Fatal(err)
	}
	if message := receive(t, first); message.Kind != "reconnect" {
		t.Errorf("the answer is %+v", message)
	}
	if err := first.Send([]byte("two"), []byte("frames")); err != nil {
		t.Fatal(err)
	}
	if message := receive(t, first); message.Kind != "reconnect" {
		t.Errorf("the answer is %+v", message)
	}
	// The worker connects again before its old connection is lost.
	second := dial(t, server, "a_1")
	if message := receive(t, first); message.Kind != "" {
		t.Errorf("the old connection received %+v", message)
	}
	send(t, second, "a_1", "heartbeat", map[string]any{"state": "ready"})
	if message := receive(t, second); message.Kind != "heartbeat" {
		t.Errorf("the answer is %+v", message)
	}
	if server.Workers() != 1 || !server.isConnected("a_1") {
		t.Errorf("%d workers", server.Workers())
	}
	// Other programs may connect to the port.
	browser, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port())))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = browser.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	eventually(t, "a log line about the browser", func() bool { return log.Has("is not a worker") })
	_ = browser.Close()
	_ = second.Close()
	eventually(t, "the worker is disconnected", func() bool { return !server.isConnected("a_1") })
}

func TestListenOnABusyPort(t *testing.T) {
	t.Parallel()
	server, _ := listen(t)
	_, err := Listen(t.Context(), "127.0.0.1", server.Port(), Events{})
	if err == nil || !strings.Contains(err.Error(), "the master cannot listen on 127.0.0.1:"+strconv.Itoa(server.Port())) {
		t.Errorf("got %v", err)
	}
}

// runner runs no users, but counts them.
type runner struct {
	mutex    sync.Mutex
	recorder *stats.Recorder
	users    map[string]int
	stops    int
}

func newRunner() *runner { return &runner{recorder: stats.NewRecorder(), users: map[string]int{}} }

func (r *runner) Spawn(job worker.Job) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.users = maps.Clone(job.Counts)
	return nil
}

func (r *runner) Stop(context.Context) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.users = map[string]int{}
	r.stops++
	// This request ends at the last moment.
	r.recorder.Log(stats.Key{Method: "GET", Name: "/last"}, time.Now(), 1, 1, "")
}

func (r *runner) Users() map[string]int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return maps.Clone(r.users)
}

func (r *runner) Take() *stats.Stats { return r.recorder.Take() }

func (r *runner) ResetStats() { r.recorder.Take() }

// work starts a worker. The returned function waits for its end.
func work(t *testing.T, server *Server, own *runner) (wait func() worker.Result) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	results := make(chan worker.Result, 1)
	go func() {
		result, _ := worker.Run(ctx, worker.Config{MasterPort: server.Port(), Hostname: "go", RedialInterval: 10 * time.Millisecond}, own)
		results <- result
	}()
	var once sync.Once
	var result worker.Result
	wait = func() worker.Result {
		once.Do(func() { result = <-results })
		return result
	}
	t.Cleanup(func() { cancel(); wait() })
	return wait
}

func TestOurWorkers(t *testing.T) {
	t.Parallel()
	server, _ := listen(t)
	first, second := newRunner(), newRunner()
	waits := []func() worker.Result{work(t, server, first), work(t, server, second)}
	if !server.WaitForWorkers(t.Context(), 2) {
		t.Fatal("the workers do not join")
	}
	server.Start(Job{})
	server.Apply(step(5))
	if !server.Complete(t.Context(), 30*time.Second) {
		t.Fatal("the ramp was interrupted")
	}
	if users := []int{first.Users()["A"], second.Users()["A"]}; users[0]+users[1] != 5 || min(users[0], users[1]) != 2 {
		t.Errorf("the users are %v", users)
	}
	for range 50 {
		first.recorder.Log(stats.Key{Method: "GET", Name: "/"}, time.Now(), 1234.5, 10, "")
	}
	// If a worker loses its connection, it connects again and keeps its users.
	server.mutex.Lock()
	for _, p := range server.peers {
		_ = p.conn.Close()
	}
	server.mutex.Unlock()
	total := stats.New(time.Now())
	eventually(t, "the requests", func() bool {
		total.Add(server.Take())
		return total.Total.Requests == 50
	})
	if first.stops+second.stops != 0 || first.Users()["A"]+second.Users()["A"] != 5 {
		t.Errorf("after a lost connection, the users are %v and %v", first.Users(), second.Users())
	}
	// Workers of this extension report precise response times.
	if got := total.Total.Latency.Percentile(0.5); got < 1233 || got > 1236 {
		t.Errorf("the median is %v ms", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if left := server.Quit(ctx); len(left) > 0 {
		t.Errorf("these workers are left: %v", left)
	}
	total.Add(server.Take())
	if total.Total.Requests != 52 {
		t.Errorf("%d requests at the end, want 50 and the last one of each worker", total.Total.Requests)
	}
	for _, wait := range waits {
		if result := wait(); result != worker.Quit {
			t.Errorf("a worker ended with %s", result)
		}
	}
}
