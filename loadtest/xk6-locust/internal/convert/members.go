package convert

import (
	"maps"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// methodNames maps methods that Python or Locust calls to their names in the script.
var methodNames = map[string]string{"__str__": "toString", "on_start": "onStart", "on_stop": "onStop", "wait_time": "waitTime", "tick": "tick"}

// taken contains names that a field or method of the locustfile cannot keep. They have a different meaning in
// k6/x/locust, or k6/x/locust would treat them as misspelled.
var taken = []string{
	"stop", "sleep", "wait", "interrupt", "userNumber", "setupData", "header", "onStart", "onStop", "waitTime", "constructor", "poolSize",
	"http2", "task", "hosts", "headers", "fixedCount", "concurrency", "getRunTime", "getCurrentUserCount", "user", "parent", "client",
	"transition", "transitions",
}

// member returns the name that a field or method has in the script.
func (c *converter) member(name string) string {
	if methodNames[name] != "" {
		return methodNames[name]
	}
	if name == "constructor" || slices.Contains(taken, name) && c.isFieldOf(name, func(k *class) bool { return k.base != "" }) {
		return "_" + name
	}
	if slices.Contains(ofErrors, name) && c.isFieldOf(name, func(k *class) bool { return k.base == "Exception" }) {
		return "_" + name
	}
	return name
}

// ofErrors contains names that fields of exceptions cannot keep, because errors in JavaScript have fields with these
// names.
var ofErrors = []string{"message", "name", "stack", "cause", "type", "base"}

// checkMembers reports fields and methods that would have the same name in the script.
func (c *converter) checkMembers() {
	all := func(*class) bool { return true }
	for _, k := range c.classes {
		for _, name := range slices.Concat(slices.Collect(maps.Keys(k.members)), slices.Collect(maps.Keys(c.assigned(k)))) {
			js := c.member(name)
			if js != name && c.isFieldOf(js, all) || k.statics["_"+name] && c.isFieldOf("_"+name, all) {
				c.fail(k.Pos, "%s has the fields %s and _%s, which would have the same name in the script: rename one", k.Name, name, name)
			}
		}
	}
}

// isFieldOf returns whether a class for which `some` returns true defines a field or method with this name.
func (c *converter) isFieldOf(name string, some func(*class) bool) bool {
	for _, k := range c.classes {
		if some(k) && (k.members[name] || c.assigned(k)[name]) {
			return true
		}
	}
	return false
}

// isOwnField returns whether the locustfile defines a field or method with this name.
func (c *converter) isOwnField(name string) bool {
	return c.isFieldOf(name, func(*class) bool { return true })
}

// isOwnFieldOf returns whether a class to which an object may belong defines a field or method with this name. Fields
// of other classes may have the same names as Locust's fields, such as `client`.
func (c *converter) isOwnFieldOf(x code, name string) bool {
	k := c.classOf()
	switch {
	case x.t == "user", x.t == "self" && x.js != "this", x.t == "self" && k != nil && k.hasTasks():
		return c.isFieldOf(name, (*class).hasTasks)
	case x.t == "self":
		return c.isFieldOf(name, func(k *class) bool { return !k.hasTasks() })
	}
	return c.isOwnField(name)
}

// findStatics finds the fields that the locustfile reads or writes through a class. Such a field is static in that
// class, in the class that defines the field, and in all subclasses that define it.
func (c *converter) findStatics(body []python.Stmt) {
	mark := func(k *class, name string) {
		for ; k != nil; k = k.parent {
			k.statics[name] = true
		}
	}
	python.Walk(body, func(node python.Node) bool {
		if attribute, ok := node.(*python.Attribute); ok {
			if name, ok := attribute.X.(*python.Name); ok && c.classes[name.ID] != nil {
				mark(c.classes[name.ID], attribute.Name)
			}
		}
		return true
	})
	for _, k := range c.classes {
		python.Walk(k.Body, func(node python.Node) bool {
			if attribute, ok := node.(*python.Attribute); ok && isClassOfObject(attribute.X) {
				mark(k, attribute.Name)
			}
			return true
		})
		for _, stmt := range k.Body {
			def, ok := stmt.(*python.Def)
			if !ok || !isDecorated(def, "classmethod") || len(def.Params) == 0 {
				continue
			}
			python.Walk(def.Body, func(node python.Node) bool {
				if attribute, ok := node.(*python.Attribute); ok {
					if name, ok := attribute.X.(*python.Name); ok && name.ID == def.Params[0].Name {
						mark(k, attribute.Name)
					}
				}
				return true
			})
		}
	}
	for _, k := range c.classes {
		for parent := k.parent; parent != nil; parent = parent.parent {
			for name := range parent.statics {
				if parent.members[name] && k.members[name] {
					k.statics[name] = true
				}
			}
		}
	}
}

// isReserved returns whether Locust or k6/x/locust gives a member of a class a meaning.
func isReserved(member string) bool {
	return methodNames[member] != "" || fields[member] != "" || slices.Contains(taken, member) || slices.Contains(unsupportedFields, member) ||
		slices.Contains(ignoredFields, member) || slices.Contains(schedulingMethods, member)
}
