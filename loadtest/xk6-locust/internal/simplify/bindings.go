package simplify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// defined returns the names of the variables, functions, and classes that a module defines, and how often.
func defined(body []python.Stmt) map[string]int {
	found := python.Stored(body)
	python.Walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Class:
			found[node.Name]++
			return false
		case *python.Def:
			return false
		}
		return true
	})
	return found
}

// bind determines what the names in each module mean.
func (p *project) bind() {
	for _, m := range p.order {
		isClass := map[string]bool{}
		for _, stmt := range m.body {
			if class, ok := stmt.(*python.Class); ok {
				isClass[class.Name] = true
			}
		}
		globals := python.GlobalNames(m.body)
		for name := range union(keySet(m.defined), globals) {
			m.bindings[name] = &binding{symbol: &symbol{name: name, owner: m, isClass: isClass[name], isVariable: globals[name]}}
		}
	}
	for _, m := range p.order {
		p.bindImports(m)
	}
	for _, m := range p.order {
		for _, each := range m.bindings {
			p.resolve(each, map[*binding]bool{})
		}
	}
	p.checkRepeated()
	p.checkSecondNames()
	for _, m := range p.order {
		r := rewriter{project: p, module: m}
		python.Walk(m.body, func(node python.Node) bool {
			for _, part := range python.AssignedParts(node) {
				if variable := r.variableOf(part); variable != nil {
					variable.isVariable = true
				}
			}
			return true
		})
	}
}

// bindImports finds the names that imports define in a module and in its functions.
func (p *project) bindImports(m *module) {
	others := 0
	for _, stmt := range m.body {
		if imported, ok := stmt.(*python.Import); ok {
			p.bindImport(m, imported, m.bindings, others)
			continue
		}
		others++
		python.Walk(stmt, func(node python.Node) bool {
			switch node := node.(type) {
			case *python.Def:
				p.bindFunction(m, node)
			case *python.Import:
				if !isDefinition(stmt) {
					p.bindConditional(m, node)
				}
			}
			return true
		})
	}
}

// bindFunction finds the names that the imports of a function define.
func (p *project) bindFunction(m *module, def *python.Def) {
	found := map[string]*binding{}
	python.Walk(def.Body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def, *python.Lambda, *python.Class:
			return false
		case *python.Import:
			p.bindImport(m, node, found, -1)
		}
		return true
	})
	m.scopes[def] = found
}

// bindConditional adds the names of an import that is inside another statement of a module, such as if or try. It skips
// imports of helper modules. A name that already has a meaning keeps it.
func (p *project) bindConditional(m *module, stmt *python.Import) {
	for _, alias := range stmt.Names {
		name, _, _ := strings.Cut(alias.As, ".")
		if m.bindings[name] == nil && len(p.imported(m, stmt)) == 0 {
			m.bindings[name] = &binding{symbol: &symbol{pos: stmt.Pos, name: name}}
		}
	}
}

// checkSecondNames reports assignments that give a class of a helper module a second name in the locustfile. Locust
// would find the class under that name and run its users.
func (p *project) checkSecondNames() {
	root := p.order[0]
	visible := map[*symbol]bool{}
	for _, each := range root.bindings {
		visible[each.symbol] = each.symbol != nil
	}
	for _, m := range p.order {
		r := rewriter{project: p, module: m}
		for _, stmt := range m.body {
			assign, ok := stmt.(*python.Assign)
			if !ok || !slices.ContainsFunc(python.Names(assign.Targets[0]), func(name string) bool { return visible[m.bindings[name].symbol] }) {
				continue
			}
			for _, value := range python.Parts(assign.Value) {
				if class := r.symbolOf(value); class != nil && class.isClass && !visible[class] {
					p.fail(assign.Pos, "the class %s gets a second name, so Locust would run its users: import the class under its own name", class.name)
				}
			}
		}
	}
}

func union(x, y map[string]bool) map[string]bool {
	all := maps.Clone(x)
	maps.Copy(all, y)
	return all
}

func keySet(counts map[string]int) map[string]bool {
	found := map[string]bool{}
	for name := range counts {
		found[name] = true
	}
	return found
}

// bindImport adds the names that an import defines to the bindings of a module or a function. at is the number of
// statements before the import, not counting other imports, or -1 in a function.
func (p *project) bindImport(m *module, stmt *python.Import, bindings map[string]*binding, at int) {
	modules := p.imported(m, stmt)
	for _, found := range modules {
		m.uses[found] = true
	}
	switch {
	case !stmt.IsFrom:
		for _, alias := range stmt.Names {
			p.bindModule(stmt, alias, bindings, at)
		}
	case len(modules) == 0:
		for _, alias := range stmt.Names {
			source := stmt.Module
			if strings.HasPrefix(source, "locust.") {
				// The converter treats all modules of Locust as one.
				source = "locust"
			}
			p.bindOther(stmt, alias.As, source+"."+alias.Name, bindings, at)
		}
	default:
		name := p.absolute(m, stmt)
		source := p.modules[name]
		if source == nil {
			source = folderOf(name)
		}
		for _, alias := range p.expand(source, stmt) {
			p.define(bindings, alias.As, &binding{pending: &pending{source, alias.Name}}, stmt.Pos)
		}
	}
}

// bindModule adds the name that `import a.b` or `import a.b as c` defines.
func (p *project) bindModule(stmt *python.Import, alias python.Alias, bindings map[string]*binding, at int) {
	first, _, isDotted := strings.Cut(alias.Name, ".")
	name, full := alias.As, alias.Name
	if isDotted && alias.As == alias.Name {
		name, full = first, first
	}
	switch {
	case p.modules[full] != nil:
		p.define(bindings, name, &binding{module: p.modules[full]}, stmt.Pos)
	case p.modules[alias.Name] != nil:
		if old := bindings[name]; old == nil || old.module == nil || old.module.file != "" {
			p.define(bindings, name, &binding{module: folderOf(first)}, stmt.Pos)
		}
	default:
		p.bindOther(stmt, name, full, bindings, at)
	}
}

// bindOther adds a name that is imported from a module other than a helper module.
func (p *project) bindOther(stmt *python.Import, name, full string, bindings map[string]*binding, at int) {
	key := fmt.Sprint(stmt.IsFrom, " ", full, " ", name)
	if p.imports[key] == nil {
		p.imports[key] = &symbol{pos: stmt.Pos, name: name}
	}
	added := &binding{symbol: p.imports[key], at: at}
	if old := bindings[name]; old != nil && old.symbol != nil && old.symbol.owner == nil && old.at == at && at >= 0 {
		// There are only imports between these two imports, so no code uses the older meaning.
		bindings[name] = added
		return
	}
	p.define(bindings, name, added, stmt.Pos)
}

// define adds a name. If the name already has a meaning, define records both meanings for checkRepeated. The exception
// is a name that the module itself defines and also imports from a helper module: it keeps its meaning.
func (p *project) define(bindings map[string]*binding, name string, added *binding, pos python.Pos) {
	old := bindings[name]
	switch {
	case old == nil:
		bindings[name] = added
	case old.symbol != nil && old.symbol.owner != nil && added.pending != nil:
	default:
		p.repeated = append(p.repeated, repeated{pos, name, old, added})
	}
}

// repeated is a name that already had a meaning when an import defined it.
type repeated struct {
	pos        python.Pos
	name       string
	old, added *binding
}

// checkRepeated reports names that several imports define with different meanings.
func (p *project) checkRepeated() {
	for _, each := range p.repeated {
		p.resolve(each.old, map[*binding]bool{})
		p.resolve(each.added, map[*binding]bool{})
		if each.old.module != each.added.module || each.old.symbol != each.added.symbol {
			p.fail(each.pos, "%s has several meanings: import it with another name", each.name)
		}
	}
	p.repeated = nil
}

// expand returns the names that an import from a module defines.
func (p *project) expand(source *module, stmt *python.Import) []python.Alias {
	if stmt.Names[0].Name != "*" {
		return stmt.Names
	}
	var all []python.Alias
	for _, name := range slices.Sorted(maps.Keys(p.exports(source, map[*module]bool{}))) {
		all = append(all, python.Alias{Name: name, As: name})
	}
	return all
}

// exports returns the names that `from module import *` defines. open contains the modules whose names are being
// collected, because modules may import each other in a cycle.
func (p *project) exports(m *module, open map[*module]bool) map[string]bool {
	if listed, ok := p.listed(m); ok {
		found := map[string]bool{}
		for _, name := range listed {
			found[name] = true
		}
		return found
	}
	if open[m] {
		return nil
	}
	open[m] = true
	defer delete(open, m)
	found := keySet(m.defined)
	for _, stmt := range m.body {
		imported, ok := stmt.(*python.Import)
		if !ok {
			continue
		}
		modules := p.imported(m, imported)
		for _, alias := range imported.Names {
			if alias.Name == "*" && len(modules) > 0 {
				maps.Copy(found, p.exports(p.modules[p.absolute(m, imported)], open))
				continue
			}
			first, _, _ := strings.Cut(alias.As, ".")
			found[first] = true
		}
	}
	maps.DeleteFunc(found, func(name string, _ bool) bool { return strings.HasPrefix(name, "_") || name == "*" })
	return found
}

// listed returns the names in __all__. It returns false if the module has no __all__.
func (p *project) listed(m *module) (listed []string, ok bool) {
	if !m.identifiers["__all__"] {
		return nil, false
	}
	for _, stmt := range m.body {
		assign, ok := stmt.(*python.Assign)
		if !ok || len(assign.Targets) != 1 || !slices.Contains(python.Names(assign.Targets[0]), "__all__") {
			continue
		}
		list, ok := assign.Value.(*python.Sequence)
		if !ok {
			break
		}
		for _, item := range list.Items {
			if text, ok := python.TextOf(item); ok {
				listed = append(listed, text)
			}
		}
		if len(listed) == len(list.Items) && m.defined["__all__"] == 1 && python.Loads(m.body, "__all__") == 0 {
			return listed, true
		}
		break
	}
	p.fail(python.PositionOf(m.body, "__all__"), "__all__ must be a list of string literals, and may only be set once")
	return listed, true
}

// resolve finds the module or symbol that an imported name means. It follows names that modules import from each other.
func (p *project) resolve(each *binding, seen map[*binding]bool) {
	if each.pending == nil || seen[each] {
		return
	}
	seen[each] = true
	found := p.member(each.pending.module, each.pending.name)
	if found == nil {
		return
	}
	p.resolve(found, seen)
	each.module, each.symbol, each.pending = found.module, found.symbol, found.pending
}

// member returns the meaning of a name in a module, or nil if the module does not define the name.
func (p *project) member(m *module, name string) *binding {
	if found := m.bindings[name]; found != nil {
		return found
	}
	if inner := p.modules[m.name+"."+name]; inner != nil && m.name != "" {
		return &binding{module: inner}
	}
	return nil
}
