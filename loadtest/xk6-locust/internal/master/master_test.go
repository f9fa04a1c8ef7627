package master

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// trial is a master without a network. Tests advance its time by calling Beat, or with the clock of a synctest bubble.
type trial struct {
	*Master

	t    *testing.T
	sent []sent
	log  []string
	// emptied contains the arguments of Events.Empty.
	emptied   []bool
	connected map[string]bool
}

// sent is a message to a worker.
type sent struct {
	to string
	protocol.Message
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	trial := &trial{t: t, connected: map[string]bool{}}
	trial.Master = New(Events{
		Log:       func(level, message string) { trial.log = append(trial.log, level+": "+message) },
		Exception: func(message, _ string) { trial.log = append(trial.log, "exception: "+message) },
		Empty:     func(isLost bool) { trial.emptied = append(trial.emptied, isLost) },
	}, func(id string, frame []byte) {
		message, err := protocol.Parse(frame, protocol.MaxMasterValues)
		if err != nil || message.Node != id {
			t.Errorf("the master sent %v of %q to %q, %v", message, message.Node, id, err)
		}
		trial.sent = append(trial.sent, sent{id, message})
	}, func(id string) bool { return trial.connected[id] })
	return trial
}

// tell passes a worker's message to the master, as the network does.
func (r *trial) tell(id, kind string, data any) {
	r.t.Helper()
	frame, err := protocol.Encode(kind, data, id)
	if err != nil {
		r.t.Fatal(err)
	}
	message, err := protocol.Parse(frame, protocol.MaxWorkerValues)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Handle(id, message)
}

func (r *trial) join(ids ...string) {
	r.t.Helper()
	for _, id := range ids {
		r.connected[id] = true
		r.tell(id, "client_ready", -1)
	}
}

// setConnected connects or disconnects a worker, as the network does.
func (r *trial) setConnected(id string, isConnected bool) {
	r.mutex.Lock()
	r.connected[id] = isConnected
	r.mutex.Unlock()
	r.ConnectionsChanged()
}

func (r *trial) heartbeat(id, state string) {
	r.t.Helper()
	r.tell(id, "heartbeat", map[string]any{"state": state, "current_cpu_usage": 5, "current_memory_usage": 1 << 20})
}

// rebalance makes the master send new jobs without counting a missed heartbeat, and obeys the jobs.
func (r *trial) rebalance() map[string]map[string]int {
	r.t.Helper()
	r.Beat()
	for _, n := range r.nodes {
		n.liveness++
	}
	return r.obey()
}

// obey answers all jobs as workers do, and returns the users of each worker.
func (r *trial) obey() map[string]map[string]int {
	r.t.Helper()
	jobs := map[string]map[string]int{}
	for _, job := range r.take("spawn") {
		counts, err := protocol.UsersOf(job.Data)
		if err != nil {
			r.t.Fatal(err)
		}
		jobs[job.to] = counts
		r.tell(job.to, "spawning", nil)
		r.tell(job.to, "spawning_complete", protocol.UserReport(counts))
	}
	return jobs
}

// take removes and returns the messages of a kind that were sent to workers.
func (r *trial) take(kind string) []sent {
	var taken []sent
	r.sent = slices.DeleteFunc(r.sent, func(one sent) bool {
		if one.Kind == kind {
			taken = append(taken, one)
		}
		return one.Kind == kind
	})
	return taken
}

// targets removes the messages of a kind that were sent to workers, and returns the IDs of these workers, sorted.
func (r *trial) targets(kind string) string {
	ids := []string{}
	for _, one := range r.take(kind) {
		ids = append(ids, one.to)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func (r *trial) logged(text string) int {
	return strings.Count(strings.Join(r.log, "\n"), text)
}

// step returns a step that starts users of class A.
func step(users int) dispatch.Step {
	return dispatch.Step{Counts: map[string]int{"A": users, "B": 0}, Started: slices.Repeat([]string{"A"}, users)}
}

func counts(visitors int) map[string]int { return map[string]int{"A": visitors, "B": 0} }

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// requests returns a worker's report about the given number of requests.
func requests(number int, users map[string]int) map[string]any {
	recorder := stats.NewRecorder()
	for range number {
		recorder.Log(stats.Key{Method: "GET", Name: "/"}, time.Now(), 2.5, 10, "")
	}
	return protocol.StatsReport(recorder.Take(), users, true)
}

func TestWorkersJoin(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "b_1", "a_1")
	var indexes []any
	for _, ack := range r.take("ack") {
		indexes = append(indexes, ack.Fields()["index"])
	}
	expect(t, "indexes", indexes, []any{0, 1, 0})
	expect(t, "workers", r.Workers(), 2)
	expect(t, "jobs before the start", len(r.take("spawn")), 0)
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version any
		joins   bool
		log     string
	}{
		{-1, true, ""},
		{"2.47.0", true, ""},
		{"2.11.1", true, ""},
		{"2.47.1.dev3", true, ""},
		{"2.10.2", true, "warning: worker a_1 runs Locust 2.10.2"},
		{"3.0.0", true, "warning: worker a_1 runs Locust 3.0.0"},
		{"2", true, "warning: worker a_1 runs Locust 2,"},
		{nil, false, "error: worker a_1 cannot join: it is older than Locust 2.0"},
		{"", false, "older than Locust 2.0"},
		{0, false, "older than Locust 2.0"},
		{false, false, "older than Locust 2.0"},
	} {
		r := newTrial(t)
		r.tell("a_1", "client_ready", test.version)
		if joined := r.Workers() == 1; joined != test.joins || joined != (len(r.take("ack")) == 1) {
			t.Errorf("%v: joined %v", test.version, joined)
		}
		if problems := r.logged("warning: ") + r.logged("error: "); r.logged(test.log) == 0 || (problems > 0) != (test.log != "") {
			t.Errorf("%v: the log is %q, want %q", test.version, r.log, test.log)
		}
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "a_2")
	r.Start(Job{Host: "http://host", StopTimeout: 1500 * time.Millisecond, Tags: []string{"x"}, ResetStats: true, ExpectWorkers: 2})
	r.Apply(step(3))
	jobs := r.take("spawn")
	expect(t, "jobs", len(jobs), 2)
	last := 0.0
	for i, job := range jobs {
		fields := job.Fields()
		timestamp, _ := protocol.Number(fields["timestamp"])
		if timestamp <= last {
			t.Errorf("the timestamp %v is not above %v", timestamp, last)
		}
		last = timestamp
		expect(t, "users", fields["user_classes_count"], counts(2-i))
		expect(t, "host", fields["host"], "http://host")
		expect(t, "stop timeout", fields["stop_timeout"], 1.5)
		options, _ := fields["parsed_options"].(map[string]any)
		expect(t, "options", []any{options["tags"], options["exclude_tags"], options["reset_stats"], options["expect_workers"], options[protocol.OptionWorkers]},
			[]any{[]string{"x"}, nil, true, 2, 2})
	}
	// If the host is None, each class keeps its own host.
	r = newTrial(t)
	r.join("a_1")
	r.Start(Job{})
	r.Apply(step(1))
	fields := r.take("spawn")[0].Fields()
	options, _ := fields["parsed_options"].(map[string]any)
	expect(t, "without options", []any{fields["host"], fields["stop_timeout"], options["tags"], options["expect_workers"], options[protocol.OptionWorkers]},
		[]any{nil, 0, nil, 1, nil})
}

func TestAWorkerIsMissingAfterThreeHeartbeats(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "b_1", "c_1")
	r.Start(Job{})
	r.Apply(step(7))
	expect(t, "jobs", r.obey(), map[string]map[string]int{"a_1": counts(3), "b_1": counts(2), "c_1": counts(2)})
	beat := func(alive ...string) {
		r.Beat()
		for _, id := range alive {
			r.heartbeat(id, stateRunning)
		}
	}
	for range 3 {
		beat("a_1", "c_1")
	}
	expect(t, "workers after three intervals", r.Workers(), 3)
	expect(t, "jobs after three intervals", len(r.take("spawn")), 0)
	beat("a_1", "c_1")
	expect(t, "workers", r.Workers(), 2)
	expect(t, "jobs", r.obey(), map[string]map[string]int{"a_1": counts(4), "c_1": counts(3)})
	expect(t, "warnings", r.logged("worker b_1 (index 1) is missing"), 1)
	expect(t, "users", r.Users(), counts(7))
	// The requests in a late report are counted, but its users are not.
	r.tell("b_1", "stats", requests(5, counts(2)))
	expect(t, "late requests", r.Take().Total.Requests, 5)
	expect(t, "users", r.Users(), counts(7))
	// The worker returns.
	r.heartbeat("b_1", stateRunning)
	expect(t, "jobs", r.rebalance(), map[string]map[string]int{"a_1": counts(3), "b_1": counts(2), "c_1": counts(2)})
	expect(t, "users", r.Users(), counts(7))
	for range 100 {
		beat("a_1", "b_1", "c_1")
	}
	expect(t, "workers that stay", r.Workers(), 3)
	expect(t, "empty", len(r.emptied), 0)
}

func TestAWorkerRestarts(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "b_1")
	r.Start(Job{})
	r.Apply(step(4))
	r.obey()
	// A process with a different id has replaced the worker.
	r.tell("b_1", "quit", nil)
	expect(t, "jobs", r.rebalance(), map[string]map[string]int{"a_1": counts(4)})
	r.join("b_2")
	expect(t, "index", r.take("ack")[2].Fields()["index"], 2)
	expect(t, "jobs", r.rebalance(), map[string]map[string]int{"a_1": counts(2), "b_2": counts(2)})
	// After a lost connection, a worker joins again without users.
	r.join("a_1")
	expect(t, "users", r.Users(), counts(2))
	expect(t, "jobs", r.obey(), map[string]map[string]int{"a_1": counts(2)})
	expect(t, "users", r.Users(), counts(4))
	// A worker stops and is ready again.
	r.tell("b_2", "client_stopped", nil)
	expect(t, "jobs", r.rebalance(), map[string]map[string]int{"a_1": counts(4)})
	r.join("b_2")
	expect(t, "jobs", r.rebalance(), map[string]map[string]int{"a_1": counts(2), "b_2": counts(2)})
}

func TestManyChangesCauseOneJob(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "b_1", "c_1", "d_1")
	r.Start(Job{})
	r.Apply(step(4))
	r.obey()
	r.tell("b_1", "quit", nil)
	r.tell("c_1", "quit", nil)
	r.join("e_1", "f_1")
	expect(t, "jobs before the heartbeat", len(r.take("spawn")), 0)
	r.Beat()
	expect(t, "jobs", r.targets("spawn"), "a_1 d_1 e_1 f_1")
	r.Beat()
	expect(t, "jobs without a change", len(r.take("spawn")), 0)
	// A step of a ramp sends jobs without waiting for the heartbeat.
	r.join("g_1")
	r.Apply(step(1))
	expect(t, "jobs", r.targets("spawn"), "a_1 d_1 e_1 f_1 g_1")
	r.Beat()
	expect(t, "jobs", len(r.take("spawn")), 0)
}

func TestALostJobIsSentAgain(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "b_1")
	r.heartbeat("a_1", stateReady)
	expect(t, "jobs before the start", len(r.take("spawn")), 0)
	r.Start(Job{})
	r.Apply(step(1)) // only for a_1
	r.take("spawn")
	r.heartbeat("a_1", stateReady)
	r.heartbeat("b_1", stateReady)
	expect(t, "jobs", r.obey(), map[string]map[string]int{"a_1": counts(1)})
	r.heartbeat("a_1", stateRunning)
	expect(t, "jobs", len(r.take("spawn")), 0)
}

func TestTheLastWorkerEndsTheRun(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "b_1")
	r.tell("a_1", "quit", nil)
	expect(t, "before the start", len(r.emptied), 0)
	r.Start(Job{})
	r.Apply(step(2))
	r.tell("b_1", "quit", nil)
	r.tell("b_1", "quit", nil)
	expect(t, "a worker quit", r.emptied, []bool{false})

	r = newTrial(t)
	r.join("a_1")
	r.Start(Job{})
	r.Apply(step(2))
	for range 10 {
		r.Beat()
	}
	expect(t, "a worker is missing", r.emptied, []bool{true})
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1")
	r.Start(Job{})
	r.tell("x_1", "spawning", nil)
	r.tell("x_1", "spawning_complete", protocol.UserReport(counts(2)))
	expect(t, "quit", r.targets("quit"), "x_1 x_1")
	r.take("heartbeat")
	r.tell("y_1", "stats", requests(3, nil))
	r.tell("y_1", "heartbeat", map[string]any{"state": stateRunning})
	r.tell("y_1", "exception", map[string]any{"msg": "m", "traceback": "t"})
	r.tell("y_1", "client_stopped", nil)
	expect(t, "requests", r.Take().Total.Requests, 0)
	// Without an answer to its heartbeat, the worker joins again.
	expect(t, "answers", len(r.take("heartbeat")), 0)
	expect(t, "warnings", r.logged("ignored a report from unknown worker y_1"), 1)
	r.tell("z_1", "locustfile", map[string]any{"version": "2.47.0"})
	if answer := r.take("locustfile"); len(answer) != 1 || !strings.Contains(fmt.Sprint(answer[0].Fields()["error"]), "-f locustfile.py") {
		t.Errorf("the answer is %v", answer)
	}
}

func TestFaultyMessages(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1")
	r.Start(Job{})
	r.Apply(step(2))
	r.obey()
	r.Handle("a_1", protocol.Message{Err: protocol.ErrMessage})
	expect(t, "reconnect", r.targets("reconnect"), "a_1")
	for _, data := range []any{
		nil, "text", []any{}, map[string]any{}, map[string]any{"stats": []any{nil}},
		map[string]any{"stats": []any{map[string]any{"name": "/", "num_requests": -1}}},
		map[string]any{"stats": []any{map[string]any{"name": "/", "num_requests": 1.5}}},
		map[string]any{"stats": []any{map[string]any{"name": "/", "num_requests": "many"}}},
		map[string]any{"stats": []any{map[string]any{"name": "/", "response_times": map[string]any{"x": 1}}}},
		map[string]any{"stats": []any{}, "errors": map[string]any{"k": map[string]any{"occurrences": -1}}},
	} {
		r.tell("a_1", "stats", data)
	}
	expect(t, "requests", r.Take().Total.Requests, 0)
	expect(t, "warnings", r.logged("ignored a report from worker a_1"), 1)
	r.tell("a_1", "stats", map[string]any{"stats": []any{}, "user_classes_count": map[string]any{"A": -5}})
	r.tell("a_1", "spawning_complete", nil)
	r.tell("a_1", "heartbeat", nil)
	r.tell("a_1", "heartbeat", map[string]any{"state": 5, "current_cpu_usage": "high"})
	r.tell("a_1", "custom", 5)
	r.tell("a_1", "custom", 5)
	expect(t, "users", r.Users(), counts(2))
	expect(t, "unknown types", r.logged(`unknown type "custom"`), 1)
	expect(t, "workers", r.Workers(), 1)
}

func TestReportsAddUp(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("go_1", "py_1")
	r.Start(Job{})
	recorder, want := stats.NewRecorder(), stats.New(time.Now())
	for i := range 1000 {
		failure := ""
		if i%7 == 0 {
			failure = `CatchResponseError('bad')`
		}
		recorder.Log(stats.Key{Method: "GET", Name: fmt.Sprint("/", i%3)}, time.Now(), float64(i)/3, int64(i), failure)
		if i%100 == 99 {
			delta := recorder.Take()
			want.Add(delta)
			id := []string{"go_1", "py_1"}[i/100%2]
			r.tell(id, "stats", protocol.StatsReport(delta, counts(1), id == "go_1"))
		}
	}
	got := stats.New(time.Now())
	got.Add(r.Take())
	expect(t, "rows", len(got.Entries()), 3)
	for i, entry := range append(got.SortedEntries(), got.Total) {
		other := append(want.SortedEntries(), want.Total)[i]
		expect(t, entry.Name+" times", entry.ResponseTimes, other.ResponseTimes)
		expect(t, entry.Name+" per second", entry.RequestsPerSecond, other.RequestsPerSecond)
		expect(t, entry.Name, []any{entry.Requests, entry.Failures, entry.ContentLength, entry.Min(), entry.Max(), entry.LastRequest},
			[]any{other.Requests, other.Failures, other.ContentLength, other.Min(), other.Max(), other.LastRequest})
		if difference := entry.Latency.Percentile(0.95) - other.Latency.Percentile(0.95); difference > 5 || difference < -5 {
			t.Errorf("%s: the 95th percentile differs by %v ms", entry.Name, difference)
		}
	}
	expect(t, "failures", len(got.Failures()), 3)
	for i, failure := range got.SortedFailures() {
		other := want.SortedFailures()[i]
		expect(t, "failure", []any{failure.Method, failure.Name, failure.Error, failure.Occurrences, failure.FirstSeen.UnixMilli(), failure.LastSeen.UnixMilli()},
			[]any{other.Method, other.Name, other.Error, other.Occurrences, other.FirstSeen.UnixMilli(), other.LastSeen.UnixMilli()})
	}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1", "b_1")
	r.Start(Job{})
	for _, id := range []string{"a_1", "a_1", "b_1"} {
		r.tell(id, "exception", map[string]any{"msg": "oops", "traceback": "line 1"})
	}
	exceptions := r.Take().Exceptions()
	if len(exceptions) != 1 || exceptions[0].Count != 3 || exceptions[0].Message != "oops" ||
		!slices.Equal(slices.Sorted(maps.Keys(exceptions[0].Nodes)), []string{"a_1", "b_1"}) {
		t.Errorf("the exceptions are %+v", exceptions)
	}
	expect(t, "events", r.logged("exception: oops"), 3)
}

func TestABusyWorkerIsReportedOnce(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.join("a_1")
	for range 3 {
		r.tell("a_1", "heartbeat", map[string]any{"state": stateReady, "current_cpu_usage": 97.4})
	}
	expect(t, "warnings", r.logged("worker a_1 (index 0) uses 97% of the CPU time available to it"), 1)
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTrial(t)
		begun := time.Now()
		go func() {
			time.Sleep(2 * time.Second)
			r.join("a_1")
			time.Sleep(2 * time.Second)
			r.join("b_1")
		}()
		limited, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		expect(t, "two workers in time", r.WaitForWorkers(limited, 2), false)
		expect(t, "two workers", r.WaitForWorkers(t.Context(), 2), true)
		expect(t, "seconds", time.Since(begun), 4*time.Second)

		r.Start(Job{})
		r.Apply(step(4))
		go func() {
			time.Sleep(time.Second)
			r.obey()
		}()
		begun = time.Now()
		expect(t, "complete", r.Complete(t.Context(), 5*time.Second), true)
		expect(t, "wait for the users", time.Since(begun), time.Second)
		expect(t, "told", r.targets("spawning_complete"), "a_1 b_1")
		expect(t, "warnings", r.logged("warning"), 0)

		// If users never start, the master reports this.
		r.Apply(step(2))
		begun = time.Now()
		expect(t, "complete", r.Complete(t.Context(), 5*time.Second), true)
		expect(t, "wait for users that do not start", time.Since(begun), 5*time.Second)
		expect(t, "warnings", r.logged("warning: the workers have reported only 4 of 6 users"), 1)
		r.take("spawning_complete")

		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		expect(t, "an interrupted ramp", r.Complete(canceled, 5*time.Second), false)
		expect(t, "told", r.targets("spawning_complete"), "")
	})
}

// The warning about a missing worker says how old its last report is or, if it has never reported, how old the run is.
func TestMissingWorkerSaysWhatIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTrial(t)
		r.join("a_1", "b_1")
		r.Start(Job{})
		r.Apply(step(2))
		time.Sleep(2900 * time.Millisecond)
		r.tell("a_1", "stats", requests(1, counts(1)))
		time.Sleep(5 * time.Second)
		for range heartbeatLiveness + 1 {
			r.Beat()
		}
		const text = "warning: worker %s is missing: it has sent no heartbeat for 3s; its requests from the last %s are counted only if it returns"
		expect(t, "a worker that has reported", r.logged(fmt.Sprintf(text, "a_1 (index 0)", "5s")), 1)
		expect(t, "a worker that has not reported", r.logged(fmt.Sprintf(text, "b_1 (index 1)", "7.9s")), 1)
	})
}

func TestQuitWaitsForTheLastReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTrial(t)
		r.join("a_1", "b_1", "c_1", "d_1")
		r.Start(Job{})
		r.Apply(step(4))
		r.obey()
		r.tell("d_1", "quit", nil)
		disconnect := func(id string, after time.Duration) {
			time.Sleep(after)
			r.tell(id, "stats", requests(3, counts(0)))
			r.setConnected(id, false)
		}
		go disconnect("a_1", 2*time.Second)
		go disconnect("b_1", 4*time.Second)
		begun := time.Now()
		limited, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		expect(t, "left", r.Quit(limited), []string{"c_1 (index 2)"})
		expect(t, "wait", time.Since(begun), 10*time.Second)
		expect(t, "quit", r.targets("quit"), "a_1 b_1 c_1")
		expect(t, "requests", r.Take().Total.Requests, 6)
		expect(t, "users at the end", len(r.emptied), 0)
		expect(t, "the requests of a worker", r.logged("info: worker b_1 (index 1) reported 3 requests"), 1)
		// If a worker joins now, it is too late.
		r.join("e_1")
		expect(t, "quit", r.targets("quit"), "e_1")
		for range 10 {
			r.Beat()
		}
		expect(t, "empty", len(r.emptied), 0)
	})
}

// If a worker loses its connection before the end of a run, it has time to return, and is then told to quit.
func TestQuitWaitsForWorkersWithoutConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTrial(t)
		r.join("a_1", "b_1")
		r.Start(Job{})
		r.Apply(step(2))
		r.obey()
		r.connected["a_1"], r.connected["b_1"] = false, false
		go func() {
			time.Sleep(2 * time.Second)
			r.setConnected("a_1", true)
			r.heartbeat("a_1", stateRunning)
			// The other worker does not return.
			for range heartbeatLiveness + 1 {
				time.Sleep(time.Second)
				r.heartbeat("a_1", stateRunning)
				r.Beat()
			}
			time.Sleep(time.Second)
			r.setConnected("a_1", false)
		}()
		begun := time.Now()
		expect(t, "left", len(r.Quit(t.Context())), 0)
		expect(t, "wait", time.Since(begun), 7*time.Second)
		if got := r.targets("quit"); !strings.HasPrefix(got, "a_1 a_1 ") {
			t.Errorf("told to quit: %s", got)
		}
	})
}

func FuzzHandle(f *testing.F) {
	for kind, data := range map[string]any{
		"client_ready": -1, "heartbeat": map[string]any{"state": "running"}, "stats": requests(2, counts(1)),
		"spawning_complete": protocol.UserReport(counts(1)), "exception": map[string]any{"msg": "m"}, "quit": nil,
	} {
		frame, err := protocol.Encode(kind, data, "a_1")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		message, err := protocol.Parse(frame, protocol.MaxWorkerValues)
		if err != nil {
			return
		}
		r := newTrial(t)
		r.join("a_1")
		r.Start(Job{})
		r.Handle("a_1", message)
		if r.Take().Total.Requests < 0 {
			t.Error("a negative number of requests")
		}
	})
}
