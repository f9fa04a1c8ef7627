package engine

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/worker"
)

// newRunner returns a runner for an engine with the given fake runtimes. A master would control the engine through it.
func newRunner(t *testing.T, runtimes ...*fakeRuntime) *runner {
	t.Helper()
	e, err := New(Config{Options: locust.Options{Worker: true, MasterPort: 1, Processes: len(runtimes)}, Classes: shoppers}, Environment{})
	if err != nil {
		t.Fatal(err)
	}
	e.reporter = &reporter{engine: e, history: report.NewHistory()}
	for _, runtime := range runtimes {
		runtime.users, runtime.started = map[string]int{}, time.Now()
		runtime.attachment = e.Attach(runtime)
	}
	return &runner{e}
}

func TestRunner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		runtime := &fakeRuntime{task: 2 * time.Second}
		r := newRunner(t, runtime)
		spawn := func(job worker.Job) {
			t.Helper()
			if err := r.Spawn(job); err != nil {
				t.Fatal(err)
			}
		}
		if got := runtime.attachment.HostURL("Buyer"); got != "" {
			t.Errorf("before the first job the host is %q", got)
		}
		spawn(worker.Job{Counts: map[string]int{"Buyer": 1, "Visitor": 3}, Host: "http://master/", Tags: []string{"a"}})
		// Counts are absolute. A job without a host does not change the host.
		spawn(worker.Job{Counts: map[string]int{"Buyer": 2, "Visitor": 2}, Tags: []string{"a"}, StopTimeout: 9 * time.Second})
		if got := runtime.attachment.HostURL("Buyer"); got != "http://master" {
			t.Errorf("the host is %q", got)
		}
		synctest.Wait()
		if got := r.Users(); !maps.Equal(got, map[string]int{"Buyer": 2, "Visitor": 3}) {
			t.Errorf("while one stops there are %v", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r.Stop(ctx)
		if got := r.Users(); !maps.Equal(got, map[string]int{"Buyer": 0, "Visitor": 0}) {
			t.Errorf("after the stop there are %v", got)
		}
		want := []string{
			"0s: filter [a] []", "0s: spawn 1 Buyer", "0s: spawn 3 Visitor", "0s: spawn 1 Buyer", "0s: stop 1 Visitor within 9s",
			"0s: stop 2 Buyer within 5s", "0s: stop 2 Visitor within 5s",
		}
		if got := runtime.told(); !slices.Equal(got, want) {
			t.Errorf("the runtime got the calls %q, want %q", got, want)
		}
		// The same master starts a second test.
		spawn(worker.Job{Counts: map[string]int{"Buyer": 1, "Visitor": 0}})
		if got := r.Users(); !maps.Equal(got, map[string]int{"Buyer": 1, "Visitor": 0}) {
			t.Errorf("in the second test there are %v", got)
		}
		r.Stop(t.Context())
	})
}

func TestRunnerStats(t *testing.T) {
	t.Parallel()
	runtime := &fakeRuntime{}
	r := newRunner(t, runtime)
	runtime.request(3, 5, "")
	if got := r.Take().Total.Requests; got != 3 {
		t.Errorf("%d requests were taken, want 3", got)
	}
	runtime.request(2, 5, "")
	r.ResetStats()
	runtime.request(1, 5, "")
	if got := r.Take().Total.Requests; got != 1 {
		t.Errorf("after a reset %d requests were taken, want 1", got)
	}
}

func TestRunnerUnknownClass(t *testing.T) {
	t.Parallel()
	r := newRunner(t, &fakeRuntime{})
	var failure error
	r.end = func(err error) { failure = err }
	err := r.Spawn(worker.Job{Counts: map[string]int{"Thief": 1}})
	if err == nil || !strings.Contains(err.Error(), "k6 x locust --stub") || !strings.Contains(err.Error(), "Thief; known: Buyer, Visitor") {
		t.Errorf("got %v", err)
	}
	// If a worker cannot run its job, the worker ends.
	if !errors.Is(failure, err) {
		t.Errorf("the worker ended with %v, want %v", failure, err)
	}
}

// If a worker is canceled while it searches for its master, it stops without an error or verdicts, and its result is empty.
func TestWorkerWithoutMaster(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	result := filepath.Join(t.TempDir(), "result")
	run := begin(t, Config{
		Options: locust.Options{
			Worker: true, MasterHost: "127.0.0.1", MasterPort: listener.Addr().(*net.TCPAddr).Port, Result: result,
		},
		Classes: shoppers, Requirements: &Requirements{Rate: pointer(1)},
	}, 1, nil)
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	run.cancel()
	run.end(t)
	if run.stdout.Len() > 0 || len(run.requirements) > 0 {
		t.Errorf("it printed %q", run.stdout.String())
	}
	if text, err := os.ReadFile(result); err != nil || string(text) != `{"requests":0,"failures":0,"exceptions":0}` {
		t.Errorf("got the result %s %v", text, err)
	}
}
