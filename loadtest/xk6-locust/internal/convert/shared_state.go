package convert

import (
	"maps"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// readsChangedByUsers returns the variables that a listener reads, and that users or listeners of requests change.
func (c *converter) readsChangedByUsers(def *python.Def) []string {
	reads := c.reads(def.Body)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.changedByUsers())), func(name string) bool { return !reads[name] })
}

// checkReads rejects a listener if it reads variables that users change. The listener runs in another runtime, so it
// would not see the changes.
func (c *converter) checkReads(def *python.Def) {
	for _, name := range c.readsChangedByUsers(def) {
		c.fail(def.Pos, "the listener of events.%s reads %s, which changes during the run", c.eventOf(def), name)
	}
}

// reached returns the statements, and the bodies of all functions of the file that they name, directly or indirectly.
func (c *converter) reached(body []python.Stmt) []python.Stmt {
	all := slices.Clone(body)
	seen := map[string]bool{}
	for at := 0; at < len(all); at++ {
		python.Walk(all[at], func(node python.Node) bool {
			if name, ok := node.(*python.Name); ok && c.functions[name.ID] != nil && !seen[name.ID] {
				seen[name.ID] = true
				all = append(all, c.functions[name.ID].Body...)
			}
			return true
		})
	}
	return all
}

// recordTransfers records the variables that code in setup() changes. k6 runs setup() in a runtime of its own, so the
// script must transfer them to the runtimes of the users.
func (c *converter) recordTransfers(body []python.Stmt) {
	locals := python.Stored(body)
	for name := range python.GlobalNames(body) {
		delete(locals, name)
	}
	for _, stmt := range c.reached(body) {
		for name := range changed(stmt) {
			switch {
			case c.classes[name] != nil:
				c.fail(stmt.Position(), "code that runs at the start of the run cannot change the class %s, because each k6 runtime has its own copy", name)
			case c.globals[name] && locals[name] == 0:
				c.transferred[name] = true
			}
		}
	}
}

// changedByUsers returns the module's variables and classes that are changed by methods, functions, or listeners of
// requests.
func (c *converter) changedByUsers() map[string]bool {
	return c.changedBy(func(def *python.Def) bool { return slices.Contains([]string{"", "request"}, c.eventOf(def)) })
}

// changedBy returns the module's variables and classes that are changed by methods, or by functions for which `some`
// returns true.
func (c *converter) changedBy(some func(*python.Def) bool) map[string]bool {
	found := map[string]bool{}
	for _, stmt := range c.body {
		def, ok := stmt.(*python.Def)
		if _, isClass := stmt.(*python.Class); !isClass && (!ok || !some(def)) {
			continue
		}
		for name := range changed(stmt) {
			if c.globals[name] || c.classes[name] != nil {
				found[name] = true
			}
		}
	}
	return found
}

// reads returns the names that the statements use, directly or in the functions that they call.
func (c *converter) reads(body []python.Stmt) map[string]bool {
	found := map[string]bool{}
	python.Walk(c.reached(body), func(node python.Node) bool {
		if name, ok := node.(*python.Name); ok {
			found[name.ID] = true
		}
		return true
	})
	return found
}
