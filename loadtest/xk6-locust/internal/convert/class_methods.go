package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

func (c *converter) method(k *class, def *python.Def) {
	prefix := c.methodPrefix(k, def)
	if k.isIterator() && returnsSelf(def) {
		return
	}
	c.checkMethod(k, def)
	if len(def.Params) == 0 && !isStaticMethod(def) {
		c.fail(def.Pos, "the method %s has no parameter for its object", def.Name)
		return
	}
	c.inFunction(def, k, func() {
		if def.Name == "__init__" {
			if c.f.isGenerator {
				c.fail(def.Pos, "__init__ cannot yield values")
			}
			c.constructor(k, def)
			return
		}
		c.f.text = c.methodBody(k, def)
		c.line("%s {", c.signature(k, def, prefix))
		c.out.WriteString(c.f.text)
		c.line("}")
	})
}

// methodPrefix returns the keyword before the name of a method that has the decorator @staticmethod, @classmethod, or
// @property. It reports decorators that are not supported.
func (c *converter) methodPrefix(k *class, def *python.Def) string {
	prefix := ""
	for _, decorator := range def.Decorators {
		name, _ := decorator.(*python.Name)
		switch qualified := c.qualified(python.Callee(decorator)); {
		case qualified == "locust.task" || qualified == "locust.tag" || k.base == markovTaskSet && c.isTransition(decorator):
		case name != nil && (name.ID == "staticmethod" || name.ID == "classmethod") && len(def.Decorators) == 1 && !python.IsSpecial(def):
			prefix = "static "
		case name != nil && name.ID == "property" && len(def.Decorators) == 1:
			prefix = "get "
		case qualified == contextManager:
		default:
			c.fail(decorator.Position(), "the decorator %s is not supported", c.source(decorator))
		}
	}
	return prefix
}

// checkMethod reports a method that Python or Locust would call, but the script would not.
func (c *converter) checkMethod(k *class, def *python.Def) {
	isManager := def.Name == "__enter__" || def.Name == "__exit__"
	isNext := k.isIterator() && def.Name == nextMethod
	if isNext && c.knownAsync[nextMethod] {
		c.fail(def.Pos, "%s cannot make requests or wait", nextMethod)
	}
	if python.IsSpecial(def) && !isManager && !isNext && def.Name != "__init__" && (def.Name != simplify.PostInit || k.kind == "") && methodNames[def.Name] == "" {
		c.fail(def.Pos, "the method %s is not supported", def.Name)
	}
	if k.hasTasks() && slices.Contains(schedulingMethods, def.Name) {
		c.fail(def.Pos, "%s.%s replaces a method that Locust calls, but k6/x/locust would not call it", k.Name, def.Name)
	}
}

// methodBody converts the body of a method. If exceptions may end a task or a task set, the body handles them.
func (c *converter) methodBody(k *class, def *python.Def) string {
	return c.capture(func() {
		c.depth++
		endings := c.endings(k, def)
		if endings == nil {
			c.generator(def, true)
		} else {
			c.line("try {")
			c.depth++
			c.generator(def, true)
			c.depth--
			c.line("} catch (error) {")
			for _, line := range endings {
				c.line("  %s", line)
			}
			c.line("}")
		}
		c.depth--
	})
}

// signature returns the beginning of a converted method: its keywords, name, parameters, and type.
func (c *converter) signature(k *class, def *python.Def, prefix string) string {
	first := map[bool]int{true: 0, false: 1}[isStaticMethod(def)]
	params := c.managerParam(def, c.paramList(def.Params[first:], def.Name, first))
	isBuiltin := methodNames[def.Name] != "" && k.base != "" && (def.Name == "tick") == (k.base == "LoadTestShape")
	override := ""
	if isBuiltin || k.parent.has(def.Name) && k.base != "Exception" {
		override = "override "
	}
	isAsync := c.knownAsync[def.Name]
	returns := ""
	if c.f.isGenerator || returnsValue(def.Body) || c.methods[def.Name] > 1 && !isBuiltin {
		returns = ": any"
		if isAsync {
			returns = ": Promise<any>"
		}
	}
	if isAsync && prefix == "get " {
		c.fail(def.Pos, "a property cannot make requests or wait")
	}
	if isAsync && (def.Name == "wait_time" || def.Name == "tick") {
		c.fail(def.Pos, "%s cannot make requests or wait", def.Name)
	}
	switch {
	case def.Name == "wait_time":
		return "override waitTime = (): any =>"
	case isAsync:
		return fmt.Sprintf("%s%sasync %s(%s)%s", strings.TrimPrefix(prefix, "get "), override, c.member(def.Name), params, returns)
	case prefix == "get ":
		return fmt.Sprintf("%sget %s()%s", override, c.member(def.Name), returns)
	}
	return fmt.Sprintf("%s%s%s(%s)%s", prefix, override, c.member(def.Name), params, returns)
}

// nextMethod is the method that next() calls.
const nextMethod = "__next__"

// returnsSelf returns whether a method is `__iter__` and only returns its object.
func returnsSelf(def *python.Def) bool {
	body := python.WithoutTexts(def.Body)
	if def.Name != "__iter__" || len(def.Params) != 1 || len(body) != 1 {
		return false
	}
	result, ok := body[0].(*python.Return)
	return ok && python.IsName(result.Value, def.Params[0].Name)
}

// isStaticMethod returns whether a method has the decorator @staticmethod, and so no parameter for its object.
func isStaticMethod(def *python.Def) bool {
	return isDecorated(def, "staticmethod") && !python.IsSpecial(def)
}

func isDecorated(def *python.Def, with string) bool {
	return slices.ContainsFunc(def.Decorators, func(decorator python.Expr) bool {
		name, ok := decorator.(*python.Name)
		return ok && name.ID == with
	})
}

// ownerOf records the meaning of the argument that Locust passes to a constructor: the environment of a user, or the
// parent of a task set. It reports uses of other parameters, because Locust passes no other arguments.
func (c *converter) ownerOf(k *class, def *python.Def, rest []python.Stmt) {
	for i, param := range def.Params[1:] {
		switch {
		case python.Loads(rest, param.Name) == 0:
		case i == 0 && param.Kind == "" && k.isUser():
			c.f.event = map[string]code{param.Name: {js: "this", t: environmentType, isPure: true}}
		case i == 0 && param.Kind == "" && k.hasTasks():
			c.f.event = map[string]code{param.Name: {js: "this.parent", t: "user", isPure: true}}
		default:
			c.fail(param.Pos, "Locust passes no value for the parameter %s of %s.__init__: use the fields of the class", param.Name, k.Name)
		}
	}
}

// isSuperCall returns whether a call runs a method of super().
func isSuperCall(call *python.Call) bool {
	method, ok := call.Func.(*python.Attribute)
	return ok && python.IsSuper(method.X)
}

// constructor converts __init__. The result calls the constructor of the base class first, as JavaScript requires.
func (c *converter) constructor(k *class, def *python.Def) {
	var rest []python.Stmt
	super, callsSuper := "", false
	for i, stmt := range def.Body {
		call := python.ConstructorCall(stmt)
		if call == nil {
			rest = append(rest, stmt)
			continue
		}
		callsSuper = true
		if i == 0 && k.base == "" && k.parent != nil && isSuperCall(call) {
			super = strings.Join(c.ownArgs(call, c.creator(k.parent), 0, c.initOf(k.parent)), ", ")
		} else if k.base == "" {
			c.fail(stmt.Position(), "a call to the constructor of %s is not supported", k.Name)
		}
	}
	if k.base == "Exception" {
		c.ownExceptionConstructor(k, def)
		return
	}
	if k.base != "" {
		c.ownerOf(k, def, rest)
	}
	c.depth++
	c.f.text = c.capture(func() { c.functionBody(rest) })
	c.depth--
	params := ""
	if k.base == "" {
		params = c.paramList(def.Params[1:], k.Name, 0)
	}
	c.line("constructor(%s) {", params)
	c.depth++
	if k.kind != "" && k.parent != nil {
		var names []string
		for _, param := range c.initOf(k.parent) {
			names = append(names, jsName(param.Name))
		}
		super = strings.Join(names, ", ")
	}
	if k.base != "" || k.parent != nil || k.kind != "" || k.isIterator() {
		c.line("super(%s)", super)
	}
	if k.base == "" && k.kind == "" && len(c.initOf(k.parent)) > 0 && !callsSuper {
		c.fail(def.Pos, "the constructor must call that of the base class first")
	}
	c.out.WriteString(c.f.text)
	c.depth--
	c.line("}")
	if c.f.isAsync {
		c.fail(def.Pos, "__init__ cannot make requests or wait: use on_start")
	}
}
