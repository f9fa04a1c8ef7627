package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// functionBody converts the body of a function. Before the statements, it declares the variables that several blocks
// use.
func (c *converter) functionBody(body []python.Stmt) {
	text := c.capture(func() { c.block(body) })
	var hoisted []string
	params := c.f.params
	for _, name := range slices.Sorted(maps.Keys(stored(body))) {
		_, isParam := params[name]
		if !isParam && !c.f.globals[name] && !c.f.declared[name] && c.loadsAnywhere(name) {
			hoisted = append(hoisted, jsName(name)+": any")
		}
	}
	for i := range c.f.temps {
		hoisted = append(hoisted, fmt.Sprintf("temp%d: any", i+1))
	}
	if len(hoisted) > 0 {
		c.line("let %s", strings.Join(hoisted, ", "))
	}
	c.out.WriteString(text)
}

func (c *converter) loadsAnywhere(name string) bool {
	return loads(c.f.body, name) > 0 || isWalrus(c.f.body, name)
}

func isWalrus(body []python.Stmt, name string) bool {
	found := false
	walk(body, func(node python.Node) bool {
		if walrus, ok := node.(*python.Walrus); ok {
			found = found || walrus.Name == name
		}
		return true
	})
	return found
}

func (c *converter) block(body []python.Stmt) {
	for i, stmt := range body {
		if constant, ok := stmt.(*python.ExprStmt); ok {
			if text, ok := constant.X.(*python.Constant); ok && (text.Kind == python.String || text.Kind == python.Dots) {
				continue
			}
		}
		if assign, ok := stmt.(*python.Assign); ok && c.declare(assign, body[i+1:]) {
			continue
		}
		c.statement(stmt)
	}
}

// declare converts an assignment to a `const` declaration. It returns false unless this is the only assignment to the
// variable, and all uses of the variable follow in the same block.
func (c *converter) declare(assign *python.Assign, rest []python.Stmt) bool {
	if assign.Value == nil || len(assign.Targets) != 1 {
		return false
	}
	target, ok := assign.Targets[0].(*python.Name)
	if !ok || c.f.id == "" || c.f.globals[target.ID] || stored(c.f.body)[target.ID] != 1 {
		return false
	}
	if _, isParam := c.f.params[target.ID]; isParam {
		return false
	}
	uses := loads(c.f.body, target.ID)
	if uses == 0 || uses != loads(rest, target.ID) || c.f.loops > 0 && isCaptured(rest, target.ID) || isNonlocal(c.f.body, target.ID) {
		return false
	}
	value := c.expr(assign.Value)
	c.f.declared[target.ID] = true
	c.setType(target.ID, value.t)
	if slices.Contains(shapeless, value.t) {
		return true
	}
	annotation := ""
	if isMutable(value.t) || value.t == tupleType || value.t == noneType {
		annotation = ": any"
	}
	c.line("const %s%s = %s", jsName(target.ID), annotation, value.js)
	return true
}

// variable returns the key under which the type of a variable is stored.
func (c *converter) variable(name string) string {
	for f := c.f; f != nil; f = f.outer {
		if key, ok := f.params[name]; ok {
			return key
		}
		if f.locals[name] {
			return f.id + "/" + name
		}
	}
	return "/" + name
}

func (c *converter) setType(name, t string) {
	key := c.variable(name)
	if c.isParam(name) {
		join(c.params, key, t)
		return
	}
	join(c.types, key, t)
}

func (c *converter) isParam(name string) bool {
	for f := c.f; f != nil; f = f.outer {
		if _, ok := f.params[name]; ok {
			return true
		}
		if f.locals[name] {
			return false
		}
	}
	return false
}

func (c *converter) statement(stmt python.Stmt) {
	switch stmt := stmt.(type) {
	case *python.ExprStmt:
		c.expressionStatement(stmt)
	case *python.Assign:
		c.assign(stmt)
	case *python.AugAssign:
		c.augmented(stmt)
	case *python.Return:
		c.returns(stmt)
	case *python.Raise:
		c.raise(stmt)
	case *python.Simple:
		c.simple(stmt)
	case *python.If:
		c.ifElse(stmt)
	case *python.While:
		c.orElse(stmt.Else, func() {
			c.line("while (%s) {", c.condition(stmt.Condition))
			c.loop(stmt.Body)
		})
	case *python.For:
		c.orElse(stmt.Else, func() { c.forLoop(stmt) })
	case *python.With:
		c.with(stmt)
	case *python.Try:
		c.try(stmt)
	case *python.Def:
		if len(stmt.Decorators) > 0 {
			c.fail(stmt.Pos, "decorators of inner functions are not supported")
			return
		}
		if loads(c.f.body, stmt.Name) == 0 {
			c.capture(func() { c.emitFunction(stmt) })
			return
		}
		c.emitFunction(stmt)
		c.f.declared[stmt.Name] = true
	case *python.Import, *python.Scope:
	case *python.Del:
		for _, target := range stmt.Targets {
			item, ok := target.(*python.Subscript)
			if !ok {
				c.fail(stmt.Pos, "del is only supported for items: del %s", c.source(target))
				continue
			}
			c.line("pyDelete(%s, %s)", c.expr(item.X).js, c.expr(item.Index).js)
			c.mutates(item.X)
		}
	case *python.Assert:
		text := "pyAssert(" + c.condition(stmt.Condition)
		if stmt.Message != nil {
			text += ", " + c.expr(stmt.Message).js
		}
		c.line("%s)", text)
	default:
		c.fail(stmt.Position(), "this statement is not supported")
	}
}

func (c *converter) expressionStatement(stmt *python.ExprStmt) {
	if yield, ok := stmt.X.(*python.Yield); ok && c.f.isGenerator {
		switch {
		case yield.X == nil:
			c.line("yield null")
		case yield.IsFrom:
			c.line("yield* %s", c.loopable(c.value(yield.X)))
		default:
			value := c.value(yield.X)
			c.checkFloat(yield.X, value)
			c.line("yield %s", value.js)
		}
		return
	}
	if call, ok := stmt.X.(*python.Call); ok {
		name, _ := call.Func.(*python.Name)
		qualified := c.qualified(call.Func)
		if name != nil && name.ID == "run_single_user" || qualified == "locust.run_single_user" {
			c.note(stmt.Pos, "run_single_user was left out")
			return
		}
		if (qualified == "sys.exit" || qualified == "" && name != nil && name.ID == "exit") && c.f.id == "" {
			message := ""
			if len(call.Args) > 0 {
				message = ", " + c.value(call.Args[0]).js
			}
			c.line("throw new PyError('SystemExit'%s)", message)
			return
		}
	}
	c.expressionLine(c.expr(stmt.X))
}

// expressionLine emits an expression whose value is not used.
func (c *converter) expressionLine(value code) {
	text := value.js
	if value.isPure {
		return
	}
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "(") || strings.HasPrefix(text, "[") {
		text = "void (" + text + ")"
	}
	if text != "" {
		c.line("%s", text)
	}
}

func (c *converter) assign(stmt *python.Assign) {
	if stmt.Value == nil {
		return
	}
	if parts := c.split(stmt); parts != nil {
		for _, part := range parts {
			c.assign(part)
		}
		return
	}
	_, isSequence := stmt.Targets[0].(*python.Sequence)
	if _, isLiteral := stmt.Value.(*python.Sequence); isLiteral && isSequence && len(stmt.Targets) == 1 {
		c.unpacked[stmt.Value] = true
	}
	value := c.expr(stmt.Value)
	for _, target := range stmt.Targets {
		if _, isItem := target.(*python.Subscript); isItem || c.typeOf(target) == anyType {
			kept := c.kept(stmt.Value)
			value.js, value.isOpen = kept.js, kept.isOpen
		}
	}
	for i, target := range stmt.Targets {
		if i > 0 {
			value = c.expr(stmt.Targets[0])
		}
		c.store(target, value)
	}
}

// split returns the assignments of `a, b = 1, 2` if they do not depend on each other, so that each variable gets a type of
// its own. Otherwise, it returns nil.
func (c *converter) split(stmt *python.Assign) []*python.Assign {
	if len(stmt.Targets) != 1 {
		return nil
	}
	targets, isSequence := stmt.Targets[0].(*python.Sequence)
	values, isLiteral := stmt.Value.(*python.Sequence)
	if !isSequence || !isLiteral || len(targets.Items) != len(values.Items) {
		return nil
	}
	var parts []*python.Assign
	for i, target := range targets.Items {
		if _, isName := target.(*python.Name); !isName {
			return nil
		}
		if _, isConstant := values.Items[i].(*python.Constant); !isConstant {
			return nil
		}
		parts = append(parts, &python.Assign{Pos: stmt.Pos, Targets: []python.Expr{target}, Value: values.Items[i]})
	}
	return parts
}

// typeOf returns the type of a variable or field that the last pass found.
func (c *converter) typeOf(target python.Expr) string {
	switch target := target.(type) {
	case *python.Name:
		if c.isParam(target.ID) {
			return c.knownParams[c.variable(target.ID)]
		}
		return c.known[c.variable(target.ID)]
	case *python.Attribute:
		return c.known["attr."+target.Name]
	}
	return ""
}

// shapeless are the types of objects that have no value in the script.
var shapeless = []string{loggerType, lockType, optionsType, fakerType}

// store assigns a value to a target.
func (c *converter) store(target python.Expr, value code) {
	switch target := target.(type) {
	case *python.Name:
		c.setType(target.ID, value.t)
		if slices.Contains(shapeless, value.t) {
			return
		}
		if c.f.id == "" {
			c.global(target.ID, value)
			return
		}
		if c.f.globals[target.ID] || c.loadsAnywhere(target.ID) {
			c.line("%s = %s", jsName(target.ID), value.js)
		} else if !value.isPure {
			c.line("%s", value.js)
		}
	case *python.Attribute:
		c.storeAttribute(target, value)
	case *python.Subscript:
		object := c.expr(target.X)
		c.mutates(target.X)
		if _, isSlice := target.Index.(*python.Slice); isSlice {
			c.fail(target.Pos, "an assignment to a slice is not supported")
		}
		if object.t == "headers" {
			c.line("%s[%s] = %s", object.js, c.expr(target.Index).js, value.js)
			return
		}
		c.line("pySet(%s, %s, %s)", object.js, c.expr(target.Index).js, value.js)
	case *python.Sequence:
		c.unpack(target, value)
	default:
		c.fail(target.Position(), "this target of an assignment is not supported")
	}
}

// global declares or assigns a variable of the module.
func (c *converter) global(name string, value code) {
	if c.depth > 0 && loads(c.body, name) == 0 {
		c.expressionLine(value)
		return
	}
	if c.f.declared[name] || c.depth > 0 {
		c.line("%s = %s", jsName(name), value.js)
		return
	}
	c.f.declared[name] = true
	if loads(c.body, name) == 0 && (value.isPure || stored(c.body)[name] == 1 && !isGlobal(c.body, name)) {
		c.expressionLine(value)
		return
	}
	c.line("let %s: any = %s", jsName(name), value.js)
}

// isGlobal returns whether a function assigns values to a variable of the module.
func isGlobal(body []python.Stmt, name string) bool { return isInScope(body, "global", name) }

// isNonlocal returns whether an inner function assigns values to a variable of the function.
func isNonlocal(body []python.Stmt, name string) bool { return isInScope(body, "nonlocal", name) }

func isInScope(body []python.Stmt, word, name string) bool {
	found := false
	walk(body, func(node python.Node) bool {
		if scope, ok := node.(*python.Scope); ok && scope.Word == word {
			found = found || slices.Contains(scope.Names, name)
		}
		return true
	})
	return found
}

func (c *converter) unpack(target *python.Sequence, value code) {
	star := slices.IndexFunc(target.Items, func(item python.Expr) bool { _, ok := item.(*python.Starred); return ok })
	text := fmt.Sprintf("pyUnpack(%s, %d)", value.js, len(target.Items))
	if star >= 0 {
		text = fmt.Sprintf("pyUnpackRest(%s, %d, %d)", value.js, star, len(target.Items)-star-1)
	}
	isPlain := !slices.ContainsFunc(target.Items, func(item python.Expr) bool { _, ok := unstarred(item).(*python.Name); return !ok })
	if !isPlain {
		if c.f.id == "" {
			c.fail(target.Pos, "only names can be unpacked outside of functions")
			return
		}
		c.f.temps++
		temp := fmt.Sprintf("temp%d", c.f.temps)
		c.line("%s = %s", temp, text)
		for i, item := range target.Items {
			c.store(unstarred(item), code{js: fmt.Sprintf("%s[%d]", temp, i), t: anyType, isPure: true})
		}
		return
	}
	var parts []string
	for i, item := range target.Items {
		name, _ := unstarred(item).(*python.Name)
		c.setType(name.ID, map[bool]string{true: listType, false: anyType}[i == star])
		switch {
		case c.f.id == "":
			if !c.f.declared[name.ID] {
				c.f.declared[name.ID] = true
				c.line("let %s: any", jsName(name.ID))
			}
			parts = append(parts, jsName(name.ID))
		case c.loadsAnywhere(name.ID):
			parts = append(parts, jsName(name.ID))
		default:
			parts = append(parts, "")
		}
	}
	c.line(";[%s] = %s", strings.TrimRight(strings.Join(parts, ", "), ", "), text)
}

func unstarred(expr python.Expr) python.Expr {
	if starred, ok := expr.(*python.Starred); ok {
		return starred.X
	}
	return expr
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
	case object.t == "client" && target.Name == "request_name":
		c.line("%s.requestName = %s", object.js, map[bool]string{true: "undefined", false: value.js}[value.t == noneType])
	case object.t == "client" && target.Name == "headers":
		c.line("%s.headers = %s", object.js, value.js)
	case object.t == "client" && target.Name == "verify":
	case object.t == "client" || object.t == responseType || object.t == streamType || object.t == "headers" || object.t == "cookies":
		c.fail(target.Pos, "%s cannot be set in k6/x/locust", c.source(target))
	case strings.HasPrefix(object.t, "class:"):
		name := target.Name
		if name != "host" && name != "weight" && (fields[name] != "" || slices.Contains(unsupportedFields, name) || slices.Contains(ignoredFields, name) || methodNames[name] != "" ||
			slices.Contains([]string{"abstract", "tasks"}, name)) {
			c.fail(target.Pos, "%s cannot be set outside of the class", c.source(target))
		}
		c.sharesState = true
		join(c.types, "attr."+target.Name, value.t)
		c.line("%s.%s = %s", object.js, c.member(target.Name), value.js)
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

func (f *function) isMethodOfUser() bool {
	for ; f != nil; f = f.outer {
		if f.of != nil {
			return f.of.isUser() || f.of.hasTasks()
		}
	}
	return false
}

func (c *converter) augmented(stmt *python.AugAssign) {
	value := c.expr(&python.Binary{Pos: stmt.Pos, Op: stmt.Op, X: stmt.Target, Y: stmt.Value})
	if t := c.expr(stmt.Target).t; t == listType || t == dequeType && stmt.Op == "+" {
		c.line("%s.push(...pyIter(%s))", c.expr(stmt.Target).js, c.expr(stmt.Value).js)
		c.mutates(stmt.Target)
		return
	} else if t == anyType && stmt.Op == "+" && !value.isFloat() {
		value = code{js: fmt.Sprintf("pyAddTo(%s, %s)", c.expr(stmt.Target).js, c.expr(stmt.Value).js), t: anyType}
	}
	if attribute, ok := stmt.Target.(*python.Attribute); ok && c.expr(attribute.X).t == "self" && c.isShared(attribute.Name) {
		c.fail(stmt.Pos, "%s belongs to the class: write to it through the class", c.source(stmt.Target))
	}
	if _, isItem := stmt.Target.(*python.Subscript); (isItem || c.typeOf(stmt.Target) == anyType) && c.mayBeWhole(stmt.Target, value) {
		c.types[floatsKey] = anyType
		value.js, value.isOpen = "pyFloatOf("+value.js+")", false
	}
	c.store(stmt.Target, value)
}

// isShared returns whether a field is static because the locustfile uses it through the class.
func (c *converter) isShared(name string) bool {
	for _, k := range c.classes {
		if k.statics[name] && k.members[name] {
			return true
		}
	}
	return false
}

// mutates records that a variable of the module is changed in place. Users share such a variable, but runtimes do not.
func (c *converter) mutates(expr python.Expr) {
	if name, ok := expr.(*python.Name); ok && c.globals[name.ID] && !c.isLocal(name.ID) && c.f.id != "" {
		c.sharesState = true
	}
}

func (c *converter) returns(stmt *python.Return) {
	value := ""
	if stmt.Value != nil {
		sequence, ok := stmt.Value.(*python.Sequence)
		isStage := ok && sequence.Kind == tupleType && c.f.of != nil && c.f.of.base == "LoadTestShape"
		c.unpacked[stmt.Value] = isStage
		result := c.expr(stmt.Value)
		join(c.types, "return."+c.f.name, result.t)
		switch {
		case isStage && c.known[floatsKey] != "" && !slices.ContainsFunc(sequence.Items, isStarred):
			var items []string
			for i, item := range sequence.Items {
				part := c.value(item)
				// The number of users and the spawn rate come first.
				if i < 2 && part.t == anyType {
					part.js = "pyNumber(" + part.js + ")"
				}
				items = append(items, part.js)
			}
			value = "[" + strings.Join(items, ", ") + "]"
		case c.f.name != "wait_time":
			value = c.kept(stmt.Value).js
		case result.t == anyType:
			value = "pyNumber(" + result.js + ")"
		default:
			value = result.js
		}
		if isStage {
			value += " as const"
		}
	}
	if c.f.exits != "" {
		if value != "" {
			c.fail(stmt.Pos, "a return with a value inside this with block is not supported")
		}
		c.line("%s = 'return'", c.f.exits)
		c.line("return")
		return
	}
	c.line("%s", strings.TrimSpace("return "+value))
}

func isStarred(expr python.Expr) bool { _, ok := expr.(*python.Starred); return ok }

func (c *converter) simple(stmt *python.Simple) {
	if stmt.Word == "pass" {
		return
	}
	if c.f.exits != "" && c.f.loops == 0 {
		c.line("%s = '%s'", c.f.exits, stmt.Word)
		c.line("return")
		return
	}
	if c.f.loops == 0 {
		c.fail(stmt.Pos, "%s is outside of a loop", stmt.Word)
	}
	label := ""
	if len(c.f.labels) > 0 && stmt.Word == "break" {
		label = c.f.labels[len(c.f.labels)-1]
	}
	c.line("%s", strings.TrimSpace(stmt.Word+" "+label))
}

func (c *converter) raise(stmt *python.Raise) {
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
	case "locust.RescheduleTask", "locust.InterruptTaskSet", "locust.RescheduleTaskImmediately":
		c.fail(stmt.Pos, "%s has no counterpart in k6/x/locust", c.source(exception))
		return
	}
	if !isPlain {
		c.fail(stmt.Pos, "exceptions are only supported with one positional argument")
		return
	}
	name, ok := exception.(*python.Name)
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

func (c *converter) ifElse(stmt *python.If) {
	c.line("if (%s) {", c.condition(stmt.Condition))
	c.indented(stmt.Body)
	for {
		if len(stmt.Else) == 0 {
			c.line("}")
			return
		}
		next, isElif := stmt.Else[0].(*python.If)
		if !isElif || len(stmt.Else) > 1 {
			c.line("} else {")
			c.indented(stmt.Else)
			c.line("}")
			return
		}
		c.line("} else if (%s) {", c.condition(next.Condition))
		c.indented(next.Body)
		stmt = next
	}
}

func (c *converter) indented(body []python.Stmt) {
	c.depth++
	c.block(body)
	c.depth--
}

func (c *converter) loop(body []python.Stmt) {
	c.f.loops++
	c.f.labels = append(c.f.labels, c.f.label)
	c.f.label = ""
	c.indented(body)
	c.f.labels = c.f.labels[:len(c.f.labels)-1]
	c.f.loops--
	c.line("}")
}

// orElse converts a loop with the else block that runs unless the loop is left with break.
func (c *converter) orElse(body []python.Stmt, loop func()) {
	if len(body) == 0 {
		loop()
		return
	}
	c.count++
	c.f.label = fmt.Sprintf("loop%d", c.count)
	c.line("%s: {", c.f.label)
	c.depth++
	loop()
	c.block(body)
	c.depth--
	c.line("}")
}

func (c *converter) forLoop(stmt *python.For) {
	if call, ok := stmt.Iter.(*python.Call); ok && c.streamLoop(stmt, call) {
		return
	}
	c.unpacks(stmt.Target, stmt.Iter)
	iter := c.expr(stmt.Iter)
	if iter.t == bytesType {
		c.fail(stmt.Pos, "access to single bytes is not supported")
	}
	itemType := itemOf(iter)
	isOwn := c.ownsTarget(stmt)
	if _, isSequence := stmt.Target.(*python.Sequence); isSequence {
		itemType = anyType
	}
	for _, name := range names(stmt.Target) {
		c.setType(name, itemType)
	}
	target := c.destructured(stmt.Target)
	variable, isName := stmt.Target.(*python.Name)
	switch {
	case isName && !isOwn && c.f.id != "" && loads(c.f.body, variable.ID) == 0:
		target = "const _" + target
	case isOwn:
		for _, name := range names(stmt.Target) {
			c.f.declared[name] = true
		}
		if isName && loads(c.f.body, variable.ID) == 0 {
			target = "_" + target
		}
		target = "const " + target
	case c.f.id == "":
		for _, name := range names(stmt.Target) {
			if !c.f.declared[name] {
				c.f.declared[name] = true
				c.line("let %s: any", jsName(name))
			}
		}
	}
	c.mutates(stmt.Iter)
	c.line("for (%s of %s) {", target, c.loopable(iter))
	c.loop(stmt.Body)
}

// ownsTarget returns whether the variables of a loop are used only in the loop.
func (c *converter) ownsTarget(stmt *python.For) bool {
	isOwn := c.f.id != ""
	all := stored(c.f.body)
	for _, name := range names(stmt.Target) {
		_, isParam := c.f.params[name]
		isOwn = isOwn && !isParam && !c.f.globals[name] && all[name] == 1 && loads(c.f.body, name) == loads(stmt.Body, name) && !isCaptured(stmt.Body, name) && !isNonlocal(c.f.body, name)
	}
	return isOwn
}

// destructured converts the target of a loop to a variable, or to nested variables in brackets.
func (c *converter) destructured(target python.Expr) string {
	switch target := target.(type) {
	case *python.Name:
		return jsName(target.ID)
	case *python.Sequence:
		var parts []string
		for _, item := range target.Items {
			if name, ok := item.(*python.Name); ok && c.f.id != "" && !c.f.globals[name.ID] && loads(c.f.body, name.ID) == 0 {
				parts = append(parts, "")
				continue
			}
			parts = append(parts, c.destructured(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	c.fail(target.Position(), "this target of a loop is not supported")
	return "_"
}

// itemOf returns the type of a value's items.
func itemOf(value code) string {
	if name, ok := strings.CutPrefix(value.t, enumType); ok {
		return memberType + name
	}
	if value.t == "range" {
		return intType
	}
	return anyType
}

func iterable(value code) string {
	if strings.HasPrefix(value.t, enumType) {
		return "Object.values<any>(" + value.js + ")"
	}
	switch value.t {
	case listType, tupleType, "range":
		return value.js
	}
	return "pyIter(" + value.js + ")"
}

func (c *converter) with(stmt *python.With) {
	item := stmt.Items[0]
	if call, ok := item.Context.(*python.Call); ok && (c.isOpen(call) || c.qualified(call.Func) == "io.BytesIO") {
		if item.Target == nil {
			c.fail(stmt.Pos, "with open() needs `as NAME`")
			return
		}
		if len(stmt.Items) > 1 {
			c.fail(stmt.Pos, "open() must be the only context manager in its with statement")
			return
		}
		assign := &python.Assign{Pos: stmt.Pos, Targets: []python.Expr{item.Target}, Value: call}
		c.blockOf(append([]python.Stmt{assign}, stmt.Body...))
		return
	}
	body := stmt.Body
	if len(stmt.Items) > 1 {
		body = []python.Stmt{&python.With{Pos: stmt.Pos, Items: stmt.Items[1:], Body: stmt.Body}}
	}
	call, ok := item.Context.(*python.Call)
	if !ok && item.Target == nil && c.expr(item.Context).t == lockType {
		// The block needs no lock if it does not wait, because other users run only while this one waits.
		wasAsync := c.f.isAsync
		c.f.isAsync = false
		c.block(body)
		if c.f.isAsync {
			c.fail(stmt.Pos, "a lock is not supported around code that makes requests or waits")
		}
		c.f.isAsync = wasAsync
		return
	}
	if !ok {
		c.fail(stmt.Pos, "with %s is not supported", c.source(item.Context))
		return
	}
	if c.managed(call, item, body) {
		return
	}
	method, _ := call.Func.(*python.Attribute)
	if method == nil {
		c.fail(stmt.Pos, "with %s is not supported", c.source(item.Context))
		return
	}
	isRest := method.Name == "rest" && (isSuper(method.X) || c.isUserObject(method.X))
	var object code
	if isSuper(method.X) {
		object = code{js: "this", t: "self"}
	} else {
		object = c.expr(method.X)
	}
	switch {
	case object.t == "client" && method.Name == "rename_request" && len(call.Args) == 1:
		c.f.isAsync = true
		c.leaving(body, func() {
			c.line("await %s.renameRequest(%s, async () => {", object.js, c.expr(call.Args[0]).js)
			c.indented(body)
			c.line("})")
		})
		return
	case object.t != "client" && !isRest:
		c.fail(stmt.Pos, "with %s is not supported", c.source(item.Context))
		return
	}
	c.f.isAsync = true
	request := c.request(object, method.Name, call, isRest)
	if !isRest && !request.catches {
		c.fail(stmt.Pos, "with needs catch_response=True, as in Locust")
	}
	if isRest {
		c.yielded(item.Target, "rest", body, func(params string) {
			c.line("await pyRest(%s.client, %s, %s, { %s }, async (%s) => {", object.js, request.method, request.url,
				strings.Join(request.options, ", "), params)
		}, "})")
		return
	}
	c.yielded(item.Target, request.t, body, func(params string) {
		if !strings.HasPrefix(object.js, "this.") {
			// The client has the type any, so that of the parameter cannot be inferred.
			params += ": any"
		}
		c.line("await %s.%s(%s{ %scatchResponse: async (%s) => {", object.js, request.function, request.leading, request.before(), params)
	}, "} })")
}

// isUserObject returns whether an expression is a user or a task set.
func (c *converter) isUserObject(expr python.Expr) bool {
	t := c.expr(expr).t
	return t == "self" || t == "user"
}

// yielded converts a with block to a function whose parameter is the value of the context manager. open emits the line
// before the block.
func (c *converter) yielded(target python.Expr, t string, body []python.Stmt, open func(params string), end string) {
	name, outside := "value", false
	isResponse := t == "rest" || t == responseType || t == streamType
	if isResponse {
		name = "response"
	}
	if target != nil {
		variable, ok := target.(*python.Name)
		if !ok {
			c.fail(target.Position(), "the target of a with statement must be a variable")
			return
		}
		name = variable.ID
		outside = loads(c.f.body, name) != loads(body, name) || stored(c.f.body)[name] != 1
		_, isParam := c.f.params[name]
		outside = outside && loads(c.f.body, name) != 0 && c.usedOutside(name) || isParam
		if outside && t == streamType {
			c.fail(target.Position(), "a response with stream=True can be used only in its with block, because the block ends the stream")
		}
		if outside {
			c.setType(name, t)
		} else {
			// Several blocks may have variables with this name.
			c.f.declared[name] = true
			key := c.variable(name)
			old, had := c.scoped[key]
			c.scoped[key] = t
			defer func() {
				delete(c.scoped, key)
				if had {
					c.scoped[key] = old
				}
			}()
		}
	}
	param := jsName(name)
	if outside {
		param += "_"
	}
	// A response in k6 has no `resp.js`, so the parsed body is a separate parameter.
	isUnused := !outside && (target == nil || loads(body, name) == 0 || t == "rest" && loads(body, name) == usesJS(body, name) && !yields(body, name))
	if isUnused {
		param = "_" + param
	}
	switch {
	case t == "rest":
		param += ": any, " + map[bool]string{true: "", false: "_"}[usesJS(body, name) > 0 || yields(body, name)] + jsName(name) + "Js: any"
	case !isResponse:
		param += ": any"
	}
	if !isResponse && isUnused {
		param = ""
	}
	c.leaving(body, func() {
		open(param)
		c.depth++
		if outside {
			c.line("%s = %s", jsName(name), jsName(name)+"_")
		}
		c.block(body)
		c.depth--
		c.line("%s", end)
	})
}

// usedOutside returns whether a response is used outside of its with block.
func (c *converter) usedOutside(name string) bool {
	inside := 0
	walk(c.f.body, func(node python.Node) bool {
		if with, ok := node.(*python.With); ok {
			for _, item := range with.Items {
				if variable, ok := item.Target.(*python.Name); ok && variable.ID == name {
					inside += loads(with.Body, name)
					return false
				}
			}
		}
		return true
	})
	return inside != loads(c.f.body, name)
}

// usesJS returns how many times the statements use `js`, the parsed body of a response from rest().
func usesJS(body []python.Stmt, name string) int {
	count := 0
	walk(body, func(node python.Node) bool {
		if attribute, ok := node.(*python.Attribute); ok && attribute.Name == "js" {
			if variable, ok := attribute.X.(*python.Name); ok && variable.ID == name {
				count++
			}
		}
		return true
	})
	return count
}

// leaving converts a block that becomes a function. Statements such as return and break must still act on the code
// around the block.
func (c *converter) leaving(body []python.Stmt, emit func()) {
	words := map[string]bool{}
	var find func(body []python.Stmt, inLoop bool)
	find = func(body []python.Stmt, inLoop bool) {
		walk(body, func(node python.Node) bool {
			switch node := node.(type) {
			case *python.Return:
				words["return"] = true
			case *python.Simple:
				if node.Word != "pass" && !inLoop {
					words[node.Word] = true
				}
			case *python.For:
				find(node.Body, true)
				return false
			case *python.While:
				find(node.Body, true)
				return false
			case *python.Def, *python.Lambda:
				return false
			}
			return true
		})
	}
	find(body, false)
	outerExits, outerLoops := c.f.exits, c.f.loops
	if len(words) > 0 {
		c.count++
		c.f.exits = fmt.Sprintf("exit%d", c.count)
		c.line("let %s = ''", c.f.exits)
	}
	c.f.loops = 0
	exits := c.f.exits
	emit()
	c.f.exits, c.f.loops = outerExits, outerLoops
	for _, keyword := range slices.Sorted(maps.Keys(words)) {
		c.line("if (pyEq(%s, '%s')) {", exits, keyword)
		c.depth++
		if keyword == "return" {
			c.returns(&python.Return{})
		} else {
			c.simple(&python.Simple{Word: keyword})
		}
		c.depth--
		c.line("}")
	}
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

// caughtStops reports statements that stop a user or a task set in a try statement that would catch their exceptions in
// Python. In k6/x/locust, no except clause catches them.
func (c *converter) caughtStops(stmt *python.Try) {
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
				c.fail(node.Pos, "the except clause catches %s in Python, so the task set would continue: move one of them", c.source(node))
			}
		}
		return true
	})
}

func (c *converter) handlers(stmt *python.Try) {
	c.caughtStops(stmt)
	c.catchesMissingFiles(stmt)
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
			c.f.declared[handler.Name] = true
			c.setType(handler.Name, "exception")
			c.line("const %s: any = caught", jsName(handler.Name))
		} else if handler.Name != "" {
			c.f.declared[handler.Name] = true
		}
		c.block(handler.Body)
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

// exceptions are Python's exceptions that locustfiles can raise and catch.
var exceptions = map[string]bool{
	"ValueError": true, "KeyError": true, "IndexError": true, "TypeError": true, "AttributeError": true, "RuntimeError": true,
	"AssertionError": true, "StopIteration": true, "ZeroDivisionError": true, "LookupError": true, "ArithmeticError": true, "NotImplementedError": true,
	"FileNotFoundError": true,
}

// catchesMissingFiles records the files that a try statement opens if one of its handlers catches the error for a missing file.
func (c *converter) catchesMissingFiles(stmt *python.Try) {
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
		if call, ok := node.(*python.Call); ok && catches && c.isOpen(call) && len(call.Args) > 0 {
			if file, _, isPath := c.pathOf(call.Args[0]); isPath {
				c.mayBeMissing(scriptPath(file))
			}
		}
		return true
	})
}

// calls returns whether the file calls a function whose full name begins with one of the prefixes.
func (c *converter) calls(prefixes ...string) bool {
	found := false
	walk(c.body, func(node python.Node) bool {
		if call, ok := node.(*python.Call); ok {
			full := c.qualified(call.Func)
			found = found || slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(full, prefix) })
		}
		return !found
	})
	return found
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
	case "json.JSONDecodeError", "json.decoder.JSONDecodeError", "requests.exceptions.JSONDecodeError", "requests.JSONDecodeError":
		return "'JSONDecodeError'"
	case "queue.Empty", "gevent.queue.Empty":
		return "'Empty'"
	case "requests.exceptions.HTTPError", "requests.HTTPError":
		return "'HTTPError'"
	case "requests.exceptions.RequestException", "requests.RequestException":
		// Clients of Locust raise no other exception of requests. k6 does not distinguish the JSON of a response from other JSON.
		if !c.calls("requests.", "json.load") {
			return "'HTTPError', 'JSONDecodeError'"
		}
	case "requests.exceptions.ConnectionError", "requests.ConnectionError", "requests.exceptions.Timeout", "requests.Timeout":
		// Clients of Locust report these errors as failed requests.
		if !c.calls("requests.") {
			return "'ConnectionError'"
		}
	}
	c.fail(expr.Position(), "except %s is not supported", c.source(expr))
	return "''"
}
