package simplify

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// withoutFallbacks handles try statements that only import modules and catch an ImportError. It replaces them with the
// statements that Python runs. A module counts as missing if it is not a helper module, not part of Python, and not
// known to the converter.
func (p *project) withoutFallbacks(m *module, body []python.Stmt) []python.Stmt {
	var kept []python.Stmt
	for _, stmt := range body {
		try, ok := stmt.(*python.Try)
		if !ok || !onlyImports(try) {
			kept = append(kept, stmt)
			continue
		}
		first, _ := try.Body[0].(*python.Import)
		switch {
		case m.name == "" && strings.HasPrefix(first.Module, ".") && len(try.Handlers) == 1:
			// Python rejects a relative import in the locustfile.
			kept = append(kept, slices.Concat(try.Handlers[0].Body, try.Finally)...)
		case p.exist(m, try.Body):
			p.noteAssumed(m, try.Body)
			kept = append(kept, slices.Concat(try.Body, try.Else, try.Finally)...)
		case len(try.Handlers) == 1 && !mayExit(try.Handlers[0].Body):
			p.note(try.Pos, "the script does what Python does without the module %s, because k6 does not have it", moduleOf(first))
			kept = append(kept, slices.Concat(try.Handlers[0].Body, try.Finally)...)
		default:
			kept = append(kept, stmt)
		}
	}
	return kept
}

// moduleOf returns the name of the first module that an import names.
func moduleOf(stmt *python.Import) string {
	if stmt.IsFrom {
		return stmt.Module
	}
	return stmt.Names[0].Name
}

// mayExit returns whether the statements may end the program.
func mayExit(body []python.Stmt) bool {
	return python.Contains(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Raise:
			return true
		case *python.Call:
			attribute, isAttribute := node.Func.(*python.Attribute)
			return python.IsName(node.Func, "exit") || python.IsName(node.Func, "quit") || isAttribute && (attribute.Name == "exit" || attribute.Name == "_exit")
		}
		return false
	})
}

// onlyImports returns whether a try statement only imports modules and sets variables to constants, and catches an
// ImportError.
func onlyImports(try *python.Try) bool {
	if len(try.Body) == 0 {
		return false
	}
	if _, isImport := try.Body[0].(*python.Import); !isImport {
		return false
	}
	return !slices.ContainsFunc(try.Body, func(stmt python.Stmt) bool {
		if assign, isAssign := stmt.(*python.Assign); isAssign {
			_, isConstant := assign.Value.(*python.Constant)
			return !isConstant
		}
		_, isImport := stmt.(*python.Import)
		return !isImport
	}) && !slices.ContainsFunc(try.Handlers, func(handler python.Handler) bool {
		name, ok := handler.Type.(*python.Name)
		isUsed := handler.Name != "" && python.Loads(handler.Body, handler.Name) > 0
		return isUsed || handler.Type != nil && (!ok || !slices.Contains([]string{"ImportError", "ModuleNotFoundError", "Exception"}, name.ID))
	})
}

// exist returns whether all imports find their modules: helper modules, standardModules, or knownModules.
func (p *project) exist(m *module, body []python.Stmt) bool {
	return !slices.ContainsFunc(body, func(stmt python.Stmt) bool {
		imported, ok := stmt.(*python.Import)
		return ok && (m.name == "" && strings.HasPrefix(imported.Module, ".") || len(p.imported(m, imported)) == 0 && !isKnownImport(imported))
	})
}

// noteAssumed adds a note for each of the knownModules, which may not be installed in Python.
func (p *project) noteAssumed(m *module, body []python.Stmt) {
	for _, stmt := range body {
		imported, ok := stmt.(*python.Import)
		if !ok || len(p.imported(m, imported)) > 0 {
			continue
		}
		if first, _, _ := strings.Cut(moduleOf(imported), "."); slices.Contains(knownModules, first) {
			p.note(stmt.Position(), "the script does what Python does with the module %s", first)
		}
	}
}

// knownModules lists modules that are not in standardModules but whose functions the converter knows.
var knownModules = []string{"dotenv", "faker", "pyquery", "pytz"}

// isKnownImport returns whether an import names only modules in standardModules and knownModules. Call it only for
// imports that name no helper module.
func isKnownImport(stmt *python.Import) bool {
	isKnown := func(name string) bool {
		first, _, _ := strings.Cut(name, ".")
		return slices.Contains(standardModules, first) || slices.Contains(knownModules, first)
	}
	if !stmt.IsFrom {
		return !slices.ContainsFunc(stmt.Names, func(alias python.Alias) bool { return !isKnown(alias.Name) })
	}
	if stmt.Module == "urllib" {
		parts := []string{"parse", "request", "error", "response", "robotparser"}
		return !slices.ContainsFunc(stmt.Names, func(alias python.Alias) bool { return !slices.Contains(parts, alias.Name) })
	}
	return isKnown(stmt.Module)
}
