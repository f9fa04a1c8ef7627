package convert

import (
	"fmt"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) loop(body []python.Stmt) {
	c.f.loops++
	c.f.labels = append(c.f.labels, c.f.label)
	c.f.label = ""
	c.indented(body)
	c.f.labels = c.f.labels[:len(c.f.labels)-1]
	c.f.loops--
	c.line("}")
}

// orElse converts a loop with an else block, which runs unless break ends the loop.
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
	c.recordUnpacking(stmt.Target, stmt.Iter)
	iter := c.expr(stmt.Iter)
	if iter.t == bytesType {
		c.fail(stmt.Pos, "access to single bytes is not supported")
	}
	itemType := itemOf(iter)
	isOwn := c.ownsTarget(stmt)
	if _, isSequence := stmt.Target.(*python.Sequence); isSequence {
		itemType = anyType
	}
	for _, name := range python.Names(stmt.Target) {
		c.setType(name, itemType)
	}
	target := c.destructured(stmt.Target)
	variable, isName := stmt.Target.(*python.Name)
	switch {
	case isName && !isOwn && c.f.id != "" && python.Loads(c.f.body, variable.ID) == 0:
		target = "const _" + target
	case isOwn:
		for _, name := range python.Names(stmt.Target) {
			c.f.declared[name] = true
		}
		if isName && python.Loads(c.f.body, variable.ID) == 0 {
			target = "_" + target
		}
		target = "const " + target
	case c.f.id == "":
		for _, name := range python.Names(stmt.Target) {
			if !c.f.declared[name] {
				c.f.declared[name] = true
				c.line("let %s: any", jsName(name))
			}
		}
	}
	c.recordMutation(stmt.Iter)
	c.line("for (%s of %s) {", target, c.loopable(iter))
	c.loop(stmt.Body)
}

// ownsTarget returns whether the variables of a loop are used only in the loop.
func (c *converter) ownsTarget(stmt *python.For) bool {
	isOwn := c.f.id != ""
	all := python.Stored(c.f.body)
	for _, name := range python.Names(stmt.Target) {
		_, isParam := c.f.params[name]
		isOwn = isOwn && !isParam && !c.f.globals[name] && all[name] == 1 && python.Loads(c.f.body, name) == python.Loads(stmt.Body, name) && !isCaptured(stmt.Body, name) && !isNonlocal(c.f.body, name)
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
			if name, ok := item.(*python.Name); ok && c.f.id != "" && !c.f.globals[name.ID] && python.Loads(c.f.body, name.ID) == 0 {
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
	switch value.t {
	case "range":
		return intType
	case matchesType:
		return "match"
	}
	return anyType
}

func iterable(value code) string {
	if strings.HasPrefix(value.t, enumType) {
		return "Object.values<any>(" + value.js + ")"
	}
	switch value.t {
	case listType, tupleType, "range", matchesType:
		return value.js
	}
	return "pyIter(" + value.js + ")"
}

// isCaptured returns whether an inner function uses a variable. If so, no loop in JavaScript may declare the variable,
// because the function would see the value in its own iteration. In Python, it sees the last value that the loop
// assigns.
func isCaptured(value any, name string) bool {
	found := false
	python.Walk(value, func(node python.Node) bool {
		switch node.(type) {
		case *python.Def, *python.Lambda:
			found = found || python.Loads(node, name) > 0
			return false
		}
		return !found
	})
	return found
}
