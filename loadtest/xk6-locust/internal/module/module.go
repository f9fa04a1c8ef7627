// Package module is the JavaScript side of the extension, which scripts import from "k6/x/locust".
package module

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/entry"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/executor"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
)

// ImportPath is the name by which scripts import the module.
const ImportPath = "k6/x/locust"

// Root creates an instance of the module for each VU.
type Root struct{}

// Instance is the module in one VU, which runs many users.
type Instance struct {
	vu     modules.VU
	script *script
	native *native
	// runtime is nil unless the VU runs users.
	runtime *userRuntime
}

var (
	_ modules.Module   = &Root{}
	_ modules.Instance = &Instance{}
)

// New returns the module for k6 to register.
func New() *Root { return &Root{} }

// NewModuleInstance implements [modules.Module].
func (Root) NewModuleInstance(vu modules.VU) modules.Instance {
	useOneLine(vu.InitEnv().Logger)
	i := &Instance{vu: vu}
	i.native = &native{Instance: i, responses: responses{vu: vu}}
	i.script = loadScript(vu, i.native.object())
	// Scripts can use only metrics that were registered in the init code.
	registry := vu.InitEnv().Registry
	registry.MustNewMetric(executor.UsersMetric, metrics.Gauge)
	registry.MustNewMetric(executor.RequirementsMetric, metrics.Rate)
	return i
}

// Exports returns the default export and its members as named exports.
func (i *Instance) Exports() modules.Exports {
	rt := i.vu.Runtime()
	exports := i.script.exports
	throwIfError(rt, exports.Set("run", i.run))
	named := map[string]any{}
	for _, name := range exports.Keys() {
		named[name] = exports.Get(name)
	}
	return modules.Exports{Default: exports, Named: named}
}

var (
	errNotRunning = errors.New("locust: available only while a user runs")
	errRun        = errors.New(`locust.run needs a scenario with the executor "locust": create it with export const options = locust.options({ … }) or locust.scenario, and remove the options vus, duration, iterations, and stages`)
	errCalled     = errors.New("locust: locust.run runs the users, so do not call it in the init code: write export default locust.run, without parentheses")
	errEvent      = errors.New("locust: an event must have requestType, name, and a finite responseTime (ms); responseLength (bytes) and exception are optional")
	errShapeLoop  = errors.New("locust: an open loop cannot have a load shape: remove arrivalRate or shape")
)

// run is the function that k6 calls in each VU. It runs users until the engine has stopped.
func (i *Instance) run(setupData sobek.Value) (*sobek.Promise, error) {
	e := engine.From(i.vu.Context())
	if e == nil {
		if i.vu.State() != nil {
			// Without an interrupt, the error would repeat in each iteration.
			i.vu.Runtime().Interrupt(&errext.InterruptError{Reason: errRun.Error()})
			_, err := i.vu.Runtime().RunString("0")
			return nil, err
		}
		return nil, errCalled
	}
	if err := i.script.use(e.Definition()); err != nil {
		return nil, err
	}
	if err := i.script.checkConnectionReuse(i.vu.State().Options); err != nil {
		return nil, err
	}
	rejectIterations(i.vu)
	var last int64
	if i.runtime != nil {
		last = i.runtime.last // the VU has already run users of another scenario
	}
	i.runtime = newUserRuntime(i.vu, i.script, newSamples(i.vu))
	i.runtime.last = last
	i.runtime.setupData = setupData
	if setupData == nil {
		i.runtime.setupData = sobek.Undefined()
	}
	return i.runtime.run(e), nil
}

// argument is the argument of locust.options or locust.scenario, without the classes in it, which stay in JavaScript.
type argument struct {
	locust.Options

	// Tags has a different name in a scenario, because k6 has its own tags there.
	Tags         []string             `json:"tags"`
	Requirements *engine.Requirements `json:"requirements"`
}

// The values of these options are JavaScript classes.
const (
	userClassesKey = "userClasses"
	shapeKey       = "shape"
)

// options turns Locust's options into k6's: one scenario with the executor "locust".
func (i *Instance) options(argument sobek.Value) (sobek.Value, error) {
	config, err := i.define(argument)
	if err != nil {
		return nil, err
	}
	options := map[string]any{"scenarios": map[string]any{"locust": config}}
	if config.Requirements != nil {
		// With this threshold, k6 exits with 99 if a requirement is not met.
		options["thresholds"] = map[string]any{executor.RequirementsMetric: []string{"rate>=1"}}
	}
	return i.plain(options)
}

// scenario turns Locust's options into a k6 scenario with the executor "locust".
func (i *Instance) scenario(argument sobek.Value) (sobek.Value, error) {
	config, err := i.define(argument)
	if err != nil {
		return nil, err
	}
	return i.plain(config)
}

// plain returns a value as a JavaScript object.
func (i *Instance) plain(value any) (sobek.Value, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("locust: options: %w", err)
	}
	return parseJSON(i.vu.Runtime(), string(text)), nil
}

// define checks the options of a scenario and returns its configuration.
func (i *Instance) define(argument sobek.Value) (*executor.Scenario, error) {
	rt := i.vu.Runtime()
	if env := rt.GlobalObject().Get("__ENV"); !common.IsNullish(env) {
		if err := locust.CheckNames(env.ToObject(rt).Keys()); err != nil {
			return nil, i.usage(fmt.Errorf("locust: %w", err))
		}
	}
	if err := i.checkShortcuts(); err != nil {
		return nil, i.usage(err)
	}
	config, err := i.configure(argument)
	// k6 has read the script's options before it creates the first VU. One warning is enough.
	if err == nil && config.Definition == 0 && numberOf(rt.GlobalObject().Get("__VU")) == 1 && !executor.IsUsed() {
		i.vu.InitEnv().Logger.Warn(unused)
	}
	return config, err
}

// unused is the warning about a script whose users do not run.
const unused = "the script calls locust.options or locust.scenario, but the test contains none of the results, so no Locust users run. " +
	"To add users to scenarios, write locust.scenario({ … }) under a name: scenarios: { browse: locust.scenario({ … }) }"

// shortcuts contains k6's options for VUs, their variables, and the variables of Locust to use instead.
var shortcuts = []struct{ flag, variable, instead string }{
	{"vus", "K6_VUS", "LOCUST_USERS"},
	{"duration", "K6_DURATION", "LOCUST_RUN_TIME"},
	{"iterations", "K6_ITERATIONS", "LOCUST_ITERATIONS"},
	{"stage", "K6_STAGES", ""},
}

// checkShortcuts returns an error if a k6 flag or variable would replace the scenario with one that runs no users.
func (i *Instance) checkShortcuts() error {
	flags := entry.Shortcuts(os.Args)
	for _, shortcut := range shortcuts {
		name := "--" + shortcut.flag
		if !slices.Contains(flags, shortcut.flag) {
			name = shortcut.variable
			if value, _ := i.vu.InitEnv().LookupEnv(name); value == "" {
				continue
			}
		}
		if shortcut.instead == "" {
			return fmt.Errorf("locust: %s has no effect on Locust users: use a load shape instead", name)
		}
		return fmt.Errorf("locust: %s has no effect on Locust users: use -e %s=… instead", name, shortcut.instead)
	}
	return nil
}

// configure returns the configuration of the executor.
func (i *Instance) configure(value sobek.Value) (*executor.Scenario, error) {
	rt := i.vu.Runtime()
	object, isObject := value.(*sobek.Object)
	if !isObject {
		return nil, fmt.Errorf("locust: %w", wrongValue("options", "an object such as { userClasses, users, spawnRate, runTime }", value))
	}
	classes, err := i.script.register(object.Get(userClassesKey))
	if err != nil {
		return nil, err
	}
	config := &executor.Scenario{Executor: executor.Type}
	config.Classes, config.Definition = classes, len(i.script.definitions)-1
	config.HasHTTP = i.script.hasHTTP()
	if shape := object.Get(shapeKey); !common.IsNullish(shape) {
		if i.script.shape, err = rt.New(shape); err != nil {
			return nil, fmt.Errorf("locust: %w: %w", wrongValue("shape", "a class that extends LoadTestShape", shape), withoutStack(err))
		}
		config.HasShape = true
	}
	parsed, err := parse(object)
	if err != nil {
		return nil, err
	}
	parsed.Options.Tags = parsed.Tags
	config.Options, config.TaskRatios, err = i.apply(parsed.Options, classes, i.environment)
	if err != nil {
		err = fmt.Errorf("locust: %w", err)
		none := func(string) (string, bool) { return "", false }
		if _, _, own := i.apply(parsed.Options, classes, none); own == nil {
			return nil, i.usage(err)
		}
		return nil, err
	}
	if config.HasShape && config.IsOpenLoop() {
		return nil, errShapeLoop
	}
	if config.Requirements = parsed.Requirements; config.Requirements != nil {
		if err := config.Requirements.Check(); err != nil {
			return nil, fmt.Errorf("locust: %w", err)
		}
	}
	return config, nil
}

// apply returns the options with the overrides from variables, and the shares of the tasks that will run. It returns an
// error if the resulting options are invalid, or select no tasks.
func (i *Instance) apply(options locust.Options, classes []engine.Class, lookup func(name string) (string, bool)) (locust.Options, []report.TaskRatio, error) {
	options, err := options.WithDefaults().Override(lookup)
	if err == nil {
		err = options.Check()
	}
	if err == nil && options.Host != "" && !absoluteURL.MatchString(options.Host) && i.script.hasHTTP() {
		err = fmt.Errorf("%w, got %q", errHost, options.Host)
	}
	if err != nil {
		return options, nil, err
	}
	selected, err := engine.SelectClasses(classes, options.UserClasses)
	if err != nil {
		return options, nil, err
	}
	ratios, err := i.script.ratios(options.Tags, options.ExcludeTags)
	ratios = slices.DeleteFunc(ratios, func(ratio report.TaskRatio) bool {
		return !slices.ContainsFunc(selected, func(class engine.Class) bool { return class.Name == ratio.Name })
	})
	// The master of a worker decides which tags the worker uses.
	if err == nil && !options.Worker && !slices.ContainsFunc(ratios, func(ratio report.TaskRatio) bool { return len(ratio.Tasks) > 0 }) {
		names := make([]string, len(selected))
		for i, class := range selected {
			names[i] = class.Name
		}
		err = fmt.Errorf("%w for users of %s", errNoTasks, strings.Join(names, ", "))
	}
	return options, ratios, err
}

// usage tells the command that started this run, if any, that its command line has a mistake. It returns the error.
func (i *Instance) usage(err error) error {
	if path, isSet := i.environment(locust.EnvResult); isSet {
		result := engine.Result{IsUsage: true}
		err = errors.Join(err, result.Save(path))
	}
	return err
}

// acceptedOptions describes the accepted values of the options. Options in positiveOptions must also be above 0.
var (
	acceptedOptions = map[string]string{
		"users": "an integer", "spawnRate": "a number", "arrivalRate": "a number", "maxInFlight": "an integer", "iterations": "an integer",
		"processes": "an integer", "runTime": durationText, "stopTimeout": durationText, "tags": listText, "excludeTags": listText,
		"csvFullHistory": "true or false", "requirements": "an object", "host": "a string", "csv": "a string", "html": "a string", "jsonFile": "a string",
	}
	positiveOptions = []string{"users", "spawnRate", "arrivalRate", "maxInFlight", "iterations"}
)

const (
	durationText = "a string such as 300s, 20m, 3h, or 1h30m"
	listText     = "a list of strings"
)

// optionNames contains the options that scripts may set. The command line sets all others, such as a worker's options.
var optionNames = []string{
	userClassesKey, "users", "spawnRate", "runTime", "iterations", "host", "stopTimeout", "tags", "excludeTags", shapeKey,
	"arrivalRate", "maxInFlight", "processes", "requirements", "csv", "csvFullHistory", "html", "jsonFile",
}

// parse reads the part of the argument that is plain data.
func parse(object *sobek.Object) (argument, error) {
	var parsed argument
	for _, key := range object.Keys() {
		value := object.Get(key)
		if !slices.Contains(optionNames, key) {
			return parsed, fmt.Errorf("locust: options: %w", unknownOption(key))
		}
		if key == userClassesKey || key == shapeKey || sobek.IsUndefined(value) {
			continue
		}
		if err := parsed.set(key, value); err != nil {
			return parsed, fmt.Errorf("locust: options: %w", err)
		}
	}
	return parsed, nil
}

// scenarioOptions contains k6's options of a scenario that apply to users.
var scenarioOptions = []string{"startTime", "env", "exec"}

// unknownOption returns the error for an option that does not belong to locust.options. For k6's own options, the error
// says where they belong.
func unknownOption(name string) error {
	switch treatment, instead, isKnown := network.OptionOf(name); {
	case name == "gracefulStop":
		return fmt.Errorf("%w %s: set stopTimeout", errOption, name)
	case slices.Contains(scenarioOptions, name):
		return fmt.Errorf("%s %w: { ...locust.scenario({ ... }), %s: ... }", name, errOfScenario, name)
	case !isKnown:
		return fmt.Errorf("%w %s; known: %s", errOption, name, strings.Join(optionNames, ", "))
	case treatment == network.Refused:
		return fmt.Errorf("%w %s: %s", errOption, name, instead)
	}
	return fmt.Errorf("%s %w: export const options = { ...locust.options({ ... }), %s: ... }", name, errOutside, name)
}

var (
	errOption  = errors.New("unknown option")
	errOutside = errors.New("is an option of k6, so write it outside of the call")
	errField   = errors.New("unknown field")
	// errOfScenario is returned for an option of scenarioOptions.
	errOfScenario = errors.New("is an option of a k6 scenario, so write it outside of the call")
	errNotFinite  = errors.New("must not contain NaN or Infinity")
)

// set parses one option.
func (a *argument) set(key string, value sobek.Value) error {
	exported := value.Export()
	number := asFloat(exported)
	isFinite := !math.IsNaN(number) && !math.IsInf(number, 0)
	accepted := acceptedOptions[key]
	if isPositive := slices.Contains(positiveOptions, key); isPositive && (!isFinite || number <= 0) {
		return wrongValue(key, "a number above 0", value)
	}
	_, isSymbol := value.(*sobek.Symbol)
	_, isDate := exported.(time.Time)
	if isSymbol || isDate || !isFinite {
		return wrongValue(key, accepted, value)
	}
	text, err := json.Marshal(map[string]any{key: exported})
	if err != nil {
		return fmt.Errorf("%s %w", key, errNotFinite)
	}
	err = strictUnmarshal(text, a)
	var mistake *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mistake) && strings.HasPrefix(mistake.Field, "requirements."):
		kind := "a number"
		if mistake.Type.Kind() == reflect.String {
			kind = "a string"
		}
		return fmt.Errorf("%s %w %s, got a %s", mistake.Field, errValue, kind, mistake.Value)
	case errors.As(err, &mistake) || errors.Is(err, locust.ErrRunTime):
		return wrongValue(key, accepted, value)
	}
	if name, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field "); isUnknown {
		return fmt.Errorf("%w %s of %s", errField, name, key)
	}
	return fmt.Errorf("%s: %w", key, err)
}

func asFloat(value any) float64 {
	switch number := value.(type) {
	case int64:
		return float64(number)
	case float64:
		return number
	default:
		return 0
	}
}

// environment looks up a variable in __ENV, which contains the variables set with -e and k6's environment.
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

// strictUnmarshal parses JSON and rejects unknown keys.
func strictUnmarshal(text []byte, to any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(to)
}
