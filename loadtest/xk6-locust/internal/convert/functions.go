package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// function is the function that is being converted. For code outside of functions, id is empty.
type function struct {
	outer *function
	name  string
	// id distinguishes the variables of this function from those of other functions.
	id   string
	self string
	// of is the class if the function is a method.
	of     *class
	locals map[string]bool
	// params maps each parameter to the key of its type in converter.params.
	params  map[string]string
	globals map[string]bool
	// text is the converted body, once it is known.
	text string
	// body is the body of the function. It shows where a variable is used.
	body      []python.Stmt
	declared  map[string]bool
	isAsync   bool
	isHandler bool
	// hasEnvironment is set if the function has Locust's environment as a parameter.
	hasEnvironment bool
	// event contains the parameters of a listener of events.request, by name.
	event map[string]code
	// isClassMethod is set for a method with the decorator @classmethod.
	isClassMethod bool
	// isGenerator is set for a function that yields values.
	isGenerator bool
	// isManager is set for a function with the decorator @contextmanager.
	isManager bool
	// exits is the name of a variable that tells how a block ends: with return, break, or continue. It is empty outside
	// of blocks that become functions.
	exits string
	// result is the name of a variable for the value of a return statement in a block that becomes a function. It is
	// empty if there is no such statement.
	result string
	loops  int
	// label is the label of the loop that is converted next.
	label string
	// labels contains the labels of the loops around the current statement. They are empty for loops without else.
	labels []string
	temps  int
}

func (f *function) isMethodOfUser() bool {
	for ; f != nil; f = f.outer {
		if f.of != nil {
			return f.of.isUser() || f.of.hasTasks()
		}
	}
	return false
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
	f := &function{
		name: def.Name, id: c.id(def.Name, def.Pos), of: k, body: def.Body, declared: map[string]bool{},
		isManager: c.isManager(def), isGenerator: c.isGenerator(def), isClassMethod: isDecorated(def, "classmethod"),
	}
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
	for name := range python.Stored(def.Body) {
		f.locals[name] = true
	}
	python.Walk(def.Body, func(node python.Node) bool {
		if _, isDef := node.(*python.Def); isDef {
			return false
		}
		if scope, ok := node.(*python.Scope); ok {
			for _, name := range scope.Names {
				delete(f.locals, name)
				f.globals[name] = true
				if event := c.eventOf(def); scope.Word == "global" && event != "test_start" && event != "init" && def.Name != setupFunction {
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

// paramList returns the parameters of a function in TypeScript. `of` is the name of the function or class, and `first`
// is the index of the first parameter. The key of a parameter's type in c.params consists of this name and the index,
// such as f.0.
func (c *converter) paramList(params []python.Param, of string, first int) string {
	var list []string
	for i, param := range params {
		key := fmt.Sprintf("%s.%d", of, first+i)
		if param.Kind != "" {
			if text := c.restParam(param, of, key, i == len(params)-1); text != "" {
				list = append(list, text)
			}
			continue
		}
		text := c.paramName(param) + ": any"
		if param.Default != nil {
			text += " = " + c.defaultOf(param, params, key)
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// restParam converts *args or **kwargs. It returns "" if the function does not need the parameter.
func (c *converter) restParam(param python.Param, of, key string, isLast bool) string {
	switch {
	case param.Kind == "*" && !isLast && !c.f.isHandler:
		// `**kwargs` follows, so `*args` is a tuple.
		join(c.params, key, tupleType)
		return c.paramName(param) + ": any = []"
	case c.f.isHandler || python.Loads(c.f.body, param.Name) == 0:
		return ""
	case param.Kind == "**" && isLast:
		join(c.params, key, dictType)
		return c.paramName(param) + ": any = {}"
	case param.Kind == "*" && isLast && param.Name != "":
		join(c.params, key, tupleType)
		return "..." + jsName(param.Name) + ": any[]"
	}
	c.fail(param.Pos, "the parameter %s%s of %s is not supported", param.Kind, param.Name, of)
	return ""
}

// defaultOf converts the default value of a parameter.
func (c *converter) defaultOf(param python.Param, params []python.Param, key string) string {
	for _, other := range params {
		if !param.IsFactory && python.Loads(param.Default, other.Name) > 0 {
			c.fail(param.Pos, "the default value of %s is a variable, but JavaScript would use the parameter with the same name: rename the parameter", param.Name)
		}
	}
	value := c.expr(param.Default)
	if c.f.of != nil && c.f.of.kind != "" {
		c.checkFloat(param.Default, value)
	}
	// Environment variables and variables of the module have the same value in each call, and so do containers that the
	// function does not change.
	isFixed := value.t == anyType && value.isPure || value.t != anyType && isEmpty(param.Default) && onlyReads(c.f.body, param.Name)
	if isMutable(value.t) && !param.IsFactory && !isFixed {
		c.fail(param.Pos, "the default value of %s must be a constant", param.Name)
	}
	join(c.params, key, value.t)
	return value.js
}

// paramName returns the name of a parameter. TypeScript rejects a parameter that the function does not use, unless its
// name begins with an underscore.
func (c *converter) paramName(param python.Param) string {
	name := jsName(param.Name)
	if python.Loads(c.f.body, param.Name) == 0 || c.f.text != "" && !mentions(c.f.text, name) {
		return "_" + name
	}
	return name
}

// isEmpty returns whether an expression is an empty list or dict.
func isEmpty(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Sequence:
		return len(expr.Items) == 0
	case *python.Dict:
		return len(expr.Keys) == 0
	}
	return false
}

// onlyReads returns whether statements certainly do not change the empty container in a parameter: if they only pass it
// to requests, unpack it, test it, or read its items.
func onlyReads(body []python.Stmt, name string) bool {
	reads := 0
	python.Walk(body, func(node python.Node) bool {
		for _, condition := range conditionNames(node) {
			if condition == name {
				reads++
			}
		}
		for _, expr := range readBy(node) {
			if python.IsName(expr, name) {
				reads++
			}
		}
		return true
	})
	return reads == python.Loads(body, name) && !changed(body)[name]
}

// readBy returns the parts of a node that the node certainly does not change.
func readBy(node python.Node) []python.Expr {
	switch node := node.(type) {
	case *python.Call:
		return readByCall(node)
	case *python.Dict:
		var unpacked []python.Expr
		for i, key := range node.Keys {
			if key == nil {
				unpacked = append(unpacked, node.Values[i])
			}
		}
		return unpacked
	case *python.Starred:
		return []python.Expr{node.X}
	case *python.Compare:
		return node.Ys
	case *python.For:
		return []python.Expr{node.Iter}
	case *python.Comprehension:
		var iterables []python.Expr
		for _, clause := range node.Clauses {
			iterables = append(iterables, clause.Iter)
		}
		return iterables
	}
	return nil
}

func readByCall(call *python.Call) []python.Expr {
	method, isMethod := call.Func.(*python.Attribute)
	isRequest := isMethod && slices.Contains(simplify.RequestMethods, method.Name)
	if namedRequest, ok := call.Func.(*python.Call); ok {
		isRequest = python.IsName(namedRequest.Func, "getattr")
	}
	var read []python.Expr
	for _, keyword := range call.Keywords {
		if keyword.Name == "" || isRequest {
			read = append(read, keyword.Value)
		}
	}
	if isRequest {
		read = append(read, call.Args...)
	}
	switch {
	case isMethod && slices.Contains([]string{"get", "items", "keys", "copy", "count", "index"}, method.Name):
		read = append(read, method.X)
	case python.IsName(call.Func, "len"), python.IsName(call.Func, "dict"), python.IsName(call.Func, "list"), python.IsName(call.Func, "sorted"):
		read = append(read, call.Args...)
	}
	return read
}

// emitFunction converts a function that is not a method.
func (c *converter) emitFunction(def *python.Def) {
	isInner := c.f.id != ""
	if isInner && python.TakesKeywords(def.Params) {
		c.fail(def.Pos, "%s has parameters after *args: define it outside of functions", def.Name)
	}
	if c.isRedefined(def) {
		c.fail(def.Pos, "there are several definitions of %s: rename one", def.Name)
	}
	if python.Loads(c.f.body, def.Name) != python.Loads(python.BlockOf(c.f.body, def), def.Name) {
		c.fail(def.Pos, "%s is used outside of the block that defines it: define it before the block", def.Name)
	}
	c.inFunction(def, nil, func() {
		c.f.hasEnvironment = c.watchers[def.Name] && c.f.outer.id == ""
		body := c.capture(func() {
			c.depth++
			c.generator(def, c.classOf() != nil)
			c.depth--
			for _, exception := range []string{reschedules, interrupts} {
				if c.known[exception] != "" && c.isTaskFunction(def.Name) {
					c.fail(def.Pos, "%s is not supported in a file whose tasks are functions outside of classes: make %s a method", exception, def.Name)
				}
			}
		})
		c.f.text = body
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
	python.Walk(def.Body, func(node python.Node) bool {
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

// generator converts the body of a function. If it yields values, the function returns an iterator. hasThis is set if
// the body may use `this`.
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

// isCached returns whether a function has the decorator @cache, or @lru_cache for at least 128 results.
func (c *converter) isCached(def *python.Def) bool {
	if len(def.Decorators) != 1 {
		return false
	}
	switch c.qualified(python.Callee(def.Decorators[0])) {
	case "functools.cache":
		return true
	case "functools.lru_cache":
		call, isCall := def.Decorators[0].(*python.Call)
		if !isCall {
			return true
		}
		args, ok := python.Bind(call, "maxsize")
		// With a smaller cache, Python may compute results again.
		size, isConstant := args["maxsize"].(*python.Constant)
		return ok && (len(args) == 0 || len(args) == 1 && isConstant && (size.Kind == python.None || size.Kind == python.Int && c.integer(size) >= 128))
	}
	return false
}

// isRedefined returns whether a class, a variable, or another function in the same scope has the same name as a
// function. Listeners do not count, because they get names of their own.
func (c *converter) isRedefined(def *python.Def) bool {
	count := python.Stored(c.f.body)[def.Name]
	for _, stmt := range c.f.body {
		if other, ok := stmt.(*python.Def); ok && other.Name == def.Name && c.eventOf(other) != "" {
			count--
		}
	}
	return count > 1 || c.classes[def.Name] != nil
}

func returnsValue(body []python.Stmt) bool {
	found := false
	python.Walk(body, func(node python.Node) bool {
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
