package convert

import (
	"cmp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

var builtins = map[string]libraryFunction{
	"len": {"pyLen", intType, []string{"obj"}}, "abs": {"pyAbs", anyType, []string{"x"}}, "int": {"pyInt", intType, []string{"x"}},
	"float": {"pyFloat", floatType, []string{"x"}}, "repr": {"pyRepr", strType, []string{"x"}},
	"sorted": {"pySorted", listType, []string{"iterable", "key", "reverse"}}, "sum": {"pySum", anyType, []string{"iterable", "start"}},
	"zip": {"pyZip", listType, nil}, "min": {"pyMin", anyType, nil}, "max": {"pyMax", anyType, nil},
}

// minArguments maps methods and functions to the minimum number of positional arguments that the converter supports.
var minArguments = map[string]int{
	"join": 1, "append": 1, "appendleft": 1, "extend": 1, "insert": 2, "remove": 1, "index": 1, "startswith": 1, "endswith": 1, "find": 1, "zfill": 1,
	"get": 1, "update": 1, "add": 1, "enumerate": 1, "reversed": 1, "any": 1, "all": 1, "range": 1, "round": 1, "len": 1, "sorted": 1,
	"ljust": 1, "rjust": 1, "count": 1, "removeprefix": 1, "removesuffix": 1, "setdefault": 2,
	"sum": 1, "abs": 1, "repr": 1, "min": 1, "max": 1,
}

// maxArguments maps functions to the maximum number of positional arguments that the converter supports.
var maxArguments = map[string]int{"str": 2, "int": 2}

// positionalOnly contains functions that the converter supports only without keyword arguments.
var positionalOnly = []string{"str", "bool", "list", "tuple", "set", "range", "reversed", "any", "all", "map", "filter", "isinstance", "iter", "next"}

// builtinCall converts a call to a built-in function.
func (c *converter) builtinCall(call *python.Call, name string) code {
	if len(call.Args) < minArguments[name] {
		return c.unsupported(call, "%s() has too few arguments", name)
	}
	if limit, isLimited := maxArguments[name]; isLimited && len(call.Args) > limit {
		return c.unsupported(call, "%s() has too many arguments for the converter", name)
	}
	if len(call.Keywords) > 0 && slices.Contains(positionalOnly, name) {
		return c.unsupported(call, "keyword arguments are not supported for %s()", name)
	}
	if (exceptions[name] || name == "Exception") && len(call.Args) <= 1 && len(call.Keywords) == 0 {
		return c.builtinException(call, name)
	}
	if slices.Contains([]string{"map", "filter", "sorted", "min", "max", "iter"}, name) {
		c.checkCallbacks(call)
	}
	for _, convert := range []func(*python.Call, string) (code, bool){c.objectBuiltin, c.numberBuiltin, c.textBuiltin, c.containerBuiltin, c.itemsBuiltin} {
		if result, ok := convert(call, name); ok {
			return result
		}
	}
	return c.builtinFunction(call, name)
}

// builtinException converts the creation of a built-in exception with at most one argument.
func (c *converter) builtinException(call *python.Call, name string) code {
	message := ""
	if len(call.Args) == 1 && name != "KeyError" {
		message = ", " + c.value(call.Args[0]).js
	} else if len(call.Args) == 1 {
		message = ", pyRepr(" + c.value(call.Args[0]).js + ")"
	}
	return code{js: "new PyError(" + conversion.Quote(name) + message + ")", t: "exception"}
}

// builtinFunction converts a call to a function in builtins.
func (c *converter) builtinFunction(call *python.Call, name string) code {
	function, ok := builtins[name]
	if !ok {
		return c.unsupported(call, "%s() is not supported", name)
	}
	var args []string
	if function.params == nil {
		args = c.keptArgs(call)
		if (name == "min" || name == "max") && len(call.Keywords) > 0 {
			return c.extreme(call, name, args)
		}
		if len(call.Keywords) > 0 {
			c.fail(call.Pos, "keyword arguments are not supported for %s()", name)
		}
	} else {
		args = c.positional(call, function.params...)
	}
	isPure := name == "len" && c.value(firstArgument(call, "obj")).isPure
	return code{js: function.js + "(" + strings.Join(args, ", ") + ")", t: function.t, isPure: isPure}
}

// numberBuiltin converts a function that returns a number, or that takes numbers.
func (c *converter) numberBuiltin(call *python.Call, name string) (code, bool) {
	switch name {
	case "int", "float":
		if name == "int" && c.isTooLargeInt(call) {
			return c.unsupported(call, tooLargeInteger), true
		}
		if hasNone(call) {
			return code{js: "0", t: map[string]string{"int": intType, "float": floatType}[name], isPure: true}, true
		}
		if name == "int" && len(call.Args)+len(call.Keywords) == 2 {
			args := c.positional(call, "", "base")
			return code{js: "pyIntOf(" + strings.Join(args, ", ") + ")", t: intType}, true
		}
	case "round":
		return c.round(call), true
	case "abs":
		if python.HasOne(call) {
			if x := c.value(call.Args[0]); x.isNumber() {
				return code{js: "Math.abs(" + x.js + ")", t: x.t, isPure: x.isPure}, true
			}
		}
	case "hex", "bin", "oct", "ord", "chr", "divmod", "pow":
		if kind := map[string]string{"hex": "x", "bin": "b", "oct": "o"}[name]; kind != "" && len(call.Args) == 1 {
			if text, ok := c.randomDigits(call.Args[0], "#"+kind); ok {
				return text, true
			}
		}
		helper := "py" + strings.ToUpper(name[:1]) + name[1:]
		count := map[bool]int{true: 2, false: 1}[name == "divmod" || name == "pow"]
		if len(call.Args) == count && len(call.Keywords) == 0 {
			t := map[string]string{"ord": intType, "divmod": tupleType, "pow": anyType}[name]
			return code{js: strings.Replace(helper, "pyPow", "pyPower", 1) + "(" + strings.Join(c.args(call), ", ") + ")", t: cmp.Or(t, strType)}, true
		}
	}
	return code{}, false
}

func (c *converter) round(call *python.Call) code {
	if len(call.Args) == 1 && c.isTooLargeInt(call) {
		return c.unsupported(call, tooLargeInteger)
	}
	args := c.positional(call, "number", "ndigits")
	if len(args) < 2 || args[0] == "undefined" {
		return code{js: "pyRound(" + strings.Join(args, ", ") + ")", t: intType}
	}
	if number := c.value(firstArgument(call, "number")); number.isNumber() {
		return code{js: "pyRound(" + strings.Join(args, ", ") + ")", t: map[bool]string{true: floatType, false: intType}[number.isFloat()]}
	}
	return code{js: "pyRoundAny(" + strings.Join(args, ", ") + ")", t: anyType}
}

// textBuiltin converts str(), and repr() of a float.
func (c *converter) textBuiltin(call *python.Call, name string) (code, bool) {
	switch name {
	case "str":
		if len(call.Args) == 0 {
			return code{js: "''", t: strType, isPure: true}, true
		}
		if text, ok := c.randomDigits(call.Args[0], ""); ok {
			return text, true
		}
		value := c.value(call.Args[0])
		if len(call.Args) == 2 {
			if value.t != bytesType || !isUTF8(&python.Call{Pos: call.Pos, Args: call.Args[1:]}) {
				return c.unsupported(call, "str() with an encoding is only supported for bytes of UTF-8 text"), true
			}
			return decoded(value), true
		}
		c.checkText(call.Args[0], value)
		return textOfValue(value), true
	case "repr":
		if x := c.value(firstArgument(call, "x")); x.isFloat() {
			return textOfValue(x), true
		}
	}
	return code{}, false
}

// containerBuiltin converts a function that creates a container or an iterator, or returns a length.
func (c *converter) containerBuiltin(call *python.Call, name string) (code, bool) {
	switch name {
	case "iter":
		if len(call.Args) == 1 {
			value := c.value(call.Args[0])
			if isIterator(value.t) {
				return value, true
			}
			return code{js: "new PyListIterator(" + iterable(value) + ")", t: iteratorType}, true
		}
	case "len":
		return c.length(call)
	case "list", "tuple", "set":
		items := "[]"
		if len(call.Args) == 1 {
			items = "[..." + iterable(c.value(call.Args[0])) + "]"
		}
		switch name {
		case "set":
			return code{js: "new PySet(" + items + ")", t: setType}, true
		case "tuple":
			items = c.tuple(call, items)
		}
		return code{js: items, t: name}, true
	case "dict":
		return c.dictCall(call)
	case "range":
		args := c.args(call)
		if len(args) == 1 {
			args = []string{"0", args[0]}
		}
		return code{js: "pyRange(" + strings.Join(args, ", ") + ")", t: "range"}, true
	}
	return code{}, false
}

// length converts len() of cookies, enumerations, and bytes. It returns false for other values.
func (c *converter) length(call *python.Call) (code, bool) {
	value := c.value(call.Args[0])
	switch {
	case value.t == "cookies":
		return code{js: "Object.keys(" + jarDict(value).js + ").length", t: intType}, true
	case strings.HasPrefix(value.t, enumType):
		return code{js: iterable(value) + ".length", t: intType, isPure: value.isPure}, true
	case value.t == binaryType:
		return code{js: value.operand() + ".byteLength", t: intType, isPure: value.isPure}, true
	case value.t == bytesType:
		return bytesLength(value), true
	}
	return code{}, false
}

// addKeywords adds the keyword arguments of a call to a dict. The key for an argument with ** is nil.
func addKeywords(dict *python.Dict, call *python.Call) {
	for _, keyword := range call.Keywords {
		var key python.Expr
		if keyword.Name != "" {
			key = &python.Constant{Pos: call.Pos, Kind: python.String, Text: keyword.Name}
		}
		dict.Keys = append(dict.Keys, key)
		dict.Values = append(dict.Values, keyword.Value)
	}
}

// dictCall converts dict(). It returns false if its argument has a type that cannot become a dict.
func (c *converter) dictCall(call *python.Call) (code, bool) {
	if len(call.Args) > 1 {
		return c.unsupported(call, "dict() has too many arguments"), true
	}
	if len(call.Keywords) > 0 || len(call.Args) == 0 {
		dict := &python.Dict{Pos: call.Pos}
		c.mapped[dict] = c.mapped[call]
		if len(call.Args) == 1 {
			dict.Keys, dict.Values = []python.Expr{nil}, []python.Expr{&python.Call{Pos: call.Pos, Func: call.Func, Args: call.Args}}
		}
		addKeywords(dict, call)
		return c.dict(dict), true
	}
	value := jarDict(c.value(call.Args[0]))
	switch {
	case c.hasMaps():
		return code{js: "pyDictFrom(" + value.js + ")", t: dictType}, true
	case value.t == dictType:
		return code{js: "{ ..." + value.operand() + " }", t: dictType}, true
	case value.t == listType:
		return code{js: "pyDict(" + value.js + ")", t: dictType}, true
	case value.t == anyType || isIterator(value.t):
		return code{js: "pyDictCopy(" + value.js + ")", t: dictType}, true
	}
	return code{}, false
}

// itemsBuiltin converts a function that iterates over the items of a container.
func (c *converter) itemsBuiltin(call *python.Call, name string) (code, bool) {
	if slices.Contains([]string{"zip", "enumerate", "map", "filter", "any", "all"}, name) {
		for _, arg := range call.Args {
			if isIterator(c.expr(unstarred(arg)).t) {
				return c.unsupported(call, "%s() of a file or an iterator is not supported: use list() first", name), true
			}
		}
	}
	switch name {
	case "enumerate":
		return c.enumerate(call), true
	case "reversed":
		return code{js: "[...pyIter(" + c.args(call)[0] + ")].reverse()", t: listType}, true
	case "any", "all":
		if generator, ok := call.Args[0].(*python.Comprehension); ok && generator.Kind == "generator" {
			return c.comprehension(generator, name), true
		}
		method := map[string]string{"any": "some", "all": "every"}[name]
		return code{js: iterable(c.value(call.Args[0])) + "." + method + "(pyTruthy)", t: boolType}, true
	case "map", "filter":
		if len(call.Args) == 2 {
			return c.mapOrFilter(call, name), true
		}
	}
	return code{}, false
}

func (c *converter) enumerate(call *python.Call) code {
	args := c.positional(call, "iterable", "start")
	bound, _ := python.Bind(call, "iterable", "start")
	items, start := args[0], ""
	if len(args) == 2 {
		start = c.value(bound["start"]).operand() + " + "
	}
	isRepeated := len(args) == 2 && !isRepeatable(bound["start"])
	if isRepeated {
		items, start = "pyItems", "pyStart + "
	}
	js := "pyIter(" + items + ").map((pyItem: any, pyI: number) => " + c.tuple(call, "["+start+"pyI, pyItem]") + ")"
	if isRepeated {
		js = "((pyItems: any, pyStart: any) => " + js + ")(" + args[0] + ", " + args[1] + ")"
	}
	return code{js: js, t: listType}
}

// mapOrFilter converts map() or filter() with one iterable.
func (c *converter) mapOrFilter(call *python.Call, name string) code {
	function, items := c.value(call.Args[0]), iterable(c.value(call.Args[1]))
	if name == "filter" && function.t == noneType {
		return code{js: items + ".filter(pyTruthy)", t: listType}
	}
	each := "(" + function.js + ")"
	if !function.isPure {
		// The script evaluates the expression for the function only once.
		each = "pyFunction"
	}
	js := items + ".filter((pyItem: any) => pyTruthy(" + each + "(pyItem)))"
	if name == "map" {
		js = items + ".map((pyItem: any) => " + each + "(pyItem))"
	}
	if !function.isPure {
		js = "((pyFunction: any, pyItems: any) => pyItems" + strings.TrimPrefix(js, items) + ")(" + function.js + ", " + items + ")"
	}
	return code{js: js, t: listType}
}

// extreme converts min() or max() with the argument key or default.
func (c *converter) extreme(call *python.Call, name string, args []string) code {
	items := "[" + strings.Join(args, ", ") + "]"
	if len(args) == 1 && !isStarred(call.Args[0]) {
		items = args[0]
	}
	key, otherwise := "(pyItem: any) => pyItem", ""
	for _, keyword := range call.Keywords {
		switch {
		case keyword.Name == "key":
			key = c.value(keyword.Value).js
		case keyword.Name == "default" && len(args) == 1:
			otherwise = ", " + c.kept(keyword.Value).js
		default:
			return c.unsupported(call, "the argument %s of %s() is not supported", python.ShownName(keyword.Name), name)
		}
	}
	return code{js: "pyExtreme(" + items + ", " + key + ", " + map[string]string{"min": "1", "max": "-1"}[name] + otherwise + ")", t: anyType}
}
