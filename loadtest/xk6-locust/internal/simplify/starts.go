package simplify

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// withStarts changes users whose __init__ makes requests, because a constructor in JavaScript cannot wait for them. It
// moves the body of __init__ to a method that on_start calls first. It leaves classes with subclasses unchanged.
func withStarts(body []python.Stmt, note Reporter) []python.Stmt {
	s := starts{imports: importsOf(body), functions: map[string]*python.Def{}, classes: map[string]*python.Class{}}
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Def:
			s.functions[stmt.Name] = stmt
		case *python.Class:
			s.classes[stmt.Name] = stmt
		}
	}
	for _, stmt := range body {
		class, ok := stmt.(*python.Class)
		if !ok || !s.isUser(class) || basesNamed(body, class.Name) > 0 {
			continue
		}
		s.move(class, note)
	}
	return body
}

type starts struct {
	imports   Imports
	functions map[string]*python.Def
	classes   map[string]*python.Class
}

// isUser returns whether a class extends one of Locust's user classes.
func (s *starts) isUser(class *python.Class) bool {
	seen := map[*python.Class]bool{}
	for class != nil && len(class.Bases) == 1 && !seen[class] {
		seen[class] = true
		if base, isOfLocust := strings.CutPrefix(s.imports.Qualified(class.Bases[0]), "locust."); isOfLocust {
			return slices.Contains(userClasses, base)
		}
		name, ok := class.Bases[0].(*python.Name)
		if !ok {
			return false
		}
		class = s.classes[name.ID]
	}
	return false
}

func methodIn(class *python.Class, name string) *python.Def {
	for _, stmt := range class.Body {
		if def, ok := stmt.(*python.Def); ok && def.Name == name {
			return def
		}
	}
	return nil
}

// parentHas returns whether a base class in the file has a method.
func (s *starts) parentHas(class *python.Class, method string) bool {
	name, ok := class.Bases[0].(*python.Name)
	if !ok || s.classes[name.ID] == nil {
		return false
	}
	parent := s.classes[name.ID]
	return methodIn(parent, method) != nil || len(parent.Bases) == 1 && s.parentHas(parent, method)
}

// makesRequests returns whether the statements of a class make requests, directly or in the functions that they call.
func (s *starts) makesRequests(class *python.Class, body []python.Stmt, seen map[string]bool) bool {
	found := false
	visit := func(name string, def *python.Def) {
		if def != nil && !seen[name] {
			seen[name] = true
			found = found || s.makesRequests(class, def.Body, seen)
		}
	}
	python.Walk(body, func(node python.Node) bool {
		call, ok := node.(*python.Call)
		if !ok {
			return !found
		}
		full := s.imports.Qualified(call.Func)
		found = found || strings.HasPrefix(full, "requests.")
		switch callee := call.Func.(type) {
		case *python.Name:
			visit(callee.ID, s.functions[callee.ID])
		case *python.Attribute:
			client, isClient := callee.X.(*python.Attribute)
			found = found || isClient && client.Name == "client" && slices.Contains(RequestMethods, callee.Name)
			if _, isName := callee.X.(*python.Name); isName {
				visit("."+callee.Name, methodIn(class, callee.Name))
			}
		}
		return !found
	})
	return found
}

func (s *starts) move(class *python.Class, note Reporter) {
	init := methodIn(class, "__init__")
	if init == nil || len(init.Params) == 0 || !s.makesRequests(class, init.Body, map[string]bool{}) {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(init.Body), func(stmt python.Stmt) bool { return python.ConstructorCall(stmt) != nil })
	for _, param := range init.Params[1:] {
		if python.Loads(rest, param.Name) > 0 {
			return
		}
	}
	pos, self := init.Pos, init.Params[0].Name
	name := "start_of_" + class.Name
	call := func(of string) python.Stmt {
		return &python.ExprStmt{Pos: pos, X: &python.Call{Pos: pos, Func: &python.Attribute{Pos: pos, X: &python.Name{Pos: pos, ID: of}, Name: name}}}
	}
	start := methodIn(class, "on_start")
	switch {
	case start == nil:
		start = &python.Def{Pos: pos, Name: "on_start", Params: []python.Param{{Pos: pos, Name: self}}, Body: []python.Stmt{call(self)}}
		if s.parentHas(class, "on_start") {
			super := &python.Call{Pos: pos, Func: &python.Name{Pos: pos, ID: "super"}}
			start.Body = append(start.Body, &python.ExprStmt{Pos: pos, X: &python.Call{Pos: pos, Func: &python.Attribute{Pos: pos, X: super, Name: "on_start"}}})
		}
		class.Body = append(class.Body, start)
	case len(start.Params) == 0 || len(start.Decorators) > 0:
		return
	default:
		start.Body = append([]python.Stmt{call(start.Params[0].Name)}, start.Body...)
	}
	moved := *init
	moved.Name, moved.Params, moved.Body = name, init.Params[:1], rest
	for i, stmt := range class.Body {
		if stmt == python.Stmt(init) {
			class.Body[i] = &moved
		}
	}
	note(pos, "the code of %s.__init__ runs at the start of on_start, because a constructor in JavaScript cannot wait for requests", class.Name)
}
