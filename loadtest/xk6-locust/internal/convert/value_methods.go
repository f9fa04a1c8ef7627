package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// valueMethod is a call to a method of a string, list, dict, or set.
type valueMethod struct {
	call   *python.Call
	callee *python.Attribute
	name   string
	x      code
	args   []string
}

// text returns the object of the method. If it is not a string, the script throws an error.
func (m valueMethod) text() string { return m.checked(strType, "pyText") }

// list is like text for a list.
func (m valueMethod) list() string { return m.checked(listType, "pyList") }

// dict is like text for a dict.
func (m valueMethod) dict() string { return m.checked(dictType, "pyDictOf") }

func (m valueMethod) checked(t, check string) string {
	if m.x.t == t {
		return m.x.operand()
	}
	return check + "(" + m.x.js + ")"
}

// with returns a call to a helper whose first argument is the object of the method.
func (m valueMethod) with(helper, object string) string {
	return helper + "(" + strings.Join(append([]string{object}, m.args...), ", ") + ")"
}

// all returns the arguments of the method, separated by commas.
func (m valueMethod) all() string { return strings.Join(m.args, ", ") }

// first returns the first argument of the method, or undefined if there is none.
func (m valueMethod) first() string {
	if len(m.args) == 0 {
		return "undefined"
	}
	return m.args[0]
}

// valueCall converts a call to a method of a string, list, dict, or set.
func (c *converter) valueCall(call *python.Call, callee *python.Attribute, x code) code {
	if result, ok := c.keywordCall(call, callee, x); ok {
		return result
	}
	name := callee.Name
	if names := textParams[name]; len(call.Keywords) > 0 && c.isAny(x.t, strType) && names != nil {
		call = &python.Call{Pos: call.Pos, Func: call.Func, Args: c.named(call, names)}
	}
	if len(call.Keywords) > 0 {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	m := valueMethod{call, callee, name, x, c.keptArgs(call)}
	if len(m.args) < minArguments[name] {
		return c.unsupported(call, "%s has too few arguments", c.source(call))
	}
	if x.t == dequeType {
		return c.dequeCall(call, callee, x, m.args)
	}
	var result code
	ok := false
	if c.isAny(x.t, strType) {
		result, ok = c.textMethod(m)
	}
	if !ok && (c.isAny(x.t, listType) || x.t == tupleType && (name == "count" || name == "index")) {
		result, ok = c.listMethod(m)
	}
	if !ok && x.t == setType {
		result, ok = c.setMethod(m)
	}
	if !ok {
		result, ok = c.commonMethod(m)
	}
	if !ok && c.isAny(x.t, dictType) && c.hasMaps() {
		result, ok = c.mapCall(call, callee, x, m.args)
	}
	if !ok && c.isAny(x.t, dictType, "responseHeaders") {
		result, ok = c.dictMethod(m)
	}
	if ok {
		return result
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// keywordCall converts a call to a method that accepts keyword arguments, or that needs special treatment. It returns
// false for other methods.
func (c *converter) keywordCall(call *python.Call, callee *python.Attribute, x code) (code, bool) {
	switch name := callee.Name; {
	case name == "format":
		return c.format(call, callee), true
	case name == "sort":
		args := c.positional(call, "", "key", "reverse")
		args = args[min(1, len(args)):]
		c.recordMutation(callee.X)
		return code{js: "pySort(" + strings.Join(append([]string{x.js}, args...), ", ") + ")", t: noneType}, true
	case name == "encode" && c.isAny(x.t, strType) && isUTF8(call):
		if x.t != strType {
			x = code{js: "pyText(" + x.js + ")"}
		}
		return code{js: x.js, t: bytesType, isOpen: x.isOpen}, true
	case name == "_replace" && len(call.Args) == 0:
		return c.replaced(call, callee.X), true
	case name == "update" && c.isAny(x.t, dictType) && len(call.Args) <= 1 && len(call.Keywords) > 0:
		c.recordMutation(callee.X)
		added := c.nameCall(&python.Call{Pos: call.Pos, Args: call.Args, Keywords: call.Keywords}, &python.Name{Pos: call.Pos, ID: "dict"})
		if c.hasMaps() {
			return code{js: "pyUpdate(" + x.js + ", " + added.js + ")", t: noneType}, true
		}
		return code{js: "Object.assign(pyDictOf(" + x.js + "), " + added.js + ")", t: noneType}, true
	}
	return code{}, false
}

// listMethod converts a method of a list.
func (c *converter) listMethod(m valueMethod) (code, bool) {
	list := m.list()
	if slices.Contains([]string{"append", "appendleft", "extend", "insert", "popleft", "remove", "reverse", "clear"}, m.name) {
		c.recordMutation(m.callee.X)
	}
	switch m.name {
	case "append":
		return code{js: list + ".push(" + m.all() + ")", t: noneType}, true
	case "extend":
		return code{js: list + ".push(..." + iterable(c.value(m.call.Args[0])) + ")", t: noneType}, true
	case "popleft":
		return code{js: "pyPop(" + list + ", 0)", t: anyType}, true
	case "appendleft":
		return code{js: list + ".unshift(" + m.all() + ")", t: noneType}, true
	case "insert":
		return code{js: list + ".splice(" + m.args[0] + ", 0, " + m.args[1] + ")", t: noneType}, true
	case "remove":
		return code{js: "pyRemove(" + m.x.js + ", " + m.first() + ")", t: noneType}, true
	case "reverse":
		return code{js: list + ".reverse()", t: noneType}, true
	case "copy":
		if m.x.t == listType {
			return code{js: "[..." + list + "]", t: listType}, true
		}
		return code{js: "pyCopy(" + m.x.js + ")", t: anyType}, true
	case "count":
		if len(m.args) == 1 {
			return code{js: "pyCountOf(" + m.x.js + ", " + m.first() + ")", t: intType}, true
		}
	case "index":
		if len(m.args) == 1 {
			return code{js: "pyIndex(" + list + ", " + m.first() + ")", t: intType}, true
		}
	}
	return code{}, false
}

// setOperators maps methods of sets to operators.
var setOperators = map[string]string{"union": "|", "intersection": "&", "difference": "-", "symmetric_difference": "^"}

// setMethod converts a method of a set with one argument.
func (c *converter) setMethod(m valueMethod) (code, bool) {
	if len(m.args) != 1 {
		return code{}, false
	}
	if slices.Contains([]string{"add", "discard", "update"}, m.name) {
		c.recordMutation(m.callee.X)
	}
	other := "new PySet(pyIter(" + m.first() + "))"
	switch m.name {
	case "add":
		c.checkFloat(m.call.Args[0], c.value(m.call.Args[0]))
		return code{js: m.x.operand() + ".add(" + m.first() + ")", t: noneType}, true
	case "discard":
		return code{js: m.x.operand() + ".delete(" + m.first() + ")", t: noneType}, true
	case "update":
		return code{js: iterable(c.value(m.call.Args[0])) + ".forEach((pyItem: any) => " + m.x.operand() + ".add(pyItem))", t: noneType}, true
	case "issubset", "issuperset", "isdisjoint":
		return code{js: "pySetTest('" + m.name + "', " + m.x.js + ", " + other + ")", t: boolType}, true
	case "union", "intersection", "difference", "symmetric_difference":
		return code{js: "pyBitwise('" + setOperators[m.name] + "', " + m.x.js + ", " + other + ")", t: setType}, true
	}
	return code{}, false
}

// commonMethod converts a method that several kinds of values have.
func (c *converter) commonMethod(m valueMethod) (code, bool) {
	switch {
	case m.name == "pop" && c.isAny(m.x.t, listType, dictType):
		c.recordMutation(m.callee.X)
		return code{js: m.with("pyPop", m.x.js), t: anyType}, true
	case m.name == "clear" && len(m.args) == 0 && c.isAny(m.x.t, dictType, listType, setType):
		c.recordMutation(m.callee.X)
		return code{js: "pyClear(" + m.x.js + ")", t: noneType}, true
	case m.name == "popitem" && len(m.args) == 0 && c.isAny(m.x.t, dictType):
		c.recordMutation(m.callee.X)
		return code{js: "pyPopitem(" + m.x.js + ")", t: tupleType}, true
	case m.name == "_asdict" && len(m.args) == 0:
		return code{js: m.x.operand() + ".pyFields()", t: dictType}, true
	}
	return code{}, false
}

// dictMethod converts a method of a dict whose keys are strings, or of the headers of a response.
func (c *converter) dictMethod(m valueMethod) (code, bool) {
	dict := m.dict()
	if m.name == "update" || m.name == "setdefault" {
		c.recordMutation(m.callee.X)
	}
	switch m.name {
	case "get":
		return code{js: m.with("pyGet", m.x.js), t: anyType}, true
	case "keys":
		return code{js: "Object.keys(" + dict + ")", t: listType}, true
	case "values":
		return code{js: "Object.values(" + dict + ")", t: listType}, true
	case "items":
		if c.known[marksKey] != "" && !c.unpacked[m.call] {
			return code{js: "pyItemsOf(" + dict + ")", t: listType}, true
		}
		return code{js: "Object.entries<any>(" + dict + ")", t: listType}, true
	case "update":
		return code{js: "Object.assign(" + dict + ", pyDictOf(" + m.first() + "))", t: noneType}, true
	case "setdefault":
		c.recordStoredKey(m.callee.X, m.call.Args[0])
		return code{js: m.with("pySetDefault", dict), t: anyType}, true
	case "copy":
		if m.x.t == dictType {
			return code{js: "{ ..." + dict + " }", t: dictType}, true
		}
	}
	return code{}, false
}

// replaced converts dataclasses.replace() or the method _replace() of a named tuple.
func (c *converter) replaced(call *python.Call, object python.Expr) code {
	for _, k := range c.classes {
		if k.method(simplify.PostInit) != nil {
			return c.unsupported(call, "%s is not supported in a file with %s", c.source(call), simplify.PostInit)
		}
	}
	var fields []string
	for _, keyword := range call.Keywords {
		fields = append(fields, c.member(keyword.Name)+": "+c.kept(keyword.Value).js)
	}
	x := c.value(object)
	return code{js: "pyReplaced(" + x.js + ", { " + strings.Join(fields, ", ") + " })", t: x.t}
}
