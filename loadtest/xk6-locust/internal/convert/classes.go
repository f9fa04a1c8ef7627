package convert

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// bases maps Locust's classes to those of k6/x/locust.
var bases = map[string]string{
	"locust.User": "User", "locust.HttpUser": "HttpUser", "locust.FastHttpUser": "HttpUser", "locust.TaskSet": "TaskSet",
	"locust.SequentialTaskSet": "SequentialTaskSet", "locust.MarkovTaskSet": markovTaskSet, "locust.LoadTestShape": "LoadTestShape",
}

// fields maps the settings of user classes to static fields.
var fields = map[string]string{
	"host": "host", "weight": "weight", "fixed_count": "fixedCount", "connection_timeout": "connectionTimeout",
	"network_timeout": "networkTimeout", "max_redirects": "maxRedirects", "insecure": "insecure", "concurrency": "concurrency",
	"default_headers": "headers",
}

// unsupportedFields contains settings of user classes without a counterpart.
var unsupportedFields = []string{
	"max_retries", "client_pool", "pool_manager", "proxy_host", "proxy_port", "ssl_context_factory", "client_class",
	"use_common_options", "task_set",
}

// ignoredFields contains settings of user classes and task sets that have no effect in Locust. Locust would use them
// only in a class without wait_time, but every class has a wait_time by default.
var ignoredFields = []string{"min_wait", "max_wait", "wait_function"}

func (c *converter) declareClass(node *python.Class) {
	k := &class{Class: node, js: node.Name, members: map[string]bool{}, statics: map[string]bool{}}
	if slices.Contains(reserved, k.js) || generated.MatchString(k.js) {
		c.fail(node.Pos, "the class %s has a name that JavaScript reserves: rename it", node.Name)
	}
	if c.classes[node.Name] != nil {
		c.fail(node.Pos, "there are two classes with the name %s: rename one", node.Name)
	}
	if c.globals[node.Name] {
		c.fail(node.Pos, "the class %s has the name of a variable: rename it", node.Name)
	}
	k.kind = c.kinds[node.Name]
	if c.isEnum(k) {
		c.classes[node.Name] = k
		return
	}
	if len(node.Bases) > 1 || len(node.Keywords) > 0 {
		c.fail(node.Pos, "the class %s has several base classes or a metaclass, which JavaScript does not support", node.Name)
	}
	if len(node.Bases) > 0 {
		c.declareBase(k, node.Bases[0])
	}
	c.classes[node.Name] = k
	c.declareMembers(k)
}

// declareBase records the base class of a class.
func (c *converter) declareBase(k *class, base python.Expr) {
	qualified := c.qualified(base)
	name, _ := base.(*python.Name)
	switch {
	case bases[qualified] != "":
		k.base, k.isFast = bases[qualified], qualified == "locust.FastHttpUser"
	case name != nil && c.classes[name.ID] != nil:
		k.parent = c.classes[name.ID]
		k.base, k.isFast = k.parent.base, k.parent.isFast
	case name != nil && (name.ID == "Exception" || exceptions[name.ID]):
		k.base = "Exception"
	case name != nil && name.ID == "object":
	default:
		advice := ""
		if qualified == "locust.HttpLocust" || qualified == "locust.Locust" {
			advice = ", because it is from a version of Locust before 1.0: use HttpUser and tasks"
		}
		c.fail(base.Position(), "the base class %s is not supported%s", c.source(base), advice)
		// Assume a known base class, so that the members of the class are not reported as well.
		k.base = "HttpUser"
	}
}

// declareMembers records the fields, methods, and inner classes of a class.
func (c *converter) declareMembers(k *class) {
	for _, stmt := range k.Body {
		switch stmt := stmt.(type) {
		case *python.Class:
			c.declareClass(stmt)
			c.classes[stmt.Name].inChain = k.base == markovTaskSet
		case *python.Def:
			if k.members[stmt.Name] {
				c.fail(stmt.Pos, "there are several definitions of %s.%s: rename one", k.Name, stmt.Name)
			}
			k.members[stmt.Name] = true
		case *python.Assign:
			for _, target := range stmt.Targets {
				for _, name := range python.Names(target) {
					k.members[name] = true
				}
			}
		}
	}
}

// source returns a short description of an expression for error messages.
func (c *converter) source(expr python.Expr) string {
	switch expr := expr.(type) {
	case *python.Name:
		if full := c.modules[expr.ID]; full != "" && !strings.HasSuffix(full, expr.ID) {
			return expr.ID + " (" + full + ")"
		}
		return expr.ID
	case *python.Attribute:
		return c.source(expr.X) + "." + expr.Name
	case *python.Call:
		return c.source(expr.Func) + "()"
	case *python.Subscript:
		return c.source(expr.X) + "[…]"
	default:
		return "…"
	}
}

func (c *converter) emitClass(k *class) {
	for _, stmt := range k.Body {
		if inner, ok := stmt.(*python.Class); ok {
			c.emitClass(c.classes[inner.Name])
			c.line("")
		}
	}
	if k.isEnum() {
		c.emitEnum(k)
		return
	}
	for _, decorator := range k.Decorators {
		if qualified := c.qualified(python.Callee(decorator)); qualified != "locust.task" && qualified != "locust.tag" && (!k.inChain || !c.isTransition(decorator)) {
			c.fail(k.Pos, "the decorator %s is not supported", c.source(decorator))
		}
	}
	c.line("class %s%s {", k.js, c.extendsClause(k))
	c.depth++
	if k.base == "Exception" {
		c.exceptionConstructor(k)
	}
	c.clientSettings(k)
	c.fields(k)
	c.generatedMethods(k)
	isAbstract := c.isAbstract(k)
	switch {
	case k.base == markovTaskSet:
		c.transitions(k, isAbstract)
	case k.hasTasks():
		c.tasks(k)
	}
	if k.isUser() && !isAbstract && len(k.tasks) == 0 {
		c.note(k.Pos, "the user class %s has no tasks, so its users do nothing, as in Locust. If it is only a base class, set abstract = True", k.js)
		c.line("static override tasks = [(user: any) => user.sleep(3600)]")
	}
	c.emitMethods(k)
	c.depth--
	c.line("}")
	if !isAbstract {
		c.register(k)
	}
}

// extendsClause returns the part of a class declaration that names the base class.
func (c *converter) extendsClause(k *class) string {
	switch {
	case k.parent != nil:
		return " extends " + k.parent.js
	case k.kind != "":
		return " extends " + map[string]string{simplify.DataClass: "PyRecord", simplify.NamedTuple: "PyTuple"}[k.kind]
	case k.base == "Exception":
		return " extends PyError"
	case k.base != "":
		return " extends " + c.use(k.base)
	case k.isIterator():
		return " extends PyIterator"
	}
	return ""
}

// isAbstract returns whether Locust ignores a user class or a load shape, because the locustfile does not import the
// class from its helper module, or because the class sets abstract to True.
func (c *converter) isAbstract(k *class) bool {
	isAbstract := c.hidden[k.Name]
	for _, stmt := range k.Body {
		if assign, ok := stmt.(*python.Assign); ok && slices.Contains(python.Names(assign.Targets[0]), "abstract") {
			isAbstract = isAbstract || python.IsTrue(assign.Value)
		}
	}
	return isAbstract
}

// clientSettings emits the settings of the client of a user that the locustfile does not set in the class.
func (c *converter) clientSettings(k *class) {
	if k.parent != nil || !k.isUser() {
		return
	}
	if k.base == "HttpUser" && !k.isFast && !c.skipsVerification {
		c.line("static override insecure = false")
	}
	if host := cmp.Or(c.hosts[k.ofLocust()], c.hosts["User"]); host != "" && !k.has("host") {
		c.line("static override host = %s", host)
	}
}

// generatedMethods emits the methods that the base classes of records and iterators call.
func (c *converter) generatedMethods(k *class) {
	if k.kind != "" {
		var items []string
		for _, param := range c.initOf(k) {
			items = append(items, fmt.Sprintf("%s: this.%s", param.Name, c.member(param.Name)))
		}
		c.line("override pyFields(): any {")
		c.line("  return { %s }", strings.Join(items, ", "))
		c.line("}")
	}
	if k.isIterator() && k.method(nextMethod) != nil {
		c.line("override step(): any {")
		c.line("  return pyStepOf(() => this.%s())", nextMethod)
		c.line("}")
	}
}

// emitMethods emits the methods of a class, and reports statements that a class cannot contain.
func (c *converter) emitMethods(k *class) {
	for _, stmt := range k.Body {
		switch stmt := stmt.(type) {
		case *python.Def:
			c.method(k, stmt)
		case *python.Class, *python.Assign, *python.Simple, *python.Scope:
		default:
			if !python.IsDocstring(stmt) && !python.IsDots(stmt) {
				c.fail(stmt.Position(), "a class may only contain fields, methods, and task sets")
			}
		}
	}
}

// register adds a class to the user classes or the load shape of the script.
func (c *converter) register(k *class) {
	switch {
	case k.isUser():
		c.hasTasks = c.hasTasks || len(k.tasks) > 0
		c.users = append(c.users, k.js)
	case k.base == "LoadTestShape" && c.shape != "":
		c.fail(k.Pos, "there are several load shapes: %s and %s", c.shape, k.js)
	case k.base == "LoadTestShape":
		c.shape = k.js
	}
}

// fields emits the fields of a class.
func (c *converter) fields(k *class) {
	done, annotated := map[string]bool{}, map[string]bool{}
	for _, stmt := range k.Body {
		assign, ok := stmt.(*python.Assign)
		if !ok {
			continue
		}
		name, ok := assign.Targets[0].(*python.Name)
		if !ok || len(assign.Targets) > 1 {
			c.fail(assign.Pos, "a class can set only one field per assignment")
			continue
		}
		if assign.Value == nil {
			annotated[name.ID] = true
			continue
		}
		done[name.ID] = true
		switch {
		case name.ID == "abstract", name.ID == "tasks" && k.hasTasks():
		case name.ID == "wait_time" && k.hasTasks():
			c.waitTime(k, assign.Value)
		case slices.Contains(ignoredFields, name.ID) && k.hasTasks():
			c.note(assign.Pos, "%s was left out, because Locust ignores it: set wait_time", name.ID)
		case slices.Contains(unsupportedFields, name.ID) && k.hasTasks():
			c.fail(assign.Pos, "%s has no counterpart in k6/x/locust", name.ID)
		case fields[name.ID] != "" && k.isUser():
			value := c.expr(assign.Value)
			if value.t == noneType {
				continue
			}
			c.line("static override %s = %s", fields[name.ID], value.js)
		default:
			c.field(k, name.ID, assign.Value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.assigned(k))) {
		isDeclared := k.has(name) && (!annotated[name] || k.parent.has(name))
		if done[name] || isDeclared || name == "client" && k.hasTasks() {
			continue
		}
		c.line("%s: any", c.member(name))
		k.members[name] = true
	}
}

// field emits a field that the locustfile itself defines. As in Python, all instances share a list or dict, and a
// random value is computed only once.
func (c *converter) field(k *class, name string, value python.Expr) {
	override := ""
	if k.parent.has(name) {
		override = "override "
	}
	c.markAsMap([]python.Expr{&python.Attribute{Name: name}}, value)
	code := c.expr(value)
	key := "attr." + name
	join(c.types, key, code.t)
	switch {
	case k.statics[name]:
		if c.assigned(k)[name] {
			c.fail(value.Position(), "the field %s is set on the class and on its instances, but JavaScript stores these values separately", name)
		}
		c.line("static %s%s: any = %s", override, c.member(name), code.js)
		c.sharesState = c.sharesState || isMutable(code.t)
	case isMutable(code.t) || c.varies(value) && code.t != "function":
		c.line("static readonly _%s: any = %s", name, code.js)
		c.line("%s%s: any = %s._%s", override, c.member(name), k.js, name)
		c.sharesState = c.sharesState || isMutable(code.t) && k.hasTasks()
	default:
		c.line("%s%s: any = %s", override, c.member(name), code.js)
	}
}

// varying contains the prefixes of functions whose results differ from call to call.
var varying = []string{"random.", "secrets.", "uuid.", "time.", "datetime.", "os.urandom"}

// varies returns whether an expression may have a different value whenever it is computed.
func (c *converter) varies(expr python.Expr) bool {
	return python.Contains(expr, func(node python.Node) bool {
		call, ok := node.(*python.Call)
		if !ok {
			return false
		}
		full := c.qualified(call.Func)
		if method, isMethod := call.Func.(*python.Attribute); isMethod && full == "" {
			return c.expr(method.X).t == fakerType
		}
		return slices.ContainsFunc(varying, func(prefix string) bool { return strings.HasPrefix(full, prefix) })
	})
}

func isMutable(t string) bool {
	return t == listType || t == dictType || t == setType || t == dequeType || t == anyType || t == queueType || isIterator(t)
}

// assigned returns the names of the fields that the methods of a class set.
func (c *converter) assigned(k *class) map[string]bool {
	found := map[string]bool{}
	for _, stmt := range k.Body {
		def, ok := stmt.(*python.Def)
		if !ok || len(def.Params) == 0 || isStaticMethod(def) || isDecorated(def, "classmethod") {
			continue
		}
		self := def.Params[0].Name
		python.Walk(def.Body, func(node python.Node) bool {
			for _, part := range python.AssignedParts(node) {
				if attribute, ok := part.(*python.Attribute); ok && python.IsName(attribute.X, self) {
					found[attribute.Name] = true
				}
			}
			return true
		})
	}
	return found
}

// waitTimes maps Locust's functions for wait times to their counterparts and to the names of their arguments.
var waitTimes = map[string]libraryFunction{
	"locust.between":             {js: "between", params: []string{"min_wait", "max_wait"}},
	"locust.constant":            {js: "constant", params: []string{"wait_time"}},
	"locust.constant_pacing":     {js: "constantPacing", params: []string{"wait_time"}},
	"locust.constant_throughput": {js: "constantThroughput", params: []string{"task_runs_per_second"}},
	"locust.poisson":             {js: "poisson", params: []string{"rate"}},
}

func (c *converter) waitTime(k *class, value python.Expr) {
	if call, ok := value.(*python.Call); ok {
		if function, ok := waitTimes[c.qualified(call.Func)]; ok {
			c.line("override waitTime = locust.%s(%s)", function.js, strings.Join(c.positional(call, function.params...), ", "))
			return
		}
	}
	switch value := value.(type) {
	case *python.Lambda:
		self := ""
		if len(value.Params) > 0 {
			self = value.Params[0].Name
		}
		c.push(&function{id: c.id("lambda", value.Pos), self: self, of: k, declared: map[string]bool{}})
		c.line("override waitTime = () => %s", c.expr(value.Body).js)
		c.pop()
		return
	case *python.Name:
		if c.functions[value.ID] != nil {
			join(c.params, value.ID+".0", "user")
			wait := jsName(value.ID) + "(this)"
			if c.known[floatsKey] != "" {
				wait = "pyNumber(" + wait + ")"
			}
			c.line("override waitTime = () => %s", wait)
			return
		}
	}
	c.fail(value.Position(), "the wait time %s is not supported", c.source(value))
}

func (c *converter) id(name string, pos python.Pos) string {
	return fmt.Sprintf("%s@%s:%d:%d", name, pos.File, pos.Line, pos.Column)
}
