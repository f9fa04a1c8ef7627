package locust_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/locust"
)

func TestParseRunTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"300s": 300 * time.Second, "20m": 20 * time.Minute, "3h": 3 * time.Hour, "1h30m": 90 * time.Minute,
		"1h2m3s": 3723 * time.Second, "45": 45 * time.Second, "0s": 0,
	} {
		if got, err := locust.ParseRunTime(text); err != nil || got != want {
			t.Errorf("ParseRunTime(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5 m", "m", "1.5h", "-3s", "10x", "30m1h", "99999999999999999999h", "9999999999999h"} {
		if got, err := locust.ParseRunTime(text); err == nil {
			t.Errorf("ParseRunTime(%q) = %v, want an error", text, got)
		}
	}
}

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	base := locust.Options{Users: 100, SpawnRate: 10, RunTime: 5 * time.Minute}
	got, err := base.Override(environment(map[string]string{"LOCUST_USERS": "7", "LOCUST_RUN_TIME": "3s"}))
	if want := (locust.Options{Users: 7, SpawnRate: 10, RunTime: 3 * time.Second}); err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for name, value := range map[string]string{"LOCUST_USERS": "many", "LOCUST_SPAWN_RATE": "x", "LOCUST_RUN_TIME": "soon"} {
		_, err := base.Override(environment(map[string]string{name: value}))
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), value) {
			t.Errorf("%s=%s: the error %v does not name both", name, value, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := locust.Options{Users: 1, SpawnRate: 0.5, RunTime: time.Second}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]locust.Options{
		"users":     {Users: 0, SpawnRate: 1, RunTime: time.Second},
		"spawnRate": {Users: 1, SpawnRate: 0, RunTime: time.Second},
		"runTime":   {Users: 1, SpawnRate: 1},
	} {
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: got %v, want an error about %s", bad, err, name)
		}
	}
}

func TestStages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options locust.Options
		want    []locust.Stage
	}{
		"ramp and plateau": {
			locust.Options{Users: 2000, SpawnRate: 100, RunTime: 15 * time.Minute},
			[]locust.Stage{{20 * time.Second, 2000}, {880 * time.Second, 2000}},
		},
		"shorter than its ramp": {
			locust.Options{Users: 100, SpawnRate: 10, RunTime: 3 * time.Second},
			[]locust.Stage{{3 * time.Second, 30}},
		},
		"less than one user": {
			locust.Options{Users: 5, SpawnRate: 0.1, RunTime: time.Second},
			[]locust.Stage{{time.Second, 1}},
		},
	} {
		if got := test.options.Stages(); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
