package convert

import (
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// Types of expressions. Other files define more, and some types of Locust's objects, such as "client", have no
// constant.
const (
	anyType   = "any"
	strType   = "str"
	intType   = "int"
	floatType = "float"
	// realType is the type of times, random numbers, and statistics, which the converter assumes to be never whole.
	realType  = "real"
	boolType  = "bool"
	noneType  = "none"
	listType  = "list"
	tupleType = "tuple"
	dictType  = "dict"
	setType   = "set"
	dequeType = "deque"
	// optionsType is the type of the command line of Locust.
	optionsType = "options"
	// objectType is the prefix of the types of objects whose classes the locustfile defines.
	objectType   = "object:"
	responseType = "response"
	// streamType is the type of a response with stream=True.
	streamType = "stream"
	// uncaughtType is the type of a response that has no with block, unless the request has stream=True.
	uncaughtType = "uncaught"
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

// asValue returns the expression for use as a value. If a call such as append() returns None in Python, it may return
// something else in JavaScript, so asValue replaces its result with null.
func (e code) asValue() code {
	if e.t == noneType && !e.isPure {
		return code{js: "(" + e.js + ", null)", t: noneType}
	}
	return e
}

func (e code) isNumber() bool { return e.t == intType || e.isFloat() }

func (e code) isFloat() bool { return e.t == floatType || e.t == realType }

// quoteAll returns texts as TypeScript string literals, separated by commas.
func quoteAll(texts []string) string {
	var quoted []string
	for _, text := range texts {
		quoted = append(quoted, conversion.Quote(text))
	}
	return strings.Join(quoted, ", ")
}

func (c *converter) unsupported(expr python.Expr, format string, args ...any) code {
	c.fail(expr.Position(), format, args...)
	return code{js: "null", t: anyType}
}

// join records the type of a value that is assigned to a variable. If the types of its values differ, the variable gets
// the type any.
func join(types map[string]string, key, value string) {
	if old, ok := types[key]; ok && old != value {
		value = anyType
	}
	types[key] = value
}
