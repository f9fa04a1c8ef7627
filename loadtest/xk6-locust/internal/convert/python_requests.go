package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// sessionType is the type of requests.Session().
const sessionType = "requests.Session"

// answerType is the type of the responses of Python's requests library.
const answerType = "answer"

// isResponse returns whether a type is that of a response.
func isResponse(t string) bool {
	return t == responseType || t == streamType || t == uncaughtType || t == answerType || t == "rest"
}

// clientsOf returns whether a response may belong to a FastHttpUser, and whether it may belong to an HttpUser. Python's
// requests library has the same responses as HttpUser.
func (c *converter) clientsOf(response code) (isFast, isSlow bool) {
	if response.t == answerType {
		return false, true
	}
	return c.clients()
}

// isBlocking returns whether the code makes requests with Python's requests library, directly or in the functions that
// it calls.
func (c *converter) isBlocking(body []python.Stmt) bool {
	return python.Contains(c.reached(body), func(node python.Node) bool {
		call, ok := node.(*python.Call)
		if !ok {
			return false
		}
		method, ok := strings.CutPrefix(c.qualified(call.Func), "requests.")
		return ok && slices.Contains(simplify.RequestMethods, method)
	})
}

// isForUsers returns whether users call the function that is being converted. k6 runs all other functions in setup(),
// in teardown(), or in init code.
func (c *converter) isForUsers() bool {
	if c.inHandler() {
		return false
	}
	outer := c.f
	for f := c.f; f != nil && f.id != ""; f = f.outer {
		if f.of != nil {
			return true
		}
		outer = f
	}
	return c.reachedBy(outer.name, func(stmt python.Stmt) bool { _, isClass := stmt.(*python.Class); return isClass })
}

// reachedBy returns whether the module contains statements that call a function, directly or through other functions,
// and for which `some` returns true.
func (c *converter) reachedBy(name string, some func(python.Stmt) bool) bool {
	def := c.functions[name]
	if def == nil {
		return false
	}
	var callers []python.Stmt
	for _, stmt := range c.body {
		if some(stmt) {
			callers = append(callers, stmt)
		}
	}
	all := c.reached(callers)
	return slices.ContainsFunc(all, func(stmt python.Stmt) bool { return len(def.Body) > 0 && stmt == def.Body[0] })
}

// setupFunction is the name of the function that contains the code moved to setup(). Because of the space, no function
// of a locustfile has this name.
const setupFunction = "setup code"

// moveToSetup converts a statement of the module that makes requests. It moves the statement to setup(), because k6
// makes no requests in init code.
func (c *converter) moveToSetup(assign *python.Assign) {
	target, ok := assign.Targets[0].(*python.Name)
	if !ok || len(assign.Targets) != 1 {
		c.fail(assign.Pos, "requests outside of functions are only supported in an assignment to one variable")
		return
	}
	if python.Stored(c.body)[target.ID] > 1 {
		c.fail(assign.Pos, "%s gets several values outside of functions, but k6 makes requests only when the run starts", target.ID)
	}
	for _, stmt := range c.body {
		if stmt == python.Stmt(assign) {
			continue
		}
		var now any = stmt
		switch stmt := stmt.(type) {
		case *python.Def:
			now = stmt.Decorators
		case *python.Class:
			now = slices.DeleteFunc(slices.Clone(stmt.Body), func(inner python.Stmt) bool {
				_, isDef := inner.(*python.Def)
				return isDef
			})
		}
		if python.Loads(now, target.ID) > 0 {
			c.fail(stmt.Position(), "%s is used before the run starts, but k6 cannot make requests before then", target.ID)
		}
	}
	c.line("let %s: any", jsName(target.ID))
	c.f.declared[target.ID] = true
	def := &python.Def{Pos: assign.Pos, Name: setupFunction, Body: []python.Stmt{&python.Scope{Pos: assign.Pos, Word: "global", Names: []string{target.ID}}, assign}}
	c.recordTransfers(def.Body)
	if name := c.hook("beforeTest", def); name != "" {
		c.setup = append(c.setup, name)
	}
}

// pythonRequest converts a call such as requests.post(url). Users make these requests with k6's own client, so that
// they do not count in Locust's statistics. Outside of users, k6 makes them in setup() or teardown().
func (c *converter) pythonRequest(call *python.Call, method string, session code) code {
	if !slices.Contains(simplify.RequestMethods, method) {
		return c.unsupported(call, "requests.%s() is not available in k6", method)
	}
	isForUsers := c.isForUsers()
	isListener := func(stmt python.Stmt) bool {
		def, ok := stmt.(*python.Def)
		return ok && c.eventOf(def) != ""
	}
	if isForUsers && c.classOf() == nil && c.reachedBy(c.f.name, isListener) {
		return c.unsupported(call, "%s makes requests both for users and for listeners of events: use two functions", c.f.name)
	}
	names := requestParams(method)
	if method == "get" {
		names = append(names, "params")
	}
	c.checkDicts(call)
	args, ok := python.Bind(call, names...)
	if !ok {
		return c.unsupported(call, "requests.%s() has too many arguments", method)
	}
	order := slices.Clone(names[:len(call.Args)])
	for _, keyword := range call.Keywords {
		order = append(order, keyword.Name)
	}
	verb, url, options := c.pythonArguments(call, method, args, order)
	if url == "" {
		return c.unsupported(call, "the request has no URL")
	}
	c.usesHTTP = true
	if session.js != "" {
		options += ", " + session.js
	}
	text := fmt.Sprintf("(%s, %s, %s)", verb, url, options)
	if !isForUsers {
		return code{js: "pyRequest" + text, t: answerType}
	}
	c.note(call.Pos, "the request of %s does not count in the statistics, as in Locust, but it counts in k6's metrics", c.source(call))
	c.f.isAsync = true
	return code{js: "await pyAsyncRequest" + text, t: answerType, isOpen: true}
}

// pythonArguments converts the arguments of a call such as requests.post(url) to those of pyRequest: the method, the
// URL, and the options. The URL is empty if the call has none. `order` contains the names of the arguments in the order
// of the call.
func (c *converter) pythonArguments(call *python.Call, method string, args map[string]python.Expr, order []string) (verb, url, options string) {
	verb = conversion.Quote(strings.ToUpper(method))
	var items []string
	for _, name := range order {
		e := c.value(args[name])
		switch {
		case name == "method" && method == "request":
			verb = "pyText(" + e.js + ").toUpperCase()"
		case name == "url":
			url = e.js
		case name == "verify" && python.IsTrue(args[name]):
		default:
			item, ok := c.pythonOption(name, e)
			if !ok {
				c.fail(call.Pos, "the argument %s of requests.%s() is not supported", python.ShownName(name), method)
				continue
			}
			items = append(items, item)
		}
	}
	return verb, url, "{ " + strings.Join(items, ", ") + " }"
}

// pythonOption converts an argument of requests.post() and similar functions to an option. It returns false for other
// arguments.
func (c *converter) pythonOption(name string, value code) (string, bool) {
	switch name {
	case "json", "params", "data":
		return name + ": " + value.js, true
	case "headers":
		return name + ": " + c.plain(value).js, true
	case "timeout":
		return name + ": " + value.js, value.t != tupleType
	case "auth":
		return name + ": " + value.js, value.t == tupleType
	case "allow_redirects":
		return "allowRedirects: " + value.js, true
	case "":
		return "...pyRequestOptions(" + value.js + ")", true
	}
	return "", false
}

// sessionCall converts a call to a method of requests.Session().
func (c *converter) sessionCall(call *python.Call, name string, x code) code {
	if name == "close" && hasNone(call) {
		return code{js: "null", t: noneType, isPure: true}
	}
	return c.pythonRequest(call, name, x)
}
