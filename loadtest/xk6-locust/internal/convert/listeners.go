package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// listener converts an event listener. It returns false if the function is not a listener.
func (c *converter) listener(def *python.Def) bool {
	if c.eventOf(def) != "" && c.isGenerator(def) {
		c.fail(def.Pos, "a listener cannot yield values")
		return true
	}
	event := c.eventOf(def)
	if event == "test_stop" || event == "quitting" {
		c.unlessItOnlyReports(def, event, func() { c.endListener(def, event) })
		return true
	}
	switch event {
	case "":
		return false
	case "init_command_line_parser":
		c.parser(def)
	case "init":
		if name := c.hook("onInit", def); name != "" {
			c.inits = append(c.inits, name)
		}
	case "test_start":
		c.unlessItOnlyReports(def, event, func() { c.startListener(def) })
	case "request":
		c.requestListener(def)
	default:
		c.fail(def.Pos, "listeners of events.%s are not converted, unless they only print or keep records", event)
	}
	return true
}

// unlessItOnlyReports runs emit, which converts a listener of the start or the end of the run. If the listener only
// reports, and uses something that k6 does not have, the listener is left out.
func (c *converter) unlessItOnlyReports(def *python.Def, event string, emit func()) {
	before, transferred, hooks, sharesState := maps.Clone(c.problems), maps.Clone(c.transferred), maps.Clone(c.hooks), c.sharesState
	setup, teardown := len(c.setup), len(c.teardown)
	text := c.capture(emit)
	if len(c.problems) == len(before) || !c.onlyReports(def) {
		c.out.WriteString(text)
		return
	}
	c.problems, c.transferred, c.hooks, c.sharesState = before, transferred, hooks, sharesState
	c.setup, c.teardown = c.setup[:setup], c.teardown[:teardown]
	c.note(def.Pos, "the listener of events.%s was left out, because it only reports, and k6 does not have all of its values", event)
}

// onlyReports returns whether a listener of the start or the end of the run only prints, writes to the log, and keeps
// records that the users do not read.
func (c *converter) onlyReports(def *python.Def) bool {
	file := c.recordsOf(c.body)
	if !c.scopeOf(def, file).isHarmless() {
		return false
	}
	if c.eventOf(def) != "test_start" {
		return true
	}
	for name := range file.stores {
		if changes(def, name) && c.isReadOutside(c.body, map[*python.Def]bool{def: true}, name) {
			return false
		}
	}
	return true
}

// startListener converts a listener of events.test_start.
func (c *converter) startListener(def *python.Def) {
	if c.readsRun(def) {
		c.starting(def)
		return
	}
	c.recordTransfers(def.Body)
	if name := c.hook("onTestStart", def); name != "" {
		c.setup = append(c.setup, name)
	}
}

// eventParams contains the parameters that a listener of events.request may use. The text of the exception differs from
// Locust's, so only conditions and the log may use the exception. Of the response, listeners may use only the status.
var eventParams = map[string]code{
	"request_type":    {js: "pyEvent.requestType", t: strType, isPure: true},
	"name":            {js: "pyEvent.name", t: strType, isPure: true},
	"response_time":   {js: "pyEvent.responseTime", t: realType, isPure: true},
	"response_length": {js: "pyEvent.responseLength", t: intType, isPure: true},
	"exception":       {js: "pyEvent.exception", t: anyType, isPure: true},
	"response":        {js: "pyEvent.response!", t: responseType, isPure: true},
}

// requestListener converts a listener of events.request, or reports it if it is not plain (isPlainListener).
func (c *converter) requestListener(def *python.Def) {
	if !c.isPlainListener(def) {
		c.fail(def.Pos, "listeners of events.request are not converted, unless they only print, keep records, or change variables")
		return
	}
	// Users read the variables that the listener changes. Otherwise, the listener would have been left out.
	c.sharesState = true
	c.addListener(def, "request", "pyEvent", func() { c.f.event = eventParams })
}

// isPlainListener returns whether a listener of requests uses only parameters that k6 has, and contains only simple
// code that does not raise exceptions on purpose. Locust logs the error of a listener, but k6 counts it as an error of
// a task.
func (c *converter) isPlainListener(def *python.Def) bool {
	isPlain := true
	stores, byUsers := python.Stored(def.Body), c.changedBy(func(def *python.Def) bool { return c.eventOf(def) == "" })
	for _, param := range def.Params {
		_, isKnown := eventParams[param.Name]
		if uses := python.Loads(def.Body, param.Name); uses > 0 || stores[param.Name] > 0 {
			isPlain = isPlain && isKnown && param.Kind == "" && stores[param.Name] == 0
		}
	}
	uses, scope := map[string]int{}, c.scopeOf(def, c.recordsOf(c.body))
	python.Walk(def.Body, func(node python.Node) bool {
		for _, part := range python.AssignedParts(node) {
			_, isField := part.(*python.Attribute)
			isPlain = isPlain && !isField
		}
		for _, name := range conditionNames(node) {
			uses[name]++
		}
		switch node := node.(type) {
		case *python.Attribute:
			if name, ok := node.X.(*python.Name); ok && node.Name == "status_code" {
				uses["status of "+name.ID]++
			}
		case *python.Call:
			full := c.qualified(node.Func)
			method, isMethod := node.Func.(*python.Attribute)
			isLog := isMethod && scope.isLogger(method.X) && logLevels[method.Name] != ""
			if isLog || python.IsName(node.Func, "print") || slices.Contains(harmlessCalls, full) && strings.HasPrefix(full, "logging.") {
				uses["exception"] += logged(node, "exception")
			}
			isPlain = isPlain && (isLog || full == "" && (!isMethod || slices.Contains(harmlessMethods, method.Name)) || slices.Contains(harmlessCalls, full))
		}
		return true
	})
	isPlain = isPlain && uses["exception"] == python.Loads(def.Body, "exception") && uses["status of response"] == python.Loads(def.Body, "response")
	python.Walk(c.reached(def.Body), func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Raise, *python.Assert, *python.Try, *python.With, *python.Import, *python.Lambda, *python.Def, *python.Class:
			isPlain = false
		case *python.Call:
			// Firing the event would call the listener without a response. If the listener or a user changes a
			// variable, the variable may contain a client, whose get() would send a request.
			isPlain = isPlain && c.qualified(node.Func) != "locust.events.request.fire"
			if method, ok := node.Func.(*python.Attribute); ok && method.Name == "get" {
				object := python.Root(method.X)
				isPlain = isPlain && c.globals[object] && stores[object] == 0 && !byUsers[object]
			}
		}
		return isPlain
	})
	return isPlain
}

// logged returns how often a call that writes to the log uses a variable, except in conditions.
func logged(call *python.Call, name string) int {
	count := 0
	for _, value := range values(call) {
		count += python.Loads(value, name)
		python.Walk(value, func(node python.Node) bool {
			for _, condition := range conditionNames(node) {
				if condition == name {
					count--
				}
			}
			return true
		})
	}
	return count
}

// addListener emits a listener with the converted body of a Python function. params is the parameter in TypeScript.
// prepare runs before the body is converted, and sets fields of c.f.
func (c *converter) addListener(def *python.Def, event, params string, prepare func()) {
	body := c.handlerBody(def, event, prepare)
	if params == "{ environment }" && !mentions(body, "environment") {
		params = ""
	}
	c.line("locust.events.%s.addListener((%s) => {", event, params)
	c.out.WriteString(body)
	c.line("})")
}

// handlerBody returns the body of a listener of an event. The listener cannot make requests or wait.
func (c *converter) handlerBody(def *python.Def, event string, prepare func()) string {
	return c.capture(func() {
		c.depth++
		c.inFunction(def, nil, func() {
			c.f.isHandler = true
			prepare()
			c.functionBody(def.Body)
			if c.f.isAsync {
				c.fail(def.Pos, "a listener of events.%s cannot make requests or wait", event)
			}
		})
		c.depth--
	})
}

// conditionNames returns the variables that the condition of an if or while statement, or of a conditional expression,
// tests for truth or compares with None.
func conditionNames(node python.Node) []string {
	var found []string
	var add func(expr python.Expr)
	add = func(expr python.Expr) {
		switch expr := expr.(type) {
		case *python.Name:
			found = append(found, expr.ID)
		case *python.Unary:
			if expr.Op == "not" {
				add(expr.X)
			}
		case *python.BoolOp:
			add(expr.X)
			add(expr.Y)
		case *python.Compare:
			name, isName := expr.X.(*python.Name)
			if isName && len(expr.Ys) == 1 && (expr.Ops[0] == "is" || expr.Ops[0] == "is not") && python.IsNone(expr.Ys[0]) {
				found = append(found, name.ID)
			}
		}
	}
	switch node := node.(type) {
	case *python.If:
		add(node.Condition)
	case *python.While:
		add(node.Condition)
	case *python.IfExp:
		add(node.Condition)
	}
	return found
}

// readsRun returns whether a listener uses parts of the environment that setup() and teardown() do not have. It returns
// false for a listener that makes requests: outside of users, k6 makes requests only in these two functions.
func (c *converter) readsRun(def *python.Def) bool {
	return !c.isBlocking(def.Body) && python.Contains(def.Body, func(node python.Node) bool {
		attribute, ok := node.(*python.Attribute)
		if !ok {
			return false
		}
		if runner, isField := attribute.X.(*python.Attribute); isField {
			return runner.Name == "runner" && (attribute.Name == "stats" || attribute.Name == "user_count")
		}
		return python.IsName(attribute.X, "environment") && slices.Contains([]string{"stats", "host", "process_exit_code"}, attribute.Name)
	})
}

// starting converts a listener that is called at the start of the run and reads the environment.
func (c *converter) starting(def *python.Def) {
	locals := python.Stored(def.Body)
	for name := range python.GlobalNames(def.Body) {
		delete(locals, name)
	}
	for name := range changed(c.reached(def.Body)) {
		c.sharesState = c.sharesState || (c.globals[name] || c.classes[name] != nil) && locals[name] == 0
	}
	kept := *def
	kept.Body = slices.DeleteFunc(slices.Clone(def.Body), c.resets)
	c.addListener(&kept, "testStart", "{ environment }", func() { c.f.hasEnvironment = true })
}

// resets returns whether a statement clears the statistics, which are empty at the start of the run.
func (c *converter) resets(stmt python.Stmt) bool {
	call := python.CallIn(stmt)
	if call == nil || !hasNone(call) {
		return false
	}
	method, ok := call.Func.(*python.Attribute)
	if !ok || method.Name != "reset_all" && method.Name != "clear_all" ||
		!slices.Contains([]string{"environment.stats", "environment.runner.stats"}, c.source(method.X)) {
		return false
	}
	c.note(call.Pos, "%s was left out, because the statistics are empty at the start of the run", c.source(call))
	return true
}

// ending converts a listener that is called at the end of the run. The listener may set the exit code.
func (c *converter) ending(def *python.Def, event string) {
	if len(c.readsChangedByUsers(def)) > 0 {
		c.sharesState = true // a single runtime, because runtimes do not share variables
	}
	c.addListener(def, event, "{ environment }", func() { c.f.hasEnvironment = true })
}

// hook converts a listener to a function without parameters. It returns the name of the function, or "" if the listener
// does nothing.
func (c *converter) hook(name string, def *python.Def) string {
	c.hooks[name]++
	if count := c.hooks[name]; count > 1 {
		name = fmt.Sprintf("%s%d", name, count)
	}
	for c.moduleDefs[name] || c.globals[name] {
		name += "_"
	}
	body := c.handlerBody(def, c.eventOf(def), func() {})
	if body == "" {
		return ""
	}
	c.line("function %s(): void {", name)
	c.out.WriteString(body)
	c.line("}")
	return name
}

// inHandler returns whether the current function is a listener, or part of one.
func (c *converter) inHandler() bool {
	for f := c.f; f != nil; f = f.outer {
		if f.isHandler {
			return true
		}
	}
	return false
}

// endListener converts a listener that runs at the end of the run.
func (c *converter) endListener(def *python.Def, event string) {
	switch {
	case event == "quitting":
		c.ending(def, "quitting")
	case c.readsRun(def) || len(c.readsChangedByUsers(def)) > 0 && !c.isBlocking(def.Body):
		c.ending(def, "testStop")
	default:
		c.checkReads(def)
		if name := c.hook("onTestStop", def); name != "" {
			c.teardown = append(c.teardown, name)
		}
	}
}
