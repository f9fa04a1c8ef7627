package convert

import (
	"slices"
	"strings"
	"unicode"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const (
	// bytesType is the type of bytes. A script stores bytes as the text that they encode in UTF-8.
	bytesType  = "bytes"
	loggerType = "logger"
	// lockType is the type of locks, which have no effect in a runtime with a single thread.
	lockType = "lock"
)

// logLevels maps the methods of Python's loggers to those of k6's console.
var logLevels = map[string]string{
	"debug": "debug", "info": "info", "warning": "warn", "warn": "warn", "error": "error", "exception": "error", "critical": "error",
}

// log converts a log message: a string, or a format with its values.
func (c *converter) log(call *python.Call, level string) code {
	defer c.message()()
	for _, keyword := range call.Keywords {
		if !slices.Contains([]string{"exc_info", "stack_info", "extra"}, keyword.Name) {
			return c.unsupported(call, "the argument %s of %s is not supported", python.ShownName(keyword.Name), c.source(call))
		}
	}
	if len(call.Args) == 0 {
		return c.unsupported(call, "%s needs a message", c.source(call))
	}
	var text code
	if len(call.Args) > 1 {
		values := &python.Sequence{Pos: call.Pos, Kind: "tuple", Items: call.Args[1:]}
		text = c.binary(&python.Binary{Pos: call.Pos, Op: "%", X: call.Args[0], Y: values})
	} else {
		text = c.value(call.Args[0])
		c.checkText(call.Args[0], text)
	}
	return code{js: "console." + level + "(" + textOfValue(text).js + ")", t: noneType}
}

// message sets inMessage, and returns a function that restores its previous value.
func (c *converter) message() func() {
	outer := c.inMessage
	c.inMessage = true
	return func() { c.inMessage = outer }
}

// textOfValue converts str() of a value.
func textOfValue(value code) code {
	switch {
	case value.t == strType:
		return value
	case value.isFloat():
		return code{js: "pyFloatText(" + value.js + ")", t: strType, isPure: value.isPure}
	}
	return code{js: "pyStr(" + value.js + ")", t: strType, isPure: value.isPure}
}

// loggerCall converts a call to a method of a logger. The level of k6's log is set on the command line.
func (c *converter) loggerCall(call *python.Call, name string) code {
	if level := logLevels[name]; level != "" {
		return c.log(call, level)
	}
	if slices.Contains([]string{"setLevel", "addHandler", "removeHandler", "setFormatter", "addFilter"}, name) {
		c.note(call.Pos, "%s was left out: k6 writes the log", c.source(call))
		return code{js: "null", t: noneType, isPure: true}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// isUTF8 returns whether the arguments of encode() or decode() select UTF-8 or ASCII.
func isUTF8(call *python.Call) bool {
	args, ok := python.Bind(call, "encoding", "errors")
	if !ok {
		return false
	}
	for _, arg := range args {
		text, isText := arg.(*python.Constant)
		if !isText || !slices.Contains([]string{"utf-8", "utf8", "ascii", "strict"}, strings.ToLower(text.Text)) {
			return false
		}
	}
	return true
}

// bytesOf converts an argument that must be bytes of UTF-8 text.
func (c *converter) bytesOf(expr python.Expr) string {
	value := c.value(expr)
	if value.t != bytesType {
		c.fail(expr.Position(), "%s must be bytes, such as text.encode()", c.source(expr))
	}
	return value.js
}

// isLogger returns whether an expression is a logger: a call to logging.getLogger(), or a variable of the module that
// only contains such loggers.
func (s *scope) isLogger(expr python.Expr) bool {
	if call, ok := expr.(*python.Call); ok {
		return s.c.qualified(call.Func) == "logging.getLogger"
	}
	name, ok := expr.(*python.Name)
	if !ok || s.hidden[name.ID] || s.file.defined[name.ID] {
		return false
	}
	_, isParam := s.params[name.ID]
	_, isLocal := s.locals[name.ID]
	stores := s.file.stores[name.ID]
	isOther := func(each store) bool {
		call, isCall := each.value.(*python.Call)
		return !each.isWhole || !isCall || s.c.qualified(call.Func) != "logging.getLogger"
	}
	return !isParam && !isLocal && len(stores) > 0 && !slices.ContainsFunc(stores, isOther)
}

// isOutsideASCII returns whether a string literal in an expression contains non-ASCII characters.
func isOutsideASCII(expr python.Expr) bool {
	return python.Contains(expr, func(node python.Node) bool {
		text, ok := python.TextOf(node)
		return ok && !isASCII(text)
	})
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(letter rune) bool { return letter > unicode.MaxASCII })
}
