// Package module is the JavaScript side of the extension: what `import locust from "k6/x/locust"` gives.
package module

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/locust"
)

// ImportPath is the name under which scripts import the module.
const ImportPath = "k6/x/locust"

// gracefulStop is how long a user may take to finish what it does when the run ends.
const gracefulStop = "30s"

// Root makes an instance of the module for every user.
type Root struct{}

// Instance is the module of one user.
type Instance struct{ vu modules.VU }

var (
	_ modules.Module   = Root{}
	_ modules.Instance = &Instance{}
)

// New returns the module for k6 to register.
func New() Root { return Root{} }

// NewModuleInstance is called by k6 for every user.
func (Root) NewModuleInstance(vu modules.VU) modules.Instance { return &Instance{vu} }

// Exports are the default export and its members by name.
func (i *Instance) Exports() modules.Exports {
	members := map[string]any{"options": i.options, "between": i.between}
	return modules.Exports{Default: members, Named: members}
}

var errOptions = errors.New("options takes { users, spawnRate, runTime }")

// options turns Locust's users, spawn rate and run time into k6's options; LOCUST_… variables stand above the argument.
func (i *Instance) options(argument sobek.Value) sobek.Value {
	options, err := i.parse(argument)
	if err == nil {
		options, err = options.Override(i.environment)
	}
	if err == nil {
		err = options.Check()
	}
	if err != nil {
		common.Throw(i.vu.Runtime(), fmt.Errorf("locust: %w", err))
	}
	stages := []any{}
	for _, stage := range options.Stages() {
		stages = append(stages, map[string]any{"duration": stage.Duration.String(), "target": stage.Target})
	}
	return i.vu.Runtime().ToValue(map[string]any{
		"scenarios": map[string]any{
			"locust": map[string]any{
				// As in Locust, the first user starts at once.
				"executor": "ramping-vus", "startVUs": 1, "stages": stages, "gracefulStop": gracefulStop,
			},
		},
	})
}

func (i *Instance) parse(argument sobek.Value) (locust.Options, error) {
	var options locust.Options
	if common.IsNullish(argument) {
		return options, errOptions
	}
	object := argument.ToObject(i.vu.Runtime())
	for _, key := range object.Keys() {
		value := object.Get(key)
		switch key {
		case "users":
			options.Users = int(value.ToInteger())
		case "spawnRate":
			options.SpawnRate = value.ToFloat()
		case "runTime":
			runTime, err := locust.ParseRunTime(value.String())
			if err != nil {
				return options, err
			}
			options.RunTime = runTime
		default:
			return options, fmt.Errorf("%w, got %q", errOptions, key)
		}
	}
	return options, nil
}

// environment looks a variable up in __ENV, which holds what -e sets and the environment of k6 itself.
func (i *Instance) environment(name string) (string, bool) {
	env := i.vu.Runtime().GlobalObject().Get("__ENV")
	if common.IsNullish(env) {
		return "", false
	}
	value := env.ToObject(i.vu.Runtime()).Get(name)
	if common.IsNullish(value) || value.String() == "" {
		return "", false
	}
	return value.String(), true
}

// between returns a function that gives a new pause of min to max seconds each time, every length equally likely.
func (i *Instance) between(minSeconds, maxSeconds float64) func() float64 {
	if !(minSeconds >= 0 && maxSeconds >= minSeconds) {
		common.Throw(i.vu.Runtime(), fmt.Errorf("locust: between takes 0 <= min <= max, got %v and %v", minSeconds, maxSeconds))
	}
	return func() float64 {
		return minSeconds + rand.Float64()*(maxSeconds-minSeconds) //nolint:gosec // a pause is no secret
	}
}
