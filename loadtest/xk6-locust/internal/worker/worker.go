// Package worker is a worker of a Locust master: it joins one, runs the users that it is given, and reports what they did.
// It speaks the protocol of Locust 2.11 to 2.47 as locust/runners.py has it (read at 2.11.0 and 2.47.0).
//
// Where it deliberately does otherwise than Locust's own worker:
//   - A lost connection is made again, for ConnectTimeout times ConnectRetries (300 s). A master that answers our heartbeat
//     still knows us and the test goes on; one that does not was restarted, or has given us up, and is joined anew with no
//     users. Locust's worker never says client_ready again: its heartbeats go unheard until it quits after 60 s.
//   - Users stop when the connection was lost for MasterTimeout, and before we come back to a master that has meanwhile
//     counted us missing and handed our users to others: Locust's worker would run them twice.
//   - Statistics that could not be sent are kept and go out with the next report; a restarted master gets none of them.
//   - The last report is sent as soon as a quit arrives and again when the users have stopped: the master listens for 0.5 s
//     only, a stop timeout may be longer. After stop there is one before client_stopped, not up to 3 s later.
//   - client_ready follows the arrival of stop by the stop timeout. Locust waits for that time again after the users stopped.
//   - --reset-stats is taken from the master; Locust wants it on each worker as well.
//   - A job that cannot be run (a class that this test does not have) is reported as an exception, not only logged here.
package worker

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Runner is what the worker drives. Spawn and Stop are never called at the same time; the others may be called at any
// time, and have to return soon.
type Runner interface {
	// Spawn starts and stops users until there are as many of each class as the job says. It returns once they are being
	// started. An error says that the job cannot be run; the master is told.
	Spawn(job Job) error
	// Stop stops all users and returns when none is left. They may finish what they do until the context ends, which may be
	// at once.
	Stop(ctx context.Context)
	// Users returns how many users of each class there are; classes without any are in it too.
	Users() map[string]int
	// Take returns what was counted since the last Take.
	Take() *stats.Stats
	// ResetStats throws away what was counted since the last Take.
	ResetStats()
}

// Config says which master to join, and how. Zero values stand for Locust's own.
type Config struct {
	// MasterHost and MasterPort are where the master listens: 127.0.0.1 and 5557.
	MasterHost string
	MasterPort int
	// Hostname is what the id of this worker begins with, by default the name of this machine. A master shares users out
	// evenly among the names.
	Hostname string
	// Version is the version of Locust that this worker claims to be, such as "2.47.0". A master of which the first four
	// characters differ logs a warning, and does no more. Without one the master is asked not to compare.
	Version string
	// HeartbeatInterval is 1 s. A master counts a worker missing after three missed ones.
	HeartbeatInterval time.Duration
	// ReportInterval is 3 s.
	ReportInterval time.Duration
	// MasterTimeout is how long a connected master may be silent, and for how long users run without a connection: 60 s.
	MasterTimeout time.Duration
	// ConnectTimeout is how long a try to connect, an answer to client_ready and a write may take: 5 s.
	ConnectTimeout time.Duration
	// ConnectRetries times ConnectTimeout is for how long a master is looked for: 60.
	ConnectRetries int
	// RedialInterval is how long to wait between two tries to connect: 1 s.
	RedialInterval time.Duration
	// ReadyDelay is added to the stop timeout before a stopped worker is ready again; in seconds it is Locust's
	// LOCUST_WORKER_ADDITIONAL_WAIT_BEFORE_READY_AFTER_STOP. 0.
	ReadyDelay time.Duration
	// Logger is told what happens, with "debug", "info", "warning" or "error", never by two goroutines at a time.
	Logger func(level, message string)
}

// The constants of locust/runners.py.
const (
	defaultPort           = 5557
	heartbeatInterval     = time.Second
	heartbeatLiveness     = 3
	workerReportInterval  = 3 * time.Second
	masterTimeout         = 60 * time.Second
	connectTimeout        = 5 * time.Second
	connectRetries        = 60
	defaultRedialInterval = time.Second // ours: ZeroMQ's is 100 ms
)

func (c Config) withDefaults() Config {
	c.MasterHost = cmp.Or(c.MasterHost, "127.0.0.1")
	c.MasterPort = cmp.Or(c.MasterPort, defaultPort)
	c.HeartbeatInterval = cmp.Or(c.HeartbeatInterval, heartbeatInterval)
	c.ReportInterval = cmp.Or(c.ReportInterval, workerReportInterval)
	c.MasterTimeout = cmp.Or(c.MasterTimeout, masterTimeout)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, connectTimeout)
	c.ConnectRetries = cmp.Or(c.ConnectRetries, connectRetries)
	c.RedialInterval = cmp.Or(c.RedialInterval, defaultRedialInterval)
	if c.Logger == nil {
		c.Logger = func(string, string) {}
	}
	return c
}

// missingAfter is when a master that hears nothing counts a worker missing.
func (c Config) missingAfter() time.Duration { return heartbeatLiveness * c.HeartbeatInterval }

// Result says why a worker ended.
type Result string

const (
	// Quit means that the master said so: the test is over.
	Quit Result = "quit"
	// Canceled means that the context ended; the master was told.
	Canceled Result = "canceled"
	// Lost means that there is no master any more, or never was one. An error says more.
	Lost Result = "lost"
)

// Run joins the master and works for it until it says quit, the context ends, or it is gone for good. All users are
// stopped when it returns. The error is nil unless the result is Lost.
func Run(ctx context.Context, config Config, runner Runner) (Result, error) {
	config = config.withDefaults()
	s := newSession(ctx, config, runner, clientID(config.Hostname))
	defer s.close()
	return s.run(ctx.Done())
}

// clientID returns a new id: the host's name, "_", 32 digits. The master takes what stands before the first "_" as the host.
func clientID(host string) string {
	if host == "" {
		host, _ = os.Hostname()
	}
	const longest = 200 // of the 255 bytes of a ZeroMQ identity
	host = strings.Map(func(r rune) rune {
		if r <= ' ' || r == '_' || r > '~' {
			return '-'
		}
		return r
	}, cmp.Or(host, "worker"))
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	return fmt.Sprintf("%.*s_%s", longest, host, hex.EncodeToString(random[:]))
}
