// Package worker implements a worker of a Locust master. It joins the master, runs the users that the master assigns,
// and reports their results. It uses the protocol of Locust 2.11 to 2.47 (locust/runners.py of 2.11.0 and 2.47.0).
//
// It intentionally differs from Locust's own worker:
//   - It tries to reconnect for ConnectTimeout times ConnectRetries (300 s). If the master answers a heartbeat, it
//     still knows this worker, and the test continues. Otherwise, the master was restarted or has given up on this
//     worker, which then joins again without users. Locust's worker does not send client_ready again, so it quits after
//     60 s.
//   - Users stop after MasterTimeout without a connection. They also stop before the worker returns to a master that
//     has counted it as missing, because that master has assigned its users to other workers. With Locust's worker,
//     these users would run twice.
//   - Statistics that could not be sent are sent with the next report, unless the master was restarted.
//   - The last report is sent when quit arrives and again when the users have stopped, because the master listens only
//     for 0.5 s, and a stop timeout may be longer. After stop, a report precedes client_stopped. Locust's worker sends
//     this report up to 3 s later.
//   - client_ready is sent one stop timeout after stop has arrived. Locust's worker starts to wait only when the users
//     have stopped.
//   - --reset-stats on the master is enough. Locust also needs it on each worker.
//   - A job that cannot be run because of an unknown class is reported as an exception and not only logged.
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

// Runner runs users for the worker. Spawn and Stop are never called at the same time. The other methods may be called
// at any time and must return promptly.
type Runner interface {
	// Spawn starts and stops users so that their numbers match the job. It waits until the new users are running, but
	// at most about a second. If the job cannot be run, Spawn returns an error, which is reported to the master.
	Spawn(job Job) error
	// Stop stops all users and returns when none are left. Users may finish their tasks until the context ends. The
	// context may already have ended.
	Stop(ctx context.Context)
	// Users returns the number of users per class, including classes without users.
	Users() map[string]int
	// Take returns the measurements since the last Take.
	Take() *stats.Stats
	// ResetStats discards the measurements since the last Take.
	ResetStats()
}

// Config describes the master and the connection to it. Zero values mean the defaults.
type Config struct {
	// MasterHost and MasterPort are the address of the master. Default: 127.0.0.1 and 5557.
	MasterHost string
	MasterPort int
	// Hostname is the first part of the worker's id. Default: the name of this machine. A master distributes users
	// evenly across the hostnames.
	Hostname string
	// Version is the Locust version that this worker claims, such as "2.47.0". If the first four characters differ from
	// those of the master's version, the master only logs a warning. Without a version, the master does not compare.
	Version string
	// HeartbeatInterval is the time between heartbeats. Default: 1 s. A master counts a worker as missing after three
	// missed heartbeats.
	HeartbeatInterval time.Duration
	// ReportInterval is the time between reports. Default: 3 s.
	ReportInterval time.Duration
	// MasterTimeout limits how long a connected master may be silent, and how long users run without a connection.
	// Default: 60 s.
	MasterTimeout time.Duration
	// ConnectTimeout limits a connection attempt, the answer to client_ready, a write, and the rest of a message after
	// its first byte. Default: 5 s.
	ConnectTimeout time.Duration
	// ConnectRetries limits the search for a master to the time ConnectRetries × ConnectTimeout. Default: 60.
	ConnectRetries int
	// RedialInterval is the time between two connection attempts. Default: 1 s.
	RedialInterval time.Duration
	// ReadyDelay is the time from the end of the stop timeout until a stopped worker is ready again. It corresponds to
	// Locust's LOCUST_WORKER_ADDITIONAL_WAIT_BEFORE_READY_AFTER_STOP. Default: 0.
	ReadyDelay time.Duration
	// Logger logs a line. The level is "debug", "info", "warning", or "error". Logger is never called by two goroutines
	// at once.
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
	defaultRedialInterval = time.Second // not from Locust, where ZeroMQ waits 100 ms
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

// missingAfter is how long a worker must be silent before a master counts it as missing.
func (c Config) missingAfter() time.Duration { return heartbeatLiveness * c.HeartbeatInterval }

// Result says why a worker stopped.
type Result string

const (
	// Quit means that the master sent quit: the test is over.
	Quit Result = "quit"
	// Canceled means that the context ended. If the worker was connected, it sent quit to the master.
	Canceled Result = "canceled"
	// Lost means that the master was not found or was lost. The error contains the details.
	Lost Result = "lost"
)

// Run joins the master and runs users for it until the master sends quit, the context ends, or the master is lost. All
// users have stopped when Run returns. The error is nil unless the result is Lost.
func Run(ctx context.Context, config Config, runner Runner) (Result, error) {
	config = config.withDefaults()
	s := newSession(ctx, config, runner, clientID(config.Hostname))
	defer s.close()
	return s.run(ctx.Done())
}

// clientID returns a new id: the machine's name, "_", and 32 hexadecimal digits. The master uses the part before the
// first "_" as the machine's name.
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
