package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// The types of the parts of Locust's environment.
const (
	environmentType = "environment"
	runnerType      = "runner"
	statsType       = "stats"
	entryType       = "entry"
)

// entryFields maps the fields of Locust's statistics to their names and types in the script.
var entryFields = map[string][2]string{
	"num_requests": {"numRequests", intType}, "num_failures": {"numFailures", intType}, "fail_ratio": {"failRatio", realType},
	"avg_response_time": {"avgResponseTime", realType}, "total_rps": {"totalRps", realType}, "current_rps": {"currentRps", realType},
	"max_response_time": {"maxResponseTime", realType}, "min_response_time": {"minResponseTime", realType}, "median_response_time": {"medianResponseTime", realType},
	"avg_content_length": {"avgContentLength", realType}, "total_fail_per_sec": {"totalFailPerSec", realType}, "current_fail_per_sec": {"currentFailPerSec", realType},
	"name": {"name", strType}, "method": {"method", strType},
}

// watched fills watchers with the functions that listeners of events.init start with gevent.spawn(function) or
// gevent.spawn(function, environment). These functions run alongside the users.
func (c *converter) watched(body []python.Stmt) {
	for _, stmt := range body {
		def, ok := stmt.(*python.Def)
		if !ok || c.eventOf(def) != "init" {
			continue
		}
		python.Walk(def.Body, func(node python.Node) bool {
			if call, ok := node.(*python.Call); ok && c.qualified(call.Func) == "gevent.spawn" {
				if function := c.watcherOf(call); function != nil && python.Loads(body, function.Name) == 1 {
					c.watchers[function.Name] = true
				}
			}
			return true
		})
	}
}

// watcherOf returns the function in gevent.spawn(function) or gevent.spawn(function, environment), or nil for other
// calls.
func (c *converter) watcherOf(call *python.Call) *python.Def {
	if len(call.Args) == 0 || len(call.Args) > 2 || len(call.Keywords) > 0 {
		return nil
	}
	name, ok := call.Args[0].(*python.Name)
	if !ok || c.functions[name.ID] == nil {
		return nil
	}
	def := c.functions[name.ID]
	if len(call.Args) == 2 {
		environment, ok := call.Args[1].(*python.Name)
		if !ok || environment.ID != "environment" {
			return nil
		}
	}
	if len(def.Params) != len(call.Args)-1 || len(def.Decorators) > 0 {
		return nil
	}
	return def
}

// spawn converts gevent.spawn(). A function in watchers runs alongside the users, and must sleep. Any other function
// becomes a greenlet of a user.
func (c *converter) spawn(call *python.Call) code {
	def := c.watcherOf(call)
	if def == nil || !c.watchers[def.Name] || !c.f.isHandler {
		return c.greenlet(call)
	}
	if !c.async[def.Name] && !c.knownAsync[def.Name] {
		return c.unsupported(call, "%s must sleep", def.Name)
	}
	return code{js: "pyWatch(" + jsName(def.Name) + ")", t: noneType}
}

// hasEnvironment returns whether the current code has a variable `environment`, and whether it is in a function that
// runs alongside the users.
func (c *converter) hasEnvironment() (hasVariable, isWatcher bool) {
	for f := c.f; f != nil; f = f.outer {
		if f.hasEnvironment {
			return true, f.of == nil && c.watchers[f.name]
		}
	}
	return false, false
}

// environmentField converts a field of the environment, of its runner, or of its statistics. It returns false for
// fields of other objects.
func (c *converter) environmentField(expr *python.Attribute, x code) (code, bool) {
	if !slices.Contains([]string{environmentType, runnerType, statsType, entryType}, x.t) {
		return code{}, false
	}
	if hasVariable, _ := c.hasEnvironment(); !hasVariable {
		return c.hostOfEnvironment(expr, x)
	}
	switch name := expr.Name; {
	case x.t == environmentType && name == "stats", x.t == runnerType && name == "stats":
		return code{js: "environment.stats", t: statsType, isPure: true}, true
	case x.t == environmentType && name == "runner":
		return code{js: "environment.runner", t: runnerType, isPure: true}, true
	case x.t == environmentType && name == "host":
		return code{js: "(environment.host || null)", t: anyType, isPure: true}, true
	case x.t == environmentType && name == "process_exit_code":
		return code{js: "environment.processExitCode", t: anyType, isPure: true}, true
	case x.t == runnerType && name == "user_count":
		return code{js: "environment.runner.userCount", t: intType, isPure: true}, true
	case x.t == statsType && name == "total":
		return code{js: x.js + ".total", t: entryType, isPure: true}, true
	case x.t == entryType && entryFields[name][0] != "":
		field := entryFields[name]
		return code{js: x.js + "." + field[0], t: field[1], isPure: true}, true
	}
	return c.unsupported(expr, "%s is not supported", c.source(expr)), true
}

// hostOfEnvironment converts environment.host in code that has no variable `environment`. It returns false for other
// fields.
func (c *converter) hostOfEnvironment(expr *python.Attribute, x code) (code, bool) {
	switch {
	case x.t != environmentType || expr.Name != "host":
		return code{}, false
	case c.inHandler():
		// setup() and teardown() have no environment, so the script reads the host from LOCUST_HOST.
		return code{js: "(__ENV.LOCUST_HOST || null)", t: anyType, isPure: true}, true
	}
	return code{js: x.operand() + ".host", t: strType, isPure: x.isPure}, true
}

// isOver converts `environment.runner.state in [STATE_STOPPING, STATE_STOPPED, STATE_CLEANUP]`, and the same with
// `not in`. The states may be in any order. isOver returns false for other comparisons, because the other states of
// Locust have no counterpart.
func (c *converter) isOver(expr *python.Compare) (string, bool) {
	state, ok := expr.X.(*python.Attribute)
	if !ok || state.Name != "state" || len(expr.Ops) != 1 || c.expr(state.X).t != runnerType {
		return "", false
	}
	list, ok := expr.Ys[0].(*python.Sequence)
	if _, isWatcher := c.hasEnvironment(); !ok || !isWatcher || expr.Ops[0] != "in" && expr.Ops[0] != "not in" {
		return "", false
	}
	var states []string
	for _, item := range list.Items {
		states = append(states, strings.TrimPrefix(c.qualified(item), "locust."))
	}
	slices.Sort(states)
	if !slices.Equal(states, []string{"STATE_CLEANUP", "STATE_STOPPED", "STATE_STOPPING"}) {
		return "", false
	}
	return map[string]string{"in": "", "not in": "!"}[expr.Ops[0]] + "pyRun.isOver", true
}
