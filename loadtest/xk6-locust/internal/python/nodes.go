package python

import (
	"cmp"
	"slices"
	"strings"
)

// Bind returns the arguments of a call by parameter name. It returns false if there are too many positional arguments.
// Keyword arguments may have names that are not in names.
func Bind(call *Call, names ...string) (map[string]Expr, bool) {
	if len(call.Args) > len(names) {
		return nil, false
	}
	args := map[string]Expr{}
	for i, name := range names[:len(call.Args)] {
		args[name] = call.Args[i]
	}
	for _, keyword := range call.Keywords {
		args[keyword.Name] = keyword.Value
	}
	return args, true
}

// HasOne returns whether a call has a single argument, which is positional.
func HasOne(call *Call) bool { return len(call.Args) == 1 && len(call.Keywords) == 0 }

// IsSuper returns whether an expression is a call to super().
func IsSuper(expr Expr) bool {
	call, ok := expr.(*Call)
	if !ok {
		return false
	}
	return IsName(call.Func, "super")
}

// SameParam returns whether two parameters have the same name and kind.
func SameParam(x, y Param) bool { return x.Name == y.Name && x.Kind == y.Kind }

// GlobalNames returns the variables that the statements declare as `global`.
func GlobalNames(body []Stmt) map[string]bool {
	found := map[string]bool{}
	Walk(body, func(node Node) bool {
		if scope, ok := node.(*Scope); ok && scope.Word == "global" {
			for _, name := range scope.Names {
				found[name] = true
			}
		}
		return true
	})
	return found
}

// Root returns the variable to which an attribute, an item, or the result of a method belongs. It returns "" if there
// is none.
func Root(expr Expr) string {
	switch expr := expr.(type) {
	case *Name:
		return expr.ID
	case *Attribute:
		return Root(expr.X)
	case *Subscript:
		return Root(expr.X)
	case *Call:
		return Root(expr.Func)
	}
	return ""
}

// IsGlobal returns whether a function declares a variable of the module as `global`.
func IsGlobal(body []Stmt, name string) bool { return IsInScope(body, "global", name) }

// IsInScope returns whether the statements declare a variable as `global` or `nonlocal`.
func IsInScope(body []Stmt, word, name string) bool {
	return Contains(body, func(node Node) bool {
		scope, ok := node.(*Scope)
		return ok && scope.Word == word && slices.Contains(scope.Names, name)
	})
}

// IsTrue returns whether an expression is True.
func IsTrue(expr Expr) bool { return IsLiteral(expr, True) }

// IsNone returns whether an expression is None.
func IsNone(expr Expr) bool { return IsLiteral(expr, None) }

// ConstructorCall returns the call in a statement such as super().__init__(), or nil for other statements.
func ConstructorCall(stmt Stmt) *Call {
	if call := CallIn(stmt); call != nil {
		if method, ok := call.Func.(*Attribute); ok && method.Name == "__init__" {
			return call
		}
	}
	return nil
}

// IsSpecial returns whether Python itself calls a method, such as __init__.
func IsSpecial(def *Def) bool {
	return strings.HasPrefix(def.Name, "__") && strings.HasSuffix(def.Name, "__")
}

// CalledName returns the name of the function or method that a call runs.
func CalledName(call *Call) string {
	switch callee := call.Func.(type) {
	case *Name:
		return callee.ID
	case *Attribute:
		return callee.Name
	}
	return ""
}

// KeywordOf returns the value of a keyword argument, or nil if the call does not have it.
func KeywordOf(call *Call, name string) Expr {
	for _, keyword := range call.Keywords {
		if keyword.Name == name {
			return keyword.Value
		}
	}
	return nil
}

// UsesOf returns how many times the statements use a function or a method.
func UsesOf(body []Stmt, name string) int {
	count := 0
	Walk(body, func(node Node) bool {
		switch node := node.(type) {
		case *Name:
			if node.ID == name {
				count++
			}
		case *Attribute:
			if node.Name == name {
				count++
			}
		}
		return true
	})
	return count
}

// HasRestParam returns whether a function has the parameter `*args`.
func HasRestParam(params []Param) bool {
	return slices.ContainsFunc(params, func(param Param) bool { return param.Kind == "*" })
}

// TakesKeywords returns whether some parameters follow `*args`, so that only keywords can set them.
func TakesKeywords(params []Param) bool {
	isKeyword := func(param Param) bool { return param.KeywordOnly && param.Kind == "" || param.Kind == "**" }
	return slices.ContainsFunc(params, isKeyword) && HasRestParam(params)
}

// Identifiers returns all names of variables, functions, classes, parameters, and imports.
func Identifiers(body []Stmt) map[string]bool {
	found := Variables(body)
	Walk(body, func(node Node) bool {
		switch node := node.(type) {
		case *Name:
			found[node.ID] = true
		case *Class:
			found[node.Name] = true
		case *Import:
			for _, alias := range node.Names {
				first, _, _ := strings.Cut(alias.As, ".")
				found[first] = true
			}
		}
		return true
	})
	return found
}

// PositionOf returns the first position of a name.
func PositionOf(body []Stmt, name string) Pos {
	var found Pos
	Walk(body, func(node Node) bool {
		isFound := false
		switch node := node.(type) {
		case *Name:
			isFound = node.ID == name
		case *Def:
			isFound = node.Name == name || slices.ContainsFunc(node.Params, func(param Param) bool { return param.Name == name })
		case *Class:
			isFound = node.Name == name
		}
		if isFound && found.Line == 0 {
			found = node.Position()
		}
		return found.Line == 0
	})
	return found
}

// Variables returns the names of all variables, parameters, and functions.
func Variables(body []Stmt) map[string]bool {
	found := map[string]bool{}
	add := func(params []Param) {
		for _, param := range params {
			found[param.Name] = true
		}
	}
	Walk(body, func(node Node) bool {
		for _, name := range AssignedNames(node) {
			found[name] = true
		}
		switch node := node.(type) {
		case *Def:
			found[node.Name] = true
			add(node.Params)
		case *Lambda:
			add(node.Params)
		case *Walrus:
			found[node.Name] = true
		case *Try:
			for _, handler := range node.Handlers {
				found[handler.Name] = true
			}
		case *Comprehension:
			for _, clause := range node.Clauses {
				for _, name := range Names(clause.Target) {
					found[name] = true
				}
			}
		}
		return true
	})
	return found
}

// ShownName returns the name of a keyword argument for an error message, or ** for a dict after **.
func ShownName(keyword string) string {
	return cmp.Or(keyword, "**")
}

// Callee returns the function of a call. It returns other expressions unchanged.
func Callee(expr Expr) Expr {
	if call, ok := expr.(*Call); ok {
		return call.Func
	}
	return expr
}
