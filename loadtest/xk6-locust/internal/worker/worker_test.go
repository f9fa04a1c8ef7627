package worker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

func TestProtocol(t *testing.T) {
	leaks(t)
	master := newFakeMaster(t)
	config := master.quickConfig()
	config.ConnectTimeout = 500 * time.Millisecond
	worker := start(t, config, newFakeRunner())
	p := master.accept()
	if !regexp.MustCompile(`^go-host_[0-9a-f]{32}$`).MatchString(p.id) {
		t.Errorf("the identity is %q", p.id)
	}
	if version := p.next("client_ready").Data; version != "2.47.0" {
		t.Errorf("the version is %v", version)
	}
	p.next("client_ready") // repeated, because the first one got no answer
	p.send("ack", map[string]any{"index": 3})

	beat := p.next("heartbeat").Fields()
	if memory, _ := beat["current_memory_usage"].(int64); beat["state"] != "ready" || memory < 1<<20 || beat["current_cpu_usage"] != 0.0 {
		t.Errorf("the heartbeat is %v", beat)
	}
	empty := p.next("stats").Fields()
	total, _ := empty["stats_total"].(map[string]any)
	if total["name"] != "Aggregated" || total["min_response_time"] != nil || total["last_request_timestamp"] != nil || total["num_requests"] != int64(0) {
		t.Errorf("a report of nothing is %v", empty)
	}

	p.send("spawn", spawnData(10.5, 2, 1))
	p.next("spawning")
	complete := p.next("spawning_complete").Fields()
	if want := map[string]any{"Visitor": int64(2), "Buyer": int64(1)}; !reflect.DeepEqual(complete["user_classes_count"], want) ||
		complete["user_count"] != int64(3) {
		t.Errorf("spawning_complete says %v", complete)
	}
	job := worker.jobs[0]
	want := Job{
		Timestamp: 10.5, Counts: map[string]int{"Visitor": 2, "Buyer": 1}, Host: "http://host", Tags: []string{"a"},
		Options: map[string]any{"own": map[string]any{"x": int64(1)}}, WorkerIndex: 3,
	}
	if !reflect.DeepEqual(job, want) {
		t.Errorf("the job is %+v, want %+v", job, want)
	}
	eventually(t, "a heartbeat that says running", func() bool { return p.next("heartbeat").Fields()["state"] == "running" })

	// The worker ignores a job that is not newer than the current one, invalid jobs, unknown messages, and changes to user
	// classes.
	p.send("spawn", spawnData(10.5, 9, 9))
	p.send("spawn", nil)
	p.send("spawn", map[string]any{"timestamp": "now"})
	p.send("spawn", map[string]any{"timestamp": 11.0, "user_classes_count": map[string]any{"Visitor": -1}})
	p.send("spawn", map[string]any{"timestamp": 11.0, "user_classes_count": map[string]any{"Visitor": 1 << 40}})
	p.send("nonsense", []int{1})
	p.send("nonsense", nil)
	p.send("update_user_class", map[string]any{})
	p.send("spawn", spawnData(11.5, 1, 0))
	p.next("spawning_complete")
	if spawns := worker.spawns(); spawns != 2 {
		t.Errorf("%d jobs were run, want 2", spawns)
	}
	if got := worker.Users(); !maps.Equal(got, map[string]int{"Visitor": 1, "Buyer": 0}) {
		t.Errorf("users %v", got)
	}
	if worker.resets != 2 {
		t.Errorf("%d resets of the statistics, want one at joining and one at the first job", worker.resets)
	}
	if count := strings.Count(worker.log.Text(), "nonsense"); count != 1 {
		t.Errorf("%d warnings about an unknown message in\n%s", count, worker.log.Text())
	}

	// A job of a master with --reset-stats resets the statistics.
	reset := spawnData(12, 1, 0)
	reset["parsed_options"] = map[string]any{"reset_stats": true}
	p.send("spawn", reset)
	p.next("spawning_complete")
	p.send("spawning_complete", map[string]any{"user_count": 1})

	p.send("stop", nil)
	p.next("client_stopped")
	if worker.total() != 0 || worker.resets != 3 {
		t.Errorf("%d users, %d resets", worker.total(), worker.resets)
	}
	p.next("client_ready")
	p.send("ack", nil) // like masters before 2.11
	eventually(t, "a heartbeat that says ready", func() bool { return p.next("heartbeat").Fields()["state"] == "ready" })
	p.send("spawn", spawnData(13, 1, 1))
	p.next("spawning_complete")

	p.send("quit", nil)
	worker.wait(t, Quit)
}

// A master of this extension asks for precise response times and frequent reports. A Locust master gets neither.
func TestReportsForAMasterOfThisExtension(t *testing.T) {
	t.Parallel()
	for _, isOurs := range []bool{false, true} {
		master := newFakeMaster(t)
		config := master.quickConfig()
		config.ReportInterval = 200 * time.Millisecond
		ack := map[string]any{"index": 0}
		if isOurs {
			config.ReportInterval = time.Hour
			ack[protocol.AckLatency], ack[protocol.AckReportInterval] = true, 0.1
		}
		start(t, config, newFakeRunner())
		p := master.accept()
		p.next("client_ready")
		p.send("ack", ack)
		p.send("spawn", spawnData(1, 3, 2))
		for rows := []any{}; len(rows) == 0; {
			rows, _ = p.next("stats").Fields()["stats"].([]any)
			for _, row := range rows {
				row, _ := row.(map[string]any)
				if latency, _ := row["xk6_latency"].(map[string]any); (len(latency) > 0) != isOurs {
					t.Errorf("a report to our master (%v) has the latency %v", isOurs, latency)
				}
			}
		}
	}
}

// The sum of all reports equals the runner's counts.
func TestReportsAddUp(t *testing.T) {
	t.Parallel()
	master := newFakeMaster(t)
	runner := newFakeRunner()
	runner.name = "/\xff" // not UTF-8, which a master could not read
	worker := start(t, master.quickConfig(), runner)
	p := master.accept()
	p.join()
	p.send("spawn", spawnData(1, 3, 2))
	var requests, failures, occurrences int64
	first, last := 0.0, 0.0
	for range 5 {
		report := p.next("stats").Fields()
		entries, _ := report["stats"].([]any)
		for _, entry := range entries {
			entry, _ := entry.(map[string]any)
			if name, _ := entry["name"].(string); !strings.HasPrefix(name, "/\uFFFD/") || entry["method"] != "GET" {
				t.Errorf("the row is %v", entry)
			}
		}
		errs, _ := report["errors"].(map[string]any)
		for key, failure := range errs {
			failure, _ := failure.(map[string]any)
			if !regexp.MustCompile("^[0-9a-f]{64}$").MatchString(key) || failure["error"] != `CatchResponseError('bad "json" – 한글')` {
				t.Errorf("%s: %v", key, failure)
			}
			count, _ := failure["occurrences"].(int64)
			occurrences += count
			seen, _ := failure["first_seen"].(float64)
			if first == 0 {
				first = seen
			}
			last, _ = failure["last_seen"].(float64)
		}
		total, _ := report["stats_total"].(map[string]any)
		count, _ := total["num_requests"].(int64)
		requests += count
		count, _ = total["num_failures"].(int64)
		failures += count
	}
	if now := float64(time.Now().Unix()); first < now-60 || last < first || last > now+2 {
		t.Errorf("failures were seen from %f to %f", first, last)
	}
	p.send("quit", nil)
	worker.wait(t, Quit)
	for { // messages after the quit
		frame, err := func() ([]byte, error) {
			head := make([]byte, 9)
			if err := fullRead(p.conn, head); err != nil {
				return nil, err
			}
			if head[0]&2 == 0 {
				rest := make([]byte, int(head[1])-7)
				err := fullRead(p.conn, rest)
				return append(head[2:], rest...), err
			}
			body := make([]byte, int(head[7])<<8|int(head[8]))
			err := fullRead(p.conn, body)
			return body, err
		}()
		if err != nil {
			break
		}
		if m, _ := protocol.Parse(frame, protocol.MaxWorkerValues); m.Kind == "stats" {
			total, _ := m.Fields()["stats_total"].(map[string]any)
			count, _ := total["num_requests"].(int64)
			requests += count
			count, _ = total["num_failures"].(int64)
			failures += count
			errs, _ := m.Fields()["errors"].(map[string]any)
			for _, failure := range errs {
				failure, _ := failure.(map[string]any)
				count, _ := failure["occurrences"].(int64)
				occurrences += count
			}
		}
	}
	if want := runner.counted.Total; requests != want.Requests || failures != want.Failures || occurrences != want.Failures || requests == 0 {
		t.Errorf("reported %d requests, %d failures, %d errors; counted %d, %d", requests, failures, occurrences, want.Requests, want.Failures)
	}
}

func fullRead(conn net.Conn, data []byte) error {
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := io.ReadFull(conn, data)
	return err
}

func TestUnsentReportsAreSentLater(t *testing.T) {
	leaks(t)
	master := newFakeMaster(t)
	runner := newFakeRunner()
	s := newSession(t.Context(), master.quickConfig().withDefaults(), runner, "host_1")
	defer s.close()
	connect := func() *peer {
		s.dial()
		p := master.accept()
		s.connected(<-s.dialed)
		s.lastHeartbeat = time.Now()
		s.join()
		return p
	}
	count := func(m protocol.Message) any {
		total, _ := m.Fields()["stats_total"].(map[string]any)
		return total["num_requests"]
	}
	connect()
	runner.recorder.Log(stats.Key{Name: "a"}, time.Now(), 1, 1, "")
	runner.recorder.LogException("e", "line 1")
	_ = s.link.conn.Close()
	s.report()
	if s.phase != disconnected || s.unsent == nil {
		t.Fatalf("phase %v, unsent %v", s.phase, s.unsent)
	}
	p := connect()
	runner.recorder.Log(stats.Key{Name: "a"}, time.Now(), 1, 1, "")
	s.report()
	if got := count(p.next("stats")); got != int64(2) {
		t.Errorf("%v requests, want 2", got)
	}
	p.next("exception")
	s.report()
	if got := count(p.next("stats", "exception")); got != int64(0) {
		t.Errorf("%v requests a second time", got)
	}
	_ = p.conn.Close()
}

// If a worker ends without a connection, it warns about measurements that were not sent, if there are any.
func TestEndWithoutAConnection(t *testing.T) {
	for name, test := range map[string]struct {
		count func(*stats.Recorder)
		want  string
	}{
		"nothing":   {func(*stats.Recorder) {}, ""},
		"a request": {func(r *stats.Recorder) { r.Log(stats.Key{Name: "a"}, time.Now(), 1, 1, "") }, "the last measurements were not sent to the master (requests: 1, exceptions: 0)"},
		"an error":  {func(r *stats.Recorder) { r.LogException("e", "line 1") }, "the last measurements were not sent to the master (requests: 0, exceptions: 1)"},
	} {
		t.Run(name, func(t *testing.T) {
			leaks(t)
			master := newFakeMaster(t)
			config := master.quickConfig().withDefaults()
			var warnings []string
			config.Logger = func(level, message string) {
				if level == "warning" {
					warnings = append(warnings, message)
				}
			}
			runner := newFakeRunner()
			s := newSession(t.Context(), config, runner, "host_1")
			defer s.close()
			s.dial()
			master.accept()
			s.connected(<-s.dialed)
			s.join()
			s.disconnect()
			test.count(runner.recorder)
			s.finish(Canceled, nil)
			if got := strings.Join(warnings, "\n"); !s.ended || got != test.want {
				t.Errorf("it ended: %v, with the warnings %q, want %q", s.ended, got, test.want)
			}
		})
	}
}

func TestExceptionsAreSentOneByOneAndNoneIsLost(t *testing.T) {
	t.Parallel()
	master := newFakeMaster(t)
	runner := newFakeRunner()
	worker := start(t, master.quickConfig(), runner)
	p := master.accept()
	p.join()
	for range maxExceptions + 5 {
		runner.recorder.LogException("division by zero", "line 1")
	}
	runner.recorder.LogException("other", "line 2")
	got := map[string]int{}
	for range maxExceptions + 6 {
		fields := p.next("exception").Fields()
		got[fmt.Sprint(fields["msg"], " at ", fields["traceback"])]++
	}
	if want := map[string]int{"division by zero at line 1": maxExceptions + 5, "other at line 2": 1}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	worker.cancel()
	p.next("quit")
	_ = p.conn.Close()
	worker.wait(t, Canceled)
}

func TestFailedJobIsReported(t *testing.T) {
	t.Parallel()
	master := newFakeMaster(t)
	runner := newFakeRunner()
	runner.refuse = errors.New("there is no class Buyer")
	worker := start(t, master.quickConfig(), runner)
	p := master.accept()
	p.join()
	p.send("spawn", spawnData(1, 1, 1))
	if complete := p.next("spawning_complete").Fields(); complete["user_count"] != int64(0) {
		t.Errorf("spawning_complete says %v", complete)
	}
	if fields := p.next("exception").Fields(); fields["traceback"] != "there is no class Buyer" {
		t.Errorf("the exception is %v", fields)
	}
	p.send("quit", nil)
	worker.wait(t, Quit)
}

// Users may finish within the stop timeout, but the statistics are sent without waiting for it.
func TestQuitReportsBeforeUsersHaveStopped(t *testing.T) {
	t.Parallel()
	master := newFakeMaster(t)
	runner := newFakeRunner()
	runner.slow = time.Hour
	config := master.quickConfig()
	config.ReportInterval = time.Hour
	worker := start(t, config, runner)
	p := master.accept()
	p.join()
	data := spawnData(1, 1, 0)
	data["stop_timeout"] = 1
	p.send("spawn", data)
	p.next("spawning_complete")
	p.send("quit", nil)
	for range 2 { // one immediately, one while the master still listens
		p.next("stats")
	}
	if worker.total() != 1 {
		t.Error("the user did not get the stop timeout")
	}
	worker.wait(t, Quit)
}

func TestCancelQuitsAfterTheLastReport(t *testing.T) {
	leaks(t)
	master := newFakeMaster(t)
	worker := start(t, master.quickConfig(), newFakeRunner())
	p := master.accept()
	p.join()
	p.send("spawn", spawnData(1, 2, 2))
	p.next("spawning_complete")
	worker.cancel()
	var last protocol.Message
	for m := p.next("stats", "quit"); m.Kind != "quit"; m = p.next("stats", "quit") {
		last = m
	}
	if last.Fields()["user_count"] != int64(0) {
		t.Errorf("the last report is %v", last.Fields())
	}
	_ = p.conn.Close()
	worker.wait(t, Canceled)
}

func TestCancelWithoutAMaster(t *testing.T) {
	leaks(t)
	config := newFakeMaster(t).quickConfig() // accepts connections but never answers
	worker := start(t, config, newFakeRunner())
	time.Sleep(50 * time.Millisecond)
	worker.cancel()
	worker.wait(t, Canceled)
}

func TestReconnect(t *testing.T) {
	for _, test := range []struct {
		name string
		// lost closes the connection. answers is true if the master still knows the worker when it reconnects.
		lost    func(p *peer)
		away    time.Duration
		answers bool
		// stays is true if the users keep running.
		stays bool
	}{
		{"a short loss", func(p *peer) { _ = p.conn.Close() }, 0, true, true},
		{"a long loss", func(p *peer) { _ = p.conn.Close() }, 400 * time.Millisecond, true, false},
		{"the master was restarted", func(p *peer) { _ = p.conn.Close() }, 0, false, false},
		{"the master says reconnect", func(p *peer) { p.send("reconnect", nil) }, 0, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			leaks(t)
			master := newFakeMaster(t)
			runner := newFakeRunner()
			worker := start(t, master.quickConfig(), runner)
			p := master.accept()
			p.join()
			p.send("spawn", spawnData(1000, 2, 0))
			p.next("spawning_complete")
			p.next("stats")
			resets := func() int { runner.mu.Lock(); defer runner.mu.Unlock(); return runner.resets }
			before := resets()
			if test.away > 0 { // no connection in the meantime
				address := master.listener.Addr().String()
				_ = master.listener.Close()
				test.lost(p)
				time.Sleep(test.away)
				listener, err := net.Listen("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = listener.Close() })
				master.listener = listener
			} else {
				test.lost(p)
			}
			id := p.id
			p = master.accept()
			if p.id != id {
				t.Errorf("the identity changed from %q to %q", id, p.id)
			}
			state := p.next("heartbeat").Fields()["state"]
			if want := map[bool]string{true: "running", false: "ready"}[test.away == 0]; state != want {
				t.Errorf("the worker returns as %v, want %s", state, want)
			}
			if test.answers {
				// The master sends a job immediately. The worker must report its old statistics before the job clears
				// them.
				p.send("spawn", spawnData(1000.5, 2, 0))
				if m := p.next("stats", "spawning"); m.Kind != "stats" {
					t.Errorf("before its job, the worker sends %q", m.Kind)
				}
			} else {
				p.next("client_ready")
				p.send("ack", map[string]any{"index": 0})
				p.next("stats")
			}
			if !test.answers && worker.total() != 0 {
				t.Errorf("%d users still run after a change of the master", worker.total())
			}
			timestamp := 1001.0
			if !test.answers {
				timestamp = 5 // the clock of another master
			}
			if test.answers {
				p.next("spawning_complete")
			}
			if kept := resets() == before; kept != test.stays {
				t.Errorf("the statistics continue: %v, want %v", kept, test.stays)
			}
			p.send("spawn", spawnData(timestamp, 1, 0))
			if complete := p.next("spawning_complete").Fields(); complete["user_count"] != int64(1) {
				t.Errorf("spawning_complete says %v", complete)
			}
			p.send("quit", nil)
			worker.wait(t, Quit)
			_ = p.conn.Close()
		})
	}
}

// A master without heartbeats does not show whether it still knows the worker. Therefore, the worker waits until the
// master has counted it as missing.
func TestReconnectToAnOldMaster(t *testing.T) {
	t.Parallel()
	master := newFakeMaster(t)
	worker := start(t, master.quickConfig(), newFakeRunner())
	p := master.accept()
	p.next("client_ready")
	p.send("ack", nil)
	p.send("spawn", spawnData(1, 2, 0))
	p.next("spawning_complete")
	_ = p.conn.Close()
	lost := time.Now()
	p = master.accept()
	if away := time.Since(lost); away < 150*time.Millisecond {
		t.Errorf("the worker returned after %v", away)
	}
	if m := p.next("heartbeat", "client_ready", "spawning"); m.Kind != "client_ready" || worker.total() != 0 {
		t.Errorf("the worker returned with %q and %d users", m.Kind, worker.total())
	}
	p.send("ack", nil)
	p.send("quit", nil)
	worker.wait(t, Quit)
}

func TestUsersStopWithoutAMaster(t *testing.T) {
	leaks(t)
	master := newFakeMaster(t)
	worker := start(t, master.impatientConfig(), newFakeRunner())
	p := master.accept()
	p.join()
	p.send("spawn", spawnData(1, 2, 0))
	p.next("spawning_complete")
	_ = master.listener.Close()
	_ = p.conn.Close()
	eventually(t, "the users stop", func() bool { return worker.total() == 0 })
	select {
	case <-worker.ended:
		t.Error("the users ran until the worker gave up")
	default:
	}
	worker.wait(t, Lost)
	if !strings.Contains(worker.err.Error(), "for 2s") || !strings.Contains(worker.err.Error(), "refused") {
		t.Errorf("the error is %v", worker.err)
	}
}

func TestSilentMasterEndsTheWorker(t *testing.T) {
	leaks(t)
	master := newFakeMaster(t)
	worker := start(t, master.impatientConfig(), newFakeRunner())
	p := master.accept()
	p.join()
	p.send("spawn", spawnData(1, 2, 0))
	worker.wait(t, Lost)
	if !errors.Is(worker.err, errSilent) {
		t.Errorf("the error is %v", worker.err)
	}
	_ = p.conn.Close()
}

func TestHostileMasters(t *testing.T) {
	floods := func(p *peer, data []byte) {
		for range 2000 {
			p.write(data)
		}
	}
	message := func(kind string, data any) []byte {
		frame, _ := protocol.Encode(kind, data, "x")
		return zmtpFrame(frame)
	}
	for _, test := range []struct {
		name string
		play func(p *peer)
		// stays is true if the connection survives.
		stays bool
	}{
		{"rubbish in ZMTP", func(p *peer) { p.write(bytes.Repeat([]byte{0xff, 0x7f, 0xee}, 1000)) }, false},
		{"a giant frame", func(p *peer) { p.write([]byte{2, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) }, false},
		{"a connection that ends in a frame", func(p *peer) { p.write([]byte{0, 200, 1, 2}); _ = p.conn.Close() }, false},
		{"half a frame and silence", func(p *peer) { p.write([]byte{0, 200, 1, 2}) }, false},
		{"rubbish in MessagePack", func(p *peer) { floods(p, []byte{0, 3, 0xc1, 1, 2}) }, true},
		{"a map of 4 billion", func(p *peer) { p.write([]byte{0, 5, 0xdf, 0xff, 0xff, 0xff, 0xff}) }, true},
		{"nested arrays", func(p *peer) { p.write(zmtpFrame(bytes.Repeat([]byte{0x91}, 1<<20))) }, true},
		{"two frames", func(p *peer) { p.write([]byte{1, 1, 'a', 0, 1, 'b'}) }, true},
		{"invalid messages", func(p *peer) { p.write([]byte{0, 4, 0x93, 1, 2, 3, 0, 1, 0x90, 0, 1, 0xc0}) }, true},
		{"a flood of heartbeats", func(p *peer) { floods(p, message("heartbeat", nil)) }, true},
		{"a flood of acks", func(p *peer) { floods(p, message("ack", map[string]any{"index": "x"})) }, true},
		{"a flood of unknown messages", func(p *peer) {
			for i := range 2000 {
				p.send(fmt.Sprint("kind", i), nil)
			}
		}, true},
		{"a flood of jobs and stops", func(p *peer) {
			for i := range 200 {
				p.send("spawn", spawnData(float64(10+i), i%5, 1))
				p.send("stop", nil)
			}
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			leaks(t)
			master := newFakeMaster(t)
			config := master.quickConfig()
			if strings.Contains(test.name, "silence") {
				config.ConnectTimeout = 500 * time.Millisecond // this limits a read, too
			}
			worker := start(t, config, newFakeRunner())
			p := master.accept()
			p.join()
			p.send("spawn", spawnData(1, 2, 0))
			p.next("spawning_complete")
			reading := make(chan struct{})
			go func() { // read and ignore everything, so that the worker is not blocked
				defer close(reading)
				buffer := make([]byte, 1<<16)
				for {
					if _, err := p.conn.Read(buffer); err != nil {
						return
					}
				}
			}()
			test.play(p)
			if test.stays {
				p.send("quit", nil)
			} else {
				<-reading
				again := master.accept()
				again.next("heartbeat")
				again.send("heartbeat", nil)
				again.next("stats")
				again.send("quit", nil)
				defer func() { _ = again.conn.Close() }()
			}
			worker.wait(t, Quit)
			_ = p.conn.Close()
			<-reading
			if lines := strings.Count(worker.log.Text(), "\n"); lines > maxWarnings+20 {
				t.Errorf("the worker logged %d lines", lines)
			}
		})
	}
}

func TestPeersOtherThanAMaster(t *testing.T) {
	for _, test := range []struct {
		name, want string
		play       func(conn net.Conn)
	}{
		{"never answers", "timeout", func(net.Conn) {}},
		{"hangs up", "EOF", func(conn net.Conn) { buffer := make([]byte, 64); _, _ = conn.Read(buffer); _ = conn.Close() }},
		{"speaks HTTP", "begins with", func(conn net.Conn) { _, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n")) }},
		{"is silent after the greeting", "does not respond", func(conn net.Conn) { _, _ = conn.Write(routerGreeting) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			leaks(t)
			master := newFakeMaster(t)
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				var conns []net.Conn
				for {
					conn, err := master.listener.Accept()
					if err != nil {
						break
					}
					test.play(conn)
					conns = append(conns, conn)
				}
				for _, conn := range conns {
					_ = conn.Close()
				}
			}()
			config := master.impatientConfig()
			config.ConnectRetries = 2
			worker := start(t, config, newFakeRunner())
			worker.wait(t, Lost)
			if !strings.Contains(worker.err.Error(), test.want) || !strings.Contains(worker.err.Error(), "127.0.0.1:") {
				t.Errorf("the error is %v, want %q", worker.err, test.want)
			}
			_ = master.listener.Close()
			<-closed
		})
	}
}

func TestClientID(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"pod-1":                  `^pod-1_[0-9a-f]{32}$`,
		"a_b c\x00\xff한":         `^a-b-c----?_[0-9a-f]{32}$`,
		"":                       `^[!-^` + "`" + `-~]+_[0-9a-f]{32}$`,
		strings.Repeat("x", 300): `^x{200}_[0-9a-f]{32}$`,
	} {
		if id := clientID(host); !regexp.MustCompile(want).MatchString(id) {
			t.Errorf("%q became %q", host, id)
		}
	}
	if first, second := clientID("a"), clientID("a"); first == second {
		t.Error("two workers have the same id")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	var u usage
	begin := time.Now()
	if percent := u.cpu(begin); percent != 0 {
		t.Errorf("%v%% before anything was measured", percent)
	}
	for time.Since(begin) < 50*time.Millisecond {
		continue
	}
	if percent := u.cpu(begin.Add(usageInterval / 2)); percent != 0 {
		t.Errorf("%v%% before the interval ended", percent)
	}
	if percent := u.cpu(begin.Add(usageInterval)); percent <= 0 || percent > 100 {
		t.Errorf("%v%%", percent)
	}
	if bytes := memory(); bytes < 1<<20 || bytes > 1<<40 {
		t.Errorf("%d bytes of memory", bytes)
	}
}

var _ Runner = (*fakeRunner)(nil)
