package convert

import (
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) binary(expr *python.Binary) code {
	if expr.Op == "%" {
		if format := c.literal(expr.X); format != nil {
			return c.percent(expr, format.Text)
		}
	}
	if c.isTooLarge(expr) {
		return c.unsupported(expr, tooLargeInteger)
	}
	x, y := c.value(expr.X), c.value(expr.Y)
	switch {
	case isTime(x.t) || isTime(y.t) || x.t == timedeltaType || y.t == timedeltaType:
		return c.timeBinary(expr, x, y)
	case expr.Op == "|" && x.t == dictType && y.t == dictType:
		return c.dictUnion(x, y)
	case x.t == setType && y.t == setType && slices.Contains([]string{"&", "|", "^", "-"}, expr.Op):
		return bitwise(expr.Op, x, y, setType)
	case isBytes(x.t) || isBytes(y.t):
		return c.bytesBinary(expr, x, y)
	}
	return c.arithmetic(expr, x, y)
}

// arithmetic converts an operator with numbers, or with values whose types the converter does not know.
func (c *converter) arithmetic(expr *python.Binary, x, y code) code {
	t := arithmeticType(expr.Op, x, y)
	switch expr.Op {
	case "+":
		return sum(x, y, t)
	case "-":
		if x.isNumber() && y.isNumber() {
			return infix("-", x, y, t)
		}
		return numberCall("pySubtract", x, y, t)
	case "*":
		return c.product(expr, x, y, t)
	case "/":
		if t != realType {
			t = floatType
		}
		return code{js: "pyDivide(" + x.js + ", " + y.js + ")", t: t}
	case "//":
		if t == realType {
			// The result is whole, even if the operands are not.
			t = floatType
		}
		return numberCall("pyFloorDivide", x, y, t)
	case "%":
		if x.t == strType || x.t == anyType && !y.isNumber() {
			c.types[marksKey] = anyType
			return code{js: "pyPercent(" + x.js + ", " + c.kept(expr.Y).js + ")", t: x.t}
		}
		return numberCall("pyModulo", x, y, t)
	case "**":
		return c.power(expr, x, y, t)
	case "&", "|", "^", "<<", ">>":
		if slices.Contains(withoutBits, x.t) || slices.Contains(withoutBits, y.t) {
			break
		}
		if x.t == intType && y.t == intType {
			return bitwise(expr.Op, x, y, intType)
		}
		return bitwise(expr.Op, x, y, anyType)
	}
	return c.unsupported(expr, "the operator %s is not supported", expr.Op)
}

// withoutBits contains types whose values have no bitwise operators, except for the union of dicts.
var withoutBits = []string{strType, dictType, listType}

// arithmeticType returns the type of an operator's result, or the type any if the operands do not determine it.
func arithmeticType(op string, x, y code) string {
	areNumbers := x.isNumber() && y.isNumber()
	isReal, isFloat := x.t == realType || y.t == realType, x.isFloat() || y.isFloat()
	switch {
	case isReal && (areNumbers || op == "+" || op == "-"):
		return realType
	case isFloat && (areNumbers || op != "*"):
		return floatType
	case areNumbers:
		return intType
	}
	return anyType
}

// infix returns an operation whose operator is the same in JavaScript.
func infix(op string, x, y code, t string) code {
	return code{js: x.operand() + " " + op + " " + y.operand(), t: t, isPure: x.isPure && y.isPure, isOpen: true}
}

// numberCall returns a call to a helper for an operator. The helper may return a float as an object, so the code
// converts it to a number.
func numberCall(helper string, x, y code, t string) code {
	js := helper + "(" + x.js + ", " + y.js + ")"
	if t == floatType || t == realType {
		js = "Number(" + js + ")"
	}
	return code{js: js, t: t}
}

func bitwise(op string, x, y code, t string) code {
	return code{js: "pyBitwise(" + conversion.Quote(op) + ", " + x.js + ", " + y.js + ")", t: t}
}

// sum converts `x + y`. t is the type of the sum if it is a number.
func sum(x, y code, t string) code {
	switch {
	case x.t == strType && y.t == strType:
		return infix("+", x, y, strType)
	case x.isNumber() && y.isNumber():
		return infix("+", x, y, t)
	case x.t == strType || y.t == strType:
		return numberCall("pyAdd", x, y, strType)
	case x.t == y.t && (x.t == listType || x.t == tupleType):
		return numberCall("pyAdd", x, y, x.t)
	}
	return numberCall("pyAdd", x, y, t)
}

// product converts `x * y`. t is the type of the product if it is a number.
func (c *converter) product(expr *python.Binary, x, y code, t string) code {
	switch {
	case t == intType && !c.isSmallProduct(expr):
		return code{js: "pyInteger(" + x.operand() + " * " + y.operand() + ")", t: t}
	case x.isNumber() && y.isNumber():
		return infix("*", x, y, t)
	case x.t == strType || y.t == strType:
		return numberCall("pyMultiply", x, y, strType)
	}
	return numberCall("pyMultiply", x, y, t)
}

// power converts `x ** y`. t is the type of the power if the exponent is not negative.
func (c *converter) power(expr *python.Binary, x, y code, t string) code {
	if t == floatType || t == realType {
		return code{js: "(" + c.number(x) + ") ** (" + c.number(y) + ")", t: t, isOpen: true}
	}
	if t == intType && !python.IsLiteral(expr.Y, python.Int) {
		// With a negative exponent, a power of integers is a float.
		t = anyType
	}
	return numberCall("pyPower", x, y, t)
}

func (c *converter) unary(expr *python.Unary) code {
	if expr.Op == "not" {
		return code{js: c.condition(expr), t: boolType}
	}
	x := c.value(expr.X)
	if expr.Op == "~" {
		return code{js: "-pyInteger(pyNumber(" + x.js + ")) - 1", t: intType, isOpen: true}
	}
	if !x.isNumber() {
		if expr.Op == "-" {
			return code{js: "pyNegate(" + x.js + ")", t: anyType}
		}
		return code{js: "pyNumber(" + x.js + ")", t: anyType}
	}
	return code{js: expr.Op + x.operand(), t: x.t, isPure: x.isPure, isOpen: true}
}
