package convert

import (
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// comprehension converts a comprehension. If the quantifier is "any" or "all", the comprehension is the argument of
// this built-in function, and the whole call is converted. The loops of such a call stop as soon as the result is
// known.
func (c *converter) comprehension(expr *python.Comprehension, quantifier string) code {
	body := []python.Stmt{&python.ExprStmt{Pos: expr.Pos, X: expr}}
	f := &function{id: c.id("comprehension", expr.Pos), of: c.f.of, self: c.f.self, body: body, declared: map[string]bool{}}
	for _, clause := range expr.Clauses {
		c.recordUnpacking(clause.Target, clause.Iter)
	}
	// Python evaluates the first iterable outside of the comprehension.
	iter := c.value(expr.Clauses[0].Iter)
	c.push(f)
	var heads strings.Builder
	for i, clause := range expr.Clauses {
		if i > 0 {
			iter = c.value(clause.Iter)
		}
		heads.WriteString(c.loopHead(expr, clause, iter))
	}
	result, t := c.collected(expr, heads.String(), quantifier)
	c.pop()
	switch {
	case f.temps > 0:
		return c.unsupported(expr, "`and` and `or` with a call in a comprehension are not supported")
	case f.isAsync && c.lazy[expr]:
		return c.unsupported(expr, "a generator cannot make requests or wait")
	}
	js := "(() => { " + result + " })()"
	isIterator := expr.Kind == "generator" && quantifier == "" && !c.direct[expr]
	if f.isAsync {
		c.f.isAsync = true
		if isIterator {
			return c.unsupported(expr, "a generator cannot make requests or wait")
		}
		js = "(await (async () => { " + result + " })())"
	}
	if isIterator {
		return code{js: "new PyListIterator(" + js + ")", t: iteratorType}
	}
	return code{js: js, t: t}
}

// loopHead returns the head of a loop for a clause of a comprehension, with its conditions.
func (c *converter) loopHead(expr *python.Comprehension, clause python.Clause, iter code) string {
	variable, isName := clause.Target.(*python.Name)
	for _, name := range python.Names(clause.Target) {
		c.f.locals[name] = true
		t := anyType
		if isName {
			t = itemOf(iter)
		}
		c.setType(name, t)
	}
	var head strings.Builder
	target, keyword := c.destructured(clause.Target), "const "
	for _, name := range python.Names(clause.Target) {
		if isCaptured(expr, name) {
			keyword = ""
			head.WriteString("let " + jsName(name) + ": any; ")
		}
	}
	if isName && python.Loads(expr, variable.ID) == 0 {
		target = "_" + target
	}
	head.WriteString("for (" + keyword + target + " of " + c.loopable(iter) + ") ")
	for _, condition := range clause.Ifs {
		head.WriteString("if (" + c.condition(condition) + ") ")
	}
	return head.String()
}

// collected returns the statements that compute the result of a comprehension with these loops, and the type of the
// result.
func (c *converter) collected(expr *python.Comprehension, loops, quantifier string) (statements, t string) {
	switch {
	case quantifier == "any":
		return loops + "if (" + c.condition(expr.Element) + ") return true; return false", boolType
	case quantifier == "all":
		return loops + "if (!(" + c.condition(expr.Element) + ")) return false; return true", boolType
	case expr.Kind == setType:
		element := c.value(expr.Element)
		c.checkFloat(expr.Element, element)
		return "const pyItems = new PySet(); " + loops + "pyItems.add(" + element.js + "); return pyItems", setType
	}
	element := c.kept(expr.Element)
	if expr.Kind == dictType {
		return c.dictComprehension(expr, loops, element, c.kept(expr.Value)), dictType
	}
	return "const pyItems: any[] = []; " + loops + "pyItems.push(" + element.js + "); return pyItems", listType
}
