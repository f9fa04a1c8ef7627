package convert

import (
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const lowercase, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"

// letters contains the constants of Python's module string.
var letters = map[string]string{
	"string.ascii_lowercase": lowercase, "string.ascii_uppercase": strings.ToUpper(lowercase), "string.ascii_letters": lowercase + strings.ToUpper(lowercase),
	"string.digits": digits, "string.hexdigits": digits + "abcdefABCDEF", "string.octdigits": "01234567",
	"string.punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "string.whitespace": " \t\n\r\v\f",
}

// operatorFunctions maps functions in Python's module operator to operators.
var operatorFunctions = map[string]string{
	"operator.add": "+", "operator.sub": "-", "operator.mul": "*", "operator.truediv": "/", "operator.floordiv": "//", "operator.mod": "%",
}

// libraryValue converts a constant or a function of Python's library that is used as a value. All other names have the
// type of a module.
func (c *converter) libraryValue(pos python.Pos, full string) code {
	switch full {
	case "math.pi":
		return code{js: "Math.PI", t: floatType, isPure: true}
	case "math.e":
		return code{js: "Math.E", t: floatType, isPure: true}
	case "math.inf":
		return code{js: "Infinity", t: realType, isPure: true}
	}
	if text, ok := letters[full]; ok {
		return code{js: quote(text), t: strType, isPure: true}
	}
	if op := operatorFunctions[full]; op != "" {
		x, y := &python.Name{Pos: pos, ID: "_x"}, &python.Name{Pos: pos, ID: "_y"}
		return c.lambda(&python.Lambda{Pos: pos, Params: []python.Param{{Pos: pos, Name: x.ID}, {Pos: pos, Name: y.ID}}, Body: &python.Binary{Pos: pos, Op: op, X: x, Y: y}})
	}
	return code{js: "null", t: "module:" + full, isPure: true}
}
