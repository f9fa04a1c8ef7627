package convert

import (
	"cmp"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// placesOf returns the paths that an expression may have, and the parameter or loop variable on which they depend. The
// variable is empty if there is only one path. There are no paths if the converter does not know all of them.
func (c *converter) placesOf(expr python.Expr) (choices []choice, variable string) {
	if found, ok := c.placeOf(expr); ok {
		return []choice{{place: found}}, ""
	}
	for _, name := range c.pathVariables(expr) {
		values := c.valuesOf(name)
		if len(values) == 0 || len(values) > 1 && variable != "" {
			return nil, ""
		}
		if len(values) == 1 {
			c.bound[name] = values[0]
			defer delete(c.bound, name)
		} else {
			variable = name
		}
	}
	if variable == "" {
		found, ok := c.placeOf(expr)
		return map[bool][]choice{true: {{place: found}}}[ok], ""
	}
	for _, value := range c.valuesOf(variable) {
		c.bound[variable] = value
		found, ok := c.placeOf(expr)
		delete(c.bound, variable)
		if !ok {
			return nil, ""
		}
		choices = append(choices, choice{value, found})
	}
	return choices, variable
}

// pathVariables returns the parameters and loop variables in the path of a file.
func (c *converter) pathVariables(expr python.Expr) []string {
	var found []string
	seen := map[string]bool{}
	var add func(expr python.Expr)
	add = func(expr python.Expr) {
		python.Walk(expr, func(node python.Node) bool {
			name, ok := node.(*python.Name)
			if !ok || seen[name.ID] || c.paths[name.ID] != nil && !c.isLocal(name.ID) {
				return true
			}
			seen[name.ID] = true
			if value := c.onlyValue(name.ID); value != nil {
				add(value)
			} else if c.isLocal(name.ID) || c.globals[name.ID] {
				found = append(found, name.ID)
			}
			return true
		})
	}
	add(expr)
	return found
}

// valuesOf returns all values of a parameter or a loop variable, or nil if they are not known.
func (c *converter) valuesOf(name string) []python.Expr {
	if !c.isParam(name) {
		return c.loopValues(name)
	}
	f := c.f
	for f != nil && f.params[name] == "" {
		f = f.outer
	}
	if f == nil || python.Stored(f.body)[name] > 0 && (python.Stored(f.body)[name] > 1 || !isOpenedOnce(f.body, name)) {
		return nil
	}
	params, callee, isMethod := c.signatureOf(f)
	if params == nil || slices.ContainsFunc(params, func(param python.Param) bool { return param.Kind != "" }) {
		return nil
	}
	calls := callsOf(c.body, callee, isMethod)
	uses := python.Loads(c.body, callee)
	if isMethod {
		uses = python.UsesOf(c.body, callee)
	}
	if len(calls) == 0 || len(calls) != uses {
		return nil
	}
	return c.argumentsOf(calls, params, name)
}

// signatureOf returns the parameters of a function, and the name in calls to it. For a constructor, this is the name of
// its class. params is nil if calls with this name may reach other functions.
func (c *converter) signatureOf(f *function) (params []python.Param, callee string, isMethod bool) {
	switch def := c.functions[f.name]; {
	case f.of != nil && f.name == "__init__" && f.of.base == "" && !c.isExtended(f.of):
		return c.initOf(f.of), f.of.Name, false
	case f.of != nil && f.of.method(f.name) != nil && c.methods[f.name] == 1:
		return paramsOf(f.of.method(f.name)), f.name, true
	case f.of == nil && def != nil && c.methods[f.name] == 1:
		return def.Params, f.name, false
	}
	return nil, "", false
}

// callsOf returns the calls to a function or a method, in the order of the file.
func callsOf(body []python.Stmt, callee string, isMethod bool) []*python.Call {
	var calls []*python.Call
	python.Walk(body, func(node python.Node) bool {
		if call, ok := node.(*python.Call); ok {
			attribute, isAttribute := call.Func.(*python.Attribute)
			if isMethod && isAttribute && attribute.Name == callee || !isMethod && python.IsName(call.Func, callee) {
				calls = append(calls, call)
			}
		}
		return true
	})
	return calls
}

// argumentsOf returns the values that calls pass to a parameter, or nil if one of them is not known.
func (c *converter) argumentsOf(calls []*python.Call, params []python.Param, name string) []python.Expr {
	var names []string
	for _, param := range params {
		names = append(names, param.Name)
	}
	var values []python.Expr
	callers := callersOf(c.body)
	for _, call := range calls {
		args, fits := python.Bind(call, names...)
		value := c.valueIn(callers[call], args[name])
		if at := slices.Index(names, name); value == nil && at >= 0 {
			value = params[at].Default
		}
		if !fits || value == nil {
			return nil
		}
		if !slices.ContainsFunc(values, func(other python.Expr) bool { return c.isSamePath(other, value) }) {
			values = append(values, value)
		}
	}
	return values
}

// isOpenedOnce returns whether the statements contain `name = open(name)`.
func isOpenedOnce(body []python.Stmt, name string) bool {
	return python.Contains(body, func(node python.Node) bool {
		call, ok := python.AssignmentTo(name, node).(*python.Call)
		return ok && python.IsName(call.Func, "open") && len(call.Args) > 0 && python.IsName(call.Args[0], name)
	})
}

// callersOf returns the innermost function that contains each call.
func callersOf(body []python.Stmt) map[*python.Call]*python.Def {
	found := map[*python.Call]*python.Def{}
	python.Walk(body, func(node python.Node) bool {
		if def, ok := node.(*python.Def); ok {
			// The walk reaches inner functions later, and then replaces the entries of the calls in them.
			python.Walk(def.Body, func(inner python.Node) bool {
				if call, ok := inner.(*python.Call); ok {
					found[call] = def
				}
				return true
			})
		}
		return true
	})
	return found
}

// valueIn returns an argument of a call in a function (def) or, if def is nil, in the module. It replaces a variable
// with its only value. It returns nil if the value depends on variables of the caller, or on names that mean something
// else in the called function.
func (c *converter) valueIn(def *python.Def, arg python.Expr) python.Expr {
	isParam := func(name string) bool {
		return slices.ContainsFunc(def.Params, func(param python.Param) bool { return param.Name == name })
	}
	isOfCaller := func(name string) bool {
		return def != nil && !python.GlobalNames(def.Body)[name] && (python.Stored(def.Body)[name] > 0 || isParam(name))
	}
	value := arg
	if name, ok := arg.(*python.Name); ok {
		switch {
		case !isOfCaller(name.ID):
			value = cmp.Or(onlyValueIn(c.body, name.ID), arg)
		case python.Stored(def.Body)[name.ID] == 1 && !isParam(name.ID):
			python.Walk(def.Body, func(node python.Node) bool {
				value = cmp.Or(python.AssignmentTo(name.ID, node), value)
				return true
			})
		}
	}
	if value != nil && python.Contains(value, func(node python.Node) bool {
		name, ok := node.(*python.Name)
		return ok && (isOfCaller(name.ID) || c.isLocal(name.ID))
	}) {
		return nil
	}
	return value
}

// isSamePath returns whether two values of a parameter are the same path.
func (c *converter) isSamePath(x, y python.Expr) bool {
	one, isOne := c.placeOf(x)
	two, isTwo := c.placeOf(y)
	return isOne && isTwo && one == two
}

// loopValues returns the values of a variable that is set only by one for loop, over a literal list. It returns nil for
// other variables.
func (c *converter) loopValues(name string) []python.Expr {
	body := c.body
	if c.isLocal(name) {
		body = c.f.body
	}
	if python.Stored(body)[name] != 1 {
		return nil
	}
	var values []python.Expr
	python.Walk(body, func(node python.Node) bool {
		if loop, ok := node.(*python.For); ok && python.IsName(loop.Target, name) {
			if list, ok := loop.Iter.(*python.Sequence); ok {
				values = list.Items
			}
		}
		return true
	})
	return values
}

// onlyValue returns the value of a variable of the function or the module if the variable gets only one value, and this
// value is a constant, a call, an operation, an f-string, an attribute, or an item. Otherwise, it returns nil.
func (c *converter) onlyValue(name string) python.Expr {
	body := c.body
	if c.isLocal(name) {
		if body = c.f.body; c.isParam(name) {
			return nil
		}
	}
	return onlyValueIn(body, name)
}

// onlyValueIn is onlyValue for a variable of the function or the module with this body.
func onlyValueIn(body []python.Stmt, name string) python.Expr {
	var value python.Expr
	count := 0
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Def, *python.Class:
			if !python.GlobalNames([]python.Stmt{stmt})[name] {
				continue
			}
		case *python.Assign:
			if target, isName := stmt.Targets[0].(*python.Name); isName && target.ID == name && len(stmt.Targets) == 1 {
				value = stmt.Value
			}
		}
		count += python.Stored([]python.Stmt{stmt})[name]
	}
	if count != 1 {
		return nil
	}
	switch value := value.(type) {
	case *python.Constant, *python.Call, *python.Binary, *python.JoinedStr, *python.Attribute, *python.Subscript:
		return value
	}
	return nil
}
