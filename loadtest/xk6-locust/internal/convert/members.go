package convert

import (
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// methodNames maps methods that Python or Locust calls to their names in the script.
var methodNames = map[string]string{"__str__": "toString", "on_start": "onStart", "on_stop": "onStop", "wait_time": "waitTime", "tick": "tick"}

// taken contains names that a field or method of the locustfile cannot keep. They have a different meaning in
// k6/x/locust, or k6/x/locust would treat them as misspelled.
var taken = []string{
	"stop", "sleep", "wait", "interrupt", "userNumber", "setupData", "header", "onStart", "onStop", "waitTime", "constructor", "poolSize",
	"http2", "task", "hosts", "headers", "fixedCount", "concurrency", "getRunTime", "getCurrentUserCount", "user", "parent", "client",
	"transition", "transitions",
}

// member returns the name that a field or method has in the script.
func (c *converter) member(name string) string {
	if methodNames[name] != "" {
		return methodNames[name]
	}
	if name == "constructor" || slices.Contains(taken, name) && c.isFieldOf(name, func(k *class) bool { return k.base != "" }) {
		return "_" + name
	}
	if slices.Contains(ofErrors, name) && c.isFieldOf(name, func(k *class) bool { return k.base == "Exception" }) {
		return "_" + name
	}
	return name
}

// ofErrors contains names that fields of exceptions cannot keep, because errors in JavaScript have fields with these names.
var ofErrors = []string{"message", "name", "stack", "cause", "type", "base"}

// checkMembers reports fields and methods that would have the same name in the script.
func (c *converter) checkMembers() {
	all := func(*class) bool { return true }
	for _, k := range c.classes {
		for _, name := range slices.Concat(slices.Collect(maps.Keys(k.members)), slices.Collect(maps.Keys(c.assigned(k)))) {
			js := c.member(name)
			if js != name && c.isFieldOf(js, all) || k.statics["_"+name] && c.isFieldOf("_"+name, all) {
				c.fail(k.Pos, "%s has the fields %s and _%s, which would have the same name in the script: rename one", k.Name, name, name)
			}
		}
	}
}

// isFieldOf returns whether a class for which `some` returns true defines a field or method with this name.
func (c *converter) isFieldOf(name string, some func(*class) bool) bool {
	for _, k := range c.classes {
		if some(k) && (k.members[name] || c.assigned(k)[name]) {
			return true
		}
	}
	return false
}

// isOwnField returns whether the locustfile defines a field or method with this name.
func (c *converter) isOwnField(name string) bool {
	return c.isFieldOf(name, func(*class) bool { return true })
}

// isOwnFieldOf returns whether a class to which an object may belong defines a field or method with this name. Fields
// of other classes may have the same names as Locust's fields, such as `client`.
func (c *converter) isOwnFieldOf(x code, name string) bool {
	k := c.classOf()
	switch {
	case x.t == "user", x.t == "self" && x.js != "this", x.t == "self" && k != nil && k.hasTasks():
		return c.isFieldOf(name, (*class).hasTasks)
	case x.t == "self":
		return c.isFieldOf(name, func(k *class) bool { return !k.hasTasks() })
	}
	return c.isOwnField(name)
}

func (c *converter) method(k *class, def *python.Def) {
	prefix := ""
	for _, decorator := range def.Decorators {
		name, _ := decorator.(*python.Name)
		switch qualified := c.qualified(c.callee(decorator)); {
		case qualified == "locust.task" || qualified == "locust.tag" || k.base == markovTaskSet && c.isTransition(decorator):
		case name != nil && (name.ID == "staticmethod" || name.ID == "classmethod") && len(def.Decorators) == 1 && !isSpecial(def):
			prefix = "static "
		case name != nil && name.ID == "property" && len(def.Decorators) == 1:
			prefix = "get "
		case qualified == contextManager:
		default:
			c.fail(decorator.Position(), "the decorator %s is not supported", c.source(decorator))
		}
	}
	isManager := def.Name == "__enter__" || def.Name == "__exit__"
	if k.isIterator() && returnsSelf(def) {
		return
	}
	isNext := k.isIterator() && def.Name == nextMethod
	if isNext && c.knownAsync[nextMethod] {
		c.fail(def.Pos, "%s cannot make requests or wait", nextMethod)
	}
	if isSpecial(def) && !isManager && !isNext && def.Name != "__init__" && (def.Name != postInit || k.kind == "") && methodNames[def.Name] == "" {
		c.fail(def.Pos, "the method %s is not supported", def.Name)
	}
	if k.hasTasks() && slices.Contains(schedulingMethods, def.Name) {
		c.fail(def.Pos, "%s.%s replaces a method that Locust calls, but k6/x/locust would not call it", k.Name, def.Name)
	}
	if len(def.Params) == 0 && !isStaticMethod(def) {
		c.fail(def.Pos, "the method %s has no parameter for its object", def.Name)
		return
	}
	isBuiltin := methodNames[def.Name] != "" && k.base != "" && (def.Name == "tick") == (k.base == "LoadTestShape")
	override := ""
	if isBuiltin || k.parent.has(def.Name) && k.base != "Exception" {
		override = "override "
	}
	c.inFunction(def, k, func() {
		if def.Name == "__init__" {
			if c.f.isGenerator {
				c.fail(def.Pos, "__init__ cannot yield values")
			}
			c.constructor(k, def)
			return
		}
		body := c.capture(func() {
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
		c.f.text = body
		first := map[bool]int{true: 0, false: 1}[isStaticMethod(def)]
		params := c.managerParam(def, c.paramList(def.Params[first:], def.Name, first))
		isAsync := c.knownAsync[def.Name]
		if isAsync && prefix == "get " {
			c.fail(def.Pos, "a property cannot make requests or wait")
		}
		returns := ""
		if c.f.isGenerator || returnsValue(def.Body) || c.methods[def.Name] > 1 && !isBuiltin {
			returns = ": any"
			if isAsync {
				returns = ": Promise<any>"
			}
		}
		switch {
		case def.Name == "wait_time":
			c.line("override waitTime = (): any => {")
		case isAsync:
			c.line("%s%sasync %s(%s)%s {", strings.TrimPrefix(prefix, "get "), override, c.member(def.Name), params, returns)
		case prefix == "get ":
			c.line("%sget %s()%s {", override, c.member(def.Name), returns)
		default:
			c.line("%s%s%s(%s)%s {", prefix, override, c.member(def.Name), params, returns)
		}
		if isAsync && (def.Name == "wait_time" || def.Name == "tick") {
			c.fail(def.Pos, "%s cannot make requests or wait", def.Name)
		}
		c.out.WriteString(body)
		c.line("}")
	})
}

// nextMethod is the method that next() calls.
const nextMethod = "__next__"

// returnsSelf returns whether a method is `__iter__` and only returns its object.
func returnsSelf(def *python.Def) bool {
	body := withoutTexts(def.Body)
	if def.Name != "__iter__" || len(def.Params) != 1 || len(body) != 1 {
		return false
	}
	result, ok := body[0].(*python.Return)
	return ok && isName(result.Value, def.Params[0].Name)
}

// isStaticMethod returns whether a method has the decorator @staticmethod, and so no parameter for its object.
func isStaticMethod(def *python.Def) bool { return isDecorated(def, "staticmethod") && !isSpecial(def) }

// isSpecial returns whether Python itself calls a method, such as __init__.
func isSpecial(def *python.Def) bool {
	return strings.HasPrefix(def.Name, "__") && strings.HasSuffix(def.Name, "__")
}

func isDecorated(def *python.Def, with string) bool {
	return slices.ContainsFunc(def.Decorators, func(decorator python.Expr) bool {
		name, ok := decorator.(*python.Name)
		return ok && name.ID == with
	})
}

// findStatics finds the fields that the locustfile reads or writes through a class. Such a field is static in that
// class, in the class that defines the field, and in all subclasses that define it.
func (c *converter) findStatics(body []python.Stmt) {
	mark := func(k *class, name string) {
		for ; k != nil; k = k.parent {
			k.statics[name] = true
		}
	}
	walk(body, func(node python.Node) bool {
		if attribute, ok := node.(*python.Attribute); ok {
			if name, ok := attribute.X.(*python.Name); ok && c.classes[name.ID] != nil {
				mark(c.classes[name.ID], attribute.Name)
			}
		}
		return true
	})
	for _, k := range c.classes {
		walk(k.Body, func(node python.Node) bool {
			if attribute, ok := node.(*python.Attribute); ok && isClassOfObject(attribute.X) {
				mark(k, attribute.Name)
			}
			return true
		})
		for _, stmt := range k.Body {
			def, ok := stmt.(*python.Def)
			if !ok || !isDecorated(def, "classmethod") || len(def.Params) == 0 {
				continue
			}
			walk(def.Body, func(node python.Node) bool {
				if attribute, ok := node.(*python.Attribute); ok {
					if name, ok := attribute.X.(*python.Name); ok && name.ID == def.Params[0].Name {
						mark(k, attribute.Name)
					}
				}
				return true
			})
		}
	}
	for _, k := range c.classes {
		for parent := k.parent; parent != nil; parent = parent.parent {
			for name := range parent.statics {
				if parent.members[name] && k.members[name] {
					k.statics[name] = true
				}
			}
		}
	}
}

// ownerOf gives the parameter of a constructor that Locust calls its meaning: the environment of a user, or the parent of
// a task set. It reports uses of other parameters, because Locust passes no other arguments.
func (c *converter) ownerOf(k *class, def *python.Def, rest []python.Stmt) {
	for i, param := range def.Params[1:] {
		switch {
		case loads(rest, param.Name) == 0:
		case i == 0 && param.Kind == "" && k.isUser():
			c.f.event = map[string]code{param.Name: {js: "this", t: environmentType, isPure: true}}
		case i == 0 && param.Kind == "" && k.hasTasks():
			c.f.event = map[string]code{param.Name: {js: "this.parent", t: "user", isPure: true}}
		default:
			c.fail(param.Pos, "Locust passes no value for the parameter %s of %s.__init__: use the fields of the class", param.Name, k.Name)
		}
	}
}

// constructor converts __init__. The result calls the constructor of the base class first, as JavaScript requires.
func (c *converter) constructor(k *class, def *python.Def) {
	var rest []python.Stmt
	super, callsSuper := "", false
	for i, stmt := range def.Body {
		if expr, ok := stmt.(*python.ExprStmt); ok {
			if call, ok := expr.X.(*python.Call); ok {
				if attribute, ok := call.Func.(*python.Attribute); ok && attribute.Name == "__init__" {
					callsSuper = true
					if i == 0 && k.base == "" && k.parent != nil && isSuper(attribute.X) {
						super = strings.Join(c.ownArgs(call, c.creator(k.parent), 0, c.initOf(k.parent)), ", ")
					} else if k.base == "" {
						c.fail(stmt.Position(), "a call to the constructor of %s is not supported", k.Name)
					}
					continue
				}
			}
		}
		rest = append(rest, stmt)
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
