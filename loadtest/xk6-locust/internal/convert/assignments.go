package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// declare converts an assignment to a `const` declaration. It returns false if that is not possible, for example
// because there are other assignments to the variable, or uses outside of the rest of the block.
func (c *converter) declare(assign *python.Assign, rest []python.Stmt) bool {
	if assign.Value == nil || len(assign.Targets) != 1 {
		return false
	}
	target, ok := assign.Targets[0].(*python.Name)
	if !ok || c.f.id == "" || c.f.globals[target.ID] || python.Stored(c.f.body)[target.ID] != 1 {
		return false
	}
	if _, isParam := c.f.params[target.ID]; isParam {
		return false
	}
	uses := python.Loads(c.f.body, target.ID)
	if uses == 0 || uses != python.Loads(rest, target.ID) || c.f.loops > 0 && isCaptured(rest, target.ID) || isNonlocal(c.f.body, target.ID) {
		return false
	}
	c.markAsMap(assign.Targets, assign.Value)
	value := c.expr(assign.Value).asValue()
	c.f.declared[target.ID] = true
	c.setType(target.ID, value.t)
	if slices.Contains(valueless, value.t) {
		return true
	}
	annotation := ""
	if isMutable(value.t) || value.t == tupleType || value.t == noneType || strings.HasPrefix(value.t, "class:") {
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
	c.markAsMap(stmt.Targets, stmt.Value)
	value := c.expr(stmt.Value).asValue()
	for _, target := range stmt.Targets {
		if _, isItem := target.(*python.Subscript); isItem || c.typeOf(target) == anyType {
			kept := c.kept(stmt.Value)
			value.js, value.isOpen = kept.js, kept.isOpen
		}
	}
	targets := slices.Clone(stmt.Targets)
	// The other targets get the value of the first target, so the first target must not be a list of targets.
	slices.SortStableFunc(targets, func(a, b python.Expr) int { return rankOf(a) - rankOf(b) })
	isComputed := c.f.id != "" && slices.ContainsFunc(targets, func(target python.Expr) bool {
		return !isRepeatable(target) && (len(targets) > 1 || !isRepeatable(stmt.Value))
	})
	if isComputed {
		// Python computes the value before the index of an item. JavaScript computes the index first.
		temp := c.temp()
		c.line("%s = %s", temp, value.js)
		value = code{js: temp, t: value.t, isPure: true}
	}
	for i, target := range targets {
		if i > 0 && !isComputed {
			value = c.expr(targets[0])
		}
		c.store(target, value)
	}
}

// rankOf returns 0 for variables, 1 for fields and items, and 2 for lists of targets.
func rankOf(target python.Expr) int {
	switch target.(type) {
	case *python.Name:
		return 0
	case *python.Sequence:
		return 2
	}
	return 1
}

// split returns one assignment per variable for `a, b = 1, 2`, so that each variable gets its own type. It returns nil
// unless all targets are variables and all values are constants.
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

// typeOf returns the type that the previous pass over the file found for a variable or field, or "" if it found none.
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

// valueless contains the types of Python objects that have no counterpart in the script, so assignments of them are
// left out.
var valueless = []string{loggerType, lockType, optionsType, fakerType}

// store emits the assignment of a value to a target.
func (c *converter) store(target python.Expr, value code) {
	switch target := target.(type) {
	case *python.Name:
		c.setType(target.ID, value.t)
		if slices.Contains(valueless, value.t) {
			return
		}
		if c.f.id == "" {
			c.global(target.ID, value)
			return
		}
		if c.f.globals[target.ID] || c.loadsAnywhere(target.ID) {
			c.line("%s = %s", jsName(target.ID), value.js)
		} else {
			c.expressionLine(value)
		}
	case *python.Attribute:
		c.storeAttribute(target, value)
	case *python.Subscript:
		object := c.expr(target.X)
		c.recordMutation(target.X)
		if _, isSlice := target.Index.(*python.Slice); isSlice {
			c.fail(target.Pos, "an assignment to a slice is not supported")
		}
		if object.t == "headers" {
			c.line("%s[%s] = %s", object.js, c.expr(target.Index).js, value.js)
			return
		}
		if object.t == "cookies" {
			c.line("%s.set(%s, %s)", object.js, c.expr(target.Index).js, value.js)
			return
		}
		c.recordStoredKey(target.X, target.Index)
		c.line("pySet(%s, %s, %s)", object.js, c.expr(target.Index).js, value.js)
	case *python.Sequence:
		c.unpack(target, value)
	default:
		c.fail(target.Position(), "this target of an assignment is not supported")
	}
}

// global declares or assigns a variable of the module.
func (c *converter) global(name string, value code) {
	if c.depth > 0 && python.Loads(c.body, name) == 0 {
		c.expressionLine(value)
		return
	}
	if c.f.declared[name] || c.depth > 0 {
		c.line("%s = %s", jsName(name), value.js)
		return
	}
	c.f.declared[name] = true
	if python.Loads(c.body, name) == 0 && (value.isPure || python.Stored(c.body)[name] == 1 && !python.IsGlobal(c.body, name)) {
		c.expressionLine(value)
		return
	}
	c.line("let %s: any = %s", jsName(name), value.js)
}

// isNonlocal returns whether an inner function declares a variable of the function as `nonlocal`.
func isNonlocal(body []python.Stmt, name string) bool {
	return python.IsInScope(body, "nonlocal", name)
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
		temp := c.temp()
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
		case c.f.id == "" && python.Loads(c.body, name.ID) == 0:
			parts = append(parts, "")
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

func (c *converter) augmented(stmt *python.AugAssign) {
	stmt = c.withFixedTarget(stmt)
	if stmt.Op == "|" && c.isAny(c.expr(stmt.Target).t, dictType) && c.hasMaps() {
		c.line("pyUpdate(%s, %s)", c.expr(stmt.Target).js, c.value(stmt.Value).js)
		c.recordMutation(stmt.Target)
		return
	}
	if stmt.Op == "|" && c.isAny(c.expr(stmt.Target).t, dictType) {
		c.line("Object.assign(pyDictOf(%s), pyDictOf(%s))", c.expr(stmt.Target).js, c.value(stmt.Value).js)
		c.recordMutation(stmt.Target)
		return
	}
	value := c.expr(&python.Binary{Pos: stmt.Pos, Op: stmt.Op, X: stmt.Target, Y: stmt.Value})
	if t := c.expr(stmt.Target).t; t == listType || t == dequeType && stmt.Op == "+" {
		c.line("%s.push(...pyIter(%s))", c.expr(stmt.Target).js, c.expr(stmt.Value).js)
		c.recordMutation(stmt.Target)
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

// withFixedTarget returns an augmented assignment whose target the script may evaluate several times. If the target
// contains calls, their results are first stored in variables. An example is random.choice() in
// `counts[random.choice(names)] += 1`.
func (c *converter) withFixedTarget(stmt *python.AugAssign) *python.AugAssign {
	if isRepeatable(stmt.Target) {
		return stmt
	}
	fixed := func(expr python.Expr) python.Expr {
		if isRepeatable(expr) {
			return expr
		}
		value, temp := c.value(expr), c.temp()
		c.line("%s = %s", temp, value.js)
		if value.t == strType && !c.isPlainKey(expr) {
			value.t = anyType
		}
		name := &python.Name{Pos: expr.Position()}
		c.stored[name] = code{js: temp, t: value.t, isPure: true}
		return name
	}
	if c.f.id == "" {
		c.fail(stmt.Pos, "%s is evaluated twice in the script: assign the result of its call to a variable first", c.source(stmt.Target))
		return stmt
	}
	copied := *stmt
	switch target := stmt.Target.(type) {
	case *python.Subscript:
		copied.Target = &python.Subscript{Pos: target.Pos, X: fixed(target.X), Index: fixed(target.Index)}
	case *python.Attribute:
		copied.Target = &python.Attribute{Pos: target.Pos, X: fixed(target.X), Name: target.Name}
	}
	return &copied
}

// isShared returns whether the locustfile uses a field through the class, so that the field is static in the script.
func (c *converter) isShared(name string) bool {
	for _, k := range c.classes {
		if k.statics[name] && k.members[name] {
			return true
		}
	}
	return false
}

// recordMutation records that a function changes the object in a variable of the module. The users of all runtimes must
// share such an object, so the script then uses a single runtime. It ignores other expressions.
func (c *converter) recordMutation(expr python.Expr) {
	if name, ok := expr.(*python.Name); ok && c.globals[name.ID] && !c.isLocal(name.ID) && c.f.id != "" {
		c.sharesState = true
	}
}
