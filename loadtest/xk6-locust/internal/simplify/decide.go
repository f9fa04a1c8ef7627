package simplify

import (
	"reflect"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const noWebUI = "the extension of the web interface was left out, because k6 has no web interface"

// decisions removes code that Locust runs only with its web interface, because k6 has none, and the branches for
// __name__ == "__main__". It keeps the opposite branches.
type decisions struct {
	note Reporter
	// hasOwnName is set if the file assigns a value to __name__.
	hasOwnName bool
	// inListener is set in listeners that have Locust's environment as a parameter.
	inListener bool
}

// decided returns the statements without the code that decisions removes.
func decided(body []python.Stmt, note Reporter) []python.Stmt {
	d := decisions{note: note}
	d.hasOwnName = python.Contains(body, func(node python.Node) bool { return slices.Contains(python.AssignedNames(node), "__name__") })
	return d.statements(body)
}

func (d decisions) statements(body []python.Stmt) []python.Stmt {
	var kept []python.Stmt
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.If:
			isTrue, reason := d.decide(stmt.Condition)
			if reason == "" {
				copied := *stmt
				copied.Body, copied.Else = d.statements(stmt.Body), d.statements(stmt.Else)
				kept = append(kept, &copied)
				continue
			}
			run, dropped := stmt.Else, stmt.Body
			if isTrue {
				run, dropped = dropped, run
			}
			if len(dropped) > 0 {
				d.note(stmt.Pos, "%s", reason)
			}
			kept = append(kept, d.statements(run)...)
		case *python.Assert:
			isTrue, reason := d.decide(stmt.Condition)
			if reason == noWebUI {
				d.note(stmt.Pos, "%s", reason)
				if !isTrue {
					// Without the web interface, this assertion fails in Python, so the rest of the listener does not
					// run.
					return kept
				}
				continue
			}
			kept = append(kept, stmt)
		default:
			kept = append(kept, d.inside(stmt))
		}
	}
	return kept
}

// inside returns a statement without the branches that decisions removes from it.
func (d decisions) inside(stmt python.Stmt) python.Stmt {
	switch stmt := stmt.(type) {
	case *python.Def:
		copied := *stmt
		d.inListener = isEnvironmentListener(stmt)
		copied.Body = d.statements(withoutRunner(stmt.Body))
		return &copied
	case *python.Class:
		copied := *stmt
		d.inListener = false
		copied.Body = d.statements(stmt.Body)
		return &copied
	case *python.While:
		copied := *stmt
		copied.Body, copied.Else = d.statements(stmt.Body), d.statements(stmt.Else)
		return &copied
	case *python.For:
		copied := *stmt
		copied.Body, copied.Else = d.statements(stmt.Body), d.statements(stmt.Else)
		return &copied
	case *python.With:
		copied := *stmt
		copied.Body = d.statements(stmt.Body)
		return &copied
	case *python.Try:
		copied := *stmt
		copied.Body, copied.Else, copied.Finally = d.statements(stmt.Body), d.statements(stmt.Else), d.statements(stmt.Finally)
		copied.Handlers = slices.Clone(stmt.Handlers)
		for i := range copied.Handlers {
			copied.Handlers[i].Body = d.statements(copied.Handlers[i].Body)
		}
		return &copied
	}
	return stmt
}

// withoutRunner returns the body of a function without the statement `runner = environment.runner`. It replaces uses of
// this variable with environment.runner.
func withoutRunner(body []python.Stmt) []python.Stmt {
	for i, stmt := range body {
		assign, ok := stmt.(*python.Assign)
		if !ok || len(assign.Targets) != 1 {
			continue
		}
		target, isName := assign.Targets[0].(*python.Name)
		runner, isAttribute := assign.Value.(*python.Attribute)
		if !isName || !isAttribute || runner.Name != "runner" || python.Root(runner) != "environment" || python.Stored(body)[target.ID] != 1 || python.Stored(body)["environment"] > 0 {
			continue
		}
		rest := slices.Delete(slices.Clone(body), i, i+1)
		replaceNames(reflect.ValueOf(rest), func(name *python.Name) python.Expr {
			if name.ID != target.ID {
				return name
			}
			return &python.Attribute{Pos: name.Pos, X: runner.X, Name: runner.Name}
		})
		return rest
	}
	return body
}

// isEnvironmentListener returns whether a function listens to an event of Locust, has the parameter environment, and
// never assigns another value to it.
func isEnvironmentListener(def *python.Def) bool {
	isParam := slices.ContainsFunc(def.Params, func(param python.Param) bool { return param.Name == "environment" && param.Kind == "" })
	if !isParam || len(def.Decorators) != 1 || python.Stored(def.Body)["environment"] > 0 {
		return false
	}
	decorator, ok := def.Decorators[0].(*python.Attribute)
	return ok && decorator.Name == "add_listener"
}

// decide returns the value that a condition always has in Locust without its web interface, and the reason why the
// other branch is left out. The reason is empty if the value may vary.
func (d decisions) decide(condition python.Expr) (isTrue bool, reason string) {
	switch condition := condition.(type) {
	case *python.Unary:
		isTrue, reason = d.decide(condition.X)
		return !isTrue, map[bool]string{true: reason}[condition.Op == "not"]
	case *python.BoolOp:
		isTrue, reason = d.decide(condition.X)
		if reason != "" && isTrue == (condition.Op == "and") {
			return d.decide(condition.Y)
		}
		return isTrue, reason
	case *python.Compare:
		if len(condition.Ops) != 1 {
			return false, ""
		}
		op, x, y := condition.Ops[0], condition.X, condition.Ys[0]
		isNegated := op == "!=" || op == "is not"
		switch {
		case (op == "==" || op == "!=") && !d.hasOwnName && (python.IsName(x, "__name__") && isMainText(y) || isMainText(x) && python.IsName(y, "__name__")):
			return isNegated, `the part for __name__ == "__main__" was left out, because Locust does not run it either`
		case (op == "is" || isNegated || op == "==") && d.isWebUI(x) && python.IsNone(y):
			return !isNegated, noWebUI
		}
	case *python.Attribute:
		if d.isWebUI(condition) {
			return false, noWebUI
		}
	}
	return false, ""
}

func isMainText(expr python.Expr) bool {
	text, ok := python.TextOf(expr)
	return ok && text == "__main__"
}

// isWebUI returns whether an expression is the web interface of a listener's environment.
func (d decisions) isWebUI(expr python.Expr) bool {
	attribute, ok := expr.(*python.Attribute)
	if !ok || attribute.Name != "web_ui" || !d.inListener {
		return false
	}
	return python.IsName(attribute.X, "environment")
}
