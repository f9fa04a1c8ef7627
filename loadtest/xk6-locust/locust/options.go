// Package locust holds what Locust does, as plain Go without k6.
package locust

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Options say how many users a run has, as Locust's -u, -r and -t do.
type Options struct {
	// Users is how many there are at the peak.
	Users int
	// SpawnRate is how many of them start in a second.
	SpawnRate float64
	// RunTime is how long the run takes, from the first user's start.
	RunTime time.Duration
}

// Environment variables that stand for the options, as Locust spells them.
const (
	EnvUsers     = "LOCUST_USERS"
	EnvSpawnRate = "LOCUST_SPAWN_RATE"
	EnvRunTime   = "LOCUST_RUN_TIME"
)

var errRunTime = errors.New("a run time is written like 300s, 20m, 3h or 1h30m")

var runTimePattern = regexp.MustCompile(`^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$`)

// ParseRunTime reads a run time as Locust's -t takes it: 300s, 20m, 3h, 1h30m, or plain seconds.
func ParseRunTime(text string) (time.Duration, error) {
	parts := runTimePattern.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, fmt.Errorf("%w, got %q", errRunTime, text)
	}
	var total time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if parts[i+1] == "" {
			continue
		}
		count, err := strconv.Atoi(parts[i+1])
		if err != nil || count > int(math.MaxInt64/unit) {
			return 0, fmt.Errorf("%w, got %q", errRunTime, text)
		}
		total += time.Duration(count) * unit
	}
	return total, nil
}

// Override returns the options with those that the environment sets in their place.
// The error names the variable, what it got and what it takes.
func (o Options) Override(lookup func(name string) (string, bool)) (Options, error) {
	if text, ok := lookup(EnvUsers); ok {
		users, err := strconv.Atoi(text)
		if err != nil {
			return o, fmt.Errorf("%s takes a whole number, got %q", EnvUsers, text)
		}
		o.Users = users
	}
	if text, ok := lookup(EnvSpawnRate); ok {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return o, fmt.Errorf("%s takes a number, got %q", EnvSpawnRate, text)
		}
		o.SpawnRate = rate
	}
	if text, ok := lookup(EnvRunTime); ok {
		runTime, err := ParseRunTime(text)
		if err != nil {
			return o, fmt.Errorf("%s: %w", EnvRunTime, err)
		}
		o.RunTime = runTime
	}
	return o, nil
}

var (
	errUsers     = errors.New("users takes a whole number of 1 or more")
	errSpawnRate = errors.New("spawnRate takes a number above 0")
	errNoRunTime = errors.New("runTime takes a time above 0, such as 5m")
)

// Check says what is wrong with the options.
func (o Options) Check() error {
	switch {
	case o.Users < 1:
		return fmt.Errorf("%w, got %d", errUsers, o.Users)
	case !(o.SpawnRate > 0) || math.IsInf(o.SpawnRate, 0):
		return fmt.Errorf("%w, got %v", errSpawnRate, o.SpawnRate)
	case o.RunTime <= 0:
		return fmt.Errorf("%w, got %v", errNoRunTime, o.RunTime)
	}
	return nil
}

// Stage is a time in which the number of users changes evenly to Target.
type Stage struct {
	Duration time.Duration
	Target   int
}

// Stages returns the ramp and the plateau. As in Locust the run time counts from the start of the ramp, so a run that is
// shorter than its ramp never has all users.
func (o Options) Stages() []Stage {
	ramp := time.Duration(float64(o.Users) / o.SpawnRate * float64(time.Second))
	if ramp >= o.RunTime {
		return []Stage{{o.RunTime, max(1, int(o.SpawnRate*o.RunTime.Seconds()))}}
	}
	return []Stage{{ramp, o.Users}, {o.RunTime - ramp, o.Users}}
}
