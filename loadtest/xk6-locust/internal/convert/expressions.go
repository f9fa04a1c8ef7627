package convert

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) expr(expr python.Expr) code {
	if variable, ok := c.stored[expr]; ok {
		return variable
	}
	if path, ok := c.joinedPath(expr); ok {
		return path
	}
	switch expr := expr.(type) {
	case *python.Constant:
		return c.constant(expr)
	case *python.Name:
		return c.name(expr)
	case *python.JoinedStr:
		return c.joined(expr)
	case *python.Unary:
		return c.unary(expr)
	case *python.Binary:
		return c.binary(expr)
	case *python.BoolOp:
		return c.boolOp(expr)
	case *python.Compare:
		return c.compare(expr)
	case *python.Call:
		return c.call(expr)
	case *python.Attribute:
		return c.attribute(expr)
	case *python.Subscript:
		return c.subscript(expr)
	case *python.Sequence:
		return c.sequence(expr)
	case *python.Dict:
		return c.dict(expr)
	case *python.Comprehension:
		return c.comprehension(expr, "")
	case *python.Lambda:
		return c.lambda(expr)
	case *python.IfExp:
		return c.conditional(expr)
	case *python.Walrus:
		return c.walrus(expr)
	case *python.Starred:
		return c.unsupported(expr, "* is only supported in lists and in calls to print")
	case *python.Yield:
		if c.f.isManager {
			return c.yield(expr)
		}
		return c.unsupported(expr, "coroutines and generators are not supported")
	case *python.Await:
		return c.unsupported(expr, "coroutines and generators are not supported")
	case *python.Slice:
		return c.unsupported(expr, "slices are only supported as an index")
	}
	return c.unsupported(expr, "this expression is not supported")
}

// conditional converts `x if condition else y`.
func (c *converter) conditional(expr *python.IfExp) code {
	condition, then, otherwise := c.condition(expr.Condition), c.expr(expr.Then), c.expr(expr.Else)
	t := anyType
	if then.t == otherwise.t {
		t = then.t
	} else {
		then, otherwise = c.kept(expr.Then), c.kept(expr.Else)
	}
	return code{js: condition + " ? " + then.operand() + " : " + otherwise.operand(), t: t, isOpen: true}
}

func (c *converter) walrus(expr *python.Walrus) code {
	value := c.expr(expr.Value)
	c.setType(expr.Name, value.t)
	if c.f.id == "" {
		return c.unsupported(expr, ":= is only supported in functions")
	}
	return code{js: "(" + jsName(expr.Name) + " = " + value.js + ")", t: value.t}
}

func (c *converter) constant(expr *python.Constant) code {
	switch expr.Kind {
	case python.String:
		return code{js: conversion.Quote(expr.Text), t: strType, isPure: true}
	case python.Bytes:
		if isASCII(expr.Text) {
			return code{js: conversion.Quote(expr.Text), t: bytesType, isPure: true}
		}
		var values []string
		for _, letter := range expr.Text {
			values = append(values, strconv.Itoa(int(letter)))
		}
		return code{js: "new Uint8Array([" + strings.Join(values, ", ") + "]).buffer", t: binaryType}
	case python.None:
		return code{js: "null", t: noneType, isPure: true}
	case python.True, python.False:
		return code{js: strings.ToLower(expr.Kind), t: boolType, isPure: true}
	case python.Float:
		value, err := strconv.ParseFloat(expr.Text, 64)
		if err != nil {
			return c.unsupported(expr, "the number %s is not supported", expr.Text)
		}
		return code{js: strconv.FormatFloat(value, 'g', -1, 64), t: floatType, isPure: true}
	case python.Int:
		value, err := strconv.ParseUint(expr.Text, 0, 64)
		if err != nil || value > maxInteger {
			return c.unsupported(expr, "the integer %s is larger than 2^53, the limit of JavaScript", expr.Text)
		}
		return code{js: strconv.FormatUint(value, 10), t: intType, isPure: true}
	}
	return c.unsupported(expr, "%s is not supported", expr.Kind)
}

// value converts an expression that is used as a value. It reports expressions that have no value in the script, such
// as a module or the path of a file.
func (c *converter) value(expr python.Expr) code {
	e := c.expr(expr)
	if e.t == pathType && !c.pathArgs[expr] && !c.inMessage {
		return c.unsupported(expr, "the path %s is only supported in calls to open()", c.source(expr))
	}
	if e.t == attributesType {
		return c.unsupported(expr, "%s is only supported with the name of an attribute, because k6 does not keep their order", c.source(expr))
	}
	if full, ok := strings.CutPrefix(e.t, "module:"); ok {
		return c.unsupported(expr, "%s is not available in k6", full)
	}
	if e.t == optionsType {
		return c.unsupported(expr, "%s is only supported with the name of an option", c.source(expr))
	}
	return e.asValue()
}

func (c *converter) sequence(expr *python.Sequence) code {
	var items []string
	isPure := true
	for _, item := range expr.Items {
		if starred, ok := item.(*python.Starred); ok {
			items = append(items, "..."+iterable(c.value(starred.X)))
			isPure = false
			continue
		}
		value := c.kept(item)
		if expr.Kind == setType {
			value = c.value(item)
			c.checkFloat(item, value)
		}
		isPure = isPure && value.isPure
		items = append(items, value.js)
	}
	if expr.Kind == "set" {
		return code{js: "new PySet([" + strings.Join(items, ", ") + "])", t: setType, isPure: isPure}
	}
	js := "[" + strings.Join(items, ", ") + "]"
	if expr.Kind == tupleType {
		js = c.tuple(expr, js)
	}
	return code{js: js, t: expr.Kind, isPure: isPure}
}

var integerKey = regexp.MustCompile(`^(0|[1-9]\d*)$`)

// keepsOrder returns whether all keys of a dict look like integers, and JavaScript keeps their order. It does so if the
// keys ascend, and the file neither merges nor updates dicts.
func (c *converter) keepsOrder(dict *python.Dict) bool {
	last := int64(-1)
	for _, key := range dict.Keys {
		constant, ok := key.(*python.Constant)
		if !ok || constant.Kind != python.String || !integerKey.MatchString(constant.Text) {
			return false
		}
		number, err := strconv.ParseInt(constant.Text, 10, 32)
		if err != nil || number <= last {
			return false
		}
		last = number
	}
	isMerged := false
	python.Walk(c.body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Dict:
			isMerged = isMerged || slices.Contains(node.Keys, nil)
		case *python.Binary:
			isMerged = isMerged || node.Op == "|"
		case *python.AugAssign:
			isMerged = isMerged || node.Op == "|"
		case *python.Attribute:
			isMerged = isMerged || node.Name == "update" || node.Name == "setdefault"
		case *python.Call:
			isMerged = isMerged || slices.ContainsFunc(node.Keywords, func(keyword python.Keyword) bool { return keyword.Name == "" })
		}
		return !isMerged
	})
	return !isMerged
}

func (c *converter) dict(expr *python.Dict) code {
	if c.needsMap(expr) || c.hasMaps() && slices.Contains(expr.Keys, nil) {
		return c.newMap(expr)
	}
	var items []string
	isPure := true
	last := map[string]int{}
	for i, key := range expr.Keys {
		value := c.kept(expr.Values[i])
		isPure = isPure && value.isPure
		if key == nil {
			items = append(items, "..."+value.operand())
			clear(last)
			continue
		}
		constant, ok := key.(*python.Constant)
		switch {
		case ok && constant.Kind == python.String && (integerKey.MatchString(constant.Text) && !c.keepsOrder(expr) || constant.Text == "__proto__"):
			c.fail(key.Position(), "the key %q is not supported, because JavaScript does not keep its order", constant.Text)
		case ok && constant.Kind == python.String:
			name := conversion.Quote(constant.Text)
			if regexp.MustCompile(`^[A-Za-z_]\w*$`).MatchString(constant.Text) {
				name = constant.Text
			}
			if at, isRepeated := last[name]; isRepeated && isPure {
				// As in Python, the last value takes the place of the first.
				items[at] = name + ": " + value.js
				continue
			}
			last[name] = len(items)
			items = append(items, name+": "+value.js)
		case ok:
			c.fail(key.Position(), "keys of dicts must be strings, because JavaScript turns all keys into strings")
		default:
			items = append(items, "[pyKey("+c.value(key).js+")]: "+value.js)
		}
	}
	if len(items) == 0 {
		return code{js: "{}", t: dictType, isPure: true}
	}
	return code{js: "{ " + strings.Join(items, ", ") + " }", t: dictType, isPure: isPure}
}

func (c *converter) lambda(expr *python.Lambda) code {
	f := &function{id: c.id("lambda", expr.Pos), of: c.f.of, self: c.f.self, body: c.f.body, declared: map[string]bool{}}
	c.push(f)
	var params, outerParams, defaults []string
	for _, param := range expr.Params {
		text := jsName(param.Name) + ": any"
		if param.Kind != "" {
			c.fail(param.Pos, "a lambda may only have plain parameters")
		}
		if param.Default != nil {
			// Python computes a default value when it creates the function, so an outer function gets the value as an
			// argument.
			c.pop()
			defaults = append(defaults, c.kept(param.Default).js)
			c.push(f)
			outerParams = append(outerParams, "pyDefault"+strconv.Itoa(len(outerParams)+1))
			text += " = " + outerParams[len(outerParams)-1]
		}
		f.params[param.Name] = f.id + "." + param.Name
		params = append(params, text)
	}
	body := c.kept(expr.Body)
	c.pop()
	async := ""
	if f.isAsync {
		async = "async "
		c.asyncLambdas[expr] = true
		c.types[asyncValues] = anyType
	}
	text := body.js
	if strings.HasPrefix(text, "{") {
		text = "(" + text + ")"
	}
	if f.temps > 0 {
		text = "{ let " + strings.Join(f.temporaries(), ", ") + "; return " + body.js + " }"
	}
	js := async + "(" + strings.Join(params, ", ") + ") => " + text
	if len(outerParams) > 0 {
		js = "((" + strings.Join(outerParams, ": any, ") + ": any) => " + js + ")(" + strings.Join(defaults, ", ") + ")"
	}
	return code{js: js, t: "function", isPure: true, isOpen: true}
}

func (c *converter) subscript(expr *python.Subscript) code {
	if c.qualified(expr.X) == "os.environ" {
		return code{js: "pyEnv(" + c.value(expr.Index).js + ")", t: strType}
	}
	x := c.expr(expr.X)
	if _, isText := expr.Index.(*python.Constant); x.t == attributesType && isText {
		return code{js: "pyAt(" + x.js + ", " + c.value(expr.Index).js + ")", t: anyType}
	}
	x = c.value(expr.X)
	if isBytes(x.t) {
		return c.bytesSlice(expr, x)
	}
	if slice, ok := expr.Index.(*python.Slice); ok {
		bound := func(e python.Expr) string {
			if e == nil {
				return "null"
			}
			return c.value(e).js
		}
		if slice.Step != nil {
			return code{js: "pyStep(" + x.js + ", " + bound(slice.Low) + ", " + bound(slice.High) + ", " + bound(slice.Step) + ")", t: x.t}
		}
		return code{js: "pySlice(" + x.js + ", " + bound(slice.Low) + ", " + bound(slice.High) + ")", t: x.t}
	}
	index := c.value(expr.Index)
	if x.t == dictType || x.t == anyType {
		c.recordReadKey(expr.X, index)
	}
	if name, ok := strings.CutPrefix(x.t, enumType); ok {
		return code{js: "pyAt({ ..." + x.js + " }, " + index.js + ")", t: memberType + name}
	}
	t := anyType
	if x.t == strType {
		t = strType
	}
	if x.t == "match" {
		return code{js: x.operand() + ".group(" + index.js + ")", t: anyType}
	}
	if x.t == "cookies" {
		return code{js: "pyAt(" + x.js + ".all(), " + index.js + ")", t: strType}
	}
	return code{js: "pyAt(" + x.js + ", " + index.js + ")", t: t}
}

func (c *converter) isAny(t string, types ...string) bool {
	return t == anyType || slices.Contains(types, t)
}

// repeatable contains functions that always have the same result for the same arguments, and no effects.
var repeatable = []string{"len", "str", "int", "float", "bool", "abs", "round", "min", "max", "ord", "chr", "type"}

// isRepeatable returns whether a script may evaluate an expression several times instead of once.
func isRepeatable(expr python.Expr) bool {
	found := true
	python.Walk(expr, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Call:
			name, ok := node.Func.(*python.Name)
			found = found && ok && slices.Contains(repeatable, name.ID)
		case *python.Walrus, *python.Await, *python.Yield:
			found = false
		}
		return found
	})
	return found
}
