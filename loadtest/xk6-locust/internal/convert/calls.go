package convert

import (
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) call(call *python.Call) code {
	if full := c.qualified(call.Func); full != "" {
		return c.libraryCall(call, full)
	}
	switch callee := call.Func.(type) {
	case *python.Name:
		return c.nameCall(call, callee)
	case *python.Attribute:
		return c.methodCall(call, callee)
	}
	if request := c.namedRequest(call); request != nil {
		return c.methodCall(request, request.Func.(*python.Attribute)) //nolint:forcetypeassert // namedRequest creates it
	}
	x := c.value(call.Func)
	if x.t != anyType && x.t != "function" {
		return c.unsupported(call, "a call to %s is not supported", c.source(call.Func))
	}
	return c.dynamicCall(call, x)
}

// namedRequest returns a call to client.request(…) for getattr(client, method)(…), or nil for other calls.
func (c *converter) namedRequest(call *python.Call) *python.Call {
	getter, ok := call.Func.(*python.Call)
	if !ok || !python.IsName(getter.Func, "getattr") || len(getter.Args) != 2 || len(getter.Keywords) > 0 || c.expr(getter.Args[0]).t != "client" {
		return nil
	}
	if len(call.Args) > 1 {
		c.fail(call.Pos, "getattr() of a client is only supported with one positional argument: name the others")
	}
	upper := &python.Call{Pos: call.Pos, Func: &python.Attribute{Pos: call.Pos, X: getter.Args[1], Name: "upper"}}
	keywords := call.Keywords
	if isFast, _ := c.clients(); !isFast && python.KeywordOf(call, "allow_redirects") == nil && c.mentionsHead() {
		// Of all methods of HttpUser's client, only head() does not follow redirects.
		if !isRepeatable(getter.Args[1]) {
			c.fail(call.Pos, "the method of this request is computed twice in the script: assign it to a variable first")
		}
		isOther := &python.Compare{Pos: call.Pos, X: upper, Ops: []string{"!="}, Ys: []python.Expr{&python.Constant{Pos: call.Pos, Kind: python.String, Text: "HEAD"}}}
		keywords = append([]python.Keyword{{Name: "allow_redirects", Value: isOther}}, keywords...)
	}
	return &python.Call{
		Pos: call.Pos, Func: &python.Attribute{Pos: call.Pos, X: getter.Args[0], Name: "request"},
		Args: append([]python.Expr{upper}, call.Args...), Keywords: keywords,
	}
}

// mentionsHead returns whether the file contains the HTTP method HEAD as a string.
func (c *converter) mentionsHead() bool {
	return python.Contains(c.body, func(node python.Node) bool {
		text, ok := python.TextOf(node)
		return ok && strings.EqualFold(text, "head")
	})
}

// asyncValues is a key in converter.types. It is set if a function that makes requests or waits is used as a value.
const asyncValues = "functions that make requests are values"

// dynamicCall converts a call to a function that is stored in a variable, a field, or a container.
func (c *converter) dynamicCall(call *python.Call, function code) code {
	if len(call.Keywords) > 0 {
		return c.unsupported(call, "keyword arguments are supported only for functions that the locustfile or its modules define")
	}
	text := function.operand() + "(" + strings.Join(c.keptArgs(call), ", ") + ")"
	if c.known[asyncValues] != "" {
		c.f.isAsync = true
		return code{js: "await " + text, t: anyType, isOpen: true}
	}
	return code{js: text, t: anyType}
}

// isAsyncValue returns whether an expression is a function that makes requests or waits.
func (c *converter) isAsyncValue(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Lambda:
		return c.asyncLambdas[expr]
	case *python.Name:
		return c.functions[expr.ID] != nil && !c.isLocal(expr.ID) && c.knownAsync[expr.ID]
	case *python.Attribute:
		return c.knownAsync[expr.Name] && c.findMethod(expr.Name) != nil
	}
	return false
}

// checkCallbacks reports an argument that is a function and makes requests or waits, because the called function would
// not wait for it.
func (c *converter) checkCallbacks(call *python.Call) {
	for _, arg := range values(call) {
		c.value(arg)
		if c.isAsyncValue(arg) {
			c.fail(call.Pos, "%s cannot call a function that makes requests or waits: use a for loop", c.source(call))
		}
	}
}

func (c *converter) nameCall(call *python.Call, callee *python.Name) code {
	name := callee.ID
	if k := c.classes[name]; k != nil && !c.isLocal(name) {
		switch {
		case k.isEnum():
			if args := c.args(call); len(args) == 1 && len(call.Keywords) == 0 {
				return code{js: "pyMemberOf(" + k.js + ", " + args[0] + ")", t: memberType + name}
			}
			return c.unsupported(call, "%s() needs one value", name)
		case k.base == "Exception" && !hasOwnConstructor(k) && (len(call.Args) > 1 || len(call.Keywords) > 0):
			return c.unsupported(call, "exceptions are only supported with one positional argument")
		case k.base == "Exception" && !hasOwnConstructor(k):
			return code{js: "new " + k.js + "(" + strings.Join(c.keptArgs(call), ", ") + ")", t: "exception"}
		case k.base == "Exception":
			return code{js: "new " + k.js + "(" + strings.Join(c.ownArgs(call, c.creator(k), 0, c.initOf(k)), ", ") + ")", t: "exception"}
		case k.base != "":
			return c.unsupported(call, "%s() is not supported: Locust creates its objects", name)
		}
		if isBound(call, c.initOf(k)) {
			return code{js: "new (" + k.js + " as any)(..." + c.boundArgs(call, c.creator(k), 0, c.initOf(k)) + ")", t: objectType + name}
		}
		return code{js: "new " + k.js + "(" + strings.Join(c.ownArgs(call, c.creator(k), 0, c.initOf(k)), ", ") + ")", t: objectType + name}
	}
	if c.inClassMethod() && c.isLocal(name) {
		if class, ok := strings.CutPrefix(c.name(callee).t, "class:"); ok {
			k := c.classes[class]
			if k.base != "" {
				return c.unsupported(call, "%s() is not supported: Locust creates its objects", name)
			}
			// The call may create an object of a subclass. The constructor of the subclass then gets the same
			// arguments.
			for _, other := range c.classes {
				if other.extends(k) && other.method("__init__") != nil {
					c.ownArgs(call, other.Name, 0, c.initOf(other))
				}
			}
			return code{js: "new " + c.name(callee).js + "(" + strings.Join(c.ownArgs(call, c.creator(k), 0, c.initOf(k)), ", ") + ")", t: objectType + class}
		}
	}
	if def := c.functions[name]; def != nil && !c.isLocal(name) {
		return c.ownCall(call, jsName(name), name, 0, def.Params)
	}
	if (c.isLocal(name) || c.globals[name]) && c.name(callee).t == pageType {
		return c.selectElements(call, callee)
	}
	if c.isLocal(name) || c.globals[name] {
		result := c.dynamicCall(call, code{js: jsName(name)})
		if c.knownAsync[name] && !result.isOpen {
			c.f.isAsync = true
			return code{js: "await " + result.js, t: anyType, isOpen: true}
		}
		return result
	}
	return c.builtinCall(call, name)
}
