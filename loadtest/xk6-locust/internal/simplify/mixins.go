package simplify

import (
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// mixins copies the members of mixins to the classes that use them. A mixin is a class without a base class that
// another class lists before its last base class. As in Python, members of the class take precedence over those of its
// mixins, and members of mixins over those of the last base class. A class is not changed if it calls methods of its
// mixins with super(), or if one of its mixins uses super().
func mixins(body []python.Stmt, isReserved func(member string) bool) []python.Stmt {
	plain, used := map[string]*python.Class{}, map[string]bool{}
	for _, stmt := range body {
		class, ok := stmt.(*python.Class)
		switch {
		case ok && isPlainClass(class) && python.Loads(body, class.Name) == basesNamed(body, class.Name):
			plain[class.Name] = class
		case ok:
			for _, name := range flatten(class, plain, isReserved) {
				used[name] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(body), func(stmt python.Stmt) bool {
		class, ok := stmt.(*python.Class)
		return ok && used[class.Name] && python.Loads(body, class.Name) == 0
	})
}

// basesNamed returns how many times a class is a base class.
func basesNamed(body []python.Stmt, name string) int {
	count := 0
	for _, stmt := range body {
		if class, ok := stmt.(*python.Class); ok {
			for _, base := range class.Bases {
				count += python.Loads(base, name)
			}
		}
	}
	return count
}

// isPlainClass returns whether a class has no base class other than object, no metaclass, and no decorators.
func isPlainClass(class *python.Class) bool {
	for _, base := range class.Bases {
		if name, ok := base.(*python.Name); !ok || name.ID != "object" {
			return false
		}
	}
	return len(class.Keywords) == 0 && len(class.Decorators) == 0
}

// flatten copies the members of a class's mixins into the class, and returns the names of the mixins. It returns nil if
// it does not change the class.
func flatten(class *python.Class, plain map[string]*python.Class, isReserved func(member string) bool) []string {
	if len(class.Bases) < 2 || len(class.Keywords) > 0 {
		return nil
	}
	orderBases(class, plain, isReserved)
	last := len(class.Bases) - 1
	members, calls := membersOf(class), superCalls(class)
	var copied []python.Stmt
	var flattened []string
	for _, base := range class.Bases[:last] {
		name, ok := base.(*python.Name)
		if !ok || plain[name.ID] == nil || len(superCalls(plain[name.ID])) > 0 {
			return nil
		}
		own := membersOf(plain[name.ID])
		for called := range calls {
			if own[called] {
				return nil
			}
		}
		for _, stmt := range plain[name.ID].Body {
			if member := memberOf(stmt); member != nil && !members[member.name] && member.name != "abstract" {
				copied = append(copied, member.stmt)
			}
		}
		for member := range own {
			members[member] = true
		}
		flattened = append(flattened, name.ID)
	}
	class.Bases = class.Bases[last:]
	class.Body = append(slices.Clone(class.Body), copied...)
	return flattened
}

// orderBases moves Locust's base class behind the mixins that follow it, unless a mixin defines a member that Locust
// also defines.
func orderBases(class *python.Class, plain map[string]*python.Class, isReserved func(member string) bool) {
	base, ok := class.Bases[0].(*python.Name)
	if !ok || !slices.Contains(userClasses, base.ID) && !slices.Contains(taskSets, base.ID) {
		return
	}
	for _, each := range class.Bases[1:] {
		name, ok := each.(*python.Name)
		if !ok || plain[name.ID] == nil {
			return
		}
		for member := range membersOf(plain[name.ID]) {
			if isReserved(member) || slices.Contains([]string{"tasks", "abstract", "__init__", "environment"}, member) {
				return
			}
		}
	}
	class.Bases = append(slices.Clone(class.Bases[1:]), base)
}

// member is a method or a field of a class.
type member struct {
	name string
	stmt python.Stmt
}

// memberOf returns the member that a statement defines. Locust ignores decorators such as @task in mixins.
func memberOf(stmt python.Stmt) *member {
	switch stmt := stmt.(type) {
	case *python.Def:
		method := *stmt
		method.Decorators = slices.DeleteFunc(slices.Clone(stmt.Decorators), isTaskDecorator)
		return &member{stmt.Name, &method}
	case *python.Class:
		return &member{stmt.Name, stmt}
	case *python.Assign:
		if len(stmt.Targets) == 1 && len(python.Names(stmt.Targets[0])) == 1 {
			return &member{python.Names(stmt.Targets[0])[0], stmt}
		}
	}
	return nil
}

func isTaskDecorator(expr python.Expr) bool {
	if call, ok := expr.(*python.Call); ok {
		expr = call.Func
	}
	switch expr := expr.(type) {
	case *python.Name:
		return expr.ID == "task" || expr.ID == "tag"
	case *python.Attribute:
		return expr.Name == "task" || expr.Name == "tag"
	}
	return false
}

func membersOf(class *python.Class) map[string]bool {
	found := map[string]bool{}
	for _, stmt := range class.Body {
		if member := memberOf(stmt); member != nil {
			found[member.name] = true
		}
	}
	return found
}

// superCalls returns the names of the methods that a class calls with super().
func superCalls(class *python.Class) map[string]bool {
	found := map[string]bool{}
	python.Walk(class.Body, func(node python.Node) bool {
		if attribute, ok := node.(*python.Attribute); ok && python.IsSuper(attribute.X) {
			found[attribute.Name] = true
		}
		return true
	})
	return found
}
