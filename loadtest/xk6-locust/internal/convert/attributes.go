package convert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// responseFields maps Python's attributes of responses to their names and types in the script.
var responseFields = map[string][2]string{
	"status_code": {"statusCode", intType}, "text": {"text", strType}, "url": {"url", strType}, "reason": {"reason", strType},
	"ok": {"ok", boolType}, "headers": {"headers", "responseHeaders"}, "cookies": {"cookies", dictType}, "history": {"history", listType},
	"content": {"text", bytesType}, "elapsed": {"elapsed", "elapsed"},
}

// urlType is the type of the parts of a URL.
const urlType = "url"

// urlFields contains the parts of a URL with their types.
var urlFields = map[string]string{
	"scheme": strType, "netloc": strType, "path": strType, "params": strType, "query": strType, "fragment": strType, "hostname": anyType, "port": anyType,
}

func (c *converter) attribute(expr *python.Attribute) code {
	if full := c.qualified(expr); full != "" {
		return c.libraryValue(expr.Pos, full)
	}
	if c.isOptions(expr.X) {
		if value, ok := c.arguments[expr.Name]; ok {
			return code{js: value, t: anyType, isPure: true}
		}
		return c.unsupported(expr, "the option %s is not available in k6/x/locust", expr.Name)
	}
	switch expr.Name {
	case "__name__":
		return c.typeName(expr)
	case "__class__":
		if class, ok := c.classOfObject(expr.X); ok {
			return class
		}
	case "parsed_options":
		return code{js: "null", t: optionsType, isPure: true}
	}
	if function := c.methodOfType(expr); function != nil {
		return c.lambda(function)
	}
	x := c.value(expr.X)
	for _, convert := range []func(*python.Attribute, code) (code, bool){
		c.libraryField, c.environmentField, c.memberField, c.timeField, c.greenletField, c.exceptionField, c.webField, c.locustField,
		c.fieldOfClass,
	} {
		if field, ok := convert(expr, x); ok {
			return field
		}
	}
	_, isOfResponse := responseFields[expr.Name]
	switch {
	case c.isOwnFieldOf(x, expr.Name):
		return c.ownField(expr, x)
	case expr.Name == "get" && c.isAny(x.t, dictType):
		return c.lambda(callTo(expr))
	case isOfResponse && x.t == anyType:
		return c.responseField(expr, x)
	}
	return c.unsupported(expr, "%s is not supported", c.source(expr))
}

// libraryField converts a field of an object of a library. Like the functions below, it returns false for other fields.
func (c *converter) libraryField(expr *python.Attribute, x code) (code, bool) {
	partOfURL := urlFields[expr.Name]
	switch {
	case partOfURL != "" && x.t == urlType:
		return code{js: x.operand() + "." + expr.Name, t: partOfURL, isPure: x.isPure}, true
	case expr.Name == "attrib" && c.usesHTML && x.t == anyType:
		return code{js: x.operand() + ".attrib", t: attributesType, isPure: x.isPure}, true
	case expr.Name == "hex" && x.t == strType:
		// Strings have no such field in Python, so the value is a UUID, which the script stores as a string.
		return code{js: x.operand() + ".replaceAll('-', '')", t: strType}, true
	case expr.Name == "handlers" && x.t == loggerType:
		return code{js: "[]", t: listType, isPure: true}, true
	case expr.Name == "headers" && x.t == sessionType:
		return code{js: x.operand() + ".headers", t: "headers", isPure: x.isPure}, true
	}
	return code{}, false
}

// webField converts a field of a client or of a response.
func (c *converter) webField(expr *python.Attribute, x code) (code, bool) {
	switch {
	case x.t == "client":
		return c.clientField(expr, x), true
	case x.t == "rest" && expr.Name == "js":
		return code{js: x.js + "Js", t: anyType, isPure: true}, true
	case x.t == streamType && (expr.Name == "text" || expr.Name == "content"):
		return c.unsupported(expr, "%s is not supported with stream=True: use iter_lines()", c.source(expr)), true
	case isResponse(x.t):
		return c.responseField(expr, x), true
	}
	return code{}, false
}

// clientField converts a field of a client, or one of its methods that is used as a value.
func (c *converter) clientField(expr *python.Attribute, x code) code {
	switch expr.Name {
	case "base_url":
		if user, ok := strings.CutSuffix(x.js, ".client"); ok {
			return code{js: user + ".host", t: strType, isPure: x.isPure}
		}
	case "headers", "cookies":
		return code{js: x.js + "." + expr.Name, t: expr.Name, isPure: x.isPure}
	case "request_name":
		return code{js: "(" + x.js + ".requestName ?? null)", t: anyType, isPure: x.isPure}
	}
	if names, ok := c.parametersOf(expr); ok {
		return c.withArguments(&python.Call{Pos: expr.Pos, Func: expr, Args: []python.Expr{expr}}, names[:1])
	}
	return c.unsupported(expr, "the attribute %s of a client is not available in k6/x/locust", expr.Name)
}

// locustField converts a field that users and task sets inherit from Locust.
func (c *converter) locustField(expr *python.Attribute, x code) (code, bool) {
	if x.t != "self" && x.t != "user" && x.t != anyType || c.isOwnFieldOf(x, expr.Name) {
		return code{}, false
	}
	switch expr.Name {
	case "client":
		return code{js: x.operand() + ".client", t: "client", isPure: x.isPure}, true
	case "user", "parent":
		return code{js: x.operand() + "." + expr.Name, t: "user", isPure: x.isPure}, true
	case "host":
		return code{js: x.operand() + ".host", t: strType, isPure: x.isPure}, true
	case "environment":
		return code{js: x.operand(), t: environmentType, isPure: x.isPure}, true
	}
	return code{}, false
}

// fieldOfClass converts a field of a class in the locustfile, such as Cart.size.
func (c *converter) fieldOfClass(expr *python.Attribute, x code) (code, bool) {
	class, ok := strings.CutPrefix(x.t, "class:")
	switch {
	case !ok:
		return code{}, false
	case !c.classes[class].has(expr.Name) || fields[expr.Name] != "":
		return c.unsupported(expr, "%s is not supported", c.source(expr)), true
	}
	return code{js: x.js + "." + c.member(expr.Name), t: anyType, isPure: x.isPure}, true
}

// ownField converts a field or a method that a class of the locustfile defines.
func (c *converter) ownField(expr *python.Attribute, x code) code {
	if method := c.findMethod(expr.Name); method != nil && python.TakesKeywords(method.Params) {
		return c.unsupported(expr, "%s has parameters after *args, so it is supported only in direct calls", expr.Name)
	}
	if method := c.methodValue(expr, x); method.js != "" {
		return method
	}
	t := cmp.Or(c.known["attr."+expr.Name], anyType)
	field := c.owner(x, expr.Name) + "." + c.member(expr.Name)
	switch {
	case x.t == "self" && c.isShared(expr.Name):
		return code{js: "(this.constructor as any)." + c.member(expr.Name), t: anyType, isPure: true}
	case x.t == "self" && c.mayBeUnset(expr.Name):
		return code{js: "pyAssigned(" + field + ", " + conversion.Quote(expr.Name) + ")", t: t}
	}
	return code{js: field, t: t, isPure: x.isPure}
}

// responseField converts an attribute of a response. If there was no answer, the value depends on whether the client
// belongs to an HttpUser or to a FastHttpUser.
func (c *converter) responseField(expr *python.Attribute, x code) code {
	field, ok := responseFields[expr.Name]
	if !ok {
		return c.unsupported(expr, "the attribute %s of a response is not available in k6/x/locust", expr.Name)
	}
	name, t := field[0], field[1]
	ofAnswer := "pyOfAnswer(" + x.js + ", " + conversion.Quote(name) + ")"
	isFast, isSlow := c.clientsOf(x)
	switch {
	case expr.Name == "status_code":
	case isFast && (expr.Name == "reason" || expr.Name == "cookies"):
		return c.unsupported(expr, "the responses of FastHttpUser have no attribute %s", expr.Name)
	case isFast && isSlow:
		return code{js: "pyAnswered(" + x.js + ")." + name, t: t, isPure: x.isPure}
	case expr.Name == "ok" && isFast:
		return code{js: x.operand() + ".statusCode < 400", t: boolType, isPure: x.isPure, isOpen: true}
	case expr.Name == "ok":
		return code{js: "pyOk(" + x.js + ")", t: boolType, isPure: x.isPure}
	case expr.Name == "content":
		return code{js: ofAnswer, t: bytesType, isPure: x.isPure}
	case isFast && expr.Name == "headers":
		return code{js: ofAnswer, t: t, isPure: x.isPure}
	case isFast && expr.Name == "text", !isFast && (expr.Name == "url" || expr.Name == "reason"):
		return code{js: ofAnswer, t: anyType, isPure: x.isPure}
	case isFast && (expr.Name == "elapsed" || expr.Name == "history"):
		return code{js: "pyFastField(" + x.js + ", " + conversion.Quote(name) + ")", t: t, isPure: x.isPure}
	}
	return code{js: x.operand() + "." + name, t: t, isPure: x.isPure}
}

// mayBeUnset returns whether a field may have no value when on_stop runs, because on_start raised an exception that
// stopped the user. In Python, reading such a field ends on_stop.
func (c *converter) mayBeUnset(name string) bool {
	k := c.classOf()
	if c.inGetattr || c.f.name != "on_stop" || k == nil || k.inherited(name) != nil || assigns(c.f.body, name) {
		return false
	}
	for parent := k; parent != nil; parent = parent.parent {
		for _, stmt := range parent.Body {
			if slices.ContainsFunc(python.Targets(stmt), func(target python.Expr) bool { return python.IsName(target, name) }) {
				return false
			}
		}
	}
	if init := k.inherited("__init__"); init != nil && assigns(init.Body, name) {
		return false
	}
	start := k.inherited("on_start")
	mayStop := false
	if start != nil {
		python.Walk(c.reached(start.Body), func(node python.Node) bool {
			_, isRaise := node.(*python.Raise)
			mayStop = mayStop || isRaise
			return !mayStop
		})
	}
	return mayStop
}

// assigns returns whether code assigns a value to the field of self with this name.
func assigns(body []python.Stmt, name string) bool {
	return python.Contains(body, func(node python.Node) bool {
		return slices.ContainsFunc(python.AssignedParts(node), func(part python.Expr) bool {
			attribute, ok := part.(*python.Attribute)
			return ok && attribute.Name == name && python.IsName(attribute.X, "self")
		})
	})
}

// methodValue converts a method that is used as a value. It returns no code for other attributes, for methods with
// decorators other than @task and @tag, and for methods that Python or Locust calls, such as on_start.
func (c *converter) methodValue(expr *python.Attribute, x code) code {
	method := c.findMethod(expr.Name)
	if method == nil || len(method.Decorators) > 0 && !c.isTaskMethod(method) || methodNames[expr.Name] != "" {
		return code{}
	}
	for i := range method.Params {
		join(c.params, fmt.Sprintf("%s.%d", expr.Name, i), anyType)
	}
	if c.knownAsync[expr.Name] {
		c.types[asyncValues] = anyType
	}
	object := c.owner(x, expr.Name)
	return code{js: object + "." + c.member(expr.Name) + ".bind(" + x.js + ")", t: "function", isPure: x.isPure}
}

// methodOfType converts a method of the class str, such as str.lower, to a lambda that calls this method on its
// argument. It returns nil for other attributes.
func (c *converter) methodOfType(expr *python.Attribute) *python.Lambda {
	if !python.IsName(expr.X, "str") || c.isLocal("str") || c.globals["str"] {
		return nil
	}
	item := &python.Name{Pos: expr.Pos, ID: "_item"}
	return lambdaOf(&python.Call{Pos: expr.Pos, Func: &python.Attribute{Pos: expr.Pos, X: item, Name: expr.Name}}, item)
}

// callTo returns a lambda that passes its argument to a method.
func callTo(method *python.Attribute) *python.Lambda {
	key := &python.Name{Pos: method.Pos, ID: "_key"}
	return lambdaOf(&python.Call{Pos: method.Pos, Func: method, Args: []python.Expr{key}}, key)
}

// lambdaOf returns a lambda with these parameters, which returns body.
func lambdaOf(body python.Expr, params ...*python.Name) *python.Lambda {
	function := &python.Lambda{Pos: body.Position(), Body: body}
	for _, param := range params {
		function.Params = append(function.Params, python.Param{Pos: param.Pos, Name: param.ID})
	}
	return function
}

// isTaskMethod returns whether all decorators of a method are @task or @tag.
func (c *converter) isTaskMethod(method *python.Def) bool {
	return !slices.ContainsFunc(method.Decorators, func(decorator python.Expr) bool {
		full := c.qualified(python.Callee(decorator))
		return full != "locust.task" && full != "locust.tag"
	})
}

// isOptions returns whether an expression is Locust's command line: environment.parsed_options, or a variable that
// contains it.
func (c *converter) isOptions(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Attribute:
		return expr.Name == "parsed_options"
	case *python.Name:
		return (c.isLocal(expr.ID) || c.globals[expr.ID]) && c.name(expr).t == optionsType
	}
	return false
}

// owner returns the code for x in x.name, where name is a field or a method. If only subclasses define the name,
// TypeScript needs a cast.
func (c *converter) owner(x code, name string) string {
	for f := c.f; f != nil && x.t == "self" && x.js == "this"; f = f.outer {
		if f.of == nil {
			continue
		}
		for k := f.of; k != nil; k = k.parent {
			if k.members[name] || c.assigned(k)[name] {
				return x.operand()
			}
		}
		return "(this as any)"
	}
	return x.operand()
}

// typeName converts type(x).__name__ and x.__class__.__name__ if x is an exception, or self in a user or a task set.
func (c *converter) typeName(expr *python.Attribute) code {
	var x code
	if call, ok := expr.X.(*python.Call); ok && len(call.Args) == 1 && c.source(call.Func) == "type" {
		x = c.value(call.Args[0])
	} else if class, ok := expr.X.(*python.Attribute); ok && class.Name == "__class__" {
		x = c.value(class.X)
	}
	switch {
	case x.t == "exception":
		return code{js: "pyTypeName(" + x.js + ")", t: strType}
	case x.t == "self" && c.f.isMethodOfUser():
		return code{js: "this.constructor.name", t: strType, isPure: true}
	}
	return c.unsupported(expr, "%s is not supported", c.source(expr))
}

func (c *converter) storeAttribute(target *python.Attribute, value code) {
	object := c.expr(target.X)
	hasVariable, _ := c.hasEnvironment()
	switch {
	case hasVariable && object.t == environmentType && target.Name == "process_exit_code" && (value.t == intType || value.t == noneType):
		c.line("environment.processExitCode = %s", value.js)
	case object.t == loggerType:
		c.note(target.Pos, "%s was left out: k6 writes the log", c.source(target))
	case object.t == environmentType:
		c.fail(target.Pos, "%s cannot be set in k6/x/locust", c.source(target))
	case strings.HasPrefix(object.t, "module:"):
		c.fail(target.Pos, "%s cannot be set here in k6/x/locust", c.source(target))
	case object.t == "client" && target.Name == "request_name":
		c.line("%s.requestName = %s", object.js, map[bool]string{true: "undefined", false: value.js}[value.t == noneType])
	case object.t == "client" && target.Name == "headers":
		c.line("%s.headers = %s", object.js, c.plain(value).js)
	case object.t == "client" && target.Name == "verify":
	case object.t == "client" || isResponse(object.t) || object.t == "headers" || object.t == "cookies":
		c.fail(target.Pos, "%s cannot be set in k6/x/locust", c.source(target))
	case strings.HasPrefix(object.t, "class:"):
		name := target.Name
		if name != "host" && name != "weight" && (fields[name] != "" || slices.Contains(unsupportedFields, name) || slices.Contains(ignoredFields, name) || methodNames[name] != "" ||
			slices.Contains([]string{"abstract", "tasks"}, name)) {
			c.fail(target.Pos, "%s cannot be set outside of the class", c.source(target))
		}
		if k := c.classes[strings.TrimPrefix(object.t, "class:")]; k != nil && name == "host" && !k.has("host") {
			k.mayHaveHost = true
		}
		c.sharesState = true
		join(c.types, "attr."+target.Name, value.t)
		c.line("%s%s.%s = %s", map[bool]string{true: ";"}[strings.HasPrefix(object.js, "(")], object.js, c.member(target.Name), value.js)
	default:
		if object.t == "self" && c.f.isMethodOfUser() && (fields[target.Name] != "" || slices.Contains(unsupportedFields, target.Name) || slices.Contains(ignoredFields, target.Name) ||
			methodNames[target.Name] != "" || target.Name == "environment") {
			c.fail(target.Pos, "%s cannot be set on an instance in k6/x/locust: set it on the class", c.source(target))
		}
		if !c.isOwnField(target.Name) {
			c.fail(target.Pos, "the field %s is not known", c.source(target))
		}
		join(c.types, "attr."+target.Name, value.t)
		c.line("%s.%s = %s", object.js, c.member(target.Name), value.js)
	}
}
