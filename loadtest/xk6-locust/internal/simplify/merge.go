package simplify

import (
	"reflect"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// run adds the statements of a module to the merged file.
func (p *project) run(m *module) {
	if m.isRun {
		return
	}
	m.isRun = true
	for _, stmt := range m.body {
		if imported, ok := stmt.(*python.Import); ok {
			p.runImport(m, imported)
			continue
		}
		python.Walk(stmt, func(node python.Node) bool {
			inner, ok := node.(*python.Import)
			if !ok {
				return true
			}
			for _, found := range p.imported(m, inner) {
				switch {
				case !isDefinition(stmt):
					p.fail(inner.Pos, "an import of %s is not supported inside this statement", found.name)
				case !found.isRun && !onlyDefines(found.body):
					p.fail(inner.Pos, "an import of %s must be outside of functions, because its file contains more than definitions", found.name)
				}
				p.run(found)
			}
			return true
		})
		r := rewriter{project: p, module: m}
		list := []python.Stmt{stmt}
		r.rewrite(reflect.ValueOf(list))
		p.merged = append(p.merged, list...)
	}
}

func isDefinition(stmt python.Stmt) bool {
	switch stmt.(type) {
	case *python.Def, *python.Class:
		return true
	}
	return false
}

// onlyDefines returns whether a module contains only classes, imports, variables, docstrings, and functions that have
// no decorators.
func onlyDefines(body []python.Stmt) bool {
	return !slices.ContainsFunc(body, func(stmt python.Stmt) bool {
		switch stmt := stmt.(type) {
		case *python.Def:
			return len(stmt.Decorators) > 0
		case *python.Class, *python.Import:
			return false
		case *python.Assign:
			return slices.ContainsFunc(stmt.Targets, func(target python.Expr) bool {
				return slices.ContainsFunc(python.Parts(target), func(part python.Expr) bool { _, isName := part.(*python.Name); return !isName })
			})
		case *python.ExprStmt:
			_, isText := stmt.X.(*python.Constant)
			return !isText
		}
		return true
	})
}

// runImport runs the modules that an import names, and copies variables.
func (p *project) runImport(m *module, stmt *python.Import) {
	modules := p.imported(m, stmt)
	for _, found := range modules {
		p.run(found)
	}
	if len(modules) == 0 {
		p.keep(stmt, m.bindings)
		return
	}
	if !stmt.IsFrom {
		return
	}
	source := p.modules[p.absolute(m, stmt)]
	if source == nil {
		source = folderOf(p.absolute(m, stmt))
	}
	for _, alias := range p.expand(source, stmt) {
		if stmt.Names[0].Name == "*" && !m.identifiers[alias.As] {
			continue
		}
		found := p.member(source, alias.Name)
		if found == nil || found.pending != nil {
			p.fail(stmt.Pos, "%s has no %s", source.name, alias.Name)
			continue
		}
		own := m.bindings[alias.As]
		if found.symbol == nil || own.symbol == found.symbol && !found.symbol.isVariable {
			continue
		}
		if own.symbol == found.symbol {
			p.fail(stmt.Pos, "%s gets a new value, which this import would not see: use import %s and %s.%s", alias.Name, source.name, source.name, alias.Name)
			continue
		}
		p.merged = append(p.merged, &python.Assign{Pos: stmt.Pos, Targets: []python.Expr{&python.Name{Pos: stmt.Pos, ID: own.symbol.merged}},
			Value: &python.Name{Pos: stmt.Pos, ID: found.symbol.merged}})
	}
}

// keep adds an import from a module other than a helper module to the merged file.
func (p *project) keep(stmt *python.Import, bindings map[string]*binding) {
	copied := *stmt
	copied.Names = slices.Clone(stmt.Names)
	for i, alias := range copied.Names {
		first, _, _ := strings.Cut(alias.As, ".")
		found := bindings[first]
		if found == nil || found.symbol == nil || found.symbol.merged == "" || found.symbol.merged == first {
			continue
		}
		copied.Names[i] = renamed(stmt, alias, found.symbol.merged)
	}
	p.merged = append(p.merged, &copied)
}

// renamed returns a name of an import with the name that it gets in the merged file.
func renamed(stmt *python.Import, alias python.Alias, merged string) python.Alias {
	if !stmt.IsFrom && alias.As == alias.Name {
		alias.Name, _, _ = strings.Cut(alias.Name, ".")
	}
	alias.As = merged
	return alias
}
