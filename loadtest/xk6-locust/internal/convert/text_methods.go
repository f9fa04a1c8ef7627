package convert

import (
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// textParams contains the parameters of the methods of strings that accept keyword arguments.
var textParams = map[string][]string{"split": {"sep", "maxsplit"}, "rsplit": {"sep", "maxsplit"}}

// textMethods contains methods of strings, with the number of their arguments and the types of their results. Each has
// a function in the prelude, for example pyCasefold for casefold().
var textMethods = map[string]struct {
	count int
	t     string
}{
	"casefold": {0, strType}, "swapcase": {0, strType}, "isalpha": {0, boolType}, "isalnum": {0, boolType}, "isupper": {0, boolType},
	"islower": {0, boolType}, "isspace": {0, boolType}, "isnumeric": {0, boolType}, "isdecimal": {0, boolType}, "partition": {1, tupleType},
	"rpartition": {1, tupleType}, "rfind": {1, intType}, "rindex": {1, intType},
}

// textCall converts center(), rsplit(), and the methods in textMethods. It returns false for other methods and numbers
// of arguments.
func (c *converter) textCall(call *python.Call, name, text string) (code, bool) {
	if name == "center" && len(call.Args) >= 1 && len(call.Args) <= 2 {
		return code{js: "pyCenter(" + text + ", " + strings.Join(c.args(call), ", ") + ")", t: strType}, true
	}
	if name == "rsplit" && len(call.Args) <= 2 {
		return code{js: "pyRsplit(" + strings.Join(append([]string{text}, c.args(call)...), ", ") + ")", t: listType}, true
	}
	method, ok := textMethods[name]
	if !ok || len(call.Args) != method.count {
		return code{}, false
	}
	return code{js: "py" + strings.ToUpper(name[:1]) + name[1:] + "(" + strings.Join(append([]string{text}, c.args(call)...), ", ") + ")", t: method.t}, true
}

// textMethod converts a method of a string.
func (c *converter) textMethod(m valueMethod) (code, bool) {
	text, count := m.text(), len(m.args)
	if result, ok := c.textCall(m.call, m.name, text); ok {
		return result, true
	}
	helper := "py" + strings.ToUpper(m.name[:1]) + m.name[1:]
	switch m.name {
	case "upper":
		return code{js: text + ".toUpperCase()", t: strType, isPure: m.x.isPure}, true
	case "lower":
		return code{js: text + ".toLowerCase()", t: strType, isPure: m.x.isPure}, true
	case "startswith", "endswith":
		method := map[string]string{"startswith": "startsWith", "endswith": "endsWith"}[m.name]
		switch {
		case count != 1:
		case c.value(m.call.Args[0]).t == strType:
			return code{js: text + "." + method + "(" + m.first() + ")", t: boolType, isPure: m.x.isPure && c.value(m.call.Args[0]).isPure}, true
		default:
			return code{js: "pyHasEnd(" + text + ", " + m.first() + ", '" + method + "')", t: boolType}, true
		}
	case "replace":
		switch {
		case count == 2 && isRepeatable(m.call.Args[1]):
			return code{js: text + ".replaceAll(" + m.args[0] + ", () => " + m.args[1] + ")", t: strType}, true
		case count == 2:
			return code{js: "pyReplaceText(" + text + ", " + m.all() + ", -1)", t: strType}, true
		case count == 3:
			return code{js: m.with("pyReplaceText", text), t: strType}, true
		}
	case "split":
		return code{js: m.with(helper, text), t: listType}, true
	case "splitlines":
		if count == 0 {
			return code{js: m.with(helper, text), t: listType}, true
		}
	case "strip", "lstrip", "rstrip":
		sides := map[string]string{"strip": "3", "lstrip": "1", "rstrip": "2"}[m.name]
		return code{js: "pyStrip(" + text + ", " + m.first() + ", " + sides + ")", t: strType}, true
	case "join":
		return code{js: iterable(c.value(m.call.Args[0])) + ".map(pyText).join(" + text + ")", t: strType}, true
	case "index":
		if count == 1 && m.x.t == strType {
			return code{js: m.with("pyTextIndex", text), t: intType}, true
		}
	case "find":
		if count == 1 {
			return code{js: m.with(helper, text), t: intType}, true
		}
	case "isdigit":
		return code{js: m.with(helper, text), t: boolType}, true
	case "count":
		if count == 1 && m.x.t == strType {
			return code{js: m.with(helper, text), t: intType}, true
		}
	case "capitalize", "title", "removeprefix", "removesuffix":
		if count == minArguments[m.name] {
			return code{js: m.with(helper, text), t: strType}, true
		}
	case "zfill", "ljust", "rjust":
		return code{js: m.with(helper, text), t: strType}, true
	}
	return code{}, false
}
