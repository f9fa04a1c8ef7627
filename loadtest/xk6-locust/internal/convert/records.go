package convert

import (
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// store is a value that is assigned to a variable, or to an item of the object in a variable.
type store struct {
	value python.Expr
	scope *scope
	// isWhole is set if the value is assigned to the variable itself, and isItem if it is assigned to an item of the
	// variable's object.
	isWhole, isItem bool
}

// scope is a listener, or a statement outside of listeners. For a statement, def is nil.
type scope struct {
	c      *converter
	def    *python.Def
	params map[string]string
	locals map[string][]store
	// hidden contains the parameters and local variables of the functions in a statement. Their values are not known.
	hidden map[string]bool
	file   *records
}

// records contains the variables of the module, with all values that are assigned to them.
type records struct {
	stores map[string][]store
	// shared contains the names of variables that functions and classes other than listeners use.
	shared map[string]bool
	// defined contains the names of the functions, classes, and imports of the module.
	defined map[string]bool
}

func (c *converter) recordsOf(body []python.Stmt) *records {
	file := &records{stores: map[string][]store{}, shared: map[string]bool{}, defined: map[string]bool{}}
	python.Walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def:
			file.defined[node.Name] = true
			return false
		case *python.Class:
			file.defined[node.Name] = true
			return false
		}
		return true
	})
	for name := range c.modules {
		file.defined[name] = true
	}
	for _, stmt := range body {
		for name := range python.Stored([]python.Stmt{stmt}) {
			file.stores[name] = nil
		}
		for name := range python.GlobalNames([]python.Stmt{stmt}) {
			file.stores[name] = nil
		}
	}
	for _, stmt := range body {
		s := c.scopeOf(stmt, file)
		all, locals := storesIn(stmt, s), map[string]bool{}
		if s.def != nil {
			for name := range s.locals {
				locals[name] = true
			}
		}
		for name, stores := range all {
			if _, isVariable := file.stores[name]; isVariable && !locals[name] {
				file.stores[name] = append(file.stores[name], stores...)
			}
		}
		for name := range file.stores {
			_, isDef := stmt.(*python.Def)
			_, isClass := stmt.(*python.Class)
			file.shared[name] = file.shared[name] || (isClass || isDef && s.def == nil) && python.Loads(stmt, name) > 0
		}
	}
	return file
}

func (c *converter) scopeOf(stmt python.Stmt, file *records) *scope {
	s := &scope{c: c, params: map[string]string{}, locals: map[string][]store{}, hidden: map[string]bool{}, file: file}
	def, ok := stmt.(*python.Def)
	if !ok || c.eventOf(def) == "" {
		python.Walk(stmt, func(node python.Node) bool {
			if inner, ok := node.(*python.Def); ok {
				for _, param := range inner.Params {
					s.hidden[param.Name] = true
				}
				for name := range python.Stored(inner.Body) {
					s.hidden[name] = !python.GlobalNames(inner.Body)[name]
				}
			}
			return true
		})
		return s
	}
	s.def = def
	for _, param := range def.Params {
		s.params[param.Name] = param.Kind + param.Name
	}
	globals := python.GlobalNames(def.Body)
	all := storesIn(def.Body, s)
	own := python.Stored(def.Body)
	python.Walk(def.Body, func(node python.Node) bool {
		if inner, ok := node.(*python.Comprehension); ok {
			for _, clause := range inner.Clauses {
				for _, name := range python.Names(clause.Target) {
					own[name]++
				}
			}
		}
		return true
	})
	for name := range own {
		if !globals[name] {
			s.locals[name] = all[name]
		}
	}
	return s
}

// storesIn returns the values that are assigned to variables, and to items of the objects in variables.
func storesIn(body any, s *scope) map[string][]store {
	found := map[string][]store{}
	target := func(target, value python.Expr) {
		for _, part := range python.Parts(target) {
			_, isName := part.(*python.Name)
			name := python.Root(part)
			found[name] = append(found[name], store{value: value, scope: s, isWhole: isName && part == target, isItem: !isName})
		}
	}
	python.Walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Assign:
			for _, each := range node.Targets {
				if node.Value != nil {
					target(each, node.Value)
				}
			}
		case *python.AugAssign:
			name := python.Root(node.Target)
			found[name] = append(found[name], store{value: node.Value, scope: s, isItem: true})
		case *python.For:
			for _, part := range python.Parts(node.Target) {
				found[python.Root(part)] = append(found[python.Root(part)], store{value: node.Iter, scope: s})
			}
		case *python.Walrus:
			found[node.Name] = append(found[node.Name], store{value: node.Value, scope: s, isWhole: true})
		case *python.Comprehension:
			for _, clause := range node.Clauses {
				for _, part := range python.Parts(clause.Target) {
					found[python.Root(part)] = append(found[python.Root(part)], store{value: clause.Iter, scope: s})
				}
			}
		case *python.With:
			for _, item := range node.Items {
				if item.Target != nil {
					target(item.Target, item.Context)
				}
			}
		case *python.Call:
			if method, ok := node.Func.(*python.Attribute); ok && slices.Contains(mutators, method.Name) {
				for _, value := range values(node) {
					found[python.Root(method.X)] = append(found[python.Root(method.X)], store{value: value, scope: s, isItem: true})
				}
			}
		}
		return true
	})
	return found
}
