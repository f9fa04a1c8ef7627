package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// trim returns the statements of the file without the parts that cannot affect the load: listeners that only keep
// records, and functions, classes, and variables that nothing uses.
func (c *converter) trim(body []python.Stmt) []python.Stmt {
	for _, stmt := range body {
		if def, ok := stmt.(*python.Def); ok {
			c.moduleDefs[def.Name] = true
		}
	}
	inert := c.inertListeners(body)
	body = slices.DeleteFunc(slices.Clone(body), func(stmt python.Stmt) bool {
		def, ok := stmt.(*python.Def)
		if !ok || !inert[def] {
			return false
		}
		c.note(def.Pos, "the listener of events.%s was left out, because it does not affect the load", c.eventOf(def))
		return true
	})
	for {
		kept := slices.DeleteFunc(slices.Clone(body), func(stmt python.Stmt) bool { return c.isUnused(stmt, body) })
		if len(kept) == len(body) {
			return kept
		}
		body = kept
	}
}

// eventOf returns the name of the event that a function listens to. It returns "" for other functions.
func (c *converter) eventOf(def *python.Def) string {
	if len(def.Decorators) != 1 {
		return ""
	}
	name, ok := strings.CutPrefix(c.qualified(python.Callee(def.Decorators[0])), "locust.events.")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(name, ".add_listener")
}

// convertedEvents contains the events whose listeners trim keeps.
var convertedEvents = []string{"init_command_line_parser", "test_start", "test_stop"}

// inertListeners returns the listeners that do nothing except print, write to the log and to files, and change
// variables that the rest of the file does not read. It ignores listeners of convertedEvents.
func (c *converter) inertListeners(body []python.Stmt) map[*python.Def]bool {
	file := c.recordsOf(body)
	inert := map[*python.Def]bool{}
	for _, stmt := range body {
		if def, ok := stmt.(*python.Def); ok {
			event := c.eventOf(def)
			if event != "" && !slices.Contains(convertedEvents, event) && c.scopeOf(def, file).isHarmless() {
				inert[def] = true
			}
		}
	}
	for {
		before := len(inert)
		for def := range inert {
			for name := range file.stores {
				if changes(def, name) && c.isReadOutside(body, inert, name) {
					delete(inert, def)
				}
			}
		}
		if len(inert) == before {
			return inert
		}
	}
}

// isReadOutside returns whether statements other than inert listeners use a variable.
func (c *converter) isReadOutside(body []python.Stmt, inert map[*python.Def]bool, name string) bool {
	for _, stmt := range body {
		if def, ok := stmt.(*python.Def); ok && inert[def] {
			continue
		}
		if python.Loads(stmt, name) > 0 {
			return true
		}
	}
	return false
}

// changed returns the variables that the statements assign to, or whose objects they change.
func changed(body any) map[string]bool {
	found := mutated(body)
	python.Walk(body, func(node python.Node) bool {
		for _, name := range python.AssignedNames(node) {
			found[name] = true
		}
		return true
	})
	return found
}

// mutated returns the variables whose objects the statements change through an attribute, an item, a method, del, or
// next().
func mutated(body any) map[string]bool {
	found := map[string]bool{}
	python.Walk(body, func(node python.Node) bool {
		for _, part := range python.AssignedParts(node) {
			if _, isName := part.(*python.Name); !isName {
				found[python.Root(part)] = true
			}
		}
		switch node := node.(type) {
		case *python.Call:
			if method, ok := node.Func.(*python.Attribute); ok && slices.Contains(mutators, method.Name) {
				found[python.Root(method.X)] = true
			}
			if name, ok := node.Func.(*python.Name); ok && name.ID == "next" && len(node.Args) > 0 {
				found[python.Root(node.Args[0])] = true
			}
		case *python.Del:
			for _, target := range node.Targets {
				found[python.Root(target)] = true
			}
		}
		return true
	})
	return found
}

// changes returns whether a listener may change a variable of the module, or an object in it.
func changes(def *python.Def, name string) bool {
	found := changed(def.Body)
	if found[name] {
		return true
	}
	for local := range python.Stored(def.Body) {
		// The object in a local variable may be part of the module's variable.
		if found[local] && python.Loads(def.Body, name) > 0 {
			return true
		}
	}
	return false
}

// plainModules contains modules whose classes are never users of Locust.
var plainModules = []string{"flask.", "flask_login.", "werkzeug."}

// constructors contains functions that only create an object.
var constructors = []string{"flask.Blueprint", "threading.Semaphore", "threading.Lock", "gevent.lock.Semaphore", "logging.getLogger"}

// isUnused returns whether a statement only defines a name that no other statement uses.
func (c *converter) isUnused(stmt python.Stmt, body []python.Stmt) bool {
	isUsed := func(name string) bool {
		for _, other := range body {
			if other != stmt && (python.Loads(other, name) > 0 || python.GlobalNames([]python.Stmt{other})[name]) {
				return true
			}
		}
		return false
	}
	switch stmt := stmt.(type) {
	case *python.Def:
		if len(stmt.Decorators) > 0 || isUsed(stmt.Name) || isTest(stmt) {
			return false
		}
		if stmt.File == "" {
			c.note(stmt.Pos, "the function %s was left out, because nothing uses it", stmt.Name)
		}
		return true
	case *python.Class:
		if c.hidden[stmt.Name] && len(stmt.Decorators) == 0 && !isUsed(stmt.Name) {
			return true
		}
		if len(stmt.Decorators) > 0 || isUsed(stmt.Name) || len(stmt.Bases) != 1 {
			return false
		}
		base := c.qualified(stmt.Bases[0])
		if !slices.ContainsFunc(plainModules, func(name string) bool { return strings.HasPrefix(base, name) }) {
			return false
		}
		c.note(stmt.Pos, "the class %s was left out, because nothing uses it", stmt.Name)
		return true
	case *python.Assign:
		if len(stmt.Targets) != 1 || stmt.Value == nil {
			return false
		}
		name, ok := stmt.Targets[0].(*python.Name)
		return ok && !isUsed(name.ID) && c.isEffectFree(stmt.Value)
	}
	return false
}

// isTest returns whether Locust runs a function as a test case if the file has no user classes.
func isTest(def *python.Def) bool { return strings.HasPrefix(def.Name, "test_") }

// isEffectFree returns whether the evaluation of an expression has no effect, and cannot fail.
func (c *converter) isEffectFree(expr python.Expr) bool {
	isFree := true
	python.Walk(expr, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Constant, *python.Name, *python.Sequence, *python.Dict, *python.JoinedStr, *python.Formatted:
		case *python.Attribute:
			isFree = isFree && c.qualified(node) != ""
		case *python.Call:
			full := c.qualified(node.Func)
			isFree = isFree && (slices.Contains(constructors, full) || slices.Contains(containers, full) || strings.HasPrefix(full, "os.path."))
		default:
			isFree = false
		}
		return isFree
	})
	return isFree
}
