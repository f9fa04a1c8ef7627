package convert

import (
	"reflect"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// walk calls visit for all nodes in a value. If visit returns false, walk skips the children of the node.
func walk(value any, visit func(python.Node) bool) {
	walkValue(reflect.ValueOf(value), visit)
}

func walkValue(value reflect.Value, visit func(python.Node) bool) {
	switch value.Kind() {
	case reflect.Interface:
		walkValue(value.Elem(), visit)
	case reflect.Pointer:
		if value.IsNil() {
			return
		}
		if node, ok := reflect.TypeAssert[python.Node](value); ok && !visit(node) {
			return
		}
		walkValue(value.Elem(), visit)
	case reflect.Slice:
		for i := range value.Len() {
			walkValue(value.Index(i), visit)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			walkValue(value.Field(i), visit)
		}
	default:
	}
}

// repeatable contains functions that always have the same result for the same arguments, and no effects.
var repeatable = []string{"len", "str", "int", "float", "bool", "abs", "round", "min", "max", "ord", "chr", "type"}

// isRepeatable returns whether a script may evaluate an expression several times instead of once.
func isRepeatable(expr python.Expr) bool {
	found := true
	walk(expr, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Call:
			name, ok := node.Func.(*python.Name)
			found = found && ok && slices.Contains(repeatable, name.ID)
		case *python.Walrus, *python.Await, *python.Yield:
			found = false
		}
		return found
	})
	return found
}

// names returns the variables in the target of an assignment.
func names(target python.Expr) []string {
	var found []string
	for _, part := range parts(target) {
		if variable, ok := part.(*python.Name); ok {
			found = append(found, variable.ID)
		}
	}
	return found
}

// parts returns the variables, attributes, and items in the target of an assignment.
func parts(target python.Expr) []python.Expr {
	switch target := target.(type) {
	case *python.Starred:
		return parts(target.X)
	case *python.Sequence:
		var found []python.Expr
		for _, item := range target.Items {
			found = append(found, parts(item)...)
		}
		return found
	default:
		return []python.Expr{target}
	}
}

// contains returns whether test returns true for a node in a value.
func contains(value any, test func(python.Node) bool) bool {
	found := false
	walk(value, func(node python.Node) bool {
		found = found || test(node)
		return !found
	})
	return found
}

// callIn returns the call that is the whole statement, or nil for other statements.
func callIn(stmt python.Stmt) *python.Call {
	if expr, ok := stmt.(*python.ExprStmt); ok {
		call, _ := expr.X.(*python.Call)
		return call
	}
	return nil
}

// isLiteral returns whether an expression is a literal of one of these kinds, such as python.String.
func isLiteral(expr python.Expr, kinds ...string) bool {
	constant, ok := expr.(*python.Constant)
	return ok && slices.Contains(kinds, constant.Kind)
}

// textOf returns the text of a string literal. It returns false for other nodes.
func textOf(node python.Node) (string, bool) {
	constant, ok := node.(*python.Constant)
	if !ok || constant.Kind != python.String {
		return "", false
	}
	return constant.Text, true
}

func isDocstring(stmt python.Stmt) bool {
	expr, ok := stmt.(*python.ExprStmt)
	return ok && isLiteral(expr.X, python.String)
}

// isDots returns whether a statement is `...`.
func isDots(stmt python.Stmt) bool {
	expr, ok := stmt.(*python.ExprStmt)
	return ok && isLiteral(expr.X, python.Dots)
}

// targets returns the targets to which a statement assigns values.
func targets(node python.Node) []python.Expr {
	switch node := node.(type) {
	case *python.Assign:
		return node.Targets
	case *python.AugAssign:
		return []python.Expr{node.Target}
	case *python.For:
		return []python.Expr{node.Target}
	case *python.With:
		var found []python.Expr
		for _, item := range node.Items {
			if item.Target != nil {
				found = append(found, item.Target)
			}
		}
		return found
	default:
		return nil
	}
}

// assignedParts returns the variables, attributes, and items to which a statement assigns values.
func assignedParts(node python.Node) []python.Expr {
	var found []python.Expr
	for _, target := range targets(node) {
		found = append(found, parts(target)...)
	}
	return found
}

// assignmentTo returns the value in a statement `name = value`, or nil for other statements.
func assignmentTo(name string, node python.Node) python.Expr {
	if assign, ok := node.(*python.Assign); ok && len(assign.Targets) == 1 && isName(assign.Targets[0], name) {
		return assign.Value
	}
	return nil
}

// assignedNames returns the variables to which a statement assigns values.
func assignedNames(node python.Node) []string {
	var found []string
	for _, target := range targets(node) {
		found = append(found, names(target)...)
	}
	return found
}

// stored returns how many times the statements assign a value to each variable, or define a function with its name. It
// ignores assignments in inner functions and classes, and the variables of comprehensions. Augmented assignments and :=
// count twice, so that declare does not convert their variables to constants.
func stored(body []python.Stmt) map[string]int {
	found := map[string]int{}
	walk(body, func(node python.Node) bool {
		for _, name := range assignedNames(node) {
			found[name]++
		}
		switch node := node.(type) {
		case *python.AugAssign:
			for _, name := range names(node.Target) {
				found[name]++
			}
		case *python.Try:
			for _, handler := range node.Handlers {
				if handler.Name != "" {
					found[handler.Name]++
				}
			}
		case *python.Walrus:
			found[node.Name] += 2
		case *python.Def:
			found[node.Name]++
			return false
		case *python.Lambda, *python.Class:
			return false
		}
		return true
	})
	return found
}

// loads returns how many times the nodes use a variable. Assignments to the variable are not counted.
func loads(value any, name string) int {
	count := 0
	walk(value, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Name:
			if node.ID == name {
				count++
			}
		case *python.Assign:
			for _, target := range node.Targets {
				for _, variable := range names(target) {
					if variable == name {
						count--
					}
				}
			}
		case *python.For:
			for _, variable := range names(node.Target) {
				if variable == name {
					count--
				}
			}
		case *python.Comprehension:
			for _, clause := range node.Clauses {
				for _, variable := range names(clause.Target) {
					if variable == name {
						count--
					}
				}
			}
		case *python.With:
			for _, item := range node.Items {
				if variable, ok := item.Target.(*python.Name); ok && variable.ID == name {
					count--
				}
			}
		}
		return true
	})
	return count
}

// isCaptured returns whether an inner function uses a variable. If so, no loop in JavaScript may declare the variable,
// because the function would see the value in its own iteration. In Python, it sees the last value that the loop
// assigns.
func isCaptured(value any, name string) bool {
	found := false
	walk(value, func(node python.Node) bool {
		switch node.(type) {
		case *python.Def, *python.Lambda:
			found = found || loads(node, name) > 0
			return false
		}
		return !found
	})
	return found
}

// blockOf returns the innermost block that contains a statement. It returns body itself if there is none.
func blockOf(body []python.Stmt, stmt python.Stmt) []python.Stmt {
	block := body
	walk(body, func(node python.Node) bool {
		var blocks [][]python.Stmt
		switch node := node.(type) {
		case *python.If:
			blocks = [][]python.Stmt{node.Body, node.Else}
		case *python.For:
			blocks = [][]python.Stmt{node.Body, node.Else}
		case *python.While:
			blocks = [][]python.Stmt{node.Body, node.Else}
		case *python.With:
			blocks = [][]python.Stmt{node.Body}
		case *python.Try:
			blocks = [][]python.Stmt{node.Body, node.Else, node.Finally}
			for _, handler := range node.Handlers {
				blocks = append(blocks, handler.Body)
			}
		}
		for _, each := range blocks {
			if slices.Contains(each, stmt) {
				block = each
			}
		}
		return true
	})
	return block
}

func isName(expr python.Expr, id string) bool {
	name, ok := expr.(*python.Name)
	return ok && name.ID == id
}

// withoutTexts returns the statements without docstrings.
func withoutTexts(body []python.Stmt) []python.Stmt {
	return slices.DeleteFunc(slices.Clone(body), isDocstring)
}
