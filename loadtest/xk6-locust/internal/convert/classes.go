package convert

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
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

// unsupportedFields are settings of user classes without a counterpart.
var unsupportedFields = []string{
	"max_retries", "client_pool", "pool_manager", "proxy_host", "proxy_port", "ssl_context_factory", "client_class",
	"use_common_options", "task_set",
}

// ignoredFields are settings of user classes and task sets that Locust ignores, because wait_time has a default.
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
		c.fail(node.Pos, "the class %s has several base classes or a metaclass, which JavaScript does not have", node.Name)
	}
	if len(node.Bases) > 0 {
		base := node.Bases[0]
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
			c.fail(base.Position(), "the base class %s is not supported", c.source(base))
			// This prevents further errors about its members.
			k.base = "HttpUser"
		}
	}
	c.classes[node.Name] = k
	for _, stmt := range node.Body {
		switch stmt := stmt.(type) {
		case *python.Class:
			c.declareClass(stmt)
			c.classes[stmt.Name].inChain = k.base == markovTaskSet
		case *python.Def:
			if k.members[stmt.Name] {
				c.fail(stmt.Pos, "there are several definitions of %s.%s: rename one", node.Name, stmt.Name)
			}
			k.members[stmt.Name] = true
		case *python.Assign:
			for _, target := range stmt.Targets {
				for _, name := range names(target) {
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

func (k *class) isUser() bool { return k.base == "User" || k.base == "HttpUser" }

func (k *class) hasTasks() bool {
	return k.isUser() || k.base == "TaskSet" || k.base == "SequentialTaskSet" || k.base == markovTaskSet
}

func isTrue(expr python.Expr) bool {
	constant, ok := expr.(*python.Constant)
	return ok && constant.Kind == python.True
}

func (c *converter) emitClass(k *class) {
	for _, stmt := range k.Body {
		if inner, ok := stmt.(*python.Class); ok {
			c.emitClass(c.classes[inner.Name])
			c.line("")
		}
	}
	if k.kind == enumKind || k.kind == plainEnumKind {
		c.emitEnum(k)
		return
	}
	for _, decorator := range k.Decorators {
		if qualified := c.qualified(c.callee(decorator)); qualified != "locust.task" && qualified != "locust.tag" && (!k.inChain || !c.isTransition(decorator)) {
			c.fail(k.Pos, "the decorator %s is not supported", c.source(decorator))
		}
	}
	extends := ""
	switch {
	case k.parent != nil:
		extends = " extends " + k.parent.js
	case k.kind != "":
		extends = " extends " + map[string]string{dataClass: "PyRecord", namedTuple: "PyTuple"}[k.kind]
	case k.base == "Exception":
		extends = " extends PyError"
	case k.base != "":
		extends = " extends " + c.use(k.base)
	}
	isAbstract := c.hidden[k.Name]
	c.line("class %s%s {", k.js, extends)
	c.depth++
	if k.base == "Exception" {
		c.exceptionConstructor(k)
	}
	if k.parent == nil && k.base == "HttpUser" && !k.isFast && !c.skipsVerification {
		c.line("static override insecure = false")
	}
	if fast := map[bool]string{true: "FastHttpUser", false: "HttpUser"}[k.isFast]; k.parent == nil && k.base == "HttpUser" && !k.has("host") && c.hosts[fast] != "" {
		c.line("static override host = %s", c.hosts[fast])
	}
	c.fields(k, &isAbstract)
	if k.kind != "" {
		var items []string
		for _, param := range c.initOf(k) {
			items = append(items, fmt.Sprintf("%s: this.%s", param.Name, c.member(param.Name)))
		}
		c.line("override pyFields(): any {")
		c.line("  return { %s }", strings.Join(items, ", "))
		c.line("}")
	}
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
	for _, stmt := range k.Body {
		switch stmt := stmt.(type) {
		case *python.Def:
			c.method(k, stmt)
		case *python.Class, *python.Assign, *python.Simple:
		case *python.ExprStmt:
			if constant, ok := stmt.X.(*python.Constant); !ok || constant.Kind != python.String && constant.Kind != python.Dots {
				c.fail(stmt.Pos, "a class may only contain fields, methods, and task sets")
			}
		default:
			c.fail(stmt.Position(), "a class may only contain fields, methods, and task sets")
		}
	}
	c.depth--
	c.line("}")
	switch {
	case k.isUser() && !isAbstract:
		c.hasTasks = c.hasTasks || len(k.tasks) > 0
		c.users = append(c.users, k.js)
	case k.base == "LoadTestShape" && !isAbstract && c.shape != "":
		c.fail(k.Pos, "there are several load shapes: %s and %s", c.shape, k.js)
	case k.base == "LoadTestShape" && !isAbstract:
		c.shape = k.js
	}
}

// exceptionConstructor emits the constructor of an exception. A subclass passes its name on.
func (c *converter) exceptionConstructor(k *class) {
	c.line("constructor(message: any = '', type = '%s') {", k.js)
	super := "message, type"
	if k.parent == nil {
		base, _ := k.Bases[0].(*python.Name)
		super = "type, message"
		if base.ID == "KeyError" {
			super = "type, pyKeyText(message)"
		}
		if base.ID != "Exception" {
			super += ", '" + base.ID + "'"
		}
	}
	c.line("  super(%s)", super)
	c.line("}")
}

func (c *converter) callee(expr python.Expr) python.Expr {
	if call, ok := expr.(*python.Call); ok {
		return call.Func
	}
	return expr
}

// fields emits the fields of a class.
func (c *converter) fields(k *class, isAbstract *bool) {
	done := map[string]bool{}
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
			continue
		}
		done[name.ID] = true
		switch {
		case name.ID == "abstract":
			*isAbstract = *isAbstract || isTrue(assign.Value)
		case name.ID == "tasks" && k.hasTasks():
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
		if done[name] || k.has(name) || name == "client" && k.hasTasks() {
			continue
		}
		c.line("%s: any", c.member(name))
		k.members[name] = true
	}
}

// field emits a field that the locustfile itself defines. All instances share a list or dict in it, as in Python.
func (c *converter) field(k *class, name string, value python.Expr) {
	override := ""
	if k.parent.has(name) {
		override = "override "
	}
	code := c.expr(value)
	key := "attr." + name
	join(c.types, key, code.t)
	switch {
	case k.statics[name]:
		if c.assigned(k)[name] {
			c.fail(value.Position(), "the field %s is set on the class and on its instances, which JavaScript stores separately", name)
		}
		c.line("static %s%s: any = %s", override, c.member(name), code.js)
		c.sharesState = c.sharesState || isMutable(code.t)
	case isMutable(code.t):
		c.line("static readonly _%s: any = %s", name, code.js)
		c.line("%s%s: any = %s._%s", override, c.member(name), k.js, name)
		c.sharesState = c.sharesState || k.hasTasks()
	default:
		c.line("%s%s: any = %s", override, c.member(name), code.js)
	}
}

func isMutable(t string) bool {
	return t == listType || t == dictType || t == setType || t == dequeType || t == anyType || t == queueType || isIterator(t)
}

// assigned returns the names of the fields to which the methods of a class assign values.
func (c *converter) assigned(k *class) map[string]bool {
	found := map[string]bool{}
	for _, stmt := range k.Body {
		def, ok := stmt.(*python.Def)
		if !ok || len(def.Params) == 0 || isStaticMethod(def) || isDecorated(def, "classmethod") {
			continue
		}
		self := def.Params[0].Name
		walk(def.Body, func(node python.Node) bool {
			for _, target := range targets(node) {
				for _, part := range parts(target) {
					attribute, ok := part.(*python.Attribute)
					if !ok {
						continue
					}
					if object, ok := attribute.X.(*python.Name); ok && object.ID == self {
						found[attribute.Name] = true
					}
				}
			}
			return true
		})
	}
	return found
}

// waitTimes are Locust's functions for wait times: their counterparts, and their argument names.
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

// tasks emits the tasks of a class, in Locust's order: those of the base class, those of `tasks`, and those with decorators.
func (c *converter) tasks(k *class) {
	count := 0
	if k.parent != nil {
		for _, task := range k.parent.tasks {
			if name, ok := strings.CutPrefix(task.target, "'"); ok && k.members[strings.TrimSuffix(name, "'")] {
				// As in Locust, the task keeps the method of the base class.
				task.target = fmt.Sprintf("(user: any) => %s.prototype.%s.call(user)", k.parent.js, strings.TrimSuffix(name, "'"))
			}
			k.tasks = append(k.tasks, task)
		}
		count = len(k.tasks)
	}
	for _, stmt := range k.Body {
		if assign, ok := stmt.(*python.Assign); ok {
			if name, ok := assign.Targets[0].(*python.Name); ok && name.ID == "tasks" && assign.Value != nil {
				c.listed(k, assign.Value)
			}
		}
	}
	for _, stmt := range k.Body {
		switch stmt := stmt.(type) {
		case *python.Def:
			if task, ok := c.decorated(stmt.Decorators); ok {
				task.target = "'" + c.member(stmt.Name) + "'"
				k.tasks = append(k.tasks, task)
			}
		case *python.Class:
			if task, ok := c.decorated(stmt.Decorators); ok {
				task.target = c.classes[stmt.Name].js
				k.tasks = append(k.tasks, task)
			}
		}
	}
	if len(k.tasks) == count {
		return
	}
	isSimple := true
	for _, task := range k.tasks {
		isSimple = isSimple && strings.HasPrefix(task.target, "'") && len(task.tags) == 0
	}
	var items []string
	for _, task := range k.tasks {
		switch {
		case isSimple:
			items = append(items, fmt.Sprintf("%s: %d", strings.Trim(task.target, "'"), task.weight))
			continue
		case len(task.tags) == 0 && task.weight == 1 && !strings.HasPrefix(task.target, "'"):
			items = append(items, task.target)
			continue
		}
		var options []string
		if task.weight != 1 {
			options = append(options, "weight: "+strconv.Itoa(task.weight))
		}
		if len(task.tags) > 0 {
			options = append(options, "tags: ["+strings.Join(task.tags, ", ")+"]")
		}
		text := c.use("task") + "(" + task.target
		if len(options) > 0 {
			text += ", { " + strings.Join(options, ", ") + " }"
		}
		items = append(items, text+")")
	}
	brackets := "[%s]"
	if isSimple {
		brackets = "{ %s }"
	}
	annotation := ""
	if c.isExtended(k) {
		// The tasks of a subclass may have a different type.
		annotation = ": any"
	}
	c.line("static override tasks"+annotation+" = "+brackets, strings.Join(items, ", "))
}

// isExtended returns whether the file contains a subclass of a class.
func (c *converter) isExtended(k *class) bool {
	for _, other := range c.classes {
		if other.parent == k {
			return true
		}
	}
	return false
}

// listed adds the tasks in `tasks = …`.
func (c *converter) listed(k *class, value python.Expr) {
	add := func(item python.Expr, weight int) {
		name, ok := item.(*python.Name)
		switch {
		case ok && c.classes[name.ID] != nil:
			k.tasks = append(k.tasks, taskOf{target: c.classes[name.ID].js, weight: weight})
		case ok && c.functions[name.ID] != nil:
			join(c.params, name.ID+".0", "user")
			k.tasks = append(k.tasks, taskOf{target: jsName(name.ID), weight: weight})
		case ok && k.members[name.ID]:
			k.tasks = append(k.tasks, taskOf{target: "'" + c.member(name.ID) + "'", weight: weight})
		default:
			c.fail(item.Position(), "the task %s is not supported: tasks must be functions or task sets of the file", c.source(item))
		}
	}
	switch value := value.(type) {
	case *python.Sequence:
		for _, item := range value.Items {
			if pair, ok := item.(*python.Sequence); ok && len(pair.Items) == 2 {
				add(pair.Items[0], c.integer(pair.Items[1]))
				continue
			}
			add(item, 1)
		}
	case *python.Dict:
		for i, key := range value.Keys {
			if key != nil {
				add(key, c.integer(value.Values[i]))
			}
		}
	default:
		c.fail(value.Position(), "tasks must be a list or a dict")
	}
}

func (c *converter) integer(expr python.Expr) int {
	constant, ok := expr.(*python.Constant)
	if ok && constant.Kind == python.Int {
		if number, err := strconv.Atoi(constant.Text); err == nil {
			return number
		}
	}
	c.fail(expr.Position(), "a weight must be an integer literal")
	return 1
}

// decorated returns the weight and tags of a method, and whether it is a task.
func (c *converter) decorated(decorators []python.Expr) (taskOf, bool) {
	result := taskOf{weight: 1}
	isTask := false
	for _, decorator := range decorators {
		call, _ := decorator.(*python.Call)
		switch c.qualified(c.callee(decorator)) {
		case "locust.task":
			isTask = true
			if call != nil && len(call.Args) > 0 {
				result.weight = c.integer(call.Args[0])
			} else if call != nil && len(call.Keywords) > 0 {
				result.weight = c.integer(call.Keywords[0].Value)
			}
		case "locust.tag":
			if call != nil {
				for _, arg := range call.Args {
					result.tags = append(result.tags, c.expr(arg).js)
				}
			}
		}
	}
	return result, isTask
}

// methodNames maps Locust's methods to those of k6/x/locust.
var methodNames = map[string]string{"__str__": "toString", "on_start": "onStart", "on_stop": "onStop", "wait_time": "waitTime", "tick": "tick"}

// taken are names that a field or method of the locustfile cannot keep. They have a different meaning in k6/x/locust,
// or k6/x/locust would treat them as misspelled.
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
	return name
}

// checkMembers reports fields and methods that would have the same name in the script.
func (c *converter) checkMembers() {
	all := func(*class) bool { return true }
	for _, k := range c.classes {
		for _, name := range slices.Concat(slices.Collect(maps.Keys(k.members)), slices.Collect(maps.Keys(c.assigned(k)))) {
			js := c.member(name)
			if js != name && c.isFieldOf(js, all) || k.statics["_"+name] && c.isFieldOf("_"+name, all) {
				c.fail(k.Pos, "%s has the field %s, whose name in the script is that of the field _%s: rename one", k.Name, name, name)
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

func (c *converter) method(k *class, def *python.Def) {
	prefix := ""
	for _, decorator := range def.Decorators {
		name, _ := decorator.(*python.Name)
		switch qualified := c.qualified(c.callee(decorator)); {
		case qualified == "locust.task" || qualified == "locust.tag" || k.base == markovTaskSet && c.isTransition(decorator):
		case name != nil && (name.ID == "staticmethod" || name.ID == "classmethod") && len(def.Decorators) == 1:
			prefix = "static "
		case name != nil && name.ID == "property" && len(def.Decorators) == 1:
			prefix = "get "
		case qualified == contextManager:
		default:
			c.fail(decorator.Position(), "the decorator %s is not supported", c.source(decorator))
		}
	}
	if strings.HasPrefix(def.Name, "__") && strings.HasSuffix(def.Name, "__") && def.Name != "__init__" && (def.Name != postInit || k.kind == "") && methodNames[def.Name] == "" {
		c.fail(def.Pos, "the method %s is not supported", def.Name)
	}
	if k.hasTasks() && slices.Contains(lockedMethods, def.Name) {
		c.fail(def.Pos, "%s.%s replaces a method of Locust, which has no counterpart in k6/x/locust", k.Name, def.Name)
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
			c.generator(def, true)
			c.depth--
		})
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

// isStaticMethod returns whether a method has no parameter for its object.
func isStaticMethod(def *python.Def) bool { return isDecorated(def, "staticmethod") }

func isDecorated(def *python.Def, with string) bool {
	return slices.ContainsFunc(def.Decorators, func(decorator python.Expr) bool {
		name, ok := decorator.(*python.Name)
		return ok && name.ID == with
	})
}

// findStatics finds the fields that the locustfile reads or writes through a class. They are static in that class, in the
// class that defines them, and in all subclasses that define them.
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

// constructor converts __init__. It calls the constructor of the base class first, as JavaScript requires.
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
					} else if k.base == "" || k.base == "Exception" {
						c.fail(stmt.Position(), "a call to the constructor of %s is not supported", k.Name)
					}
					continue
				}
			}
		}
		rest = append(rest, stmt)
	}
	params := ""
	switch k.base {
	case "":
		params = c.paramList(def.Params[1:], k.Name, 0)
	case "Exception":
		c.fail(def.Pos, "the constructor of an exception is not supported")
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
	if k.base != "" || k.parent != nil || k.kind != "" {
		c.line("super(%s)", super)
	}
	if k.base == "" && k.kind == "" && len(c.initOf(k.parent)) > 0 && !callsSuper {
		c.fail(def.Pos, "the constructor must call that of the base class first")
	}
	c.functionBody(rest)
	c.depth--
	c.line("}")
	if c.f.isAsync {
		c.fail(def.Pos, "__init__ cannot make requests or wait: use on_start")
	}
}

func returnsValue(body []python.Stmt) bool {
	found := false
	walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Return:
			found = found || node.Value != nil
		case *python.Def, *python.Lambda:
			return false
		}
		return true
	})
	return found
}

func (c *converter) id(name string, pos python.Pos) string {
	return fmt.Sprintf("%s@%s:%d:%d", name, pos.File, pos.Line, pos.Column)
}

func (c *converter) push(f *function) {
	if f.locals == nil {
		f.locals = map[string]bool{}
	}
	if f.params == nil {
		f.params = map[string]string{}
	}
	if f.globals == nil {
		f.globals = map[string]bool{}
	}
	f.outer = c.f
	c.f = f
}

func (c *converter) pop() { c.f = c.f.outer }

// inFunction calls emit in the scope of a function.
func (c *converter) inFunction(def *python.Def, k *class, emit func()) {
	if isStaticMethod(def) {
		k = nil
	}
	f := &function{name: def.Name, id: c.id(def.Name, def.Pos), of: k, body: def.Body, declared: map[string]bool{}, isManager: c.isManager(def), isGenerator: c.isGenerator(def), isClassMethod: isDecorated(def, "classmethod")}
	c.push(f)
	defer c.pop()
	for i, param := range def.Params {
		if i == 0 && k != nil {
			f.self = param.Name
			continue
		}
		f.params[param.Name] = fmt.Sprintf("%s.%d", def.Name, i)
		if k != nil && def.Name == "__init__" {
			f.params[param.Name] = fmt.Sprintf("%s.%d", k.Name, i-1)
		}
	}
	for name := range stored(def.Body) {
		f.locals[name] = true
	}
	walk(def.Body, func(node python.Node) bool {
		if _, isDef := node.(*python.Def); isDef {
			return false
		}
		if scope, ok := node.(*python.Scope); ok {
			for _, name := range scope.Names {
				delete(f.locals, name)
				f.globals[name] = true
				if event := c.eventOf(def); scope.Word == "global" && event != "test_start" && event != "init" && def.Name != earlyName {
					c.sharesState = true
				}
			}
		}
		return true
	})
	emit()
	if f.isAsync {
		c.async[def.Name] = true
	}
}

// paramList returns the parameters of a function in TypeScript. first is the index of the first parameter.
func (c *converter) paramList(params []python.Param, of string, first int) string {
	var list []string
	for i, param := range params {
		if param.Kind != "" {
			if c.f.isHandler || loads(c.f.body, param.Name) == 0 {
				continue
			}
			isLast := i == len(params)-1
			switch {
			case param.Kind == "**" && isLast:
				join(c.params, fmt.Sprintf("%s.%d", of, first+i), dictType)
				list = append(list, jsName(param.Name)+": any = {}")
				continue
			case param.Kind == "*" && isLast && param.Name != "":
				join(c.params, fmt.Sprintf("%s.%d", of, first+i), tupleType)
				list = append(list, "..."+jsName(param.Name)+": any[]")
				continue
			}
			c.fail(param.Pos, "the parameter %s%s of %s is not supported", param.Kind, param.Name, of)
			continue
		}
		text := jsName(param.Name) + ": any"
		if loads(c.f.body, param.Name) == 0 {
			text = "_" + text
		}
		if param.Default != nil {
			for _, other := range params {
				if !param.IsFactory && loads(param.Default, other.Name) > 0 {
					c.fail(param.Pos, "the default value of %s is a variable with the name of a parameter, which JavaScript would use: rename the parameter", param.Name)
				}
			}
			value := c.expr(param.Default)
			if c.f.of != nil && c.f.of.kind != "" {
				c.checkFloat(param.Default, value)
			}
			// An environment variable or a variable of the module has the same value in each call.
			if isMutable(value.t) && !param.IsFactory && (value.t != anyType || !value.isPure) {
				c.fail(param.Pos, "the default value of %s must be a constant", param.Name)
			}
			join(c.params, fmt.Sprintf("%s.%d", of, first+i), value.t)
			text = strings.Replace(text, ": any", ": any = "+value.js, 1)
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// emitFunction converts a function outside of classes.
func (c *converter) emitFunction(def *python.Def) {
	isInner := c.f.id != ""
	if isInner && takesKeywords(def.Params) {
		c.fail(def.Pos, "%s has parameters after *args: define it outside of functions", def.Name)
	}
	if c.isRedefined(def) {
		c.fail(def.Pos, "there are several definitions of %s: rename one", def.Name)
	}
	if loads(c.f.body, def.Name) != loads(blockOf(c.f.body, def), def.Name) {
		c.fail(def.Pos, "%s is used outside of the block that defines it: define it before the block", def.Name)
	}
	c.inFunction(def, nil, func() {
		c.f.hasEnvironment = c.watchers[def.Name] && c.f.outer.id == ""
		body := c.capture(func() {
			c.depth++
			c.generator(def, c.classOf() != nil)
			c.depth--
		})
		params := c.managerParam(def, c.paramList(def.Params, def.Name, 0))
		async, returns := "", ""
		if c.f.isGenerator || returnsValue(def.Body) {
			returns = ": any"
		}
		if c.knownAsync[def.Name] {
			async = "async "
			if returns != "" {
				returns = ": Promise<any>"
			}
		}
		isCached := c.isCached(def)
		switch {
		case isCached:
			if c.knownAsync[def.Name] || c.f.isGenerator {
				c.fail(def.Pos, "the function %s with @lru_cache makes requests, waits, or yields values, which is not supported", def.Name)
			}
			c.sharesState = true
			c.line("const %s = pyCached(%s(%s)%s => {", jsName(def.Name), async, params, returns)
		case isInner:
			// An arrow function keeps `this`.
			c.line("const %s = %s(%s)%s => {", jsName(def.Name), async, params, returns)
		default:
			c.line("%sfunction %s(%s)%s {", async, jsName(def.Name), params, returns)
		}
		c.out.WriteString(body)
		c.line("}%s", map[bool]string{true: ")"}[isCached])
	})
}

// isGenerator returns whether a function yields values.
func (c *converter) isGenerator(def *python.Def) bool {
	found := false
	walk(def.Body, func(node python.Node) bool {
		switch node.(type) {
		case *python.Yield:
			found = true
		case *python.Def, *python.Lambda, *python.Class:
			return false
		}
		return !found
	})
	return found && !c.isManager(def)
}

// generator converts the body of a function. If it yields values, the function returns an iterator.
func (c *converter) generator(def *python.Def, hasThis bool) {
	c.markRest(def)
	if !c.f.isGenerator {
		c.functionBody(def.Body)
		return
	}
	hasThis = hasThis && !isStaticMethod(def)
	c.line("return new PyGenerator((function* (%s): any {", map[bool]string{true: "this: any"}[hasThis])
	c.depth++
	c.functionBody(def.Body)
	c.depth--
	c.line("})%s)", map[bool]string{true: ".call(this)", false: "()"}[hasThis])
	if c.f.isAsync {
		c.fail(def.Pos, "a generator cannot make requests or wait")
	}
}

// isCached returns whether a function keeps its results.
func (c *converter) isCached(def *python.Def) bool {
	if len(def.Decorators) != 1 {
		return false
	}
	switch c.qualified(c.callee(def.Decorators[0])) {
	case "functools.cache":
		return true
	case "functools.lru_cache":
		call, isCall := def.Decorators[0].(*python.Call)
		if !isCall {
			return true
		}
		args, ok := bind(call, "maxsize")
		// With a smaller cache, Python may compute results again.
		size, isConstant := args["maxsize"].(*python.Constant)
		return ok && (len(args) == 0 || len(args) == 1 && isConstant && (size.Kind == python.None || size.Kind == python.Int && c.integer(size) >= 128))
	}
	return false
}

// isRedefined returns whether a class, a variable, or another function in the same scope has the same name as a
// function. Listeners do not count, because they get names of their own.
func (c *converter) isRedefined(def *python.Def) bool {
	count := stored(c.f.body)[def.Name]
	for _, stmt := range c.f.body {
		if other, ok := stmt.(*python.Def); ok && other.Name == def.Name && c.eventOf(other) != "" {
			count--
		}
	}
	return count > 1 || c.classes[def.Name] != nil
}
