package convert

import "strings"

// textParams contains the parameters of the methods of strings that accept keyword arguments.
var textParams = map[string][]string{"split": {"sep", "maxsplit"}, "rsplit": {"sep", "maxsplit"}}

// textMethods contains methods of strings, with the numbers of arguments that they accept and the types of their
// results. Each has a function in the prelude, for example pyCasefold for casefold().
var textMethods = map[string]struct {
	least, most int
	t           string
}{
	"capitalize": {0, 0, strType}, "casefold": {0, 0, strType}, "swapcase": {0, 0, strType}, "title": {0, 0, strType},
	"isalnum": {0, 0, boolType}, "isalpha": {0, 0, boolType}, "isdecimal": {0, 0, boolType}, "isdigit": {0, 0, boolType}, "islower": {0, 0, boolType},
	"isnumeric": {0, 0, boolType}, "isspace": {0, 0, boolType}, "isupper": {0, 0, boolType},
	"find": {1, 1, intType}, "rfind": {1, 1, intType}, "rindex": {1, 1, intType},
	"center": {1, 2, strType}, "ljust": {1, 2, strType}, "rjust": {1, 2, strType}, "zfill": {1, 1, strType},
	"removeprefix": {1, 1, strType}, "removesuffix": {1, 1, strType}, "partition": {1, 1, tupleType}, "rpartition": {1, 1, tupleType},
	"split": {0, 2, listType}, "rsplit": {0, 2, listType}, "splitlines": {0, 0, listType},
}

// textMethod converts a method of a string.
func (c *converter) textMethod(m valueMethod) (code, bool) {
	text, count := m.text(), len(m.args)
	helper := "py" + strings.ToUpper(m.name[:1]) + m.name[1:]
	if method, ok := textMethods[m.name]; ok && method.least <= count && count <= method.most {
		return code{js: m.with(helper, text), t: method.t}, true
	}
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
	case "strip", "lstrip", "rstrip":
		sides := map[string]string{"strip": "3", "lstrip": "1", "rstrip": "2"}[m.name]
		return code{js: "pyStrip(" + text + ", " + m.first() + ", " + sides + ")", t: strType}, true
	case "join":
		return code{js: iterable(c.value(m.call.Args[0])) + ".map(pyText).join(" + text + ")", t: strType}, true
	case "index", "count":
		if count == 1 && m.x.t == strType {
			return code{js: m.with(strings.Replace(helper, "pyIndex", "pyTextIndex", 1), text), t: intType}, true
		}
	}
	return code{}, false
}
