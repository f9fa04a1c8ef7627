package simplify

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// rewriter replaces the names of a module with those of the merged file.
type rewriter struct {
	*project
	module *module
	scopes []nameScope
}

// nameScope contains the names of a function, a class, a lambda, or a comprehension.
type nameScope struct {
	locals, globals map[string]bool
	imports         map[string]*binding
	isClass         bool
}

// lookup returns what a name means, or nil for local variables and built-in functions.
func (r *rewriter) lookup(name string) *binding {
	for i, scope := range slices.Backward(r.scopes) {
		if scope.isClass && i < len(r.scopes)-1 {
			continue
		}
		switch {
		case scope.globals[name]:
			return r.module.bindings[name]
		case scope.imports[name] != nil:
			return scope.imports[name]
		case scope.locals[name]:
			return nil
		}
	}
	return r.module.bindings[name]
}

func (r *rewriter) merged(name string) string {
	if found := r.lookup(name); found != nil && found.symbol != nil && found.symbol.merged != "" {
		return found.symbol.merged
	}
	return name
}

// moduleOf returns the module that an expression names, or nil.
func (r *rewriter) moduleOf(expr python.Expr) *module {
	var found *binding
	switch expr := expr.(type) {
	case *python.Name:
		found = r.lookup(expr.ID)
	case *python.Attribute:
		if outer := r.moduleOf(expr.X); outer != nil {
			found = r.member(outer, expr.Name)
		}
	}
	if found == nil {
		return nil
	}
	return found.module
}

// variableOf returns the symbol that an attribute of a module means, or nil.
func (r *rewriter) variableOf(expr python.Expr) *symbol {
	if attribute, ok := expr.(*python.Attribute); ok {
		if m := r.moduleOf(attribute.X); m != nil {
			if found := r.member(m, attribute.Name); found != nil {
				return found.symbol
			}
		}
	}
	return nil
}

// symbolOf returns the symbol that an expression means: a name, or an attribute of a module. It returns nil for all
// other expressions.
func (r *rewriter) symbolOf(expr python.Expr) *symbol {
	if name, ok := expr.(*python.Name); ok {
		if found := r.lookup(name.ID); found != nil {
			return found.symbol
		}
		return nil
	}
	return r.variableOf(expr)
}

func (r *rewriter) rewrite(value reflect.Value) {
	switch value.Kind() {
	case reflect.Interface:
		if value.IsNil() {
			return
		}
		switch node := value.Interface().(type) {
		case *python.Name:
			if r.moduleOf(node) != nil {
				r.fail(node.Pos, "the module %s is only supported together with one of its names", node.ID)
			}
			value.Set(reflect.ValueOf(&python.Name{Pos: node.Pos, ID: r.merged(node.ID)}))
			return
		case *python.Attribute:
			if m := r.moduleOf(node.X); m != nil {
				if found := r.variableOf(node); found != nil {
					value.Set(reflect.ValueOf(&python.Name{Pos: node.Pos, ID: found.merged}))
				} else {
					r.fail(node.Pos, "%s has no %s", m.name, node.Name)
				}
				return
			}
		}
		r.rewrite(value.Elem())
	case reflect.Pointer:
		if !value.IsNil() && !r.scoped(value.Interface()) {
			r.rewrite(value.Elem())
		}
	case reflect.Slice:
		for i := range value.Len() {
			r.rewrite(value.Index(i))
		}
	case reflect.Struct:
		if handler, ok := reflect.TypeAssert[*python.Handler](value.Addr()); ok {
			handler.Name = r.merged(handler.Name)
		}
		for i := range value.NumField() {
			r.rewrite(value.Field(i))
		}
	default:
	}
}

// scoped rewrites a node that has names of its own. It returns false for other nodes.
func (r *rewriter) scoped(node any) bool {
	switch node := node.(type) {
	case *python.Def:
		r.function(node)
	case *python.Class:
		node.Name = r.merged(node.Name)
		r.all(node.Decorators, node.Bases, node.Keywords)
		r.classBody(node.Body)
	case *python.Lambda:
		scope := nameScope{locals: map[string]bool{}}
		for i := range node.Params {
			scope.locals[node.Params[i].Name] = true
		}
		r.all(node.Params)
		r.inside(scope, &node.Body)
	case *python.Comprehension:
		r.comprehension(node)
	case *python.Walrus:
		node.Name = r.merged(node.Name)
		r.all(&node.Value)
	case *python.Scope:
		for i, name := range node.Names {
			if node.Word == "global" {
				node.Names[i] = r.merged(name)
			}
		}
	case *python.Import:
		if len(r.imported(r.module, node)) > 0 {
			node.Names = nil
			break
		}
		for i, alias := range node.Names {
			first, _, _ := strings.Cut(alias.As, ".")
			if merged := r.merged(first); merged != first {
				node.Names[i] = renamed(node, alias, merged)
			}
		}
	default:
		return false
	}
	return true
}

// all rewrites several nodes.
func (r *rewriter) all(nodes ...any) {
	for _, each := range nodes {
		r.rewrite(reflect.ValueOf(each))
	}
}

// inside rewrites several nodes in a scope.
func (r *rewriter) inside(scope nameScope, nodes ...any) {
	r.scopes = append(r.scopes, scope)
	r.all(nodes...)
	r.scopes = r.scopes[:len(r.scopes)-1]
}

// function rewrites a function. It declares the variables of other modules that the function sets as global.
func (r *rewriter) function(def *python.Def) {
	def.Name = r.merged(def.Name)
	r.all(def.Decorators, def.Params)
	scope := r.scopeOf(def)
	r.scopes = append(r.scopes, scope)
	written := r.written(def.Body)
	r.scopes = r.scopes[:len(r.scopes)-1]
	r.inside(scope, def.Body)
	if len(written) > 0 {
		def.Body = append([]python.Stmt{&python.Scope{Pos: def.Pos, Word: "global", Names: written}}, def.Body...)
	}
}

// comprehension rewrites a comprehension. Python evaluates its first iterable outside of its scope.
func (r *rewriter) comprehension(node *python.Comprehension) {
	scope := nameScope{locals: map[string]bool{}}
	for _, clause := range node.Clauses {
		for _, name := range python.Names(clause.Target) {
			scope.locals[name] = true
		}
	}
	r.all(&node.Clauses[0].Iter)
	for i := range node.Clauses {
		r.inside(scope, &node.Clauses[i].Target, node.Clauses[i].Ifs)
		if i > 0 {
			r.inside(scope, &node.Clauses[i].Iter)
		}
	}
	r.inside(scope, &node.Element, &node.Value)
}

// classBody rewrites the body of a class. A statement sees only the names of the class that are defined before it, so
// in `host = host`, the value is a variable of the module.
func (r *rewriter) classBody(body []python.Stmt) {
	scope := nameScope{isClass: true, locals: map[string]bool{}}
	r.scopes = append(r.scopes, scope)
	for _, stmt := range body {
		if assign, ok := stmt.(*python.Assign); ok {
			r.rewrite(reflect.ValueOf(&assign.Value))
			r.rewrite(reflect.ValueOf(&assign.Annotation))
			maps.Copy(scope.locals, keySet(defined([]python.Stmt{stmt})))
			r.rewrite(reflect.ValueOf(assign.Targets))
			continue
		}
		maps.Copy(scope.locals, keySet(defined([]python.Stmt{stmt})))
		r.rewrite(reflect.ValueOf([]python.Stmt{stmt}))
	}
	r.scopes = r.scopes[:len(r.scopes)-1]
}

// scopeOf returns the names of a function.
func (r *rewriter) scopeOf(def *python.Def) nameScope {
	scope := nameScope{locals: keySet(defined(def.Body)), globals: map[string]bool{}, imports: r.module.scopes[def]}
	python.Walk(def.Body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def, *python.Class:
			return false
		case *python.Scope:
			for _, name := range node.Names {
				scope.globals[name] = node.Word == "global"
			}
		}
		return true
	})
	for _, param := range def.Params {
		scope.locals[param.Name] = true
	}
	r.checkRepeated()
	for name, each := range scope.imports {
		r.resolve(each, map[*binding]bool{})
		if each.symbol != nil && each.symbol.isVariable {
			r.fail(def.Pos, "%s gets a new value, so its import in a function is not supported", name)
		}
		if each.symbol == nil && each.module == nil {
			r.fail(def.Pos, "%s has no %s", each.pending.module.name, each.pending.name)
		}
	}
	return scope
}

// written returns the variables of other modules that the statements set.
func (r *rewriter) written(body []python.Stmt) []string {
	found := map[string]bool{}
	python.Walk(body, func(node python.Node) bool {
		for _, part := range python.AssignedParts(node) {
			if variable := r.variableOf(part); variable != nil {
				if !variable.isVariable {
					r.fail(part.Position(), "%s can only be set if its module is imported outside of functions", variable.name)
				}
				found[variable.merged] = true
			}
		}
		_, isDef := node.(*python.Def)
		return !isDef
	})
	return slices.Sorted(maps.Keys(found))
}
