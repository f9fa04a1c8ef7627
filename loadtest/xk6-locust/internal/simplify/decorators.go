package simplify

import (
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// decorator is a function of the locustfile that returns a wrapper around the function that it decorates:
//
//	def retry(times):                        # only in a factory, which is used as @retry(3)
//	    def decorator(function):
//	        @functools.wraps(function)
//	        def wrapper(*args, **kwargs):
//	            return function(*args, **kwargs)
//	        return wrapper
//	    return decorator
type decorator struct {
	name string
	// params contains the parameters of a factory.
	params    []python.Param
	isFactory bool
	// function is the name of the parameter for the decorated function.
	function string
	wrapper  *python.Def
	// keepsName is set if the wrapper has the name and the attributes of the decorated function.
	keepsName bool
}

// decorators replaces each decorated function or method with two functions. The wrapper gets the name and the
// parameters of the decorated function. The decorated function gets a new name, and the wrapper calls it by this name.
type decorators struct {
	imports Imports
	fail    Reporter
	all     map[string]*decorator
	// functions contains all functions outside of classes.
	functions map[string]bool
	// stores counts the assignments to the variables of the module.
	stores map[string]int
	// taken contains all names in the file.
	taken map[string]bool
	// names maps the names of functions in the merged file to their names in helper modules.
	names map[string]string
}

// undecorated returns the statements without the decorators that the locustfile defines.
func undecorated(body []python.Stmt, names map[string]string, fail Reporter) []python.Stmt {
	d := &decorators{imports: importsOf(body), fail: fail, all: map[string]*decorator{}, functions: map[string]bool{}, names: names}
	d.stores, d.taken = python.Stored(body), python.Identifiers(body)
	for name := range python.GlobalNames(body) {
		// Functions assign values to these variables, so the variables are not constants.
		d.stores[name] += 2
	}
	for _, stmt := range body {
		if def, ok := stmt.(*python.Def); ok {
			d.functions[def.Name] = true
			if found := d.decoratorOf(def); found != nil {
				d.all[def.Name] = found
			}
		}
	}
	body = d.statements(body, nil)
	return slices.DeleteFunc(body, func(stmt python.Stmt) bool {
		def, ok := stmt.(*python.Def)
		return ok && d.all[def.Name] != nil && python.Loads(body, def.Name) == 0
	})
}

// decoratorOf returns a function as a decorator, or nil if the function does not have the form of one.
func (d *decorators) decoratorOf(def *python.Def) *decorator {
	inner := innerOf(def)
	if inner == nil || len(def.Decorators) > 0 {
		return nil
	}
	found := &decorator{name: def.Name}
	if wrapper := innerOf(inner); wrapper != nil && len(inner.Decorators) == 0 {
		found.isFactory, found.params = true, def.Params
		def, inner = inner, wrapper
	}
	if len(def.Params) != 1 || def.Params[0].Kind != "" {
		return nil
	}
	found.function, found.wrapper = def.Params[0].Name, inner
	for _, each := range inner.Decorators {
		call, ok := each.(*python.Call)
		if !ok || d.imports.Qualified(call.Func) != "functools.wraps" || len(call.Args) != 1 || !python.IsName(call.Args[0], found.function) {
			return nil
		}
		found.keepsName = true
	}
	return found
}

// innerOf returns the inner function of a function that only defines and returns it, and nil for other functions.
func innerOf(def *python.Def) *python.Def {
	body := python.WithoutTexts(def.Body)
	if len(body) != 2 {
		return nil
	}
	inner, isDef := body[0].(*python.Def)
	result, isReturn := body[1].(*python.Return)
	if !isDef || !isReturn || !python.IsName(result.Value, inner.Name) {
		return nil
	}
	return inner
}

// statements replaces the decorated functions among the statements of the module or of a class.
func (d *decorators) statements(body []python.Stmt, class *python.Class) []python.Stmt {
	var all []python.Stmt
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Class:
			stmt.Body = d.statements(stmt.Body, stmt)
		case *python.Def:
			all = append(all, d.replaced(stmt, class)...)
			continue
		}
		all = append(all, stmt)
	}
	return all
}

// isOwn returns whether a decorator is a function of the locustfile.
func (d *decorators) isOwn(expr python.Expr, class *python.Class) bool {
	name, ok := python.Callee(expr).(*python.Name)
	return ok && d.functions[name.ID] && (class == nil || !membersOf(class)[name.ID])
}

// replaced removes the decorators that the locustfile defines from a function. It returns the resulting functions. The
// last one has the name of the function, and calls the others.
func (d *decorators) replaced(def *python.Def, class *python.Class) []python.Stmt {
	var inner []python.Stmt
	name := def.Name
	if original := d.names[name]; original != "" && class == nil {
		name = original
	}
	for {
		at := -1
		for i, each := range def.Decorators {
			if d.isOwn(each, class) {
				at = i
			}
		}
		if at < 0 {
			return append(inner, def)
		}
		used := def.Decorators[at]
		above, below := def.Decorators[:at], def.Decorators[at+1:]
		isOther := func(expr python.Expr) bool { return !isTaskDecorator(expr) && !d.isOwn(expr, class) }
		e := &expansion{decorators: d, def: def, class: class, name: name, pos: used.Position()}
		wrapper := e.expand(used)
		switch {
		case e.isFailed:
		case slices.ContainsFunc(def.Decorators, isOther):
			e.refuse("use it without other decorators than @task and @tag")
		case len(below) > 0 && !e.decorator.keepsName:
			e.refuse("without functools.wraps, the decorator below it has no effect")
		default:
			wrapper.Decorators = append(slices.Clone(above), below...)
			def.Decorators = nil
			inner = append(inner, def)
			if !e.decorator.keepsName {
				name = e.decorator.wrapper.Name
			}
			def = wrapper
			continue
		}
		def.Decorators = slices.Delete(slices.Clone(def.Decorators), at, at+1)
	}
}
