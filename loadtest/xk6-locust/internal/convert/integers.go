package convert

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// maxBits is the number of bits of the largest integers that JavaScript represents exactly.
const maxBits = 53

// maxInteger is 2^53. JavaScript represents all smaller integers exactly.
const maxInteger = 1 << maxBits

// maxExponent is the largest exponent for which a power of integer literals is computed. It limits the computing time.
const maxExponent = 1 << 10

const tooLargeInteger = "the integer is larger than 2^53, the limit of JavaScript"

// isTooLarge returns whether an operation on known integers has an absolute value of at least 2^53. It also returns
// true for a product with int(time.time()) that certainly reaches this value.
func (c *converter) isTooLarge(expr *python.Binary) bool {
	value := c.integerOf(expr)
	isSeconds := func(x python.Expr) bool {
		call, ok := x.(*python.Call)
		return ok && python.IsName(call.Func, "int") && len(call.Args) == 1 && c.isClock(call.Args[0])
	}
	isTime := expr.Op == "*" && (isSeconds(expr.X) && c.isLargeInteger(expr.Y) || isSeconds(expr.Y) && c.isLargeInteger(expr.X))
	return isTime || value != nil && value.CmpAbs(big.NewInt(maxInteger)) >= 0
}

// isSmallProduct returns whether the product of integers is certainly exact in JavaScript. The length of a list is at
// most 2^32.
func (c *converter) isSmallProduct(expr *python.Binary) bool {
	limit := func(x python.Expr) *big.Int {
		if call, ok := x.(*python.Call); ok && c.source(call.Func) == "len" {
			return big.NewInt(1 << 32)
		}
		return c.integerOf(x)
	}
	x, y := limit(expr.X), limit(expr.Y)
	return x != nil && y != nil && x.Mul(x, y).CmpAbs(big.NewInt(maxInteger)) <= 0
}

// integerOf returns the value of an integer literal, of an operation on known integers, or of a variable whose only
// value is one of these. It returns nil for other expressions.
func (c *converter) integerOf(expr python.Expr) *big.Int {
	switch expr := expr.(type) {
	case *python.Constant:
		if value, ok := new(big.Int).SetString(expr.Text, 0); ok && expr.Kind == python.Int {
			return value
		}
	case *python.Name:
		if !c.resolve(expr.ID) {
			return nil
		}
		defer delete(c.resolving, expr.ID)
		return c.integerOf(c.onlyValue(expr.ID))
	case *python.Binary:
		x, y := c.integerOf(expr.X), c.integerOf(expr.Y)
		if x == nil || y == nil {
			return nil
		}
		isExponent := y.Sign() >= 0 && y.Cmp(big.NewInt(maxExponent)) <= 0
		switch {
		case expr.Op == "+":
			return x.Add(x, y)
		case expr.Op == "-":
			return x.Sub(x, y)
		case expr.Op == "*":
			return x.Mul(x, y)
		case expr.Op == "**" && isExponent:
			return x.Exp(x, y, nil)
		case expr.Op == "<<" && isExponent:
			return x.Lsh(x, uint(y.Uint64()))
		case expr.Op == ">>" && isExponent:
			return x.Rsh(x, uint(y.Uint64()))
		}
	}
	return nil
}

// isTooLargeInt returns whether int(), round(), or a function such as math.floor() certainly, or almost certainly, has
// a result that is too large for JavaScript.
func (c *converter) isTooLargeInt(call *python.Call) bool {
	if len(call.Args) == 0 {
		return false
	}
	base := 10
	if len(call.Args) == 2 {
		if value := c.integerOf(call.Args[1]); value != nil {
			base = int(value.Int64())
		}
	}
	if base == 16 && c.hexDigits(call.Args[0]) >= 16 {
		return true
	}
	switch arg := call.Args[0].(type) {
	case *python.Constant:
		if arg.Kind == python.Float {
			value, err := strconv.ParseFloat(arg.Text, 64)
			return err == nil && value >= maxInteger
		}
		digits := strings.TrimPrefix(strings.ToLower(arg.Text), map[int]string{2: "0b", 8: "0o", 16: "0x"}[base])
		if arg.Kind == python.String && base >= 2 && base <= 36 {
			value, ok := new(big.Int).SetString(digits, base)
			return ok && value.CmpAbs(big.NewInt(maxInteger)) >= 0
		}
	case *python.Call:
		if !python.IsName(arg.Func, "float") || len(arg.Args) != 1 {
			return false
		}
		if text, ok := python.TextOf(arg.Args[0]); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			return err == nil && math.Abs(value) >= maxInteger
		}
		value := c.integerOf(arg.Args[0])
		return value != nil && value.CmpAbs(big.NewInt(maxInteger)) >= 0
	case *python.Binary:
		return arg.Op == "*" && (c.isClock(arg.X) && c.isLargeFactor(arg.Y) || c.isClock(arg.Y) && c.isLargeFactor(arg.X))
	}
	return false
}

func (c *converter) isClock(expr python.Expr) bool {
	call, ok := expr.(*python.Call)
	return ok && c.qualified(call.Func) == "time.time"
}

// isLargeFactor returns whether a number is at least 10 million. Its product with the seconds since 1970 is then larger
// than 2^53.
func (c *converter) isLargeFactor(expr python.Expr) bool {
	if constant, ok := expr.(*python.Constant); ok && constant.Kind == python.Float {
		value, err := strconv.ParseFloat(constant.Text, 64)
		return err == nil && value >= 1e7
	}
	return c.isLargeInteger(expr)
}

// isLargeInteger is isLargeFactor for integers only.
func (c *converter) isLargeInteger(expr python.Expr) bool {
	value := c.integerOf(expr)
	return value != nil && value.Cmp(big.NewInt(1e7)) >= 0
}

// hexDigits returns the minimum number of random hexadecimal digits in a text: a hash, a UUID, or a token. It returns 0
// for other expressions.
func (c *converter) hexDigits(expr python.Expr) int {
	switch expr := expr.(type) {
	case *python.Name:
		if !c.resolve(expr.ID) {
			return 0
		}
		defer delete(c.resolving, expr.ID)
		return c.hexDigits(c.onlyValue(expr.ID))
	case *python.Attribute:
		call, ok := expr.X.(*python.Call)
		if ok && expr.Name == "hex" && strings.HasPrefix(c.qualified(call.Func), "uuid.uuid") {
			return 32
		}
	case *python.Call:
		if method, ok := expr.Func.(*python.Attribute); ok && method.Name == "hexdigest" && c.expr(method.X).t == hashType {
			return 32
		}
		if c.qualified(expr.Func) == "secrets.token_hex" {
			if len(expr.Args) == 0 {
				return 64
			}
			if count := c.integerOf(expr.Args[0]); count != nil && count.IsInt64() {
				return int(2 * count.Int64())
			}
		}
	case *python.Subscript:
		if part, ok := expr.Index.(*python.Slice); ok && part.Low == nil && part.Step == nil && part.High != nil {
			if end := c.integerOf(part.High); end != nil && end.IsInt64() && end.Sign() > 0 {
				return min(c.hexDigits(expr.X), int(end.Int64()))
			}
		}
	}
	return 0
}

// bitsOf returns the argument of random.getrandbits() or secrets.randbits(). It returns 0 for other expressions, and if
// the argument is not known.
func (c *converter) bitsOf(expr python.Expr) int {
	call, ok := expr.(*python.Call)
	if !ok || len(call.Args) != 1 || len(call.Keywords) > 0 {
		return 0
	}
	if full := c.qualified(call.Func); full != "random.getrandbits" && full != "secrets.randbits" {
		return 0
	}
	if bits := c.integerOf(call.Args[0]); bits != nil && bits.IsInt64() {
		return int(bits.Int64())
	}
	return 0
}

var integerSpec = regexp.MustCompile(`^(#?)(0?)(\d*)([dxXob]?)$`)

// randomDigits converts a random integer of more than 53 bits, formatted with spec, to JavaScript that returns the
// text. It returns false for other expressions, and for formats that it does not support.
func (c *converter) randomDigits(expr python.Expr, spec string) (code, bool) {
	bits := c.bitsOf(expr)
	parts := integerSpec.FindStringSubmatch(spec)
	if bits <= maxBits || parts == nil || parts[1] != "" && parts[3] != "" {
		return code{}, false
	}
	kind := parts[4]
	base := map[string]int{"x": 16, "X": 16, "o": 8, "b": 2}[kind]
	if base == 0 {
		base = 10
	}
	js := fmt.Sprintf("pyRandomDigits(%d, %d)", bits, base)
	if kind == "X" {
		js += ".toUpperCase()"
	}
	if parts[3] != "" {
		js += fmt.Sprintf(".padStart(%s, %s)", parts[3], conversion.Quote(map[bool]string{true: "0", false: " "}[parts[2] != ""]))
	}
	if parts[1] != "" && base != 10 {
		return code{js: conversion.Quote("0"+kind) + " + " + js, t: strType, isOpen: true}, true
	}
	return code{js: js, t: strType}, true
}

// specOf returns the format of a replacement field. It returns false for fields with a conversion, or with a format
// that is not a literal.
func specOf(field *python.Formatted) (spec string, ok bool) {
	switch {
	case field.Conversion != "":
		return "", false
	case field.Spec == nil || len(field.Spec.Parts) == 0:
		return "", true
	}
	constant, ok := field.Spec.Parts[0].(*python.Constant)
	if !ok || len(field.Spec.Parts) > 1 {
		return "", false
	}
	return constant.Text, true
}
