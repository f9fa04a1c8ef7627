package convert

import (
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// clients returns whether the current code may run in a FastHttpUser, and whether it may run in an HttpUser. Code that
// no user reaches counts as code of all users.
func (c *converter) clients() (isFast, isSlow bool) {
	name := ""
	for f := c.f; f != nil && f.id != ""; f = f.outer {
		name = f.name
		if f.of == nil {
			continue
		}
		if f.of.isUser() {
			return f.of.isFast, !f.of.isFast
		}
		name = f.of.Name
	}
	if c.reachable == nil {
		edges := c.references()
		c.reachable = map[bool]map[string]bool{true: {}, false: {}}
		for _, k := range c.classes {
			if k.base == "HttpUser" && !c.unused[k.Name] {
				reach(edges, k.Name, c.reachable[k.isFast])
			}
		}
	}
	isFast, isSlow = c.reachable[true][name], c.reachable[false][name]
	if isFast || isSlow {
		return isFast, isSlow
	}
	return len(c.reachable[true]) > 0, len(c.reachable[false]) > 0
}

// reach adds name to found. It also adds all names that can be reached from name along the edges.
func reach(edges map[string][]string, name string, found map[string]bool) {
	if found[name] {
		return
	}
	found[name] = true
	for _, next := range edges[name] {
		reach(edges, next, found)
	}
}

// references maps each class, function, and variable of the module to the classes, functions, and variables that its
// code may use.
func (c *converter) references() map[string][]string {
	edges := map[string][]string{}
	connect := func(from string, node any) {
		python.Walk(node, func(node python.Node) bool {
			switch node := node.(type) {
			case *python.Name:
				if c.isOfModule(node.ID) {
					edges[from] = append(edges[from], node.ID)
				}
			case *python.Attribute:
				if c.classes[node.Name] != nil {
					edges[from] = append(edges[from], node.Name)
				}
			case *python.Class:
				edges[from] = append(edges[from], node.Name)
			case *python.Def:
				// Code in a static method has no class in its scope, so clients() looks for the name of the method.
				if isStaticMethod(node) {
					edges[from] = append(edges[from], node.Name)
				}
			}
			return true
		})
	}
	for _, stmt := range c.body {
		switch stmt := stmt.(type) {
		case *python.Import:
		case *python.Def:
			connect(stmt.Name, stmt)
			c.connectStored(edges, stmt.Name, stmt)
		case *python.Class:
			python.Walk(stmt, func(node python.Node) bool {
				if class, ok := node.(*python.Class); ok {
					connect(class.Name, class)
				}
				return true
			})
			c.connectStored(edges, stmt.Name, stmt)
		default:
			// Any name in the statement may lead to all others in it, for example in CLASS.tasks = [FUNCTION].
			python.Walk(stmt, func(node python.Node) bool {
				if name, ok := node.(*python.Name); ok && c.isOfModule(name.ID) {
					connect(name.ID, stmt)
				}
				return true
			})
		}
	}
	return edges
}

func (c *converter) isOfModule(name string) bool {
	return c.classes[name] != nil || c.functions[name] != nil || c.globals[name]
}

// connectStored finds the variables and classes in which node stores functions. node is a function or a class. Each of
// the variables and classes is connected to the name of node, because code that reads the variable may call the stored
// function.
func (c *converter) connectStored(edges map[string][]string, name string, node python.Node) {
	python.Walk(node, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Call:
			method, ok := node.Func.(*python.Attribute)
			if ok && slices.ContainsFunc(values(node), c.hasFunction) {
				edges[python.Root(method.X)] = append(edges[python.Root(method.X)], name)
			}
		case *python.Assign:
			for _, target := range node.Targets {
				for _, part := range python.Parts(target) {
					if c.hasFunction(node.Value) {
						edges[python.Root(part)] = append(edges[python.Root(part)], name)
					}
				}
			}
		}
		return true
	})
}

// hasFunction returns whether the value of an expression may contain a function or a class of the file.
func (c *converter) hasFunction(expr python.Expr) bool {
	found := false
	var visit func(node python.Node) bool
	visit = func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Call:
			// The called function is not part of the value, but its arguments may be.
			if attribute, ok := node.Func.(*python.Attribute); ok {
				python.Walk(attribute.X, visit)
			}
			python.Walk(node.Args, visit)
			python.Walk(node.Keywords, visit)
			return false
		case *python.Lambda:
			found = true
		case *python.Name:
			found = found || c.classes[node.ID] != nil || c.functions[node.ID] != nil
		case *python.Attribute:
			found = found || c.methods[node.Name] > 0
		}
		return !found
	}
	python.Walk(expr, visit)
	return found
}
