package module_test

import (
	"encoding/json"
	"strings"
	"testing"

	"go.k6.io/k6/js/modulestest"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/module"
)

// runtime returns a script environment in which `locust` is the module and __ENV holds the variables.
func runtime(t *testing.T, env map[string]string) *modulestest.Runtime {
	t.Helper()
	runtime := modulestest.NewRuntime(t)
	instance := module.New().NewModuleInstance(runtime.VU)
	if err := runtime.VU.Runtime().Set("locust", instance.Exports().Default); err != nil {
		t.Fatal(err)
	}
	if err := runtime.VU.Runtime().Set("__ENV", env); err != nil {
		t.Fatal(err)
	}
	return runtime
}

func TestOptions(t *testing.T) {
	t.Parallel()
	const script = `JSON.stringify(locust.options({ users: 100, spawnRate: 10, runTime: "5m" }))`
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"as given": {
			nil,
			`[{"duration":"10s","target":100},{"duration":"4m50s","target":100}]`,
		},
		"overridden": {
			map[string]string{"LOCUST_USERS": "20", "LOCUST_SPAWN_RATE": "20", "LOCUST_RUN_TIME": "3s"},
			`[{"duration":"1s","target":20},{"duration":"2s","target":20}]`,
		},
	} {
		value, err := runtime(t, test.env).VU.Runtime().RunString(script)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got struct {
			Scenarios struct {
				Locust struct {
					Executor string          `json:"executor"`
					Stages   json.RawMessage `json:"stages"`
				} `json:"locust"`
			} `json:"scenarios"`
		}
		if err := json.Unmarshal([]byte(value.String()), &got); err != nil {
			t.Fatal(err)
		}
		if got.Scenarios.Locust.Executor != "ramping-vus" || string(got.Scenarios.Locust.Stages) != test.want {
			t.Errorf("%s: got %s", name, value)
		}
	}
}

func TestOptionsErrors(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`locust.options()`: "users, spawnRate, runTime",
		`locust.options({ users: 5, spawn_rate: 1, runTime: "5m" })`:     `"spawn_rate"`,
		`locust.options({ users: 0, spawnRate: 1, runTime: "5m" })`:      "users takes",
		`locust.options({ users: 5, runTime: "5m" })`:                    "spawnRate takes",
		`locust.options({ users: 5, spawnRate: 1 })`:                     "runTime takes",
		`locust.options({ users: 5, spawnRate: 1, runTime: "a while" })`: `"a while"`,
		`locust.between(2, 1)`:                                           "min <= max",
		`locust.between(-1, 1)`:                                          "min <= max",
	} {
		_, err := runtime(t, nil).VU.Runtime().RunString(script)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", script, err, want)
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	value, err := runtime(t, nil).VU.Runtime().RunString(`
		const wait = locust.between(0.05, 0.2)
		const pauses = Array.from({ length: 2000 }, () => wait())
		JSON.stringify({ min: Math.min(...pauses), max: Math.max(...pauses), mean: pauses.reduce((a, b) => a + b) / 2000 })`)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Min, Max, Mean float64 }
	if err := json.Unmarshal([]byte(value.String()), &got); err != nil {
		t.Fatal(err)
	}
	// 2,000 draws miss the mean of a uniform distribution by 0.01 less than once in a billion runs.
	if got.Min < 0.05 || got.Max > 0.2 || got.Max-got.Min < 0.13 || got.Mean < 0.115 || got.Mean > 0.135 {
		t.Errorf("got %+v", got)
	}
}
