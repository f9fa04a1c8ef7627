package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// plainTypes contains the types of objects whose methods the converter supports only without keyword arguments.
var plainTypes = []string{"headers", "match", fileType, "elapsed"}

func (c *converter) methodCall(call *python.Call, callee *python.Attribute) code {
	name := callee.Name
	if inner, ok := callee.X.(*python.Call); ok {
		if super, ok := inner.Func.(*python.Name); ok && super.ID == "super" {
			return c.superCall(call, name)
		}
	}
	if event, ok := callee.X.(*python.Attribute); ok && name == "fire" && event.Name == "request" {
		if events, ok := event.X.(*python.Attribute); ok && events.Name == "events" && c.expr(events.X).t == environmentType {
			return c.fire(call)
		}
	}
	if runner, ok := callee.X.(*python.Attribute); ok && runner.Name == "runner" && name == "quit" {
		if hasVariable, _ := c.hasEnvironment(); c.inHandler() && !hasVariable {
			return c.unsupported(call, "%s is only supported while users are running", c.source(call))
		}
		return code{js: "locust.quit()", t: noneType}
	}
	if result, ok := c.pathMethod(call, callee); ok {
		return result
	}
	if opened := c.openCall(call); opened != nil {
		return c.openFile(opened)
	}
	x := c.expr(callee.X)
	if len(call.Keywords) > 0 && slices.Contains(plainTypes, x.t) {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	if x.t == attributesType && name == "get" && len(call.Keywords) == 0 {
		return code{js: "pyGet(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}
	}
	x = c.value(callee.X)
	switch {
	case x.t == fakerType:
		return c.fakerCall(call, callee)
	case x.t == "client" && name == "iter_lines":
		return c.unsupported(call, "%s is supported only as the list of a for loop", c.source(call))
	case x.t == "client":
		return c.clientCall(call, callee, x)
	case x.t == loggerType:
		return c.loggerCall(call, name)
	case x.t == bytesType && name == "decode" && isUTF8(call):
		return code{js: x.js, t: strType, isPure: x.isPure, isOpen: x.isOpen}
	case x.t == bytesType && slices.Contains([]string{"strip", "lstrip", "rstrip"}, name) && len(call.Args) <= 1 && len(call.Keywords) == 0:
		// The bytes are stored as text.
		if len(call.Args) == 1 && c.value(call.Args[0]).t != bytesType {
			return c.unsupported(call, "%s needs bytes", c.source(call))
		}
		text := c.valueCall(call, callee, code{js: x.js, t: strType, isOpen: x.isOpen})
		return code{js: text.js, t: bytesType}
	case x.t == "headers" && name == "pop":
		return code{js: "pyPop(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}
	case x.t == "headers" && name == "get":
		return code{js: "pyGet(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}
	case x.t == streamType && name == "close" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: x.operand() + ".close()", t: noneType}
	case x.t == streamType && (name == "iter_lines" || name == "iter_content"):
		return c.unsupported(call, "%s is supported only as the list of a for loop", c.source(call))
	case x.t == streamType && name == "json":
		return c.unsupported(call, "%s is not supported with stream=True: use iter_lines()", c.source(call))
	case (x.t == responseType || x.t == streamType || x.t == "rest" || x.t == anyType) && len(call.Keywords) == 0 && slices.Contains([]string{"json", "success", "failure", "raise_for_status"}, name):
		return c.responseCall(call, name, x)
	case x.t == sessionType:
		return c.sessionCall(call, name, x)
	case x.t == poolType:
		return c.poolCall(call, name, x)
	case c.isGreenlet(x, call, name):
		if result, ok := c.greenletCall(call, name, x); ok {
			return result
		}
		return c.unsupported(call, "%s is not supported", c.source(call))
	case x.t == queueType:
		return c.queueCall(call, callee, x)
	case x.t == fileType:
		return c.fileCall(call, callee, x)
	case x.t == uploadType:
		return c.uploadCall(call, name, x)
	case x.t == hashType:
		return c.hashCall(call, callee, x)
	case x.t == urlType && name == "geturl" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: x.operand() + ".geturl()", t: strType}
	case x.t == binaryType && name == "decode" && isUTF8(call):
		return code{js: "pyDecode(" + x.js + ")", t: strType}
	case x.t == "match" && len(call.Keywords) == 0 && (name == "groupdict" && len(call.Args) == 0 || (name == "start" || name == "end") && len(call.Args) == 0):
		return code{js: x.operand() + "." + name + "()", t: map[bool]string{true: dictType, false: intType}[name == "groupdict"]}
	case x.t == binaryType:
		return c.unsupported(call, "%s is not supported for the content of a binary file", c.source(call))
	case isTime(x.t):
		return c.datetimeCall(call, callee, x)
	case x.t == timedeltaType && name == "total_seconds" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: x.js, t: floatType, isOpen: x.isOpen}
	case x.t == entryType && name == "get_response_time_percentile" && len(call.Args) == 1 && len(call.Keywords) == 0:
		return code{js: x.js + ".getResponseTimePercentile(" + c.value(call.Args[0]).js + ")", t: realType}
	case x.t == "elapsed" && name == "total_seconds":
		return code{js: x.js, t: floatType, isPure: true}
	case x.t == "cookies":
		return c.cookieCall(call, callee, x)
	case x.t == "headers" && name == "update" && len(call.Args) == 1:
		return code{js: "Object.assign(" + x.js + ", " + c.plain(c.value(call.Args[0])).js + ")", t: noneType}
	case x.t == patternType:
		return c.patternMethod(call, name, x)
	case x.t == anyType && slices.Contains([]string{"group", "groups", "groupdict", "span"}, name) && len(call.Keywords) == 0 && c.findMethod(name) == nil:
		return code{js: "pyMatchOf(" + x.js + ")." + name + "(" + strings.Join(c.args(call), ", ") + ")", t: anyType}
	case x.t == "match" && name == "span" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: x.operand() + ".span()", t: tupleType}
	case x.t == "match" && (name == "group" || name == "groups"):
		return code{js: x.operand() + "." + name + "(" + strings.Join(c.args(call), ", ") + ")", t: anyType}
	}
	if class, ok := strings.CutPrefix(x.t, "class:"); ok {
		for k := c.classes[class]; k != nil; k = k.parent {
			method := k.method(name)
			switch {
			case method == nil:
				continue
			case isStaticMethod(method):
				return c.ownCall(call, x.js+"."+c.member(name), name, 0, method.Params)
			case isDecorated(method, "classmethod"):
				return c.ownCall(call, x.js+"."+c.member(name), name, 1, method.Params[1:])
			}
			return c.unsupported(call, "%s is not supported without an object", c.source(call))
		}
	}
	if method := c.methodOf(call, x, name); method != nil {
		switch of := "(" + x.js + ".constructor as any)." + c.member(name); {
		case isDecorated(method, "property"):
			return c.unsupported(call, "%s calls the value of a property", c.source(call))
		case isStaticMethod(method):
			return c.ownCall(call, of, name, 0, method.Params)
		case isDecorated(method, "classmethod") && !c.inClassMethod():
			return c.ownCall(call, of, name, 1, method.Params[1:])
		}
		return c.ownCall(call, c.owner(x, name)+"."+c.member(name), name, 1, method.Params[1:])
	}
	if c.isOwnFieldOf(x, name) && c.findMethod(name) == nil && (x.t == "self" || x.t == "user" || strings.HasPrefix(x.t, objectType)) {
		// The field contains a function.
		return c.dynamicCall(call, c.attribute(callee))
	}
	if x.t == "self" || x.t == "user" {
		if name == "interrupt" {
			args := c.positional(call, "reschedule")
			return code{js: x.js + ".interrupt(" + strings.Join(args, ", ") + ")", t: noneType}
		}
		if len(call.Args)+len(call.Keywords) > 0 {
			return c.unsupported(call, "%s is not supported with arguments", c.source(call))
		}
		switch name {
		case "wait":
			c.f.isAsync = true
			return code{js: "await " + x.js + ".wait()", t: noneType, isOpen: true}
		case "stop":
			return code{js: x.js + ".stop()", t: noneType}
		case "get_run_time":
			return code{js: x.js + ".getRunTime()", t: floatType}
		case "get_current_user_count":
			return code{js: x.js + ".getCurrentUserCount()", t: intType}
		}
		return c.unsupported(call, "%s is not supported", c.source(call))
	}
	return c.valueCall(call, callee, x)
}

func (c *converter) responseCall(call *python.Call, name string, x code) code {
	args := c.args(call)
	switch name {
	case "json":
		if len(args) == 0 {
			return code{js: x.operand() + ".json()", t: anyType}
		}
	case "success":
		return code{js: x.operand() + ".success()", t: noneType}
	case "failure":
		if len(args) == 1 {
			return code{js: x.operand() + ".failure(" + textOfValue(c.value(call.Args[0])).js + ")", t: noneType}
		}
	case "raise_for_status":
		return code{js: "pyRaiseForStatus(" + x.js + ")", t: noneType}
	}
	return c.unsupported(call, "these arguments of %s are not supported", c.source(call))
}

// jarDict returns the cookies of a client as a dict, and other values unchanged.
func jarDict(x code) code {
	if x.t == "cookies" {
		return code{js: x.operand() + ".all()", t: dictType}
	}
	return x
}

func (c *converter) cookieCall(call *python.Call, callee *python.Attribute, x code) code {
	name := callee.Name
	if name == "get" {
		args := c.positional(call, "name", "default")
		otherwise := "null"
		if len(args) == 2 {
			otherwise = args[1]
		}
		return code{js: "(" + x.js + ".get(" + args[0] + ") ?? " + otherwise + ")", t: anyType}
	}
	if len(call.Keywords) > 0 {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	args := c.args(call)
	switch {
	case name == "set" && len(args) == 2:
		return code{js: x.js + ".set(" + strings.Join(args, ", ") + ")", t: noneType}
	case name == "clear" && len(args) == 0:
		return code{js: x.js + ".clear()", t: noneType}
	case name == "get_dict" && len(args) == 0:
		return jarDict(x)
	case len(args) == 0 && (name == "keys" || name == "values" || name == "items"):
		return c.valueCall(call, callee, jarDict(x))
	case name == "update" && len(args) == 1:
		return code{js: "pySetCookies(" + x.js + ", " + jarDict(c.value(call.Args[0])).js + ")", t: noneType}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}
