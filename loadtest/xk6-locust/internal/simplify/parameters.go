package simplify

import (
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// orderParameters puts the parameters of all functions in the order that JavaScript needs, in which keyword-only
// parameters come before `*args`. It removes the marker `*`.
func orderParameters(body []python.Stmt, fail Reporter) {
	defs := map[string][]*python.Def{}
	python.Walk(body, func(node python.Node) bool {
		def, ok := node.(*python.Def)
		if !ok {
			return true
		}
		def.Params = slices.DeleteFunc(slices.Clone(def.Params), func(param python.Param) bool { return param.Kind == "*" && param.Name == "" })
		rank := func(param python.Param) int {
			switch param.Kind {
			case "*":
				return 1
			case "**":
				return 2
			}
			return 0
		}
		slices.SortStableFunc(def.Params, func(x, y python.Param) int { return rank(x) - rank(y) })
		defs[def.Name] = append(defs[def.Name], def)
		return true
	})
	for name, all := range defs {
		for _, def := range all {
			// A call by this name may reach any function or method that has the name.
			isSame := func(other *python.Def) bool {
				return slices.EqualFunc(def.Params[min(1, len(def.Params)):], other.Params[min(1, len(other.Params)):], python.SameParam)
			}
			if python.TakesKeywords(def.Params) && slices.ContainsFunc(all, func(other *python.Def) bool { return !isSame(other) }) {
				fail(def.Pos, "%s has parameters after *args, but another function of this name has different parameters: rename one", name)
			}
		}
	}
}
