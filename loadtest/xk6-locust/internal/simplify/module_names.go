package simplify

import (
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// name gives each symbol a unique name in the merged file. Most names in the locustfile do not change.
func (p *project) name() {
	taken := map[string]bool{}
	for _, m := range p.order {
		for _, each := range m.symbols() {
			if each.merged != "" || each.owner != nil && each.owner != m {
				continue
			}
			each.merged = each.name
			switch {
			case !taken[p.scriptName(each.name)] && !p.isAmbiguous(each):
			case each.isClass:
				p.fail(python.PositionOf(each.owner.body, each.name), "another module uses the name of the class %s for something else: rename one of them", each.name)
			case each.owner == nil && slices.Contains([]string{"task", "tag"}, each.name):
				p.fail(each.pos, "another module uses the name %s for something else: rename one of them", each.name)
			default:
				each.merged = each.prefix() + "_" + each.name
				for taken[p.scriptName(each.merged)] || p.isUsed(each.merged) {
					each.merged += "_"
				}
			}
			taken[p.scriptName(each.merged)] = true
		}
	}
}

// symbols returns the symbols of a module in a fixed order. Symbols come last if only functions import them.
func (m *module) symbols() []*symbol {
	var found []*symbol
	add := func(bindings map[string]*binding) {
		for _, name := range slices.Sorted(maps.Keys(bindings)) {
			if each := bindings[name].symbol; each != nil {
				found = append(found, each)
			}
		}
	}
	add(m.bindings)
	python.Walk(m.body, func(node python.Node) bool {
		if def, ok := node.(*python.Def); ok {
			add(m.scopes[def])
		}
		return true
	})
	return found
}

// prefix returns the prefix that distinguishes a symbol from a different one with the same name in another module.
func (s *symbol) prefix() string {
	switch {
	case s.owner == nil:
		return "imported"
	case s.owner.name == "":
		return "own"
	}
	return s.owner.name[strings.LastIndex(s.owner.name, ".")+1:]
}

func (p *project) isUsed(name string) bool {
	return slices.ContainsFunc(p.order, func(m *module) bool { return m.identifiers[name] })
}

// isAmbiguous returns whether another module of the project may use the name of a symbol with a different meaning. It
// returns true for symbols of helper modules with the name of a built-in, and false for names that neither Python nor a
// helper module defines.
func (p *project) isAmbiguous(each *symbol) bool {
	isBuiltin := slices.Contains(BuiltinNames, each.name)
	isOfHelper := each.owner != nil && each.owner.name != ""
	if isBuiltin && isOfHelper {
		return true
	}
	return (isBuiltin || isOfHelper) && slices.ContainsFunc(p.order, func(m *module) bool {
		found := m.bindings[each.name]
		return m != each.owner && (isBuiltin || len(m.uses) > 0) && m.identifiers[each.name] && (found == nil || found.symbol != each)
	})
}
