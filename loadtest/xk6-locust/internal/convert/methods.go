package convert

import (
	"cmp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// plainTypes contains the types of objects whose methods the converter supports only without keyword arguments.
var plainTypes = []string{"headers", "match", fileType, "elapsed"}

// special maps special methods to the built-in functions that call them.
var special = map[string]string{"__str__": "str", "__repr__": "repr", "__len__": "len"}

func (c *converter) methodCall(call *python.Call, callee *python.Attribute) code {
	if result, ok := c.locustMethod(call, callee); ok {
		return result
	}
	if result, ok := c.pathMethod(call, callee); ok {
		return result
	}
	if opened := c.openCall(call); opened != nil {
		return c.openFile(opened)
	}
	if builtin := special[callee.Name]; builtin != "" && hasNone(call) && c.methods[callee.Name] == 0 {
		return c.builtinCall(&python.Call{Pos: call.Pos, Func: &python.Name{Pos: call.Pos, ID: builtin}, Args: []python.Expr{callee.X}}, builtin)
	}
	x := c.expr(callee.X)
	if len(call.Keywords) > 0 && slices.Contains(plainTypes, x.t) {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	if x.t == attributesType && callee.Name == "get" && len(call.Keywords) == 0 {
		return code{js: "pyGet(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}
	}
	x = c.value(callee.X)
	for _, convert := range []func(*python.Call, *python.Attribute, code) (code, bool){
		c.webMethod, c.concurrencyMethod, c.dataMethod, c.matchMethod, c.methodOfClass, c.ownMethod, c.taskMethod,
	} {
		if result, ok := convert(call, callee, x); ok {
			return result
		}
	}
	return c.valueCall(call, callee, x)
}

// locustMethod converts a call to super(), or to a method of Locust's events or runner. It returns false for all other
// calls, like the functions below.
func (c *converter) locustMethod(call *python.Call, callee *python.Attribute) (code, bool) {
	name := callee.Name
	if python.IsSuper(callee.X) {
		return c.superCall(call, name), true
	}
	if event, ok := callee.X.(*python.Attribute); ok && name == "fire" && event.Name == "request" {
		if events, ok := event.X.(*python.Attribute); ok && events.Name == "events" && c.expr(events.X).t == environmentType {
			return c.fire(call), true
		}
	}
	if runner, ok := callee.X.(*python.Attribute); ok && runner.Name == "runner" && name == "quit" {
		if hasVariable, _ := c.hasEnvironment(); c.inHandler() && !hasVariable {
			return c.unsupported(call, "%s is only supported while users are running", c.source(call)), true
		}
		return code{js: "locust.quit()", t: noneType}, true
	}
	return code{}, false
}

// responseMethods contains the methods of responses that the converter also supports for values of unknown type.
var responseMethods = []string{"json", "success", "failure", "raise_for_status"}

// webMethod converts a method of a client, of its headers and cookies, or of a response.
func (c *converter) webMethod(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	name := callee.Name
	switch {
	case x.t == "client" && name == "iter_lines", x.t == streamType && (name == "iter_lines" || name == "iter_content"):
		return c.unsupported(call, "%s is supported only as the list of a for loop", c.source(call)), true
	case x.t == "client":
		return c.clientCall(call, callee, x), true
	case x.t == sessionType:
		return c.sessionCall(call, name, x), true
	case x.t == "cookies":
		return c.cookieCall(call, callee, x), true
	case x.t == "headers" && name == "pop":
		return code{js: "pyPop(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}, true
	case x.t == "headers" && name == "get":
		return code{js: "pyGet(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}, true
	case x.t == "headers" && name == "update" && len(call.Args) == 1:
		return code{js: "Object.assign(" + x.js + ", " + c.plain(c.value(call.Args[0])).js + ")", t: noneType}, true
	case x.t == "elapsed" && name == "total_seconds":
		return code{js: x.js, t: floatType, isPure: x.isPure}, true
	case x.t == streamType && name == "close" && hasNone(call):
		return code{js: x.operand() + ".close()", t: noneType}, true
	case x.t == uncaughtType && (name == "success" || name == "failure"):
		return c.unsupported(call, "%s needs catch_response=True and a with block: without them, Locust raises an error", c.source(call)), true
	case x.t == answerType && (name == "success" || name == "failure"):
		return c.unsupported(call, "%s is not a method of responses of the library requests", c.source(call)), true
	case x.t == streamType && name == "json":
		return c.unsupported(call, "%s is not supported with stream=True: use iter_lines()", c.source(call)), true
	case (isResponse(x.t) || x.t == anyType) && len(call.Keywords) == 0 && slices.Contains(responseMethods, name):
		return c.responseCall(call, name, x), true
	}
	return code{}, false
}

// concurrencyMethod converts a method of a greenlet, of a pool of greenlets, or of a queue.
func (c *converter) concurrencyMethod(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	switch {
	case x.t == poolType:
		return c.poolCall(call, callee.Name, x), true
	case c.isGreenlet(x, call, callee.Name):
		if result, ok := c.greenletCall(call, callee.Name, x); ok {
			return result, true
		}
		return c.unsupported(call, "%s is not supported", c.source(call)), true
	case x.t == queueType:
		return c.queueCall(call, callee, x), true
	}
	return code{}, false
}

// dataMethod converts a method of a file, bytes, a hash, a time, a logger, or another object of Python's library.
func (c *converter) dataMethod(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	name := callee.Name
	switch {
	case x.t == fakerType:
		return c.fakerCall(call, callee), true
	case x.t == loggerType:
		return c.loggerCall(call, name), true
	case x.t == bytesType:
		return c.bytesCall(call, callee, x), true
	case x.t == binaryType && name == "decode" && isUTF8(call):
		return code{js: "pyDecode(" + x.js + ")", t: strType}, true
	case x.t == binaryType && name == "hex" && hasNone(call):
		return code{js: "pyBytesHex(" + x.js + ")", t: strType}, true
	case x.t == binaryType:
		return c.unsupported(call, "%s is not supported for the content of a binary file", c.source(call)), true
	case x.t == fileType:
		return c.fileCall(call, callee, x), true
	case x.t == anyType && c.methods[name] == 0 && slices.Contains([]string{"read", "readline", "readlines", "seek"}, name):
		return c.fileCall(call, callee, code{js: "pyFileOf(" + x.js + ")", t: fileType}), true
	case x.t == uploadType:
		return c.uploadCall(call, name, x), true
	case x.t == hashType:
		return c.hashCall(call, callee, x), true
	case x.t == urlType && name == "geturl" && hasNone(call):
		return code{js: x.operand() + ".geturl()", t: strType}, true
	case isTime(x.t):
		return c.datetimeCall(call, callee, x), true
	case x.t == timedeltaType && name == "total_seconds" && hasNone(call):
		return code{js: x.js, t: floatType, isOpen: x.isOpen}, true
	case x.t == entryType && name == "get_response_time_percentile" && python.HasOne(call):
		return code{js: x.js + ".getResponseTimePercentile(" + c.value(call.Args[0]).js + ")", t: realType}, true
	}
	return code{}, false
}

// matchMethod converts a method of a regular expression, or of its match.
func (c *converter) matchMethod(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	name := callee.Name
	switch {
	case x.t == patternType:
		return c.patternMethod(call, name, x), true
	case x.t == anyType && slices.Contains([]string{"group", "groups", "groupdict", "span"}, name) && len(call.Keywords) == 0 && c.findMethod(name) == nil:
		return code{js: "pyMatchOf(" + x.js + ")." + name + "(" + strings.Join(c.args(call), ", ") + ")", t: anyType}, true
	case x.t != "match":
	case name == "group" || name == "groups":
		return code{js: x.operand() + "." + name + "(" + strings.Join(c.args(call), ", ") + ")", t: anyType}, true
	case hasNone(call) && slices.Contains([]string{"groupdict", "start", "end", "span"}, name):
		t := map[string]string{"groupdict": dictType, "span": tupleType}[name]
		return code{js: x.operand() + "." + name + "()", t: cmp.Or(t, intType)}, true
	}
	return code{}, false
}

// methodOfClass converts a call to a method through its class, such as Cart.load() for a class Cart of the locustfile.
func (c *converter) methodOfClass(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	class, ok := strings.CutPrefix(x.t, "class:")
	if !ok {
		return code{}, false
	}
	name := callee.Name
	for k := c.classes[class]; k != nil; k = k.parent {
		method := k.method(name)
		switch {
		case method == nil:
			continue
		case isStaticMethod(method):
			return c.ownCall(call, x.js+"."+c.member(name), name, 0, method.Params), true
		case isDecorated(method, "classmethod"):
			return c.ownCall(call, x.js+"."+c.member(name), name, 1, method.Params[1:]), true
		}
		return c.unsupported(call, "%s is not supported without an object", c.source(call)), true
	}
	return code{}, false
}

// ownMethod converts a call to a method of the locustfile, or to a function in a field of an object.
func (c *converter) ownMethod(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	name := callee.Name
	if method := c.methodOf(call, x, name); method != nil {
		switch of := "(" + x.js + ".constructor as any)." + c.member(name); {
		case isDecorated(method, "property"):
			return c.unsupported(call, "%s calls the value of a property", c.source(call)), true
		case isStaticMethod(method):
			return c.ownCall(call, of, name, 0, method.Params), true
		case isDecorated(method, "classmethod") && !c.inClassMethod():
			return c.ownCall(call, of, name, 1, method.Params[1:]), true
		}
		return c.ownCall(call, c.owner(x, name)+"."+c.member(name), name, 1, method.Params[1:]), true
	}
	if c.isOwnFieldOf(x, name) && c.findMethod(name) == nil && (x.t == "self" || x.t == "user" || strings.HasPrefix(x.t, objectType)) {
		// The field contains a function.
		return c.dynamicCall(call, c.attribute(callee)), true
	}
	return code{}, false
}

// taskMethod converts a call to a method that users, task sets, and load shapes inherit from Locust.
func (c *converter) taskMethod(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	if x.t != "self" && x.t != "user" {
		return code{}, false
	}
	if callee.Name == "interrupt" {
		return c.interrupt(call, x), true
	}
	if !hasNone(call) {
		return c.unsupported(call, "%s is not supported with arguments", c.source(call)), true
	}
	switch callee.Name {
	case "wait":
		c.f.isAsync = true
		return code{js: "await " + x.js + ".wait()", t: noneType, isOpen: true}, true
	case "stop":
		return code{js: x.js + ".stop()", t: noneType}, true
	case "get_run_time":
		return code{js: x.js + ".getRunTime()", t: floatType}, true
	case "get_current_user_count":
		return code{js: x.js + ".getCurrentUserCount()", t: intType}, true
	}
	return c.unsupported(call, "%s is not supported", c.source(call)), true
}

func (c *converter) responseCall(call *python.Call, name string, x code) code {
	args := c.args(call)
	switch name {
	case "json":
		isFast, isSlow := c.clientsOf(x)
		switch {
		case len(args) > 0:
		case isFast && isSlow:
			return code{js: "pyAnswered(" + x.js + ").json()", t: anyType}
		case isFast:
			return code{js: "pyFastJson(" + x.js + ")", t: anyType}
		case c.known[errorTexts] != "":
			return code{js: "pyResponseJson(" + x.js + ")", t: anyType}
		default:
			return code{js: x.operand() + ".json()", t: anyType}
		}
	case "success":
		return code{js: x.operand() + ".success()", t: noneType}
	case "failure":
		if len(args) == 1 {
			return code{js: x.operand() + ".failure(" + textOfValue(c.value(call.Args[0])).js + ")", t: noneType}
		}
	case "raise_for_status":
		isFast, isSlow := c.clientsOf(x)
		switch {
		case isFast && isSlow:
			return c.unsupported(call, "HttpUser and FastHttpUser raise different exceptions in %s: use only one of these classes", c.source(call))
		case isFast:
			return code{js: "pyFastRaiseForStatus(" + x.js + ")", t: noneType}
		}
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
