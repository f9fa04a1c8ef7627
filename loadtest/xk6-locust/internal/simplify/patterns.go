package simplify

import (
	"maps"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// withPatterns replaces calls to methods of the regular expressions that the module compiles: after
// `DIGITS = re.compile(r'\d+')`, `DIGITS.search(text)` becomes `re.search(r'\d+', text)`.
func withPatterns(body []python.Stmt) []python.Stmt {
	imported := importsOf(body)
	compiled := map[string]*python.Call{}
	stores := python.Stored(body)
	for _, stmt := range body {
		assign, ok := stmt.(*python.Assign)
		if !ok || len(assign.Targets) != 1 {
			continue
		}
		name, isName := assign.Targets[0].(*python.Name)
		call, isCall := assign.Value.(*python.Call)
		if !isName || !isCall || imported.Qualified(call.Func) != "re.compile" || len(call.Args) == 0 || len(call.Args)+len(call.Keywords) > 2 {
			continue
		}
		if stores[name.ID] == 1 && !python.IsGlobal(body, name.ID) && !isHidden(body, name.ID) {
			compiled[name.ID] = call
		}
	}
	// An expression that uses a compiled expression could contain itself.
	all := maps.Clone(compiled)
	maps.DeleteFunc(compiled, func(_ string, call *python.Call) bool {
		return python.Contains(call, func(node python.Node) bool {
			name, ok := node.(*python.Name)
			return ok && all[name.ID] != nil
		})
	})
	if len(compiled) == 0 {
		return body
	}
	python.Walk(body, func(node python.Node) bool {
		if call, ok := node.(*python.Call); ok {
			replaceMethod(call, compiled)
		}
		return true
	})
	var kept []python.Stmt
	for _, stmt := range body {
		if assign, ok := stmt.(*python.Assign); ok {
			if found := python.Names(assign.Targets[0]); len(found) == 1 && compiled[found[0]] != nil && python.Loads(body, found[0]) == 0 {
				continue
			}
		}
		kept = append(kept, stmt)
	}
	return kept
}

// isHidden returns whether a function or a class uses the name of a variable of the module for something else.
func isHidden(body []python.Stmt, name string) bool {
	found := false
	python.Walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def:
			found = found || python.Stored(node.Body)[name] > 0
			for _, param := range node.Params {
				found = found || param.Name == name
			}
		case *python.Lambda:
			for _, param := range node.Params {
				found = found || param.Name == name
			}
		case *python.Class:
			found = found || python.Stored(node.Body)[name] > 0
		case *python.Comprehension:
			for _, clause := range node.Clauses {
				for _, target := range python.Names(clause.Target) {
					found = found || target == name
				}
			}
		}
		return !found
	})
	return found
}

// replaceMethod replaces a call to a method of a compiled regular expression.
func replaceMethod(call *python.Call, compiled map[string]*python.Call) {
	method, ok := call.Func.(*python.Attribute)
	if !ok {
		return
	}
	name, ok := method.X.(*python.Name)
	if !ok || compiled[name.ID] == nil {
		return
	}
	switch compile := compiled[name.ID]; method.Name {
	case "search", "match", "fullmatch", "findall", "finditer":
		// After the string, a method of a pattern takes positions, but the function of the module re takes flags.
		if python.HasOne(call) {
			replaceFunction(call, compile, method)
		}
	case "sub":
		replaceFunction(call, compile, method)
	}
}

// replaceFunction turns a method call into a call to a function of the module re, with the regular expression as the
// first argument. It does nothing if re.compile was imported with `from`.
func replaceFunction(call, compile *python.Call, method *python.Attribute) {
	switch function := compile.Func.(type) {
	case *python.Attribute:
		call.Func = &python.Attribute{Pos: method.Pos, X: function.X, Name: method.Name}
	default:
		return
	}
	call.Args = append([]python.Expr{compile.Args[0]}, call.Args...)
	if len(compile.Args) > 1 {
		call.Keywords = append(call.Keywords, python.Keyword{Name: "flags", Value: compile.Args[1]})
	}
	call.Keywords = append(call.Keywords, compile.Keywords...)
}
