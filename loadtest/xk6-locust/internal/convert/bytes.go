package convert

import (
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// asciiSpaces is a TypeScript string literal with the white space that methods of bytes remove.
const asciiSpaces = `' \t\n\r\v\f'`

// decoded converts bytes of UTF-8 text to a string. The bytes are stored as text. The content of a response without an
// answer is None, which cannot be decoded.
func decoded(x code) code {
	if strings.HasPrefix(x.js, "pyOfAnswer(") {
		return code{js: "pyText(" + x.js + ")", t: strType, isPure: x.isPure}
	}
	return code{js: x.js, t: strType, isPure: x.isPure, isOpen: x.isOpen}
}

// bytesLength converts len() of bytes.
func bytesLength(x code) code {
	if response, ok := strings.CutPrefix(strings.TrimSuffix(x.js, ", 'text')"), "pyOfAnswer("); ok {
		return code{js: "pyLengthOf(" + response + ")", t: intType, isPure: x.isPure}
	}
	if response, ok := strings.CutSuffix(x.js, ".text"); ok {
		return code{js: response + ".content.byteLength", t: intType, isPure: x.isPure}
	}
	return code{js: "pyByteLength(" + x.js + ")", t: intType}
}

// bytesCall converts a call to a method of bytes, which are stored as text.
func (c *converter) bytesCall(call *python.Call, callee *python.Attribute, x code) code {
	name, count := callee.Name, len(call.Args)
	if name == "decode" && isUTF8(call) {
		return decoded(x)
	}
	var args []string
	for _, arg := range call.Args {
		value := c.value(arg)
		if value.t != bytesType {
			return c.unsupported(call, "%s is only supported with bytes that are UTF-8 text", c.source(call))
		}
		args = append(args, value.js)
	}
	text := "pyText(" + x.js + ")"
	switch {
	case len(call.Keywords) > 0:
	case name == "startswith" && count == 1:
		return code{js: text + ".startsWith(" + args[0] + ")", t: boolType}
	case name == "endswith" && count == 1:
		return code{js: text + ".endsWith(" + args[0] + ")", t: boolType}
	case name == "removeprefix" && count == 1:
		return code{js: "pyRemoveprefix(" + text + ", " + args[0] + ")", t: bytesType}
	case name == "removesuffix" && count == 1:
		return code{js: "pyRemovesuffix(" + text + ", " + args[0] + ")", t: bytesType}
	case name == "hex" && count == 0:
		return code{js: "pyBytesHex(" + x.js + ")", t: strType}
	case (name == "lower" || name == "upper") && count == 0:
		pattern := map[string]string{"lower": "[A-Z]", "upper": "[a-z]"}[name]
		return code{js: text + ".replace(/" + pattern + "+/g, (pyPart) => pyPart.to" + strings.ToUpper(name[:1]) + name[1:] + "Case())", t: bytesType}
	case (name == "strip" || name == "lstrip" || name == "rstrip") && count <= 1:
		sides := map[string]string{"strip": "3", "lstrip": "1", "rstrip": "2"}[name]
		return code{js: "pyStrip(" + text + ", " + append(args, asciiSpaces)[0] + ", " + sides + ")", t: bytesType}
	}
	return c.unsupported(call, "%s is not supported for bytes", c.source(call))
}

// bytesSlice converts a slice of bytes, which are stored as text.
func (c *converter) bytesSlice(expr *python.Subscript, x code) code {
	slice, ok := expr.Index.(*python.Slice)
	if !ok || slice.Step != nil || x.t == binaryType {
		return c.unsupported(expr, "access to single bytes is not supported")
	}
	low, high := "null", "null"
	if slice.Low != nil {
		low = c.value(slice.Low).js
	}
	if slice.High != nil {
		high = c.value(slice.High).js
	}
	return code{js: "pyByteSlice(" + x.js + ", " + low + ", " + high + ")", t: bytesType}
}

// isBytes returns whether a type is one of the two types of bytes.
func isBytes(t string) bool { return t == bytesType || t == binaryType }

// bytesBinary converts an operator with bytes.
func (c *converter) bytesBinary(expr *python.Binary, x, y code) code {
	areBytes := isBytes(x.t) && isBytes(y.t)
	if expr.Op == "*" && !isBytes(x.t) {
		x, y = y, x
	}
	switch {
	case expr.Op == "+" && x.t == bytesType && y.t == bytesType:
		return code{js: x.operand() + " + " + y.operand(), t: bytesType, isOpen: true}
	case expr.Op == "+" && areBytes:
		return code{js: "pyBytes(" + x.js + ", " + y.js + ")", t: binaryType}
	case expr.Op != "*" || areBytes:
		return c.unsupported(expr, "the operator %s is not supported with bytes", expr.Op)
	case x.t == bytesType:
		return code{js: x.operand() + ".repeat(Math.max(0, " + c.number(y) + "))", t: bytesType}
	}
	return code{js: "pyBytes(...Array.from({ length: Math.max(0, " + c.number(y) + ") }, () => " + x.js + "))", t: binaryType}
}
