package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// partial converts functools.partial(), and returns a function with the remaining parameters.
func (c *converter) partial(call *python.Call) code {
	if len(call.Args) == 0 {
		return c.unsupported(call, "functools.partial() needs a function")
	}
	names, ok := c.parametersOf(call.Args[0])
	if !ok {
		return c.unsupported(call, "functools.partial() is only supported with functions and methods of the locustfile, without * parameters, and with methods of the client")
	}
	if len(call.Args)-1 > len(names) {
		return c.unsupported(call, "functools.partial() has too many arguments")
	}
	rest := slices.DeleteFunc(slices.Clone(names[len(call.Args)-1:]), func(name string) bool {
		return slices.ContainsFunc(call.Keywords, func(keyword python.Keyword) bool { return keyword.Name == name })
	})
	return c.withArguments(call, rest)
}

// parametersOf returns the names of the parameters of a function. It returns false if it does not know the function, or
// if it has other parameters, such as *args.
func (c *converter) parametersOf(function python.Expr) ([]string, bool) {
	var params []python.Param
	switch function := function.(type) {
	case *python.Name:
		def := c.functions[function.ID]
		if def == nil || c.isLocal(function.ID) {
			return nil, false
		}
		params = def.Params
	case *python.Attribute:
		x := c.expr(function.X)
		if x.t == "client" {
			names := map[string][]string{"get": {"url"}, "post": {"url", "data", "json"}, "put": {"url", "data"}, "patch": {"url", "data"}, "delete": {"url"}, "request": {"method", "url"}}[function.Name]
			return names, names != nil
		}
		method := c.methodOf(&python.Call{Pos: function.Pos, Func: function}, x, function.Name)
		if method == nil {
			return nil, false
		}
		params = paramsOf(method)
	default:
		return nil, false
	}
	var names []string
	for _, param := range params {
		if param.Kind != "" || param.KeywordOnly {
			return nil, false
		}
		names = append(names, param.Name)
	}
	return names, true
}

// withArguments returns a function that calls call.Args[0] with the other arguments of the call. These arguments are
// computed when the function is created. The function has the parameters in rest, and passes them on.
func (c *converter) withArguments(call *python.Call, rest []string) code {
	given := func(name string) (python.Param, *python.Name) {
		return python.Param{Pos: call.Pos, Name: name}, &python.Name{Pos: call.Pos, ID: name}
	}
	inner := &python.Call{Pos: call.Pos, Func: call.Args[0]}
	outer := &python.Lambda{Pos: call.Pos}
	var values []string
	for i, arg := range call.Args[1:] {
		if isStarred(arg) {
			return c.unsupported(call, "%s is not supported with *", c.source(call))
		}
		param, name := given("given" + string(rune('A'+i)))
		outer.Params, inner.Args = append(outer.Params, param), append(inner.Args, name)
		values = append(values, c.kept(arg).js)
	}
	for _, keyword := range call.Keywords {
		if keyword.Name == "" {
			return c.unsupported(call, "%s is not supported with **", c.source(call))
		}
		param, name := given("given_" + keyword.Name)
		outer.Params = append(outer.Params, param)
		inner.Keywords = append(inner.Keywords, python.Keyword{Name: keyword.Name, Value: name})
		values = append(values, c.kept(keyword.Value).js)
	}
	function := &python.Lambda{Pos: call.Pos, Body: inner}
	for _, each := range rest {
		param, name := given("rest_" + each)
		function.Params = append(function.Params, param)
		inner.Keywords = append(inner.Keywords, python.Keyword{Name: each, Value: name})
	}
	if len(outer.Params) == 0 {
		return c.lambda(function)
	}
	outer.Body = function
	return code{js: "(" + c.lambda(outer).js + ")(" + strings.Join(values, ", ") + ")", t: "function"}
}

// getter converts operator.itemgetter() or operator.attrgetter() with one argument to a function. It returns false for
// other arguments.
func (c *converter) getter(call *python.Call, full string) (code, bool) {
	if len(call.Args) != 1 || len(call.Keywords) > 0 {
		return code{}, false
	}
	item := &python.Name{Pos: call.Pos, ID: "_item"}
	var body python.Expr = &python.Subscript{Pos: call.Pos, X: item, Index: call.Args[0]}
	if full == "operator.attrgetter" {
		name, ok := python.TextOf(call.Args[0])
		if !ok || strings.Contains(name, ".") {
			return code{}, false
		}
		body = &python.Attribute{Pos: call.Pos, X: item, Name: name}
	}
	return c.lambda(lambdaOf(body, item)), true
}
