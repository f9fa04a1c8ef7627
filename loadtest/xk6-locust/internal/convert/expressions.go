package convert

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// The types of expressions. Further types are named after Locust's objects, such as "client" and "response".
const (
	anyType   = "any"
	strType   = "str"
	intType   = "int"
	floatType = "float"
	// realType is the type of times and random numbers, which are never whole.
	realType  = "real"
	boolType  = "bool"
	noneType  = "none"
	listType  = "list"
	tupleType = "tuple"
	dictType  = "dict"
	setType   = "set"
	// objectType is the prefix of the types of objects whose classes the locustfile defines.
	dequeType = "deque"
	// optionsType is the type of the command line of Locust.
	optionsType  = "options"
	objectType   = "object:"
	responseType = "response"
	// streamType is the type of a response with stream=True.
	streamType = "stream"
)

// code is an expression in TypeScript.
type code struct {
	js string
	// t is the type in Python.
	t string
	// isPure is set if the expression has no side effects.
	isPure bool
	// isOpen is set if the expression needs parentheses as an operand.
	isOpen bool
}

// operand returns the expression, in parentheses if it needs them as an operand.
func (e code) operand() string {
	if e.isOpen {
		return "(" + e.js + ")"
	}
	return e.js
}

func (e code) isNumber() bool { return e.t == intType || e.isFloat() }

func (e code) isFloat() bool { return e.t == floatType || e.t == realType }

// quote returns the text as a TypeScript string literal.
func quote(text string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return "''"
	}
	quoted := strings.TrimSpace(out.String())
	if strings.Contains(text, "'") {
		return quoted
	}
	return "'" + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + "'"
}

func (c *converter) unsupported(expr python.Expr, format string, args ...any) code {
	c.fail(expr.Position(), format, args...)
	return code{js: "null", t: anyType}
}

func (c *converter) expr(expr python.Expr) code {
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
		return c.comprehension(expr)
	case *python.Lambda:
		return c.lambda(expr)
	case *python.IfExp:
		condition, then, otherwise := c.condition(expr.Condition), c.expr(expr.Then), c.expr(expr.Else)
		t := anyType
		if then.t == otherwise.t {
			t = then.t
		} else {
			then, otherwise = c.kept(expr.Then), c.kept(expr.Else)
		}
		return code{js: condition + " ? " + then.operand() + " : " + otherwise.operand(), t: t, isOpen: true}
	case *python.Walrus:
		value := c.expr(expr.Value)
		c.setType(expr.Name, value.t)
		if c.f.id == "" {
			return c.unsupported(expr, ":= is only supported in functions")
		}
		return code{js: "(" + jsName(expr.Name) + " = " + value.js + ")", t: value.t}
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

// maxInteger is the largest integer that JavaScript represents exactly, 2^53.
const maxInteger = 1 << 53

// maxExponent limits the time for powers of integer literals.
const maxExponent = 1 << 10

func (c *converter) constant(expr *python.Constant) code {
	switch expr.Kind {
	case python.String:
		return code{js: quote(expr.Text), t: strType, isPure: true}
	case python.Bytes:
		if isASCII(expr.Text) {
			return code{js: quote(expr.Text), t: bytesType, isPure: true}
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
			return c.unsupported(expr, "the integer %s is larger than JavaScript's, 2^53", expr.Text)
		}
		return code{js: strconv.FormatUint(value, 10), t: intType, isPure: true}
	}
	return c.unsupported(expr, "%s is not supported", expr.Kind)
}

func (c *converter) name(expr *python.Name) code {
	if c.paths[expr.ID] != nil && !c.isLocal(expr.ID) {
		return c.unsupported(expr, "the path %s is only supported in calls to open()", expr.ID)
	}
	if c.isLocal(expr.ID) || c.globals[expr.ID] {
		for f := c.f; f != nil; f = f.outer {
			_, isParam := f.params[expr.ID]
			if !isParam && f.locals[expr.ID] {
				break
			}
			switch {
			case isParam && f.hasEnvironment && (!f.isHandler || expr.ID == "environment"):
				return code{js: "environment", t: environmentType, isPure: true}
			case isParam && f.isHandler && expr.ID == "environment":
				return code{js: "null", t: environmentType, isPure: true}
			case isParam && f.event[expr.ID].js != "":
				return f.event[expr.ID]
			case isParam && f.isHandler:
				return c.unsupported(expr, "the argument %s of a listener is not available in k6", expr.ID)
			}
		}
		for f := c.f; f != nil; f = f.outer {
			if f.self == expr.ID && f.isClassMethod {
				return code{js: "this", t: "class:" + f.of.Name, isPure: true}
			}
			if f.self == expr.ID {
				return code{js: "this", t: "self", isPure: true}
			}
			if _, isParam := f.params[expr.ID]; isParam || f.locals[expr.ID] {
				break
			}
		}
		key := c.variable(expr.ID)
		t := c.known[key]
		if c.isParam(expr.ID) {
			t = c.knownParams[key]
		}
		if t == "" {
			t = anyType
		}
		if scoped, ok := c.scoped[key]; ok {
			t = scoped
		}
		if t == loggerType {
			return code{js: "console", t: t, isPure: true}
		}
		if (expr.ID == "client" || expr.ID == "session") && c.isParam(expr.ID) && t == anyType {
			t = "client"
		}
		return code{js: jsName(expr.ID), t: t, isPure: true}
	}
	if k := c.classes[expr.ID]; k != nil && k.isEnum() {
		return code{js: k.js, t: enumType + expr.ID, isPure: true}
	}
	if c.classes[expr.ID] != nil {
		return code{js: c.classes[expr.ID].js, t: "class:" + expr.ID, isPure: true}
	}
	if def := c.functions[expr.ID]; def != nil {
		if takesKeywords(def.Params) {
			return c.unsupported(expr, "%s has parameters after *args, so it is supported only in direct calls", expr.ID)
		}
		// The function may be called with any values.
		for i := range def.Params {
			join(c.params, fmt.Sprintf("%s.%d", expr.ID, i), anyType)
		}
		return code{js: jsName(expr.ID), t: "function", isPure: true}
	}
	if full := c.modules[expr.ID]; full != "" {
		return code{js: "null", t: "module:" + full, isPure: true}
	}
	switch expr.ID {
	case "str", "int", "float", "bool", "len":
		name := map[string]string{"str": "pyStr", "int": "pyInt", "float": "pyFloat", "bool": "pyTruthy", "len": "pyLen"}[expr.ID]
		return code{js: name, t: "function", isPure: true}
	case "__name__":
		if c.inLogger {
			return code{js: "'logger'", t: strType, isPure: true}
		}
		return c.unsupported(expr, "__name__ is only supported in if __name__ == \"__main__\"")
	}
	return c.unsupported(expr, "%s is not supported", expr.ID)
}

// value converts an expression that is used as a value. It reports modules and their contents, which k6 does not have.
func (c *converter) value(expr python.Expr) code {
	e := c.expr(expr)
	if e.t == attributesType {
		return c.unsupported(expr, "%s is only supported with the name of an attribute, because k6 does not keep their order", c.source(expr))
	}
	if full, ok := strings.CutPrefix(e.t, "module:"); ok {
		return c.unsupported(expr, "%s is not available in k6", full)
	}
	if e.t == optionsType {
		return c.unsupported(expr, "%s is only supported with the name of an option", c.source(expr))
	}
	return e
}

// condition converts an expression that is used as a condition.
func (c *converter) condition(expr python.Expr) string {
	switch expr := expr.(type) {
	case *python.Unary:
		if expr.Op == "not" {
			inner := c.condition(expr.X)
			if regexp.MustCompile(`^[\w.]+\([^()]*\)$`).MatchString(inner) {
				return "!" + inner
			}
			return "!(" + inner + ")"
		}
	case *python.BoolOp:
		op := map[string]string{"and": " && ", "or": " || "}[expr.Op]
		side := func(x python.Expr) string {
			text := c.condition(x)
			if inner, ok := x.(*python.BoolOp); ok && inner.Op != expr.Op {
				return "(" + text + ")"
			}
			return text
		}
		return side(expr.X) + op + side(expr.Y)
	}
	value := c.value(expr)
	if constant, ok := expr.(*python.Constant); ok && constant.Kind == python.Int && value.t == intType {
		return strconv.FormatBool(value.js != "0")
	}
	switch {
	case value.t == boolType && value.isOpen && !strings.Contains(value.js, " ? "):
		return value.js
	case value.t == boolType:
		return value.operand()
	case value.t == strType:
		return value.operand() + " !== ''"
	case value.isNumber():
		return value.operand() + " !== 0"
	}
	return "pyTruthy(" + value.js + ")"
}

func (c *converter) unary(expr *python.Unary) code {
	if expr.Op == "not" {
		return code{js: c.condition(expr), t: boolType}
	}
	x := c.value(expr.X)
	if expr.Op == "~" {
		return c.unsupported(expr, "~ is not supported")
	}
	if !x.isNumber() {
		if expr.Op == "-" {
			return code{js: "pyNegate(" + x.js + ")", t: anyType}
		}
		return code{js: "pyNumber(" + x.js + ")", t: anyType}
	}
	return code{js: expr.Op + x.operand(), t: x.t, isPure: x.isPure, isOpen: true}
}

func (c *converter) binary(expr *python.Binary) code {
	if expr.Op == "%" {
		if format, ok := expr.X.(*python.Constant); ok && format.Kind == python.String {
			return c.percent(expr, format.Text)
		}
	}
	if isTooLarge(expr) {
		return c.unsupported(expr, "the integer is larger than JavaScript's, 2^53")
	}
	x, y := c.value(expr.X), c.value(expr.Y)
	if result, ok := timeBinary(expr.Op, x, y); ok {
		return result
	}
	if isTime(x.t) || isTime(y.t) || x.t == timedeltaType || y.t == timedeltaType {
		return c.unsupported(expr, "the operator %s is not supported with these times", expr.Op)
	}
	if expr.Op == "|" && x.t == y.t && x.t == dictType {
		return code{js: "{ ..." + x.operand() + ", ..." + y.operand() + " }", t: dictType}
	}
	if (expr.Op == "&" || expr.Op == "-") && x.t == y.t && x.t == setType {
		return code{js: fmt.Sprintf("new Set<any>([...%s].filter((pyItem) => %s%s.has(pyItem)))", x.operand(), map[string]string{"-": "!"}[expr.Op], y.operand()), t: setType}
	}
	if expr.Op == "|" && x.t == y.t && x.t == setType {
		return code{js: "new Set<any>([..." + x.operand() + ", ..." + y.operand() + "])", t: setType}
	}
	isBytes := func(t string) bool { return t == bytesType || t == binaryType }
	switch {
	case x.t == bytesType && y.t == bytesType && expr.Op == "+":
		return code{js: x.operand() + " + " + y.operand(), t: bytesType, isOpen: true}
	case isBytes(x.t) && isBytes(y.t) && expr.Op == "+":
		return code{js: "pyBytes(" + x.js + ", " + y.js + ")", t: binaryType}
	case isBytes(y.t) && expr.Op == "*":
		return c.binary(&python.Binary{Pos: expr.Pos, Op: "*", X: expr.Y, Y: expr.X})
	case x.t == bytesType && expr.Op == "*":
		return code{js: x.operand() + ".repeat(Math.max(0, " + c.number(y) + "))", t: bytesType}
	case x.t == binaryType && expr.Op == "*":
		return code{js: "pyBytes(...Array.from({ length: Math.max(0, " + c.number(y) + ") }, () => " + x.js + "))", t: binaryType}
	}
	if isBytes(x.t) || isBytes(y.t) {
		return c.unsupported(expr, "the operator %s is not supported with bytes", expr.Op)
	}
	bothNumbers := x.isNumber() && y.isNumber()
	t := anyType
	if bothNumbers {
		t = intType
		if x.isFloat() || y.isFloat() {
			t = floatType
		}
		if x.t == realType || y.t == realType {
			t = realType
		}
	}
	if t == anyType && expr.Op != "*" && (x.isFloat() || y.isFloat()) {
		t = floatType
	}
	isPure := x.isPure && y.isPure
	call := func(name, t string) code {
		js := name + "(" + x.js + ", " + y.js + ")"
		if t == floatType || t == realType {
			js = "Number(" + js + ")"
		}
		return code{js: js, t: t}
	}
	switch expr.Op {
	case "+":
		if bothNumbers || x.t == strType && y.t == strType {
			if x.t == strType {
				t = strType
			}
			return code{js: x.operand() + " + " + y.operand(), t: t, isPure: isPure, isOpen: true}
		}
		if x.t == y.t && (x.t == listType || x.t == tupleType) || x.t == strType || y.t == strType {
			t = x.t
			if y.t == strType {
				t = strType
			}
		}
		return call("pyAdd", t)
	case "-":
		if bothNumbers {
			return code{js: x.operand() + " - " + y.operand(), t: t, isPure: isPure, isOpen: true}
		}
		return call("pySubtract", t)
	case "*":
		if bothNumbers && t == intType && !c.isSmallProduct(expr) {
			return code{js: "pyInteger(" + x.operand() + " * " + y.operand() + ")", t: t}
		}
		if bothNumbers {
			return code{js: x.operand() + " * " + y.operand(), t: t, isPure: isPure, isOpen: true}
		}
		if x.t == strType || y.t == strType {
			t = strType
		}
		return call("pyMultiply", t)
	case "/":
		if t != realType {
			t = floatType
		}
		return code{js: "pyDivide(" + x.js + ", " + y.js + ")", t: t}
	case "//":
		return call("pyFloorDivide", t)
	case "%":
		if x.t == strType || x.t == anyType && !y.isNumber() {
			return c.unsupported(expr, "%% needs a string literal or two numbers")
		}
		return call("pyModulo", t)
	case "**":
		// A negative exponent makes the result of integers a float.
		if t == intType {
			t = anyType
			if constant, ok := expr.Y.(*python.Constant); ok && constant.Kind == python.Int {
				t = intType
			}
		}
		if t == floatType || t == realType {
			return code{js: "(" + c.number(x) + ") ** (" + c.number(y) + ")", t: t, isOpen: true}
		}
		return call("pyPower", t)
	}
	return c.unsupported(expr, "the operator %s is not supported", expr.Op)
}

// isTooLarge returns whether an operation on integer literals has a result that JavaScript does not represent exactly.
func isTooLarge(expr *python.Binary) bool {
	value := integerOf(expr)
	return value != nil && value.CmpAbs(big.NewInt(maxInteger)) > 0
}

// isSmallProduct returns whether the product of integers is certainly exact in JavaScript. The length of a list is at most 2^32.
func (c *converter) isSmallProduct(expr *python.Binary) bool {
	limit := func(x python.Expr) *big.Int {
		if call, ok := x.(*python.Call); ok && c.source(call.Func) == "len" {
			return big.NewInt(1 << 32)
		}
		return integerOf(x)
	}
	x, y := limit(expr.X), limit(expr.Y)
	return x != nil && y != nil && x.Mul(x, y).CmpAbs(big.NewInt(maxInteger)) <= 0
}

// integerOf returns the value of integer literals and of operations on them. It returns nil for other expressions.
func integerOf(expr python.Expr) *big.Int {
	switch expr := expr.(type) {
	case *python.Constant:
		if value, ok := new(big.Int).SetString(expr.Text, 0); ok && expr.Kind == python.Int {
			return value
		}
	case *python.Binary:
		x, y := integerOf(expr.X), integerOf(expr.Y)
		switch {
		case x == nil || y == nil || y.CmpAbs(big.NewInt(maxInteger)) > 0:
		case expr.Op == "+":
			return x.Add(x, y)
		case expr.Op == "-":
			return x.Sub(x, y)
		case expr.Op == "*":
			return x.Mul(x, y)
		case expr.Op == "**" && y.Sign() >= 0 && y.Cmp(big.NewInt(maxExponent)) <= 0:
			return x.Exp(x, y, nil)
		}
	}
	return nil
}

func (c *converter) boolOp(expr *python.BoolOp) code {
	x, y := c.value(expr.X), c.value(expr.Y)
	if x.t == boolType && y.t == boolType {
		return code{js: "(" + c.condition(expr) + ")", t: boolType}
	}
	t := anyType
	if x.t == y.t {
		t = x.t
	} else {
		x, y = c.kept(expr.X), c.kept(expr.Y)
	}
	value := x.js
	var condition string
	if x.isPure {
		condition = c.condition(expr.X)
	} else {
		if c.f.id == "" {
			return c.unsupported(expr, "%s with a call is only supported in functions", expr.Op)
		}
		c.f.temps++
		value = fmt.Sprintf("temp%d", c.f.temps)
		condition = "pyTruthy((" + value + " = " + x.js + "))"
	}
	if expr.Op == "and" {
		return code{js: condition + " ? " + y.operand() + " : " + value, t: t, isOpen: true}
	}
	return code{js: condition + " ? " + value + " : " + y.operand(), t: t, isOpen: true}
}

func (c *converter) compare(expr *python.Compare) code {
	if test, ok := c.isOver(expr); ok {
		return code{js: test, t: boolType}
	}
	var parts []string
	x := c.value(expr.X)
	for i, op := range expr.Ops {
		if op == "in" || op == "not in" {
			c.unpacked[expr.Ys[i]] = true
		}
		y := c.value(expr.Ys[i])
		if i > 0 && !x.isPure {
			return c.unsupported(expr, "a chain of comparisons with a call in it is not supported")
		}
		parts = append(parts, c.comparison(expr, op, x, y))
		x = y
	}
	return code{js: strings.Join(parts, " && "), t: boolType, isOpen: true}
}

func (c *converter) comparison(expr *python.Compare, op string, x, y code) string {
	bothNumbers := x.isNumber() && y.isNumber()
	if (x.t == binaryType || y.t == binaryType) && x.t != noneType && y.t != noneType {
		c.fail(expr.Pos, "comparisons of bytes are only supported with UTF-8 text")
	}
	bothStrings := x.t == strType && y.t == strType || x.t == bytesType && y.t == bytesType
	if (x.t == bytesType) != (y.t == bytesType) && x.t != noneType && y.t != noneType {
		c.fail(expr.Pos, "bytes can only be compared with bytes")
	}
	switch op {
	case "==", "!=":
		js := map[string]string{"==": "===", "!=": "!=="}[op]
		if bothNumbers || bothStrings || x.t == boolType && y.t == boolType {
			return x.operand() + " " + js + " " + y.operand()
		}
		if (x.t == strType || y.t == strType) && (x.t == anyType || y.t == anyType) {
			return x.operand() + " " + js + " " + y.operand()
		}
		return map[string]string{"==": "", "!=": "!"}[op] + "pyEq(" + x.js + ", " + y.js + ")"
	case "is", "is not":
		isMember := strings.HasPrefix(x.t, memberType) || strings.HasPrefix(y.t, memberType)
		if x.t != noneType && y.t != noneType && x.t != boolType && y.t != boolType && !isMember {
			c.fail(expr.Pos, "is is only supported with None, True, and False")
		}
		if y.t == noneType {
			return x.operand() + map[string]string{"is": " == null", "is not": " != null"}[op]
		}
		return x.operand() + map[string]string{"is": " === ", "is not": " !== "}[op] + y.operand()
	case "in", "not in":
		if strings.HasPrefix(y.t, enumType) {
			y.js = iterable(y)
		}
		return map[string]string{"in": "", "not in": "!"}[op] + "pyIn(" + x.js + ", " + y.js + ")"
	}
	if bothNumbers || x.t == timedeltaType && y.t == timedeltaType {
		return x.operand() + " " + op + " " + y.operand()
	}
	if isTime(x.t) && x.t == y.t {
		return "pyApart(" + x.js + ", " + y.js + ") " + op + " 0"
	}
	if op == ">" || op == ">=" {
		x, y = y, x
	}
	return fmt.Sprintf("pyLess(%s, %s, %t)", x.js, y.js, strings.HasSuffix(op, "="))
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
		return code{js: "new Set([" + strings.Join(items, ", ") + "])", t: setType, isPure: isPure}
	}
	js := "[" + strings.Join(items, ", ") + "]"
	if expr.Kind == tupleType {
		js = c.tuple(expr, js)
	}
	return code{js: js, t: expr.Kind, isPure: isPure}
}

// mayBeWhole returns whether a value is a float that may be whole. Times and random numbers are never whole.
func (c *converter) mayBeWhole(expr python.Expr, value code) bool {
	if value.t != floatType || c.f.of != nil && c.f.of.base == "LoadTestShape" {
		return false
	}
	constant, ok := expr.(*python.Constant)
	if !ok {
		return true
	}
	number, err := strconv.ParseFloat(constant.Text, 64)
	return err != nil || number == math.Trunc(number)
}

// floatsKey is the key under which a pass records that the script keeps floats that may be whole.
const floatsKey = "floats"

// kept converts a value that becomes part of a list, a dict, or a variable that holds several types.
func (c *converter) kept(expr python.Expr) code {
	value := c.value(expr)
	if value.t == timedeltaType {
		return c.unsupported(expr, "a timedelta is not supported here: use its total_seconds()")
	}
	if !c.mayBeWhole(expr, value) {
		return value
	}
	c.types[floatsKey] = anyType
	return code{js: "pyFloatOf(" + value.js + ")", t: anyType, isPure: value.isPure}
}

// number returns a value as a number of JavaScript.
func (c *converter) number(value code) string {
	if value.isNumber() {
		return value.js
	}
	return "pyNumber(" + value.js + ")"
}

// checkFloat reports a float that is kept in a place where the converter supports no whole floats.
func (c *converter) checkFloat(expr python.Expr, value code) {
	if c.mayBeWhole(expr, value) {
		c.fail(expr.Position(), "a float that may be a whole number is not supported here: JavaScript writes 2.0 as 2")
	}
}

var integerKey = regexp.MustCompile(`^(0|[1-9]\d*)$`)

// keepsOrder returns whether JavaScript keeps the order of a dict whose keys look like integers: they ascend, and no dict is
// added to another one.
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
	walk(c.body, func(node python.Node) bool {
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
	var items []string
	isPure := true
	for i, key := range expr.Keys {
		value := c.kept(expr.Values[i])
		isPure = isPure && value.isPure
		if key == nil {
			items = append(items, "..."+value.operand())
			continue
		}
		constant, ok := key.(*python.Constant)
		switch {
		case ok && constant.Kind == python.String && (integerKey.MatchString(constant.Text) && !c.keepsOrder(expr) || constant.Text == "__proto__"):
			c.fail(key.Position(), "the key %q is not supported, because JavaScript does not keep its order", constant.Text)
		case ok && constant.Kind == python.String:
			name := quote(constant.Text)
			if regexp.MustCompile(`^[A-Za-z_]\w*$`).MatchString(constant.Text) {
				name = constant.Text
			}
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

func (c *converter) comprehension(expr *python.Comprehension) code {
	body := []python.Stmt{&python.ExprStmt{Pos: expr.Pos, X: expr}}
	f := &function{id: c.id("comprehension", expr.Pos), of: c.f.of, self: c.f.self, body: body, declared: map[string]bool{}}
	for _, clause := range expr.Clauses {
		c.unpacks(clause.Target, clause.Iter)
	}
	first := c.value(expr.Clauses[0].Iter)
	c.push(f)
	var head strings.Builder
	for i, clause := range expr.Clauses {
		iter := first
		if i > 0 {
			iter = c.value(clause.Iter)
		}
		for _, name := range names(clause.Target) {
			f.locals[name] = true
			t := itemOf(iter)
			if _, isName := clause.Target.(*python.Name); !isName {
				t = anyType
			}
			c.setType(name, t)
		}
		target, keyword := c.destructured(clause.Target), "const "
		for _, name := range names(clause.Target) {
			if isCaptured(expr, name) {
				keyword = ""
				head.WriteString("let " + jsName(name) + ": any; ")
			}
		}
		if name, isName := clause.Target.(*python.Name); isName && loads(expr, name.ID) == 0 {
			target = "_" + target
		}
		head.WriteString("for (" + keyword + target + " of " + c.loopable(iter) + ") ")
		for _, condition := range clause.Ifs {
			head.WriteString("if (" + c.condition(condition) + ") ")
		}
	}
	element, loops := c.kept(expr.Element), head.String()
	if expr.Kind == setType {
		element = c.value(expr.Element)
		c.checkFloat(expr.Element, element)
	}
	result, t := "const pyItems: any[] = []; "+loops+"pyItems.push("+element.js+"); return pyItems", listType
	switch expr.Kind {
	case "dict":
		result, t = "const pyItems: any = {}; "+loops+"pyItems[pyKey("+element.js+")] = "+c.kept(expr.Value).js+"; return pyItems", dictType
	case "set":
		result, t = "const pyItems = new Set<any>(); "+loops+"pyItems.add("+element.js+"); return pyItems", setType
	}
	c.pop()
	if f.temps > 0 {
		return c.unsupported(expr, "and, or with a call in a comprehension is not supported")
	}
	js := "(() => { " + result + " })()"
	if f.isAsync {
		c.f.isAsync = true
		js = "(await (async () => { " + result + " })())"
	}
	if expr.Kind == "generator" && !c.direct[expr] {
		if f.isAsync {
			return c.unsupported(expr, "a generator cannot make requests or wait")
		}
		return code{js: "new PyListIterator(" + js + ")", t: iteratorType}
	}
	return code{js: js, t: t}
}

func (c *converter) lambda(expr *python.Lambda) code {
	f := &function{id: c.id("lambda", expr.Pos), of: c.f.of, self: c.f.self, body: c.f.body, declared: map[string]bool{}}
	c.push(f)
	var params []string
	for _, param := range expr.Params {
		if param.Kind != "" || param.Default != nil {
			c.fail(param.Pos, "a lambda may only have plain parameters")
		}
		f.params[param.Name] = f.id + "." + param.Name
		params = append(params, jsName(param.Name)+": any")
	}
	body := c.kept(expr.Body)
	c.pop()
	if f.isAsync {
		return c.unsupported(expr, "a lambda cannot make requests or wait")
	}
	text := body.js
	if strings.HasPrefix(text, "{") {
		text = "(" + text + ")"
	}
	return code{js: "(" + strings.Join(params, ", ") + ") => " + text, t: "function", isPure: true, isOpen: true}
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
	if x.t == bytesType || x.t == binaryType {
		return c.unsupported(expr, "access to single bytes is not supported")
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
	if name, ok := strings.CutPrefix(x.t, enumType); ok {
		return code{js: "pyAt({ ..." + x.js + " }, " + index.js + ")", t: memberType + name}
	}
	t := anyType
	if x.t == strType {
		t = strType
	}
	if x.t == "cookies" {
		return code{js: "pyAt(" + x.js + ".all(), " + index.js + ")", t: strType}
	}
	return code{js: "pyAt(" + x.js + ", " + index.js + ")", t: t}
}

// text converts a value to a string in a template.
func (c *converter) text(e code, conversion string) string {
	switch {
	case conversion == "r" && !e.isFloat():
		return "${pyRepr(" + e.js + ")}"
	case conversion == "" && (e.t == strType || e.t == intType):
		return "${" + e.js + "}"
	case e.isFloat():
		return "${pyFloatText(" + e.js + ")}"
	}
	return "${pyStr(" + e.js + ")}"
}

func templateText(text string) string {
	quoted := quote(text + "'")
	quoted = quoted[1 : len(quoted)-2]
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(quoted, "`", "\\`"), "${", "\\${"), `\"`, `"`)
}

func (c *converter) joined(expr *python.JoinedStr) code {
	var out strings.Builder
	for _, part := range expr.Parts {
		switch part := part.(type) {
		case *python.Constant:
			out.WriteString(templateText(part.Text))
		case *python.Formatted:
			value := c.value(part.Value)
			c.notBytes(part.Value, value)
			if part.Conversion == "a" {
				c.fail(part.Pos, "!a is not supported")
			}
			if part.Spec == nil {
				out.WriteString(c.text(value, part.Conversion))
				continue
			}
			if len(part.Spec.Parts) == 1 {
				if spec, ok := part.Spec.Parts[0].(*python.Constant); ok {
					out.WriteString(c.formatted(part.Value, value, spec.Text))
					continue
				}
			}
			out.WriteString("${pyFormat(" + value.js + ", " + c.joined(part.Spec).js + ")}")
		}
	}
	return code{js: "`" + out.String() + "`", t: strType}
}

// notBytes reports a value whose text differs between Python and JavaScript.
func (c *converter) notBytes(expr python.Expr, value code) {
	if value.t == timedeltaType {
		c.fail(expr.Position(), "converting a timedelta to text is not supported: use its total_seconds()")
	}
	if kind, _, ok := strings.Cut(value.t, ":"); ok && slices.Contains([]string{memberType, enumType}, kind+":") || c.hasNoText(value.t) || isIterator(value.t) || value.t == bytesType || value.t == uploadType || value.t == binaryType || value.t == "client" || value.t == responseType || value.t == streamType || value.t == "self" || strings.HasPrefix(value.t, "class:") {
		c.fail(expr.Position(), "%s has a different text in JavaScript", c.source(expr))
	}
}

var formatSpec = regexp.MustCompile(`^(?:.?[<>^])?[+ ]?0?\d*,?(?:\.\d+)?[dsfxXobeEg%]?$`)

func (c *converter) formatted(expr python.Expr, value code, spec string) string {
	if isTime(value.t) && spec != "" {
		return "${" + c.strftime(value, &python.Constant{Pos: expr.Position(), Kind: python.String, Text: spec}).js + "}"
	}
	if !formatSpec.MatchString(spec) {
		c.fail(expr.Position(), "the format %q is not supported", spec)
	}
	if spec == "" {
		return c.text(value, "")
	}
	if value.isFloat() && !strings.ContainsAny(spec, "fexXobEgd%") {
		c.fail(expr.Position(), "the format %q of a float needs a type such as f", spec)
	}
	return "${pyFormat(" + value.js + ", " + quote(spec) + ")}"
}

var placeholder = regexp.MustCompile(`%(?:\((\w+)\))?([-+0 ]*)(\d*)(\.\d+)?([sdirfxXeEg%])`)

// percent converts `'…' % values`.
func (c *converter) percent(expr *python.Binary, format string) code {
	var args []python.Expr
	tuple, isTuple := expr.Y.(*python.Sequence)
	switch {
	case isTuple && tuple.Kind == "tuple":
		args = tuple.Items
	default:
		args = []python.Expr{expr.Y}
	}
	named, isDict := expr.Y.(*python.Dict)
	var out strings.Builder
	used, last := 0, 0
	for _, match := range placeholder.FindAllStringSubmatchIndex(format, -1) {
		part := func(i int) string {
			if match[2*i] < 0 {
				return ""
			}
			return format[match[2*i]:match[2*i+1]]
		}
		if strings.Contains(format[last:match[0]], "%") {
			break
		}
		out.WriteString(templateText(format[last:match[0]]))
		last = match[1]
		kind := part(5)
		if kind == "%" {
			out.WriteString("%")
			continue
		}
		var value python.Expr
		switch {
		case part(1) != "" && isDict:
			for i, key := range named.Keys {
				if constant, ok := key.(*python.Constant); ok && constant.Text == part(1) {
					value = named.Values[i]
				}
			}
		case part(1) == "" && used < len(args):
			value = args[used]
			used++
		}
		if value == nil {
			return c.unsupported(expr, "%% needs as many values as the string has placeholders")
		}
		e := c.value(value)
		c.notBytes(value, e)
		flags := part(2)
		switch {
		case flags == "" && part(3) == "" && part(4) == "" && kind == "s":
			out.WriteString(c.text(e, ""))
		case flags == "" && part(3) == "" && part(4) == "" && kind == "r":
			out.WriteString(c.text(e, "r"))
		case kind == "d" || kind == "i":
			spec := strings.ReplaceAll(flags, "-", "<") + part(3) + "d"
			out.WriteString("${pyFormat(pyInt(" + e.js + "), " + quote(spec) + ")}")
		case kind == "s" || kind == "r":
			return c.unsupported(expr, "a width of %%s is not supported")
		default:
			out.WriteString("${pyFormat(" + e.js + ", " + quote(strings.ReplaceAll(flags, "-", "<")+part(3)+part(4)+kind) + ")}")
		}
	}
	if strings.Contains(format[last:], "%") || !isDict && used != len(args) || !isTuple && !isDict && used == 1 && c.value(expr.Y).t == tupleType {
		return c.unsupported(expr, "this format of %% is not supported")
	}
	out.WriteString(templateText(format[last:]))
	return code{js: "`" + out.String() + "`", t: strType}
}

// responseFields maps Python's attributes of responses to their names and types in the script.
var responseFields = map[string][2]string{
	"status_code": {"statusCode", intType}, "text": {"text", strType}, "url": {"url", strType}, "reason": {"reason", strType},
	"ok": {"ok", boolType}, "headers": {"headers", "responseHeaders"}, "cookies": {"cookies", dictType}, "history": {"history", listType},
	"content": {"text", bytesType}, "elapsed": {"elapsed", "elapsed"},
}

func (c *converter) attribute(expr *python.Attribute) code {
	switch full := c.qualified(expr); full {
	case "":
	case "math.pi":
		return code{js: "Math.PI", t: floatType, isPure: true}
	case "math.e":
		return code{js: "Math.E", t: floatType, isPure: true}
	case "string.ascii_letters":
		return code{js: "'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'", t: strType, isPure: true}
	case "string.ascii_lowercase":
		return code{js: "'abcdefghijklmnopqrstuvwxyz'", t: strType, isPure: true}
	case "string.ascii_uppercase":
		return code{js: "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'", t: strType, isPure: true}
	case "string.digits":
		return code{js: "'0123456789'", t: strType, isPure: true}
	default:
		return code{js: "null", t: "module:" + full, isPure: true}
	}
	if c.isOptions(expr.X) {
		if value, ok := c.arguments[expr.Name]; ok {
			return code{js: value, t: anyType, isPure: true}
		}
		return c.unsupported(expr, "the option %s is not available in k6/x/locust", expr.Name)
	}
	if expr.Name == "__name__" {
		return c.typeName(expr)
	}
	if expr.Name == "parsed_options" {
		return code{js: "null", t: optionsType, isPure: true}
	}
	x := c.value(expr.X)
	if expr.Name == "attrib" && c.usesHTML && x.t == anyType {
		return code{js: x.operand() + ".attrib", t: attributesType, isPure: true}
	}
	if hasVariable, _ := c.hasEnvironment(); hasVariable && slices.Contains([]string{environmentType, "runner", statsType, entryType}, x.t) {
		return c.environmentAttribute(expr, x)
	}
	if call, ok := expr.X.(*python.Call); ok && expr.Name == "hex" && c.qualified(call.Func) == "uuid.uuid4" {
		return code{js: x.js + ".replaceAll('-', '')", t: strType}
	}
	if member, ok := c.memberField(expr, x); ok {
		return member
	}
	if field := datetimeFields[expr.Name]; field != "" && (x.t == datetimeType || x.t == dateType && slices.Contains(datetimeParts[:3], expr.Name)) {
		return code{js: x.operand() + ".date." + field, t: intType, isOpen: strings.Contains(field, "+")}
	}
	if x.t == timedeltaType && expr.Name == "days" {
		return code{js: "Math.floor(" + x.operand() + " / 86400)", t: intType}
	}
	if x.t == loggerType && expr.Name == "handlers" {
		return code{js: "[]", t: listType, isPure: true}
	}
	if x.t == "exception" {
		return c.unsupported(expr, "the attribute %s of an exception is not supported", expr.Name)
	}
	if x.t == "rest" && expr.Name == "js" {
		return code{js: x.js + "Js", t: anyType, isPure: true}
	}
	if x.t == responseType || x.t == streamType || x.t == "rest" {
		if x.t == streamType && (expr.Name == "text" || expr.Name == "content") {
			return c.unsupported(expr, "%s is not supported with stream=True: use iter_lines()", c.source(expr))
		}
		field, ok := responseFields[expr.Name]
		if !ok {
			return c.unsupported(expr, "the attribute %s of a response is not available in k6/x/locust", expr.Name)
		}
		return code{js: x.operand() + "." + field[0], t: field[1], isPure: true}
	}
	if x.t == "client" {
		switch expr.Name {
		case "base_url":
			if user, ok := strings.CutSuffix(x.js, ".client"); ok {
				return code{js: user + ".host", t: strType, isPure: true}
			}
		case "headers", "cookies":
			return code{js: x.js + "." + expr.Name, t: expr.Name, isPure: true}
		case "request_name":
			return code{js: "(" + x.js + ".requestName ?? null)", t: anyType, isPure: true}
		}
		return c.unsupported(expr, "the attribute %s of a client is not available in k6/x/locust", expr.Name)
	}
	isOwn := c.isOwnFieldOf(x, expr.Name)
	if (x.t == "self" || x.t == "user" || x.t == anyType) && !isOwn {
		switch expr.Name {
		case "client":
			return code{js: x.operand() + ".client", t: "client", isPure: true}
		case "user", "parent":
			return code{js: x.operand() + "." + expr.Name, t: "user", isPure: true}
		case "host":
			return code{js: x.operand() + ".host", t: strType, isPure: true}
		case "environment":
			return code{js: x.operand(), t: environmentType, isPure: true}
		}
	}
	if x.t == environmentType && expr.Name == "host" && !c.inHandler() {
		return code{js: x.operand() + ".host", t: strType, isPure: true}
	}
	if class, ok := strings.CutPrefix(x.t, "class:"); ok {
		if k := c.classes[class]; !k.has(expr.Name) || fields[expr.Name] != "" {
			return c.unsupported(expr, "%s is not supported", c.source(expr))
		}
		return code{js: x.js + "." + c.member(expr.Name), t: anyType, isPure: true}
	}
	if !isOwn {
		if field, ok := responseFields[expr.Name]; ok && x.t == anyType {
			return code{js: x.operand() + "." + field[0], t: field[1], isPure: true}
		}
		return c.unsupported(expr, "%s is not supported", c.source(expr))
	}
	if method := c.findMethod(expr.Name); method != nil && takesKeywords(method.Params) {
		return c.unsupported(expr, "%s has parameters after *args, so it is supported only in direct calls", expr.Name)
	}
	t := c.known["attr."+expr.Name]
	if t == "" {
		t = anyType
	}
	if x.t == "self" && c.isShared(expr.Name) {
		return code{js: "(this.constructor as any)." + c.member(expr.Name), t: anyType, isPure: true}
	}
	return code{js: c.owner(x, expr.Name) + "." + c.member(expr.Name), t: t, isPure: true}
}

// isOptions returns whether an expression is the command line of Locust: environment.parsed_options, or a variable with
// this value.
func (c *converter) isOptions(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Attribute:
		return expr.Name == "parsed_options"
	case *python.Name:
		return (c.isLocal(expr.ID) || c.globals[expr.ID]) && c.name(expr).t == optionsType
	}
	return false
}

// owner returns the object whose field or method is used. The field or method may be defined only in subclasses of the
// object's class.
func (c *converter) owner(x code, name string) string {
	for f := c.f; f != nil && x.t == "self" && x.js == "this"; f = f.outer {
		if f.of == nil {
			continue
		}
		for k := f.of; k != nil; k = k.parent {
			if k.members[name] || c.assigned(k)[name] {
				return x.operand()
			}
		}
		return "(this as any)"
	}
	return x.operand()
}

// typeName converts type(x).__name__ and x.__class__.__name__ of an exception or a user.
func (c *converter) typeName(expr *python.Attribute) code {
	var x code
	if call, ok := expr.X.(*python.Call); ok && len(call.Args) == 1 && c.source(call.Func) == "type" {
		x = c.value(call.Args[0])
	} else if class, ok := expr.X.(*python.Attribute); ok && class.Name == "__class__" {
		x = c.value(class.X)
	}
	switch {
	case x.t == "exception":
		return code{js: "pyTypeName(" + x.js + ")", t: strType}
	case x.t == "self" && c.f.isMethodOfUser():
		return code{js: "this.constructor.name", t: strType, isPure: true}
	}
	return c.unsupported(expr, "%s is not supported", c.source(expr))
}

// isOwnField returns whether the locustfile defines a field or method with this name.
func (c *converter) isOwnField(name string) bool {
	return c.isFieldOf(name, func(*class) bool { return true })
}

// isOwnFieldOf returns whether the locustfile defines a field or method with this name in the class of an object.
// Fields of other classes may have the same names as Locust's fields, such as `client`.
func (c *converter) isOwnFieldOf(x code, name string) bool {
	k := c.classOf()
	switch {
	case x.t == "user", x.t == "self" && x.js != "this", x.t == "self" && k != nil && k.hasTasks():
		return c.isFieldOf(name, (*class).hasTasks)
	case x.t == "self":
		return c.isFieldOf(name, func(k *class) bool { return !k.hasTasks() })
	}
	return c.isOwnField(name)
}

var namedGroup = regexp.MustCompile(`\(\?P<(\w+)>`)

// pattern converts a regular expression.
func (c *converter) pattern(expr python.Expr, anchor string, flags string) string {
	constant, ok := expr.(*python.Constant)
	if !ok || constant.Kind != python.String {
		c.fail(expr.Position(), "a regular expression must be a string literal")
		return "/(?:)/"
	}
	text := namedGroup.ReplaceAllString(constant.Text, "(")
	for _, unknown := range []string{"(?P", `\A`, `\Z`, "(?i", "(?s", "(?m", "(?x", "(?#", "(?(", "++", "*+", "?+", "(?>"} {
		if strings.Contains(text, unknown) {
			c.fail(expr.Position(), "%s in a regular expression is not supported", unknown)
		}
	}
	if anchor != "" {
		text = fmt.Sprintf(anchor, text)
	}
	if text == "" {
		text = "(?:)"
	}
	// Slashes and line breaks would end the literal.
	text = regexp.MustCompile(`(^|[^\\])/`).ReplaceAllString(text, `$1\/`)
	text = regexp.MustCompile(`(^|[^\\])/`).ReplaceAllString(text, `$1\/`)
	text = strings.ReplaceAll(text, "\n", `\n`)
	return "/" + text + "/" + flags
}

// groupNames returns the names of the groups in a regular expression, as additional arguments of a call. The names are
// passed separately, because k6 does not support named groups.
func groupNames(expr python.Expr) string {
	constant, ok := expr.(*python.Constant)
	if !ok || !namedGroup.MatchString(constant.Text) {
		return ""
	}
	var out strings.Builder
	out.WriteString(", ''")
	inClass := false
	for i := 0; i < len(constant.Text); i++ {
		rest := constant.Text[i:]
		switch {
		case rest[0] == '\\':
			i++
		case rest[0] == '[':
			inClass = true
		case rest[0] == ']':
			inClass = false
		case inClass || rest[0] != '(':
		case strings.HasPrefix(rest, "(?P<"):
			out.WriteString(", " + quote(namedGroup.FindStringSubmatch(rest)[1]))
		case !strings.HasPrefix(rest, "(?"):
			out.WriteString(", ''")
		}
	}
	return out.String()
}

func (c *converter) isAny(t string, types ...string) bool {
	return t == anyType || slices.Contains(types, t)
}
