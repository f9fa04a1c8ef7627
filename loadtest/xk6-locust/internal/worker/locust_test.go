package worker

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// The environment variables with the paths of the current and the oldest tested Locust.
var locusts = []string{"LOCUST_BIN", "LOCUST_OLD_BIN"}

// onEach runs a test with each installed Locust. The tests run in parallel, because they mostly wait.
func onEach(t *testing.T, test func(t *testing.T, bin string)) {
	t.Helper()
	t.Parallel()
	for _, name := range locusts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bin := os.Getenv(name)
			if bin == "" {
				t.Skipf("%s does not name a Locust executable", name)
			}
			test(t, bin)
		})
	}
}

var testClasses = []Class{{Name: "Visitor", Weight: 2}, {Name: "Buyer", Weight: 1}}

// process is a running Locust.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	ended chan struct{}
	mu    sync.Mutex
	log   bytes.Buffer
}

func (p *process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(data)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *process) wait() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(60 * time.Second):
		p.t.Fatalf("Locust does not end:\n%s", p.text())
	}
}

func startLocust(t *testing.T, bin, file string, args ...string) *process {
	t.Helper()
	p := &process{t: t, ended: make(chan struct{})}
	p.cmd = exec.Command(bin, append([]string{"-f", file}, args...)...)
	p.cmd.Dir = filepath.Dir(file)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("Locust's log:\n%s", p.text())
		}
		for _, oddity := range []string{"Traceback (most recent call last)", "KeyError", "Discarded report", "Unrecognized message"} {
			if strings.Contains(strings.ReplaceAll(p.text(), "Traceback: line 1", ""), oddity) {
				t.Errorf("Locust says %q:\n%s", oddity, p.text())
			}
		}
	})
	return p
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func writeLocustfile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "locustfile.py")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func masterArgs(port int, more ...string) []string {
	return append([]string{"--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", strconv.Itoa(port), "--only-summary"}, more...)
}

func realConfig(port int) Config {
	return Config{MasterPort: port, RedialInterval: 200 * time.Millisecond}
}

// rows reads one of Locust's CSV files. Each row is a map from column names to values.
func rows(t *testing.T, path string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, value := range record {
			row[records[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

func floatOf(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Error(err)
	}
	return value
}

// compareCSV compares the master's three tables with the runner's counts.
func compareCSV(t *testing.T, prefix string, runner *fakeRunner, id string) {
	t.Helper()
	counted := runner.counted
	table := rows(t, prefix+"_stats.csv")
	entries := append(counted.SortedEntries(), counted.Total)
	if len(table) != len(entries) || counted.Total.Requests == 0 {
		t.Fatalf("%d rows for %d: %v", len(table), len(entries), table)
	}
	failures := rows(t, prefix+"_failures.csv")
	today := len(failures) > 0 && failures[0]["First Seen"] != ""
	for i, entry := range entries {
		row := table[i]
		// Old versions of Locust include requests without a response time in their percentiles.
		if today && row["95%"] != strconv.Itoa(entry.Percentile(0.95)) {
			t.Errorf("row %v has another percentile than %+v", row, entry)
		}
		if row["Type"] != entry.Method || row["Name"] != entry.Name ||
			row["Request Count"] != strconv.FormatInt(entry.Requests, 10) || row["Failure Count"] != strconv.FormatInt(entry.Failures, 10) {
			t.Errorf("row %v, counted %+v", row, entry)
		}
		for column, want := range map[string]float64{
			"Min Response Time": entry.Min(), "Max Response Time": entry.Max(), "Average Response Time": entry.Average(),
			"Average Content Size": entry.AverageContentLength(),
		} {
			if got := floatOf(t, row[column]); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s of %s: %v, want %v", column, entry.Name, got, want)
			}
		}
	}
	if len(failures) != len(counted.Failures()) || len(failures) == 0 {
		t.Errorf("%d failures, want %d", len(failures), len(counted.Failures()))
	}
	for i, failure := range counted.SortedFailures() {
		row := failures[i]
		if row["Method"] != failure.Method || row["Name"] != failure.Name ||
			row["Error"] != failure.Error && row["Error"] != stats.Repr(failure.Error) || // old versions write the repr of the text
			row["Occurrences"] != strconv.FormatInt(failure.Occurrences, 10) {
			t.Errorf("failure %v, want %+v", row, failure)
		}
		const format = "2006-01-02T15:04:05Z"
		if today && (row["First Seen"] != failure.FirstSeen.UTC().Format(format) || row["Last Seen"] != failure.LastSeen.UTC().Format(format)) {
			t.Errorf("failure %v, want it seen from %v to %v", row, failure.FirstSeen, failure.LastSeen)
		}
	}
	exceptions := rows(t, prefix+"_exceptions.csv")
	if len(exceptions) != len(counted.Exceptions()) || len(exceptions) == 0 {
		t.Errorf("%d exceptions, want %d", len(exceptions), len(counted.Exceptions()))
	}
	for _, exception := range counted.Exceptions() {
		at := slices.IndexFunc(exceptions, func(row map[string]string) bool { return row["Traceback"] == exception.Traceback })
		if at < 0 || exceptions[at]["Count"] != strconv.FormatInt(exception.Count, 10) || exceptions[at]["Message"] != exception.Message ||
			!strings.HasPrefix(exceptions[at]["Nodes"], id) {
			t.Errorf("exceptions %v, want %+v", exceptions, exception)
		}
	}
}

func TestHeadlessRun(t *testing.T) {
	onEach(t, func(t *testing.T, bin string) {
		port := freePort(t)
		file := writeLocustfile(t, Stub(testClasses))
		prefix := filepath.Join(filepath.Dir(file), "run")
		master := startLocust(t, bin, file, masterArgs(port, "--headless", "--expect-workers", "1", "-u", "6", "-r", "2", "-t", "8s",
			"--host", "http://target", "--csv", prefix, "--tags", "fast")...)
		config := realConfig(port)
		config.Hostname = "gopher"
		worker := start(t, config, newFakeRunner())
		worker.wait(t, Quit)
		master.wait()
		totals := []int{}
		for _, job := range worker.jobs {
			totals = append(totals, job.Counts["Visitor"]+job.Counts["Buyer"])
			if job.Host != "http://target" || !slices.Equal(job.Tags, []string{"fast"}) || len(job.Options) > 0 || job.WorkerIndex != 0 {
				t.Errorf("the job is %+v", job)
			}
		}
		if !slices.Equal(totals, []int{2, 4, 6}) {
			t.Errorf("the numbers of users were %v", totals)
		}
		if last := worker.jobs[len(worker.jobs)-1].Counts; last["Visitor"] != 4 || last["Buyer"] != 2 {
			t.Errorf("the users are %v", last)
		}
		if !strings.Contains(master.text(), `All users spawned: {"Buyer": 2, "Visitor": 4} (6 total users)`) {
			t.Error("the master does not see all users")
		}
		compareCSV(t, prefix, worker.fakeRunner, "gopher_")
	})
}

func TestVersions(t *testing.T) {
	onEach(t, func(t *testing.T, bin string) {
		port := freePort(t)
		master := startLocust(t, bin, writeLocustfile(t, Stub(testClasses)),
			masterArgs(port, "--headless", "--expect-workers", "2", "-t", "2s")...)
		other := realConfig(port)
		other.Version = "9.99.0"
		first, second := start(t, other, newFakeRunner()), start(t, realConfig(port), newFakeRunner())
		first.wait(t, Quit)
		second.wait(t, Quit)
		master.wait()
		if count := strings.Count(master.text(), "running a different version"); count != 1 {
			t.Errorf("the master warns %d times about versions", count)
		}
	})
}

// web is the web interface of a master.
type web struct {
	t    *testing.T
	base string
}

func (w web) do(method, path string, form url.Values) string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, w.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return string(body)
}

func (w web) swarm(users int) {
	w.t.Helper()
	answer := w.do(http.MethodPost, "/swarm", url.Values{"user_count": {strconv.Itoa(users)}, "spawn_rate": {"100"}, "host": {"http://web"}})
	if !strings.Contains(answer, `"success":`) || !strings.Contains(answer, "true") {
		w.t.Errorf("/swarm says %s", answer)
	}
}

func (w web) stop() {
	w.t.Helper()
	for _, method := range []string{http.MethodPost, http.MethodGet} { // current and old versions
		if strings.Contains(w.do(method, "/stop", nil), "Test stopped") {
			return
		}
	}
	w.t.Error("/stop does not stop")
}

func (w web) stats() (s struct {
	State     string `json:"state"`
	UserCount int    `json:"user_count"`
	Stats     []struct {
		Name        string `json:"name"`
		NumRequests int64  `json:"num_requests"`
	} `json:"stats"`
	Workers []struct {
		State     string `json:"state"`
		UserCount int    `json:"user_count"`
	} `json:"workers"`
}) {
	_ = json.Unmarshal([]byte(w.do(http.MethodGet, "/stats/requests", nil)), &s)
	return s
}

func TestLiveChange(t *testing.T) {
	onEach(t, func(t *testing.T, bin string) {
		port, webPort := freePort(t), freePort(t)
		file := writeLocustfile(t, Stub(testClasses))
		master := startLocust(t, bin, file, masterArgs(port, "--web-host", "127.0.0.1", "--web-port", strconv.Itoa(webPort), "--stop-timeout", "1")...)
		worker := start(t, realConfig(port), newFakeRunner())
		ui := web{t, fmt.Sprintf("http://127.0.0.1:%d", webPort)}
		eventually(t, "the master has a worker", func() bool { return len(ui.stats().Workers) == 1 })
		for _, users := range []int{4, 7, 2} {
			ui.swarm(users)
			eventually(t, fmt.Sprintf("%d users", users), func() bool { return worker.total() == users && ui.stats().UserCount == users })
		}
		if job := worker.jobs[0]; job.Host != "http://web" || job.StopTimeout != time.Second {
			t.Errorf("the job is %+v", job)
		}
		ui.stop()
		eventually(t, "all stopped and ready", func() bool {
			s := ui.stats()
			return worker.total() == 0 && s.State == "stopped" && len(s.Workers) == 1 && s.Workers[0].State == "ready"
		})
		// After the stop, the master has all statistics without waiting for a report.
		time.Sleep(2100 * time.Millisecond) // the master caches its answer for 2 s
		s := ui.stats()
		if total := s.Stats[len(s.Stats)-1]; total.NumRequests != worker.counted.Total.Requests || total.NumRequests == 0 {
			t.Errorf("the master has %d requests, counted are %d", total.NumRequests, worker.counted.Total.Requests)
		}
		ui.swarm(3)
		eventually(t, "3 users", func() bool { return worker.total() == 3 && ui.stats().UserCount == 3 })
		_ = master.cmd.Process.Signal(syscall.SIGTERM)
		worker.wait(t, Quit)
		master.wait()
	})
}

func TestRestartOfTheMaster(t *testing.T) {
	onEach(t, func(t *testing.T, bin string) {
		port := freePort(t)
		file := writeLocustfile(t, Stub(testClasses))
		first := startLocust(t, bin, file, masterArgs(port, "--headless", "--expect-workers", "1", "-u", "3", "-r", "10", "-t", "60s")...)
		worker := start(t, realConfig(port), newFakeRunner())
		eventually(t, "3 users", func() bool { return worker.total() == 3 })
		time.Sleep(3 * time.Second) // heartbeats and a report
		_ = first.cmd.Process.Kill()
		<-first.ended
		prefix := filepath.Join(filepath.Dir(file), "second")
		second := startLocust(t, bin, file, masterArgs(port, "--headless", "--expect-workers", "1", "-u", "2", "-r", "10", "-t", "4s", "--csv", prefix)...)
		eventually(t, "the users of the first master stop", func() bool { return worker.total() == 0 })
		worker.wait(t, Quit)
		second.wait()
		if last := worker.jobs[len(worker.jobs)-1]; last.Counts["Visitor"]+last.Counts["Buyer"] != 2 {
			t.Errorf("the second master's job is %+v", last)
		}
		compareCSV(t, prefix, worker.fakeRunner, "")
	})
}

func TestWorkerBeforeItsMaster(t *testing.T) {
	onEach(t, func(t *testing.T, bin string) {
		port := freePort(t)
		worker := start(t, realConfig(port), newFakeRunner())
		time.Sleep(time.Second)
		master := startLocust(t, bin, writeLocustfile(t, Stub(testClasses)),
			masterArgs(port, "--headless", "--expect-workers", "1", "-u", "1", "-t", "1s")...)
		worker.wait(t, Quit)
		master.wait()
		if !strings.Contains(worker.log.Text(), "connection refused") || !strings.Contains(worker.log.Text(), "joined") {
			t.Errorf("the log is\n%s", worker.log.Text())
		}
	})
}

func TestWorkerThatLeaves(t *testing.T) {
	onEach(t, func(t *testing.T, bin string) {
		port := freePort(t)
		file := writeLocustfile(t, Stub(testClasses))
		prefix := filepath.Join(filepath.Dir(file), "run")
		master := startLocust(t, bin, file, masterArgs(port, "--headless", "--expect-workers", "1", "-u", "2", "-r", "10", "-t", "60s", "--csv", prefix)...)
		worker := start(t, realConfig(port), newFakeRunner())
		eventually(t, "2 users", func() bool { return worker.total() == 2 })
		time.Sleep(2 * time.Second)
		worker.cancel()
		worker.wait(t, Canceled)
		master.wait() // exits because its last worker has quit
		if !strings.Contains(master.text(), "The last worker quit") {
			t.Error("the master was not informed")
		}
		compareCSV(t, prefix, worker.fakeRunner, "")
	})
}

// A short loss of the connection does not stop users. After a long one, the users are restarted, because the master has
// counted the worker as missing. Samples are neither lost nor counted twice.
func TestLossOfTheConnection(t *testing.T) {
	onEach(t, func(t *testing.T, bin string) {
		for _, away := range []time.Duration{0, 6 * time.Second} {
			t.Run(away.String(), func(t *testing.T) {
				t.Parallel()
				testLoss(t, bin, away)
			})
		}
	})
}

func testLoss(t *testing.T, bin string, away time.Duration) {
	t.Helper()
	// If the master sends no heartbeats, the worker always waits until the master has counted it as missing.
	short := away == 0 && bin != os.Getenv("LOCUST_OLD_BIN")
	port := freePort(t)
	relay := newRelay(t, port)
	file := writeLocustfile(t, Stub(testClasses))
	prefix := filepath.Join(filepath.Dir(file), "run")
	master := startLocust(t, bin, file, masterArgs(port, "--headless", "--expect-workers", "2", "-u", "6", "-r", "10", "-t", "16s", "--csv", prefix)...)
	worker, other := start(t, realConfig(relay.port), newFakeRunner()), start(t, realConfig(port), newFakeRunner())
	other.name = "/other"
	both := func() bool { return worker.total() == 3 && other.total() == 3 }
	eventually(t, "3 users each", both)
	time.Sleep(3500 * time.Millisecond)
	relay.block(away)
	if short {
		time.Sleep(time.Second)
		if worker.total() != 3 {
			t.Errorf("%d users after a short loss", worker.total())
		}
	} else {
		eventually(t, "another job", func() bool { return worker.spawns() > 1 })
	}
	eventually(t, "3 users each again", both)
	worker.wait(t, Quit)
	other.wait(t, Quit)
	master.wait()
	if jobs := worker.spawns(); short && jobs != 1 {
		t.Errorf("the worker got %d jobs", jobs)
	}
	if bin == os.Getenv("LOCUST_OLD_BIN") {
		return // without heartbeats, this may be a different master, which must not get unsent samples
	}
	total := rows(t, prefix+"_stats.csv")
	if got, want := total[len(total)-1]["Request Count"], worker.taken+other.taken; got != strconv.FormatInt(want, 10) {
		t.Errorf("the master has %s requests, counted are %d", got, want)
	}
}

// relay forwards connections to a port until it cuts them.
type relay struct {
	port    int
	blocked atomic.Bool
	mu      sync.Mutex
	conns   []net.Conn
}

func newRelay(t *testing.T, target int) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{port: listener.Addr().(*net.TCPAddr).Port}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", target))
			if err != nil {
				_ = in.Close()
				continue
			}
			if r.blocked.Load() {
				_, _ = in.Close(), out.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, in, out)
			r.mu.Unlock()
			running.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
			running.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); r.cut(); running.Wait() })
	return r
}

// block cuts the connections and accepts no new ones for a while.
func (r *relay) block(duration time.Duration) {
	r.blocked.Store(true)
	r.cut()
	time.Sleep(duration)
	r.blocked.Store(false)
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	r.conns = nil
}

// Workers in Python and in Go share the users of one master. The same error from both is counted in one row.
func TestMixedFleet(t *testing.T) {
	const python = `
import locust

class Visitor(locust.User):
    weight = 2
    wait_time = locust.constant(0.1)

    @locust.task
    def visit(self):
        self.environment.events.request.fire(
            request_type="GET", name="/go/Visitor", response_time=5, response_length=1, context={},
            exception=locust.exception.CatchResponseError('bad "json" – 한글'),
        )

class Buyer(Visitor):
    weight = 1
`
	onEach(t, func(t *testing.T, bin string) {
		port := freePort(t)
		file := writeLocustfile(t, python)
		prefix := filepath.Join(filepath.Dir(file), "run")
		master := startLocust(t, bin, file, masterArgs(port, "--headless", "--expect-workers", "2", "-u", "6", "-r", "6", "-t", "6s", "--csv", prefix)...)
		other := startLocust(t, bin, file, "--worker", "--master-host", "127.0.0.1", "--master-port", strconv.Itoa(port))
		worker := start(t, realConfig(port), newFakeRunner())
		eventually(t, "half of the users", func() bool { return worker.total() == 3 })
		worker.wait(t, Quit)
		master.wait()
		other.wait()
		for _, failure := range rows(t, prefix+"_failures.csv") {
			count, _ := strconv.ParseInt(failure["Occurrences"], 10, 64)
			for _, own := range worker.counted.Failures() {
				if own.Name == "/go/Visitor" && failure["Name"] == "/go/Visitor" && count <= own.Occurrences {
					t.Errorf("the master has %d failures of %s, %d are of the worker in Go alone", count, own.Name, own.Occurrences)
				}
			}
		}
		if failures := rows(t, prefix+"_failures.csv"); len(failures) != len(worker.counted.Failures()) {
			t.Errorf("the failures are %v: the same error ought to be one row", failures)
		}
	})
}

func TestStubLoads(t *testing.T) {
	classes := []Class{
		{Name: "Visitor", Weight: 3, Host: `http://host/"quoted"\n`}, {Name: "Buyer", Weight: 0.5}, {Name: "Admin", FixedCount: 2},
		{Name: "User", Weight: 1}, {Name: "None"}, {Name: "$Cart"}, {Name: "locust"}, {Name: "globals"}, {Name: "type"}, {Name: "class"},
		{Name: "_private", Weight: 7, FixedCount: 1, Host: "http://a"}, {Name: "손님"}, {Name: "it's \"a\" \\ name\n"}, {Name: "\xff"},
		{Name: "NaN", Weight: math.NaN()}, {Name: "Negative", Weight: -1, FixedCount: -1},
	}
	const show = `
import json, sys
from locust.util.load_locustfile import load_locustfile
classes = load_locustfile(sys.argv[1])
classes = classes[0] if isinstance(classes[0], dict) else classes[1]
print(json.dumps({name: [c.__name__, c.weight, c.fixed_count, c.host] for name, c in classes.items()}))
`
	onEach(t, func(t *testing.T, bin string) {
		file := writeLocustfile(t, Stub(classes))
		list, err := exec.Command(bin, "-f", file, "--list").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s\n%s", err, list, Stub(classes))
		}
		for _, name := range []string{"Visitor", "User", "None", "$Cart", "locust", "class", "손님"} {
			if !strings.Contains(string(list), "\n    "+name+"\n") {
				t.Errorf("--list does not print %q:\n%s", name, list)
			}
		}
		python := filepath.Join(filepath.Dir(bin), "python")
		script := show
		if _, err = exec.Command(python, "-c", "import locust.util.load_locustfile").CombinedOutput(); err != nil {
			script = strings.Replace(show, "locust.util.load_locustfile", "locust.main", 1) // its place in old versions
		}
		out, err := exec.Command(python, "-c", script, file).Output()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var got map[string][]any
		if err = json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(classes) {
			t.Errorf("%d classes, want %d: %s", len(got), len(classes), out)
		}
		for name, want := range map[string][]any{
			"Visitor": {"Visitor", 3.0, 0.0, `http://host/"quoted"\n`}, "Buyer": {"Buyer", 0.5, 0.0, nil}, "Admin": {"Admin", 1.0, 2.0, nil},
			"_private": {"_private", 7.0, 1.0, "http://a"}, "it's \"a\" \\ name\n": {"it's \"a\" \\ name\n", 1.0, 0.0, nil},
			"\uFFFD": {"\uFFFD", 1.0, 0.0, nil}, "NaN": {"NaN", 1.0, 0.0, nil}, "Negative": {"Negative", 1.0, 0.0, nil},
		} {
			if fmt.Sprint(got[name]) != fmt.Sprint(want) {
				t.Errorf("%q: %v, want %v", name, got[name], want)
			}
		}
	})
}

func TestStubWithoutStrangeNames(t *testing.T) {
	t.Parallel()
	want := `"""The user classes of a test that runs on the workers of a Locust master."""

import locust


def on_the_workers(user):
    pass


class Visitor(locust.User):
    weight = 2
    tasks = [on_the_workers]


class Buyer(locust.User):
    weight = 1
    tasks = [on_the_workers]
`
	if got := Stub(testClasses); got != want {
		t.Errorf("got\n%s", got)
	}
}
