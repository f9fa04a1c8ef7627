package convert

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

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
	if isResponse(value.t) {
		if isFast, _ := c.clientsOf(value); isFast {
			c.fail(expr.Position(), "with FastHttpUser, whether %s counts as true depends on its Content-Length: use %s.ok", c.source(expr), c.source(expr))
		}
		return "pyOk(" + value.js + ")"
	}
	if python.IsLiteral(expr, python.Int) && value.t == intType {
		return strconv.FormatBool(value.js != "0")
	}
	switch {
	case value.t == boolType && value.isOpen && !strings.Contains(value.js, " ? "):
		return value.js
	case value.t == boolType:
		return value.operand()
	case value.t == strType:
		return value.operand() + " !== ''"
	case value.t == "cookies":
		value = jarDict(value)
	case value.isNumber():
		return value.operand() + " !== 0"
	}
	return "pyTruthy(" + value.js + ")"
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
		value = c.temp()
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
		if (op == "in" || op == "not in") && c.qualified(expr.Ys[i]) == "os.environ" && len(expr.Ops) == 1 {
			return code{js: "__ENV[" + x.js + "] " + map[string]string{"in": "!==", "not in": "==="}[op] + " undefined", t: boolType, isPure: true, isOpen: true}
		}
		y := c.value(expr.Ys[i])
		if i < len(expr.Ops)-1 && !y.isPure {
			temp := c.temp()
			parts = append(parts, c.comparison(expr, op, x, code{js: "(" + temp + " = " + y.js + ")", t: y.t}))
			x = code{js: temp, t: y.t, isPure: true}
			continue
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
			c.fail(expr.Pos, "`is` is only supported with None, True, and False")
		}
		if y.t == noneType {
			return x.operand() + map[string]string{"is": " == null", "is not": " != null"}[op]
		}
		return x.operand() + map[string]string{"is": " === ", "is not": " !== "}[op] + y.operand()
	case "in", "not in":
		if strings.HasPrefix(y.t, enumType) {
			y.js = iterable(y)
		}
		y = jarDict(y)
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
