package simplify

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// expansion is one use of a decorator.
type expansion struct {
	*decorators
	decorator *decorator
	def       *python.Def
	class     *python.Class
	// name is the name of the function in Python.
	name     string
	pos      python.Pos
	isFailed bool
	// first contains the parameters of the wrapper before *args. rest contains the parameters of the decorated function
	// that the wrapper passes on with *args.
	first, rest []python.Param
	// all and named are the names of *args and **kwargs in the wrapper. They are empty if it has no such parameters.
	all, named string
}

func (e *expansion) refuse(format string, args ...any) {
	if !e.isFailed {
		e.fail(e.pos, "the decorator of %s is not supported: "+format, append([]any{e.name}, args...)...)
	}
	e.isFailed = true
}

// expand returns the wrapper as a function with the name of the decorated function, which gets another name.
func (e *expansion) expand(used python.Expr) *python.Def {
	callee, _ := python.Callee(used).(*python.Name)
	call, isCall := used.(*python.Call)
	e.decorator = e.decorators.all[callee.ID]
	if e.decorator == nil || e.decorator.isFactory != isCall {
		e.refuse("%s must only define and return a wrapper, or a decorator", callee.ID)
		return nil
	}
	values := map[string]python.Expr{}
	if isCall {
		values = e.arguments(call)
	}
	e.split()
	if e.isFailed {
		return nil
	}
	wrapper, _ := reflect.TypeAssert[*python.Def](cloned(reflect.ValueOf(e.decorator.wrapper)))
	locals := python.Identifiers(wrapper.Body)
	for _, param := range e.rest {
		if locals[param.Name] {
			e.refuse("%s uses the name %s, which is also a parameter of %s", callee.ID, param.Name, e.name)
		}
	}
	for name, value := range values {
		if python.Stored(wrapper.Body)[name] > 0 {
			e.refuse("%s assigns a value to %s", callee.ID, name)
		}
		if variable, ok := value.(*python.Name); ok && python.Stored(wrapper.Body)[variable.ID] > 0 {
			e.refuse("%s uses the name %s for something else", callee.ID, variable.ID)
		}
	}
	wrapper.Pos, wrapper.Name = e.def.Pos, e.def.Name
	wrapper.Params = append(slices.Clone(e.first), e.rest...)
	inner := e.innerName()
	e.rewrite(reflect.ValueOf(wrapper.Body), inner, values)
	e.def.Name = inner
	return wrapper
}

// innerName returns a new name for the decorated function.
func (e *expansion) innerName() string {
	name := e.def.Name + "_inner"
	if e.class != nil {
		// A subclass may decorate a method with the same name.
		name = e.def.Name + "_of_" + e.class.Name
	}
	for e.taken[name] {
		name += "_"
	}
	e.taken[name] = true
	return name
}

// arguments returns the values of the parameters of a factory. These values replace the parameters, so they must be
// constants.
func (e *expansion) arguments(call *python.Call) map[string]python.Expr {
	var names []string
	for _, param := range e.decorator.params {
		if param.Kind != "" {
			e.refuse("%s has the parameter %s%s", e.decorator.name, param.Kind, param.Name)
		}
		names = append(names, param.Name)
	}
	values, ok := python.Bind(call, names...)
	if !ok {
		e.refuse("%s has too many arguments", e.decorator.name)
		return nil
	}
	for _, param := range e.decorator.params {
		if values[param.Name] == nil {
			values[param.Name] = param.Default
		}
		if value := values[param.Name]; value == nil || !e.isConstant(value) {
			e.refuse("the argument %s must be a constant", param.Name)
		}
	}
	return values
}

// isConstant returns whether an expression always has the same value.
func (e *expansion) isConstant(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Constant:
		return true
	case *python.Unary:
		return e.isConstant(expr.X)
	case *python.Sequence:
		return expr.Kind == "tuple" && !slices.ContainsFunc(expr.Items, func(item python.Expr) bool { return !e.isConstant(item) })
	case *python.Attribute:
		return e.imports.Qualified(expr) != ""
	case *python.Name:
		return e.stores[expr.ID] <= 1 && (e.class == nil || !membersOf(e.class)[expr.ID])
	}
	return false
}

// split finds the parameters of the wrapper, and the parameters that it passes on to the decorated function.
func (e *expansion) split() {
	for _, param := range e.decorator.wrapper.Params {
		switch {
		case param.Kind == "*" && param.Name != "":
			e.all = param.Name
		case param.Kind == "**":
			e.named = param.Name
		case param.Kind != "" || param.KeywordOnly || param.Default != nil:
			e.refuse("the wrapper may only have plain parameters, *args, and **kwargs")
		default:
			e.first = append(e.first, param)
		}
	}
	params := e.def.Params
	isPlain := !slices.ContainsFunc(params, func(param python.Param) bool { return param.Kind != "" || param.KeywordOnly })
	if !isPlain || len(params) < len(e.first) || e.all == "" && len(params) > len(e.first) {
		e.refuse("the wrapper must have the parameters of %s, or *args and **kwargs", e.name)
		return
	}
	for i := range e.first {
		e.first[i].Default = params[i].Default
	}
	e.rest = params[len(e.first):]
}

// rewrite adapts the wrapper: it replaces calls to the decorated function, the name of that function, items of *args,
// and the parameters of a factory.
func (e *expansion) rewrite(value reflect.Value, inner string, values map[string]python.Expr) {
	switch value.Kind() {
	case reflect.Interface:
		if value.IsNil() {
			return
		}
		if replaced := e.replace(value.Interface(), inner, values); replaced != nil {
			value.Set(reflect.ValueOf(replaced))
			return
		}
		e.rewrite(value.Elem(), inner, values)
	case reflect.Pointer:
		if !value.IsNil() {
			e.rewrite(value.Elem(), inner, values)
		}
	case reflect.Slice:
		for i := range value.Len() {
			e.rewrite(value.Index(i), inner, values)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			e.rewrite(value.Field(i), inner, values)
		}
	default:
	}
}

func (e *expansion) replace(node any, inner string, values map[string]python.Expr) python.Expr {
	switch node := node.(type) {
	case *python.Call:
		if python.IsName(node.Func, e.decorator.function) {
			return e.innerCall(node, inner, values)
		}
	case *python.Attribute:
		if python.IsName(node.X, e.decorator.function) && node.Name == "__name__" {
			return &python.Constant{Pos: node.Pos, Kind: python.String, Text: e.name}
		}
	case *python.Subscript:
		if index, ok := node.Index.(*python.Constant); ok && python.IsName(node.X, e.all) && index.Kind == python.Int {
			at := 0
			if _, err := fmt.Sscan(index.Text, &at); err == nil && at < len(e.rest) && e.rest[at].Default == nil {
				return &python.Name{Pos: node.Pos, ID: e.rest[at].Name}
			}
		}
	case *python.Name:
		switch {
		case node.ID == e.decorator.function || e.all != "" && node.ID == e.all || e.named != "" && node.ID == e.named:
			e.refuse("the wrapper may only use %s in a call of the decorated function", node.ID)
		case values[node.ID] != nil:
			copied, _ := reflect.TypeAssert[python.Expr](cloned(reflect.ValueOf(values[node.ID])))
			return copied
		}
	}
	return nil
}

// innerCall returns the call to the decorated function with the arguments of the wrapper.
func (e *expansion) innerCall(call *python.Call, inner string, values map[string]python.Expr) python.Expr {
	var args []python.Expr
	passesAll := len(e.rest) == 0
	for _, arg := range call.Args {
		if starred, ok := arg.(*python.Starred); ok && python.IsName(starred.X, e.all) {
			passesAll = true
			for _, param := range e.rest {
				args = append(args, &python.Name{Pos: call.Pos, ID: param.Name})
			}
			continue
		}
		list := []python.Expr{arg}
		e.rewrite(reflect.ValueOf(list), inner, values)
		args = append(args, list[0])
	}
	for _, keyword := range call.Keywords {
		if keyword.Name != "" || !python.IsName(keyword.Value, e.named) {
			passesAll = false
		}
	}
	if !passesAll || len(args) != len(e.def.Params) {
		e.refuse("the wrapper must call the decorated function with all of its arguments")
		return call
	}
	var callee python.Expr = &python.Name{Pos: call.Pos, ID: inner}
	if e.class != nil {
		if self := append(slices.Clone(e.first), e.rest...); len(self) == 0 || !python.IsName(args[0], self[0].Name) {
			e.refuse("the wrapper must call the decorated method with its own object")
			return call
		}
		callee = &python.Attribute{Pos: call.Pos, X: args[0], Name: inner}
		args = args[1:]
	}
	return &python.Call{Pos: call.Pos, Func: callee, Args: args}
}

// cloned returns a deep copy of a part of a syntax tree.
func cloned(value reflect.Value) reflect.Value {
	switch value.Kind() {
	case reflect.Interface:
		if value.IsNil() {
			return value
		}
		copied := reflect.New(value.Type()).Elem()
		copied.Set(cloned(value.Elem()))
		return copied
	case reflect.Pointer:
		if value.IsNil() {
			return value
		}
		copied := reflect.New(value.Type().Elem())
		copied.Elem().Set(cloned(value.Elem()))
		return copied
	case reflect.Slice:
		if value.IsNil() {
			return value
		}
		copied := reflect.MakeSlice(value.Type(), value.Len(), value.Len())
		for i := range value.Len() {
			copied.Index(i).Set(cloned(value.Index(i)))
		}
		return copied
	case reflect.Struct:
		copied := reflect.New(value.Type()).Elem()
		for i := range value.NumField() {
			copied.Field(i).Set(cloned(value.Field(i)))
		}
		return copied
	default:
		return value
	}
}
