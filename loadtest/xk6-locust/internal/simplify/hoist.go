package simplify

import (
	"reflect"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// hoist moves loops, conditions, calls, and similar statements from the body of a class to a function, which runs after
// the definition of the class. It leaves the class unchanged if such a statement precedes a field, because the field
// may depend on the statement, or if such a statement may define other names.
func hoist(body []python.Stmt) []python.Stmt {
	var all []python.Stmt
	for _, stmt := range body {
		all = append(all, stmt)
		class, ok := stmt.(*python.Class)
		if !ok {
			continue
		}
		var kept, moved []python.Stmt
		fields := map[string]bool{}
		isOrdered := true
		for _, inner := range class.Body {
			switch inner := inner.(type) {
			case *python.For, *python.If, *python.Assert, *python.While, *python.AugAssign:
				moved = append(moved, inner)
				continue
			case *python.ExprStmt:
				if _, isCall := inner.X.(*python.Call); isCall {
					moved = append(moved, inner)
					continue
				}
			case *python.Assign:
				isOrdered = isOrdered && len(moved) == 0
				for _, target := range inner.Targets {
					for _, name := range python.Names(target) {
						fields[name] = true
					}
				}
			}
			kept = append(kept, inner)
		}
		if len(moved) == 0 || !isOrdered || defines(moved, fields) {
			continue
		}
		replaceNames(reflect.ValueOf(moved), func(name *python.Name) python.Expr {
			if !fields[name.ID] {
				return name
			}
			return &python.Attribute{Pos: name.Pos, X: &python.Name{Pos: name.Pos, ID: class.Name}, Name: name.ID}
		})
		class.Body = kept
		function := "setUp" + class.Name
		pos := moved[0].Position()
		all = append(all, &python.Def{Pos: pos, Name: function, Body: moved},
			&python.ExprStmt{Pos: pos, X: &python.Call{Pos: pos, Func: &python.Name{Pos: pos, ID: function}}})
	}
	return all
}

// defines returns whether the statements set a name that is not in fields, or contain code that may do so, such as a
// definition, an import, or a comprehension. Loop variables do not count.
func defines(body []python.Stmt, fields map[string]bool) bool {
	found := false
	python.Walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def, *python.Class, *python.Lambda, *python.Import, *python.With, *python.Try, *python.Walrus, *python.Comprehension, *python.Del:
			found = true
		case *python.Assign:
			for _, name := range python.AssignedNames(node) {
				found = found || !fields[name]
			}
		}
		return !found
	})
	return found
}

// replaceNames replaces each variable in a syntax tree with the result of replace.
func replaceNames(value reflect.Value, replace func(*python.Name) python.Expr) {
	switch value.Kind() {
	case reflect.Interface:
		if value.IsNil() {
			return
		}
		if name, ok := reflect.TypeAssert[*python.Name](value); ok && value.CanSet() {
			value.Set(reflect.ValueOf(replace(name)))
			return
		}
		replaceNames(value.Elem(), replace)
	case reflect.Pointer:
		if !value.IsNil() {
			replaceNames(value.Elem(), replace)
		}
	case reflect.Slice:
		for i := range value.Len() {
			replaceNames(value.Index(i), replace)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			replaceNames(value.Field(i), replace)
		}
	default:
	}
}
