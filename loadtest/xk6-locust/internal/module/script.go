package module

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"sync"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
)

//go:embed runtime.js checks.js tasks.js events.js
var sources embed.FS

// The programs are compiled once for all VUs. The function in runtime.js gets the functions in the other files as an
// argument.
var (
	runtimeProgram = compiled("runtime.js")
	checksProgram  = compiled("checks.js")
	tasksProgram   = compiled("tasks.js")
	eventsProgram  = compiled("events.js")
)

// compiled returns a function that compiles a source file at its first call.
func compiled(file string) func() *sobek.Program {
	return sync.OnceValue(func() *sobek.Program {
		source, err := sources.ReadFile(file)
		if err != nil {
			panic(err)
		}
		return sobek.MustCompile("k6/x/locust/"+file, string(source), true)
	})
}

// script is the JavaScript part of the module in one VU.
type script struct {
	vu      modules.VU
	exports *sobek.Object
	stop    sobek.Value
	// definitions contains the scenarios that the script has defined. definition is the current one.
	definitions []*definition
	*definition

	// hasRequestListeners is true if the script listens to requests.
	hasRequestListeners bool

	requestedFn, notifyFn, spawnFn, resumeFn, cleanUpFn, filterFn, registerFn, selectFn, taskCountFn, ratiosFn sobek.Callable
}

// definition is a scenario that one call to locust.options or locust.scenario has defined.
type definition struct {
	classes map[string]*class
	shape   *sobek.Object
}

// loadScript evaluates the JavaScript files.
func loadScript(vu modules.VU, native *sobek.Object) *script {
	rt := vu.Runtime()
	run := func(program func() *sobek.Program) sobek.Value {
		value, err := rt.RunProgram(program())
		throwIfError(rt, err)
		return value
	}
	load, _ := sobek.AssertFunction(run(runtimeProgram))
	value, err := load(sobek.Undefined(), native, rt.ToValue(map[string]any{
		"loadChecks": run(checksProgram), "loadTasks": run(tasksProgram), "loadEvents": run(eventsProgram),
	}))
	throwIfError(rt, err)
	object := value.ToObject(rt)
	function := func(name string) sobek.Callable {
		callable, _ := sobek.AssertFunction(object.Get(name))
		return callable
	}
	return &script{
		vu: vu, exports: object.Get("exports").ToObject(rt), stop: object.Get("STOP"), definition: &definition{},
		requestedFn: function("requested"), notifyFn: function("notify"), spawnFn: function("spawn"), resumeFn: function("resume"), cleanUpFn: function("cleanUp"), filterFn: function("filter"), registerFn: function("register"),
		selectFn: function("select"), taskCountFn: function("taskCount"), ratiosFn: function("ratios"),
	}
}

// throwIfError throws err in JavaScript, if it is not nil.
func throwIfError(rt *sobek.Runtime, err error) {
	if err != nil {
		common.Throw(rt, err)
	}
}

func (s *script) spawn(className string, handle int64, isOpenLoop, isLimited bool) error {
	rt := s.vu.Runtime()
	_, err := s.spawnFn(sobek.Undefined(), rt.ToValue(className), rt.ToValue(handle), rt.ToValue(isOpenLoop), rt.ToValue(isLimited))
	return err
}

// resume runs tasks of a user that waits for its next task.
func (s *script) resume(u *user) error {
	_, err := s.resumeFn(sobek.Undefined(), u.object, u.tasks)
	return err
}

// cleanUp ends a user, after calling its onStop. Either the user is waiting for its next task, or an interrupt has
// ended its code.
func (s *script) cleanUp(handle int64) error {
	_, err := s.cleanUpFn(sobek.Undefined(), s.vu.Runtime().ToValue(handle))
	return err
}

// notify calls the listeners of an event, and then done.
func (s *script) notify(event string, done func()) error {
	rt := s.vu.Runtime()
	_, err := s.notifyFn(sobek.Undefined(), rt.ToValue(event), rt.ToValue(func(sobek.FunctionCall) sobek.Value {
		done()
		return sobek.Undefined()
	}))
	return err
}

// filter selects tasks by their tags.
func (s *script) filter(tags, excluded []string) error {
	rt := s.vu.Runtime()
	_, err := s.filterFn(sobek.Undefined(), stringArray(rt, tags), stringArray(rt, excluded))
	return err
}

var errNoTasks = errors.New("the tags exclude all tasks")

// checkTasks returns an error if users of a class have no tasks to run.
func (s *script) checkTasks(className string) error {
	count, err := s.taskCountFn(sobek.Undefined(), s.vu.Runtime().ToValue(className))
	if err == nil && count.ToInteger() == 0 {
		err = fmt.Errorf("locust: %w for users of %s", errNoTasks, className)
	}
	return err
}

func stringArray(rt *sobek.Runtime, texts []string) *sobek.Object {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return rt.NewArray(values...)
}

// register registers the user classes of the options and returns them.
func (s *script) register(list sobek.Value) ([]engine.Class, error) {
	value, err := s.registerFn(sobek.Undefined(), list)
	if err != nil {
		return nil, withoutStack(err)
	}
	s.definition = &definition{classes: map[string]*class{}}
	s.definitions = append(s.definitions, s.definition)
	var classes []*class
	if err := exportJSON(value, &classes); err != nil {
		return nil, fmt.Errorf("locust: userClasses: %w", err)
	}
	described := make([]engine.Class, len(classes))
	for i, class := range classes {
		if err := class.check(); err != nil {
			return nil, err
		}
		s.classes[class.Name] = class
		described[i] = class.Class
	}
	return described, nil
}

var errDefinition = errors.New("locust: the script must define the same scenarios in all runtimes, in the same order: do not call locust.options or locust.scenario conditionally")

// use selects a scenario by the index of its definition.
func (s *script) use(index int) error {
	if index >= len(s.definitions) {
		return errDefinition
	}
	s.definition = s.definitions[index]
	_, err := s.selectFn(sobek.Undefined(), s.vu.Runtime().ToValue(index))
	return err
}

// hasHTTP reports whether one of the classes extends HttpUser.
func (s *script) hasHTTP() bool {
	for _, class := range s.classes {
		if class.HTTP != nil {
			return true
		}
	}
	return false
}

// withoutStack returns the message of a JavaScript error. Its stack would only show the code of this module.
func withoutStack(err error) error {
	var thrown *sobek.Exception
	if !errors.As(err, &thrown) {
		return err
	}
	if object, ok := thrown.Value().(*sobek.Object); ok {
		if message := object.Get("message"); !common.IsNullish(message) {
			return errors.New(message.String())
		}
	}
	return err
}

// ratios returns the shares of the tasks of all classes in a run with these tags. Afterward, all tasks are selected
// again.
func (s *script) ratios(tags, excluded []string) (ratios []report.TaskRatio, err error) {
	if err := s.filter(tags, excluded); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.filter(nil, nil)) }()
	value, err := s.ratiosFn(sobek.Undefined())
	if err != nil {
		return nil, err
	}
	if err := exportJSON(value, &ratios); err != nil {
		return nil, fmt.Errorf("locust: task ratios: %w", err)
	}
	return ratios, nil
}

// exportJSON converts a JavaScript value to a Go value through JSON.
func exportJSON(value sobek.Value, to any) error {
	text, err := json.Marshal(value.Export())
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

// tick calls the load shape.
func (s *script) tick() engine.Tick {
	rt := s.vu.Runtime()
	tick, ok := sobek.AssertFunction(s.shape.Get("tick"))
	if !ok {
		return engine.Tick{Err: errShape}
	}
	value, err := tick(s.shape)
	if err != nil {
		return engine.Tick{Err: err}
	}
	if common.IsNullish(value) {
		return engine.Tick{IsEnd: true}
	}
	parts := value.ToObject(rt)
	users, rate := numberOf(parts.Get("0")), numberOf(parts.Get("1"))
	if !(users >= 0 && users <= math.MaxInt32 && users == math.Trunc(users)) || !(rate > 0) || math.IsInf(rate, 0) {
		return engine.Tick{Err: fmt.Errorf("%w, got %s", errShape, value)}
	}
	result := engine.Tick{Users: int(users), SpawnRate: rate}
	if list := parts.Get("2"); !common.IsNullish(list) {
		result.Classes = []string{}
		if exception := rt.Try(func() {
			rt.ForOf(list, func(class sobek.Value) bool {
				var name string
				if object, ok := class.(*sobek.Object); ok {
					name = object.Get("name").String()
				}
				if s.classes[name] == nil {
					result.Err = fmt.Errorf("%w, got %s, which is not in userClasses", errShape, class)
				}
				result.Classes = append(result.Classes, name)
				return true
			})
		}); exception != nil {
			return engine.Tick{Err: fmt.Errorf("%w, got %s", errShape, value)}
		}
	}
	return result
}

var errShape = errors.New("tick must return [users, spawnRate], [users, spawnRate, userClasses], or null to end the run")

func numberOf(value sobek.Value) float64 {
	if common.IsNullish(value) {
		return 0
	}
	return value.ToFloat()
}

// isStop reports whether a thrown value is the value that stops a user.
func (s *script) isStop(reason sobek.Value) bool {
	return reason != nil && reason.SameAs(s.stop)
}

// describe returns the message and the traceback of a thrown value. Exceptions with the same traceback are counted
// together.
func describe(rt *sobek.Runtime, reason sobek.Value) (message, traceback string) {
	if reason == nil {
		return "undefined", "undefined"
	}
	// A thrown object can have a toString or a stack that throws.
	if exception := rt.Try(func() {
		if message = reason.String(); message == "[object Object]" {
			message = reasonOf(rt, reason)
		}
		traceback = message
		if object, ok := reason.(*sobek.Object); ok {
			if stack := object.Get("stack"); !common.IsNullish(stack) {
				traceback = ownFrames.ReplaceAllString(stack.String(), "")
			}
		}
	}); exception != nil {
		return "an object without text", "an object without text"
	}
	return message, traceback
}

// ownFrames matches the stack frames of this module. They depend on how a task was called, and say nothing about the
// script.
var ownFrames = regexp.MustCompile(`(?m)\n\s+at [^\n]*k6/x/locust/\w+\.js[^\n]*`)
