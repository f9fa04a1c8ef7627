package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/zmtp"
)

// States of a worker, as the master knows them.
const (
	stateReady    = "ready"
	stateSpawning = "spawning"
	stateRunning  = "running"
)

const (
	// maxHellos limits the client_ready messages on one connection. After that, the worker opens a new connection.
	maxHellos = 3
	// maxExceptions limits the exceptions per report, because each one is a separate message. Exceptions above the
	// limit wait for the next report.
	maxExceptions = 1000
	// maxWarnings limits the log lines that a faulty master can cause.
	maxWarnings = 20
	// quitReport is how long after a quit the worker sends a report if users are still stopping. A Locust master
	// listens for 0.5 s after the quit.
	quitReport = 300 * time.Millisecond
	// linger is how long a master may take to read the last messages.
	linger = 500 * time.Millisecond
)

var (
	errNoAck     = errors.New("the master does not respond")
	errReconnect = errors.New("the master asked for a new connection")
	errSilent    = errors.New("no heartbeat from the master")
)

// phase is the state of the connection to the master.
type phase int

const (
	// disconnected means that there is no connection.
	disconnected phase = iota
	// clearing means that there is a connection, but the previous users must stop before anything is sent.
	clearing
	// probing means that the worker has reconnected and asked, with a heartbeat, whether the master still knows it.
	probing
	// greeting means that client_ready was sent, but the ack has not arrived yet.
	greeting
	joined
	// rejoining means that client_stopped was sent, and client_ready will follow.
	rejoining
)

// session is the state of a worker. Only the goroutine of run uses it. Spawn, Stop, dialing, and reading run on other
// goroutines, which send their results to this goroutine.
type session struct {
	config Config
	runner Runner
	id     string
	// ctx is canceled at the end of the session. This stops dialing.
	ctx context.Context
	end context.CancelFunc

	phase phase
	link  *link
	// known is true if the master has this worker in its table.
	known bool
	// lostAt is when the connection to the master was lost, or when the worker began to join a master.
	lostAt time.Time
	// lastHeartbeat is the time of the master's last heartbeat. It is zero for masters before 2.19, which send no
	// heartbeats.
	lastHeartbeat time.Time
	hellos        int
	lastErr       string
	warned        map[string]bool
	index         int
	// wantsLatency is true if the master asked for precise response times. A Locust master never asks for them.
	wantsLatency bool

	state     string
	lastSpawn float64
	job       Job
	// pending is the next job. afterStop runs once all users have stopped, before the pending job.
	pending   *Job
	afterStop []func()
	busy      bool
	// unsent contains measurements that were taken from the runner but did not reach the master.
	unsent     *stats.Stats
	exceptions []*stats.Exception
	usage      usage

	timer   *time.Timer // timeout of the phase
	reports *time.Ticker
	dialed  chan dialed
	dials   sync.WaitGroup
	done    chan func()

	ending, ended bool
	result        Result
	err           error
}

type dialed struct {
	conn *zmtp.Conn
	err  error
}

func newSession(ctx context.Context, config Config, runner Runner, id string) *session {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	return &session{
		config: config, runner: runner, id: id, ctx: life, end: end, state: stateReady, index: -1,
		warned: map[string]bool{}, lostAt: time.Now(), timer: time.NewTimer(0),
		reports: time.NewTicker(config.ReportInterval), dialed: make(chan dialed), done: make(chan func()),
	}
}

func (s *session) run(canceled <-chan struct{}) (Result, error) {
	heartbeat := time.NewTicker(s.config.HeartbeatInterval)
	defer heartbeat.Stop()
	defer s.reports.Stop()
	for !s.ended {
		var incoming <-chan protocol.Message
		if s.link != nil {
			incoming = s.link.messages
		}
		select {
		case <-canceled:
			canceled = nil
			s.finish(Canceled, nil)
		case dialed := <-s.dialed:
			s.connected(dialed)
		case m, open := <-incoming:
			if open {
				s.handle(m)
			} else {
				s.reconnect(s.link.err)
			}
		case <-heartbeat.C:
			s.tick()
		case <-s.reports.C:
			s.report()
		case <-s.timer.C:
			s.timeout()
		case then := <-s.done:
			s.busy = false
			then()
			s.work()
		}
	}
	return s.result, s.err
}

// close stops all goroutines of the session. All users have stopped already.
func (s *session) close() {
	s.timer.Stop()
	s.end()
	s.dials.Wait()
	if s.link != nil {
		s.link.drain(linger)
		s.link.close()
	}
}

func (s *session) log(level, format string, args ...any) {
	s.config.Logger(level, fmt.Sprintf(format, args...))
}

// warnOnce logs a warning, unless it has already logged one of this kind.
func (s *session) warnOnce(kind, format string, args ...any) {
	if !s.warned[kind] && len(s.warned) < maxWarnings {
		s.warned[kind] = true
		s.log("warning", format, args...)
	}
}

func (s *session) address() string {
	return net.JoinHostPort(s.config.MasterHost, strconv.Itoa(s.config.MasterPort))
}

func (s *session) dial() {
	address, options := s.address(), zmtp.Options{Identity: s.id, Timeout: s.config.ConnectTimeout}
	s.dials.Go(func() {
		conn, err := zmtp.Dial(s.ctx, address, options)
		select {
		case s.dialed <- dialed{conn, err}:
		case <-s.ctx.Done():
			if err == nil {
				_ = conn.Close()
			}
		}
	})
}

func (s *session) connected(dialed dialed) {
	if dialed.err != nil {
		s.retry(dialed.err, s.config.RedialInterval)
		return
	}
	s.link, s.hellos = newLink(dialed.conn), 0
	switch {
	case s.ending:
		s.disconnect()
	case !s.known:
		s.stopUsersThen(s.joinAsNew)
	case time.Since(s.lostAt) >= s.config.missingAfter():
		s.stopUsersThen(s.probe)
	default:
		s.probe()
	}
}

// stopUsersThen stops all users, and then calls next.
func (s *session) stopUsersThen(next func()) {
	s.phase = clearing
	s.stopUsers(func() {
		if s.phase == clearing && !s.ending {
			next()
		}
	})
}

// probe asks whether the master still knows this worker. If it does, client_ready must not be sent, because the
// master's dispatcher would count this worker twice.
func (s *session) probe() {
	s.phase = probing
	s.timer.Reset(s.config.missingAfter())
	s.sendHeartbeat()
}

// joinAsNew joins a master that does not know this worker. It discards earlier measurements.
func (s *session) joinAsNew() {
	s.lastSpawn, s.lastHeartbeat = 0, time.Time{}
	s.resetStats()
	s.hello()
}

func (s *session) hello() {
	s.phase = greeting
	s.hellos++
	s.timer.Reset(s.config.ConnectTimeout)
	var version any = -1
	if s.config.Version != "" {
		version = s.config.Version
	}
	s.send("client_ready", version)
}

func (s *session) join() {
	s.phase, s.known, s.lastErr = joined, true, ""
	if !s.lastHeartbeat.IsZero() {
		s.lastHeartbeat = time.Now()
	}
	s.timer.Stop()
	s.log("info", "joined the master at %s as %s", s.address(), s.id)
}

// reconnect closes the connection and tries to open a new one.
func (s *session) reconnect(err error) {
	if s.phase == joined || s.phase == rejoining {
		s.lostAt = time.Now()
	}
	s.disconnect()
	if s.ending {
		return
	}
	delay := s.config.RedialInterval
	if s.known && s.lastHeartbeat.IsZero() {
		// A master without heartbeats cannot be asked whether it knows this worker. Wait until it counts the worker as
		// missing.
		s.known = false
		delay = max(delay, s.config.missingAfter()+2*s.config.HeartbeatInterval)
	}
	s.retry(err, delay)
}

func (s *session) disconnect() {
	s.phase = disconnected
	if s.link != nil {
		s.link.close()
		s.link = nil
	}
}

func (s *session) retry(err error, delay time.Duration) {
	if s.ending || s.giveUp(err) {
		return
	}
	if s.lastErr != err.Error() {
		s.lastErr = err.Error()
		s.log("warning", "no master at %s, retrying: %v", s.address(), err)
	}
	s.timer.Reset(delay)
}

func (s *session) giveUp(err error) bool {
	limit := s.config.ConnectTimeout * time.Duration(s.config.ConnectRetries)
	if time.Since(s.lostAt) < limit {
		return false
	}
	s.finish(Lost, fmt.Errorf("no master at %s for %v: %w", s.address(), limit, err))
	return true
}

// timeout takes the next step when the timeout of a phase has expired.
func (s *session) timeout() {
	switch {
	case s.ending:
		s.report()
	case s.phase == disconnected:
		s.dial()
	case s.phase == probing:
		s.known = false
		s.stopUsersThen(s.joinAsNew)
	case s.phase == rejoining:
		s.hellos, s.lostAt = 0, time.Now()
		s.hello()
	case s.phase == greeting && s.hellos < maxHellos:
		if !s.giveUp(errNoAck) {
			s.hello()
		}
	case s.phase == greeting:
		s.reconnect(errNoAck)
	}
}

func (s *session) handle(m protocol.Message) {
	if m.Err != nil {
		s.warnOnce("", "ignored a message from the master: %v", m.Err)
		return
	}
	if s.ending {
		return
	}
	if s.phase == probing {
		s.join()
		s.report() // a job would discard unsent measurements
	}
	switch m.Kind {
	case "heartbeat":
		s.lastHeartbeat = time.Now()
	case "ack":
		if index, ok := m.Fields()["index"].(int64); ok {
			s.index = int(index)
		}
		s.wantsLatency, _ = m.Fields()[protocol.AckLatency].(bool)
		if seconds, ok := protocol.Number(m.Fields()[protocol.AckReportInterval]); ok && seconds >= 0.1 && seconds <= 60 {
			s.reports.Reset(time.Duration(seconds * float64(time.Second)))
		}
		if s.phase == greeting {
			s.join()
		}
	case "spawn":
		s.spawn(m)
	case "spawning_complete":
		if s.job.resetStats {
			s.resetStats()
		}
	case "stop":
		s.stop()
	case "quit":
		s.log("info", "the master sent quit")
		s.finish(Quit, nil)
	case "reconnect":
		s.reconnect(errReconnect)
	case "update_user_class": // the master cannot change the classes of a script
	default:
		s.warnOnce(m.Kind, "ignored a message of the unknown type %.50q from the master", m.Kind)
	}
}

func (s *session) spawn(m protocol.Message) {
	if !s.send("spawning", nil) {
		return
	}
	job, err := jobOf(m)
	if err != nil {
		s.warnOnce("spawn", "ignored a job from the master: %v", err)
		return
	}
	if job.Timestamp <= s.lastSpawn {
		s.log("info", "ignored a job from the master that is not newer than the previous one")
		return
	}
	if s.state == stateReady {
		s.resetStats()
	}
	job.WorkerIndex = s.index
	s.state, s.lastSpawn, s.job, s.pending = stateSpawning, job.Timestamp, job, &job
	s.work()
}

// stop handles the message `stop` from the master. The master removes this worker, and adds it again when it is ready.
func (s *session) stop() {
	ready := time.Now().Add(s.job.StopTimeout + s.config.ReadyDelay)
	s.stopUsers(func() {
		if s.phase != joined || s.ending {
			return
		}
		s.report()
		if s.send("client_stopped", nil) {
			s.known, s.phase = false, rejoining
			s.timer.Reset(time.Until(ready))
		}
	})
}

// stopUsers stops all users, discards any job that has not started, and finally calls done.
func (s *session) stopUsers(done func()) {
	s.pending = nil
	s.afterStop = append(s.afterStop, done)
	s.work()
}

// work starts the next action. Only one runs at a time.
func (s *session) work() {
	switch {
	case s.busy:
	case len(s.afterStop) > 0 && s.state == stateReady:
		s.stopped()
	case len(s.afterStop) > 0:
		s.busy = true
		grace := s.job.StopTimeout
		go func() {
			ctx, cancel := context.WithTimeout(s.ctx, grace)
			defer cancel()
			s.runner.Stop(ctx)
			s.done <- s.stopped
		}()
	case s.pending != nil:
		s.busy = true
		job := *s.pending
		s.pending = nil
		go func() {
			err := s.runner.Spawn(job)
			s.done <- func() { s.spawned(err) }
		}()
	}
}

func (s *session) stopped() {
	if s.pending == nil {
		s.state = stateReady
	}
	todo := s.afterStop
	s.afterStop = nil
	for _, next := range todo {
		next()
	}
}

func (s *session) spawned(err error) {
	if err != nil {
		s.log("error", "cannot run the master's job: %v", err)
		s.queue(&stats.Exception{Count: 1, Message: "a worker cannot run its job", Traceback: err.Error()})
	}
	if s.pending != nil || len(s.afterStop) > 0 {
		return
	}
	s.state = stateRunning
	if s.phase == joined {
		s.send("spawning_complete", protocol.UserReport(s.runner.Users()))
	}
}

// tick runs once per heartbeat interval.
func (s *session) tick() {
	switch {
	case s.phase == joined && !s.ending && !s.lastHeartbeat.IsZero() && time.Since(s.lastHeartbeat) > s.config.MasterTimeout:
		s.finish(Lost, fmt.Errorf("%w at %s for %v", errSilent, s.address(), s.config.MasterTimeout))
	case s.phase == joined || s.phase == probing:
		s.sendHeartbeat()
	case s.phase == disconnected && s.state != stateReady && len(s.afterStop) == 0 && time.Since(s.lostAt) > s.config.MasterTimeout:
		s.log("warning", "no master for %v: stopping all users", s.config.MasterTimeout)
		s.stopUsers(func() {})
	}
}

func (s *session) sendHeartbeat() {
	s.send("heartbeat", map[string]any{
		"state": s.state, "current_cpu_usage": s.usage.cpu(time.Now()), "current_memory_usage": memory(),
	})
}

// report sends the measurements since the last report.
func (s *session) report() {
	if s.phase != joined {
		return
	}
	s.collect()
	if s.send("stats", protocol.StatsReport(s.unsent, s.runner.Users(), s.wantsLatency)) {
		s.unsent = nil
		s.sendExceptions()
	}
}

// collect takes the measurements from the runner.
func (s *session) collect() {
	delta := s.runner.Take()
	for _, exception := range delta.Exceptions() {
		s.queue(exception)
	}
	if s.unsent != nil {
		s.unsent.Add(delta)
		delta = s.unsent
	}
	s.unsent = delta
}

func (s *session) queue(exception *stats.Exception) {
	for _, known := range s.exceptions {
		if known.Traceback == exception.Traceback && known.Message == exception.Message {
			known.Count += exception.Count
			return
		}
	}
	s.exceptions = append(s.exceptions, exception)
}

// sendExceptions sends each exception in a separate message, because the master counts one exception per message.
func (s *session) sendExceptions() {
	for range maxExceptions {
		if len(s.exceptions) == 0 {
			return
		}
		exception := s.exceptions[0]
		if !s.send("exception", map[string]any{"msg": protocol.UTF8(exception.Message), "traceback": protocol.UTF8(exception.Traceback)}) {
			return
		}
		if exception.Count--; exception.Count <= 0 {
			s.exceptions = s.exceptions[1:]
		}
	}
}

func (s *session) resetStats() {
	s.unsent, s.exceptions = nil, nil
	s.runner.ResetStats()
}

// send sends a message. If this fails, it returns false. The connection is then lost, so the caller must not continue
// its phase.
func (s *session) send(kind string, data any) bool {
	if s.link == nil {
		return false
	}
	frame, err := protocol.Encode(kind, data, s.id)
	if err == nil {
		err = s.link.conn.Send(frame)
	}
	if err != nil {
		s.reconnect(err)
		return false
	}
	return true
}

// finish stops the users, sends the last messages, and ends the session.
func (s *session) finish(result Result, err error) {
	if s.ending {
		return
	}
	s.ending, s.result, s.err = true, result, err
	s.timer.Stop()
	if result == Quit {
		s.report()
		s.timer.Reset(quitReport)
	}
	s.stopUsers(func() {
		s.report()
		if result == Canceled {
			s.send("quit", nil)
		}
		s.warnOfUnsent()
		s.ended = true
	})
}

// warnOfUnsent logs how many measurements were not sent to the master.
func (s *session) warnOfUnsent() {
	if s.phase != joined {
		s.collect()
	}
	var requests, exceptions int64
	if s.unsent != nil {
		requests = s.unsent.Total.Requests
	}
	for _, exception := range s.exceptions {
		exceptions += exception.Count
	}
	if requests+exceptions > 0 {
		s.log("warning", "the last measurements were not sent to the master (requests: %d, exceptions: %d)", requests, exceptions)
	}
}
