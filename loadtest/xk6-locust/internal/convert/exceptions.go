package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// reschedules is a key in converter.types. It is set if the file raises RescheduleTask.
const reschedules = "RescheduleTask"

// interrupts is a key in converter.types. It is set if InterruptTaskSet is a Python exception in the script. This is
// the case if the file raises or catches it, or if interrupt() may be caught or may be called in another task set.
const interrupts = "InterruptTaskSet"

// errorTexts is a key in converter.types. It is set if an except clause uses the exception that it catches.
const errorTexts = "texts of exceptions"

// endings returns the statements of a method's catch block. They handle exceptions that end a task or a task set. If
// the method needs no catch block, endings returns nil.
func (c *converter) endings(k *class, def *python.Def) []string {
	isTask := c.isTask(k, def)
	var lines []string
	if c.known[interrupts] != "" && k.hasTasks() && !k.isUser() && (isTask || def.Name == "on_start") {
		lines = append(lines, "if (error instanceof PyInterrupt) this.interrupt(error.reschedule)")
	}
	switch {
	case isTask && c.known[reschedules] != "":
		return append(lines, "if (!(error instanceof PyReschedule)) throw error")
	case len(lines) > 0:
		return append(lines, "throw error")
	}
	return nil
}

// isTask returns whether a method has the decorator @task, or is listed in the tasks of the class or of a class that
// the class extends.
func (c *converter) isTask(k *class, def *python.Def) bool {
	_, isDecorated := c.decorated(def.Decorators)
	for ; k != nil && !isDecorated; k = k.parent {
		for _, stmt := range k.Body {
			if assign, ok := stmt.(*python.Assign); ok && slices.Contains(python.Names(assign.Targets[0]), "tasks") && assign.Value != nil {
				isDecorated = isDecorated || python.Loads(assign.Value, def.Name) > 0
			}
		}
	}
	return isDecorated
}

// isTaskFunction returns whether a class lists a function as a task, or all calls to the function pass a user as the
// first argument.
func (c *converter) isTaskFunction(name string) bool {
	for _, k := range c.classes {
		for _, task := range k.tasks {
			if task.target == jsName(name) {
				return true
			}
		}
	}
	return c.knownParams[name+".0"] == "user"
}

func (c *converter) raise(stmt *python.Raise) {
	defer c.message()()
	if stmt.Exception == nil {
		c.line("throw caught")
		return
	}
	call, isCall := stmt.Exception.(*python.Call)
	if !isCall {
		call = &python.Call{Pos: stmt.Pos, Func: stmt.Exception}
	}
	if c.raiseOfLocust(stmt, call.Func) {
		return
	}
	name, ok := call.Func.(*python.Name)
	if !ok {
		name = &python.Name{}
	}
	k := c.classes[name.ID]
	isOwn := k != nil && k.base == "Exception"
	switch {
	case isOwn && hasOwnConstructor(k):
		c.line("throw %s", c.nameCall(call, name).js)
	case len(call.Args) > 1 || len(call.Keywords) > 0:
		c.fail(stmt.Pos, "exceptions are only supported with one positional argument")
	case (exceptions[name.ID] || name.ID == "Exception") && !c.globals[name.ID]:
		message := ""
		if len(call.Args) > 0 && name.ID == "KeyError" {
			message = ", pyRepr(" + c.expr(call.Args[0]).js + ")"
		} else if len(call.Args) > 0 {
			message = ", " + c.expr(call.Args[0]).js
		}
		c.line("throw new PyError('%s'%s)", name.ID, message)
	case isOwn:
		message := ""
		if len(call.Args) > 0 {
			message = c.expr(call.Args[0]).js
		}
		c.line("throw new %s(%s)", name.ID, message)
	case ok && c.isLocal(name.ID):
		c.line("throw %s", jsName(name.ID))
	default:
		c.fail(stmt.Pos, "the exception %s is not supported", c.source(call.Func))
	}
}

// raiseOfLocust converts a statement that raises one of Locust's exceptions. It returns false for other exceptions.
func (c *converter) raiseOfLocust(stmt *python.Raise, exception python.Expr) bool {
	switch c.qualified(exception) {
	case "locust.StopUser":
		c.line("throw new %s()", c.use("StopUser"))
	case "locust.StopTest":
		c.line("throw new %s()", c.use("StopTest"))
	case "locust.RescheduleTask":
		c.types[reschedules] = anyType
		c.line("throw new PyReschedule()")
	case "locust.InterruptTaskSet":
		c.raiseInterrupt(stmt)
	case "locust.RescheduleTaskImmediately":
		c.fail(stmt.Pos, "%s has no counterpart in k6/x/locust", c.source(exception))
	default:
		return false
	}
	return true
}

// raiseInterrupt converts `raise InterruptTaskSet(reschedule)`. It interrupts the innermost task set that is running.
func (c *converter) raiseInterrupt(stmt *python.Raise) {
	c.types[interrupts] = anyType
	if k := c.classOf(); k != nil && k.isUser() && c.f.outer.id == "" && k.method(c.f.name) != nil && c.isTask(k, k.method(c.f.name)) {
		c.fail(stmt.Pos, "InterruptTaskSet in a task of a user class ends the user with an error: use a task set, or raise StopUser")
	}
	call, isCall := stmt.Exception.(*python.Call)
	if !isCall {
		c.line("throw new PyInterrupt()")
		return
	}
	args := c.positional(call, "reschedule")
	if len(call.Args) == 1 {
		// As in Python, a positional argument is also the text of the exception.
		args = append(args, args[0])
	}
	c.line("throw new PyInterrupt(%s)", strings.Join(args, ", "))
}

// interrupt converts a call to interrupt() of a task set.
func (c *converter) interrupt(call *python.Call, x code) code {
	if k := c.classOf(); x.js == "this" && k != nil && k.isUser() {
		return c.unsupported(call, "%s is not supported, because only task sets have this method", c.source(call))
	}
	args := strings.Join(c.positional(call, "reschedule"), ", ")
	if strings.HasPrefix(x.js, "this.") {
		// As in Python, the innermost task set that is running is interrupted, not x.
		c.types[interrupts] = anyType
	}
	if c.known[interrupts] != "" {
		return code{js: "pyInterrupt(" + args + ")", t: noneType}
	}
	return code{js: x.js + ".interrupt(" + args + ")", t: noneType}
}

func (c *converter) try(stmt *python.Try) {
	if len(stmt.Else) > 0 && len(stmt.Finally) > 0 {
		inner := *stmt
		inner.Finally = nil
		stmt = &python.Try{Pos: stmt.Pos, Body: []python.Stmt{&inner}, Finally: stmt.Finally}
	}
	done := ""
	if len(stmt.Else) > 0 {
		c.count++
		done = fmt.Sprintf("done%d", c.count)
		c.line("let %s: boolean = false", done)
	}
	c.line("try {")
	c.indented(stmt.Body)
	if done != "" {
		c.depth++
		c.line("%s = true", done)
		c.depth--
	}
	if len(stmt.Handlers) > 0 {
		c.handlers(stmt)
	}
	if len(stmt.Finally) > 0 {
		c.line("} finally {")
		c.indented(stmt.Finally)
	}
	c.line("}")
	if done != "" {
		c.line("if (pyTruthy(%s)) {", done)
		c.indented(stmt.Else)
		c.line("}")
	}
}

// reportCaughtStops reports statements that stop a user, if they are inside a try statement that catches all
// exceptions. Python would catch the exception that such a statement raises, but the script would not. Calls to
// interrupt() are not reported. Instead, they throw an exception that the script catches.
func (c *converter) reportCaughtStops(stmt *python.Try) {
	catchesAll := slices.ContainsFunc(stmt.Handlers, func(handler python.Handler) bool {
		return handler.Type == nil || python.IsName(handler.Type, "Exception") || python.IsName(handler.Type, "BaseException")
	})
	if !catchesAll {
		return
	}
	python.Walk(stmt.Body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def, *python.Lambda, *python.Class:
			return false
		case *python.Raise:
			if full := c.qualified(python.Callee(node.Exception)); full == "locust.StopUser" || full == "locust.StopTest" {
				c.fail(node.Pos, "the except clause catches %s in Python, so the user would continue: move one of them", strings.TrimPrefix(full, "locust."))
			}
		case *python.Call:
			if method, ok := node.Func.(*python.Attribute); ok && method.Name == "interrupt" && c.isUserObject(method.X) {
				c.types[interrupts] = anyType
			}
		}
		return true
	})
}

// handlers converts the except clauses of a try statement to a catch block with one branch per clause.
func (c *converter) handlers(stmt *python.Try) {
	c.reportCaughtStops(stmt)
	c.recordCaughtFiles(stmt)
	c.use("StopUser")
	c.line("} catch (caught: any) {")
	c.depth++
	defer func() { c.depth-- }()
	c.line("if (caught instanceof StopUser || caught instanceof PyRefusal || !(caught instanceof Error)) throw caught")
	for i, handler := range stmt.Handlers {
		condition := c.caught(handler)
		switch {
		case condition == "" && i == 0:
			c.handler(handler)
			return
		case condition == "":
			c.line("} else {")
		case i == 0:
			c.line("if (%s) {", condition)
		default:
			c.line("} else if (%s) {", condition)
		}
		c.depth++
		c.handler(handler)
		c.depth--
		if condition == "" {
			c.line("}")
			return
		}
	}
	c.line("} else throw caught")
}

// caught returns the condition under which an except clause catches an exception. It returns "" if the clause catches
// all exceptions.
func (c *converter) caught(handler python.Handler) string {
	if handler.Type == nil {
		return ""
	}
	var types []string
	for _, t := range alternatives(handler.Type) {
		types = append(types, c.exceptionType(t))
	}
	if slices.Contains(types, "'Exception'") {
		return ""
	}
	return "pyCatches(caught, " + strings.Join(types, ", ") + ")"
}

// alternatives returns the types in an except clause or in a call to isinstance().
func alternatives(types python.Expr) []python.Expr {
	if tuple, ok := types.(*python.Sequence); ok {
		return tuple.Items
	}
	return []python.Expr{types}
}

// handler converts the statements of an except clause.
func (c *converter) handler(handler python.Handler) {
	if handler.Name != "" && python.Loads(handler.Body, handler.Name) > 0 {
		c.setType(handler.Name, "exception")
		c.types[errorTexts] = anyType
	}
	c.f.declared[handler.Name] = true
	body := c.capture(func() { c.block(handler.Body) })
	if handler.Name != "" && mentions(body, jsName(handler.Name)) {
		c.line("const %s: any = caught", jsName(handler.Name))
	}
	c.out.WriteString(body)
}

// exceptions contains Python's exceptions that locustfiles can raise and catch.
var exceptions = map[string]bool{
	"ValueError": true, "KeyError": true, "IndexError": true, "TypeError": true, "AttributeError": true, "RuntimeError": true,
	"AssertionError": true, "StopIteration": true, "ZeroDivisionError": true, "LookupError": true, "ArithmeticError": true, "NotImplementedError": true,
	"FileNotFoundError": true,
}

// requestExceptions contains exceptions of Python's requests library that HttpUser or the library raises.
var requestExceptions = []string{
	"RequestException", "HTTPError", "ConnectionError", "Timeout", "ReadTimeout", "ConnectTimeout", "SSLError", "ChunkedEncodingError", "ContentDecodingError",
	"TooManyRedirects",
}

// recordCaughtFiles records the files that a try statement opens if one of its handlers catches the error for a
// missing file.
func (c *converter) recordCaughtFiles(stmt *python.Try) {
	catches := slices.ContainsFunc(stmt.Handlers, func(handler python.Handler) bool {
		if handler.Type == nil {
			return true
		}
		return slices.ContainsFunc(alternatives(handler.Type), func(each python.Expr) bool {
			return slices.Contains([]string{"FileNotFoundError", "Exception", "BaseException"}, c.source(each))
		})
	})
	python.Walk(stmt.Body, func(node python.Node) bool {
		call, ok := node.(*python.Call)
		if !ok || !catches {
			return true
		}
		if opened := c.openCall(call); opened != nil && len(opened.Args) > 0 {
			choices, _ := c.placesOf(opened.Args[0])
			for _, each := range choices {
				c.recordOptionalFile(each.place)
			}
		}
		return true
	})
}

func (c *converter) exceptionType(expr python.Expr) string {
	if name, ok := expr.(*python.Name); ok {
		if exceptions[name.ID] || name.ID == "Exception" {
			return conversion.Quote(name.ID)
		}
		if name.ID == "BaseException" {
			return "'Exception'"
		}
		if c.classes[name.ID] != nil && c.classes[name.ID].base == "Exception" {
			return name.ID
		}
	}
	switch c.qualified(expr) {
	case "locust.RescheduleTask":
		return "'RescheduleTask'"
	case "locust.InterruptTaskSet":
		c.types[interrupts] = anyType
		return "'InterruptTaskSet'"
	case "json.JSONDecodeError", "json.decoder.JSONDecodeError":
		return "'JSONDecodeError'"
	case "queue.Empty", "gevent.queue.Empty":
		return "'Empty'"
	}
	if name, ok := strings.CutPrefix(c.qualified(expr), "requests."); ok {
		switch name = strings.TrimPrefix(name, "exceptions."); {
		case name == "JSONDecodeError":
			return "'requests.JSONDecodeError'"
		case slices.Contains(requestExceptions, name):
			return conversion.Quote(name)
		}
	}
	c.fail(expr.Position(), "except %s is not supported", c.source(expr))
	return "''"
}

// exceptionField converts a field of an exception. It returns false for other fields.
func (c *converter) exceptionField(expr *python.Attribute, x code) (code, bool) {
	isOwn := x.t == "self" && c.classOf() != nil && c.classOf().base == "Exception"
	switch {
	case expr.Name == "args" && (x.t == "exception" || isOwn):
		return code{js: "pyArgs(" + x.js + ")", t: tupleType}, true
	case x.t != "exception":
		return code{}, false
	case !c.isFieldOf(expr.Name, func(k *class) bool { return k.base == "Exception" }):
		return c.unsupported(expr, "the attribute %s of an exception is not supported", expr.Name), true
	case c.findMethod(expr.Name) != nil:
		return c.unsupported(expr, "%s is only supported in direct calls", c.source(expr)), true
	}
	return code{js: "pyAttribute(" + x.js + ", " + conversion.Quote(c.member(expr.Name)) + ")", t: anyType, isPure: x.isPure}, true
}
