package convert

import (
	"fmt"
	"slices"
	"strings"

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
			if assign, ok := stmt.(*python.Assign); ok && slices.Contains(names(assign.Targets[0]), "tasks") && assign.Value != nil {
				isDecorated = isDecorated || loads(assign.Value, def.Name) > 0
			}
		}
	}
	return isDecorated
}

// isTaskFunction returns whether a class lists a function as a task, or the first argument of all calls to the function
// is a user.
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
	exception := stmt.Exception
	var args []python.Expr
	isPlain := true
	if call, ok := exception.(*python.Call); ok {
		exception, args = call.Func, call.Args
		isPlain = len(call.Args) <= 1 && len(call.Keywords) == 0
	}
	switch qualified := c.qualified(exception); qualified {
	case "locust.StopUser":
		c.line("throw new %s()", c.use("StopUser"))
		return
	case "locust.StopTest":
		c.line("throw new %s()", c.use("StopTest"))
		return
	case "locust.RescheduleTask":
		c.types[reschedules] = anyType
		c.line("throw new PyReschedule()")
		return
	case "locust.InterruptTaskSet":
		c.raiseInterrupt(stmt)
		return
	case "locust.RescheduleTaskImmediately":
		c.fail(stmt.Pos, "%s has no counterpart in k6/x/locust", c.source(exception))
		return
	}
	name, ok := exception.(*python.Name)
	if ok && c.classes[name.ID] != nil && c.classes[name.ID].base == "Exception" && hasOwnConstructor(c.classes[name.ID]) {
		call, isCall := stmt.Exception.(*python.Call)
		if !isCall {
			call = &python.Call{Pos: stmt.Pos, Func: name}
		}
		c.line("throw %s", c.nameCall(call, name).js)
		return
	}
	if !isPlain {
		c.fail(stmt.Pos, "exceptions are only supported with one positional argument")
		return
	}
	if ok && (exceptions[name.ID] || name.ID == "Exception") && !c.globals[name.ID] {
		message := ""
		if len(args) > 0 {
			message = ", " + c.expr(args[0]).js
			if name.ID == "KeyError" {
				message = ", pyRepr(" + c.expr(args[0]).js + ")"
			}
		}
		c.line("throw new PyError('%s'%s)", name.ID, message)
		return
	}
	if ok && c.classes[name.ID] != nil && c.classes[name.ID].base == "Exception" {
		message := ""
		if len(args) > 0 {
			message = c.expr(args[0]).js
		}
		c.line("throw new %s(%s)", name.ID, message)
		return
	}
	if ok && c.isLocal(name.ID) {
		c.line("throw %s", jsName(name.ID))
		return
	}
	c.fail(stmt.Pos, "the exception %s is not supported", c.source(exception))
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
		return handler.Type == nil || isName(handler.Type, "Exception") || isName(handler.Type, "BaseException")
	})
	if !catchesAll {
		return
	}
	walk(stmt.Body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def, *python.Lambda, *python.Class:
			return false
		case *python.Raise:
			if full := c.qualified(c.callee(node.Exception)); full == "locust.StopUser" || full == "locust.StopTest" {
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

func (c *converter) handlers(stmt *python.Try) {
	c.reportCaughtStops(stmt)
	c.recordCaughtFiles(stmt)
	c.use("StopUser")
	c.line("} catch (caught: any) {")
	c.depth++
	c.line("if (caught instanceof StopUser || caught instanceof PyRefusal || !(caught instanceof Error)) throw caught")
	isOpen := false
	for i, handler := range stmt.Handlers {
		condition := ""
		if handler.Type != nil {
			var types []string
			list := []python.Expr{handler.Type}
			if tuple, ok := handler.Type.(*python.Sequence); ok {
				list = tuple.Items
			}
			for _, t := range list {
				types = append(types, c.exceptionType(t))
			}
			condition = fmt.Sprintf("pyCatches(caught, %s)", strings.Join(types, ", "))
			if slices.Contains(types, "'Exception'") {
				condition = ""
			}
		}
		switch {
		case condition != "" && i == 0:
			c.line("if (%s) {", condition)
			isOpen = true
		case condition != "":
			c.line("} else if (%s) {", condition)
		case i > 0:
			c.line("} else {")
		}
		if isOpen {
			c.depth++
		}
		if handler.Name != "" && loads(handler.Body, handler.Name) > 0 {
			c.setType(handler.Name, "exception")
			c.types[errorTexts] = anyType
		}
		c.f.declared[handler.Name] = true
		body := c.capture(func() { c.block(handler.Body) })
		if handler.Name != "" && mentions(body, jsName(handler.Name)) {
			c.line("const %s: any = caught", jsName(handler.Name))
		}
		c.out.WriteString(body)
		if isOpen {
			c.depth--
		}
		if condition == "" {
			if isOpen {
				c.line("}")
			}
			c.depth--
			return
		}
	}
	c.line("} else throw caught")
	c.depth--
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
		types := []python.Expr{handler.Type}
		if tuple, ok := handler.Type.(*python.Sequence); ok {
			types = tuple.Items
		}
		return slices.ContainsFunc(types, func(each python.Expr) bool {
			return slices.Contains([]string{"FileNotFoundError", "Exception", "BaseException"}, c.source(each))
		})
	})
	walk(stmt.Body, func(node python.Node) bool {
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
			return quote(name.ID)
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
			return quote(name)
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
	return code{js: "pyAttribute(" + x.js + ", " + quote(c.member(expr.Name)) + ")", t: anyType, isPure: x.isPure}, true
}
