package python

import (
	"reflect"
	"slices"
)

// Walk calls visit for all nodes in a value. If visit returns false, Walk skips the children of the node.
func Walk(value any, visit func(Node) bool) {
	walkValue(reflect.ValueOf(value), visit)
}

func walkValue(value reflect.Value, visit func(Node) bool) {
	switch value.Kind() {
	case reflect.Interface:
		walkValue(value.Elem(), visit)
	case reflect.Pointer:
		if value.IsNil() {
			return
		}
		if node, ok := reflect.TypeAssert[Node](value); ok && !visit(node) {
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

// Names returns the variables in the target of an assignment.
func Names(target Expr) []string { return namesOf(Parts(target)) }

// namesOf returns the names of those expressions that are variables.
func namesOf(parts []Expr) []string {
	var found []string
	for _, part := range parts {
		if variable, ok := part.(*Name); ok {
			found = append(found, variable.ID)
		}
	}
	return found
}

// Parts returns the variables, attributes, and items in the target of an assignment.
func Parts(target Expr) []Expr {
	switch target := target.(type) {
	case *Starred:
		return Parts(target.X)
	case *Sequence:
		var found []Expr
		for _, item := range target.Items {
			found = append(found, Parts(item)...)
		}
		return found
	default:
		return []Expr{target}
	}
}

// Contains returns whether test returns true for a node in a value.
func Contains(value any, test func(Node) bool) bool {
	found := false
	Walk(value, func(node Node) bool {
		found = found || test(node)
		return !found
	})
	return found
}

// CallIn returns the call that is the whole statement, or nil for other statements.
func CallIn(stmt Stmt) *Call {
	if expr, ok := stmt.(*ExprStmt); ok {
		call, _ := expr.X.(*Call)
		return call
	}
	return nil
}

// IsLiteral returns whether an expression is a literal of one of these kinds, such as python.String.
func IsLiteral(expr Expr, kinds ...string) bool {
	constant, ok := expr.(*Constant)
	return ok && slices.Contains(kinds, constant.Kind)
}

// TextOf returns the text of a string literal. It returns false for other nodes.
func TextOf(node Node) (string, bool) {
	constant, ok := node.(*Constant)
	if !ok || constant.Kind != String {
		return "", false
	}
	return constant.Text, true
}

// IsDocstring returns whether a statement is a string literal.
func IsDocstring(stmt Stmt) bool {
	expr, ok := stmt.(*ExprStmt)
	return ok && IsLiteral(expr.X, String)
}

// IsDots returns whether a statement is `...`.
func IsDots(stmt Stmt) bool {
	expr, ok := stmt.(*ExprStmt)
	return ok && IsLiteral(expr.X, Dots)
}

// Targets returns the targets to which a statement assigns values.
func Targets(node Node) []Expr {
	switch node := node.(type) {
	case *Assign:
		return node.Targets
	case *AugAssign:
		return []Expr{node.Target}
	case *For:
		return []Expr{node.Target}
	case *With:
		var found []Expr
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

// AssignedParts returns the variables, attributes, and items to which a statement assigns values.
func AssignedParts(node Node) []Expr {
	var found []Expr
	for _, target := range Targets(node) {
		found = append(found, Parts(target)...)
	}
	return found
}

// AssignmentTo returns the value in a statement `name = value`, or nil for other statements.
func AssignmentTo(name string, node Node) Expr {
	if assign, ok := node.(*Assign); ok && len(assign.Targets) == 1 && IsName(assign.Targets[0], name) {
		return assign.Value
	}
	return nil
}

// AssignedNames returns the variables to which a statement assigns values.
func AssignedNames(node Node) []string { return namesOf(AssignedParts(node)) }

// Stored returns how many times the statements assign a value to each variable, or define a function with its name. It
// ignores assignments in inner functions and classes, and the variables of comprehensions. Augmented assignments and :=
// count twice, because they assign a second value.
func Stored(body []Stmt) map[string]int {
	found := map[string]int{}
	Walk(body, func(node Node) bool {
		for _, name := range AssignedNames(node) {
			found[name]++
		}
		switch node := node.(type) {
		case *AugAssign:
			for _, name := range Names(node.Target) {
				found[name]++
			}
		case *Try:
			for _, handler := range node.Handlers {
				if handler.Name != "" {
					found[handler.Name]++
				}
			}
		case *Walrus:
			found[node.Name] += 2
		case *Def:
			found[node.Name]++
			return false
		case *Lambda, *Class:
			return false
		}
		return true
	})
	return found
}

// Loads returns how many times the nodes use a variable. Assignments to the variable are not counted.
func Loads(value any, name string) int {
	count := 0
	Walk(value, func(node Node) bool {
		switch node := node.(type) {
		case *Name:
			if node.ID == name {
				count++
			}
		case *Assign:
			for _, target := range node.Targets {
				for _, variable := range Names(target) {
					if variable == name {
						count--
					}
				}
			}
		case *For:
			for _, variable := range Names(node.Target) {
				if variable == name {
					count--
				}
			}
		case *Comprehension:
			for _, clause := range node.Clauses {
				for _, variable := range Names(clause.Target) {
					if variable == name {
						count--
					}
				}
			}
		case *With:
			for _, item := range node.Items {
				if variable, ok := item.Target.(*Name); ok && variable.ID == name {
					count--
				}
			}
		}
		return true
	})
	return count
}

// BlockOf returns the innermost block that contains a statement. It returns body itself if there is none.
func BlockOf(body []Stmt, stmt Stmt) []Stmt {
	block := body
	Walk(body, func(node Node) bool {
		var blocks [][]Stmt
		switch node := node.(type) {
		case *If:
			blocks = [][]Stmt{node.Body, node.Else}
		case *For:
			blocks = [][]Stmt{node.Body, node.Else}
		case *While:
			blocks = [][]Stmt{node.Body, node.Else}
		case *With:
			blocks = [][]Stmt{node.Body}
		case *Try:
			blocks = [][]Stmt{node.Body, node.Else, node.Finally}
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

// IsName returns whether an expression is the variable with this name.
func IsName(expr Expr, id string) bool {
	name, ok := expr.(*Name)
	return ok && name.ID == id
}

// WithoutTexts returns the statements without docstrings.
func WithoutTexts(body []Stmt) []Stmt {
	return slices.DeleteFunc(slices.Clone(body), IsDocstring)
}
