package convert

import (
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// args converts the positional arguments.
func (c *converter) args(call *python.Call) []string {
	var list []string
	for _, arg := range call.Args {
		if starred, ok := arg.(*python.Starred); ok {
			list = append(list, "..."+iterable(c.value(starred.X)))
			continue
		}
		list = append(list, c.value(arg).js)
	}
	return list
}

// keptArgs converts the positional arguments of a call to a function that may store them.
func (c *converter) keptArgs(call *python.Call) []string {
	list := c.args(call)
	for i, arg := range call.Args {
		if _, isStarred := arg.(*python.Starred); !isStarred {
			list[i] = c.kept(arg).js
		}
	}
	return list
}

// positional converts all arguments of a call to positional arguments. names contains the names of the parameters in
// their order. Omitted arguments before the last one become undefined. Too many arguments, and keyword arguments with
// other names, are reported.
func (c *converter) positional(call *python.Call, names ...string) []string {
	list := c.args(call)
	if len(list) > len(names) {
		c.fail(call.Pos, "%s has too many arguments for the converter", c.source(call))
	}
	return withKeywords(c, call, names, list, "undefined", func(value python.Expr) string { return c.value(value).js })
}

// named returns all arguments of a call as positional arguments, in the order of the parameter names. Omitted arguments
// before the last one become None.
func (c *converter) named(call *python.Call, names []string) []python.Expr {
	none := &python.Constant{Pos: call.Pos, Kind: python.None}
	return withKeywords(c, call, names, slices.Clone(call.Args), python.Expr(none), func(value python.Expr) python.Expr { return value })
}

// withKeywords adds the keyword arguments of a call to a list of its positional arguments. names contains the names of
// the parameters in their order. omitted takes the place of missing arguments before the last one, and convert converts
// the values of keyword arguments. Keyword arguments with other names are reported.
func withKeywords[T any](c *converter, call *python.Call, names []string, list []T, omitted T, convert func(python.Expr) T) []T {
	for _, keyword := range call.Keywords {
		at := slices.Index(names, keyword.Name)
		if at < 0 {
			c.fail(call.Pos, "the argument %s of %s is not supported", python.ShownName(keyword.Name), c.source(call))
			continue
		}
		for len(list) <= at {
			list = append(list, omitted)
		}
		list[at] = convert(keyword.Value)
	}
	return list
}

// checkDicts reports a request with several dicts after **.
func (c *converter) checkDicts(call *python.Call) {
	count := 0
	for _, keyword := range call.Keywords {
		if keyword.Name == "" {
			count++
		}
	}
	if count > 1 {
		c.fail(call.Pos, "a request with several ** is not supported: merge the dicts first")
	}
}

// firstArgument returns the first positional argument of a call, or the keyword argument with this name. It returns nil
// if the call has neither, or if it has more than two positional arguments.
func firstArgument(call *python.Call, name string) python.Expr {
	args, _ := python.Bind(call, name, "")
	return args[name]
}

// values returns the values of all arguments of a call.
func values(call *python.Call) []python.Expr {
	all := slices.Clone(call.Args)
	for _, keyword := range call.Keywords {
		all = append(all, keyword.Value)
	}
	return all
}
