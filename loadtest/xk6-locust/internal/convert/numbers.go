package convert

import (
	"math"
	"strconv"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// floatsKey is a key in converter.types. It is set if the script stores floats that may be whole.
const floatsKey = "floats"

// mayBeWhole returns whether a value is a float that may be whole. It assumes that times and random numbers are never
// whole. In the methods of a load shape, it always returns false.
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

// number returns a value as a JavaScript number.
func (c *converter) number(value code) string {
	if value.isNumber() {
		return value.js
	}
	return "pyNumber(" + value.js + ")"
}

// checkFloat reports a float that may be whole, in places where the converter does not support such floats.
func (c *converter) checkFloat(expr python.Expr, value code) {
	if c.mayBeWhole(expr, value) {
		c.fail(expr.Position(), "a float that may be a whole number is not supported here: JavaScript writes 2.0 as 2")
	}
}
