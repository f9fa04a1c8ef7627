package convert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

func (c *converter) name(expr *python.Name) code {
	if path, ok := c.pathName(expr); ok {
		return path
	}
	if c.isLocal(expr.ID) || c.globals[expr.ID] {
		return c.variableName(expr)
	}
	if k := c.classes[expr.ID]; k != nil {
		if k.isEnum() {
			return code{js: k.js, t: enumType + expr.ID, isPure: true}
		}
		return code{js: k.js, t: "class:" + expr.ID, isPure: true}
	}
	if def := c.functions[expr.ID]; def != nil {
		return c.functionName(expr, def)
	}
	if full := c.modules[expr.ID]; full != "" {
		return c.libraryValue(expr.Pos, full)
	}
	return c.builtinName(expr)
}

// pathName converts a variable that contains the path of a file. It returns false for other names.
func (c *converter) pathName(expr *python.Name) (code, bool) {
	if c.paths[expr.ID] != nil && !c.isLocal(expr.ID) {
		return c.pathCode(expr)
	}
	if !c.isLocalPath(expr.ID) {
		return code{}, false
	}
	path, ok := c.pathCode(expr)
	_, variable := c.placesOf(expr)
	switch {
	case ok:
		return path, true
	case c.inMessage:
		return code{js: jsName(variable), t: pathType, isPure: true}, true
	}
	return c.unsupported(expr, "the path %s is only supported in calls to open()", expr.ID), true
}

// variableName converts the name of a variable or a parameter.
func (c *converter) variableName(expr *python.Name) code {
	if parameter, ok := c.listenerParameter(expr); ok {
		return parameter
	}
	if self, ok := c.selfName(expr); ok {
		return self
	}
	key := c.variable(expr.ID)
	t := c.known[key]
	if c.isParam(expr.ID) {
		t = c.knownParams[key]
	}
	if scoped, ok := c.scoped[key]; ok {
		t = scoped
	}
	switch {
	case t == loggerType:
		return code{js: "console", t: t, isPure: true}
	case (t == "" || t == anyType) && c.isParam(expr.ID) && (expr.ID == "client" || expr.ID == "session"):
		t = "client"
	}
	return code{js: jsName(expr.ID), t: cmp.Or(t, anyType), isPure: true}
}

// listenerParameter converts a parameter of a listener, or of a function that runs alongside the users. It returns
// false for other variables.
func (c *converter) listenerParameter(expr *python.Name) (code, bool) {
	for f := c.f; f != nil; f = f.outer {
		_, isParam := f.params[expr.ID]
		if !isParam && f.locals[expr.ID] {
			break
		}
		switch {
		case !isParam:
		case f.hasEnvironment && (!f.isHandler || expr.ID == "environment"):
			return code{js: "environment", t: environmentType, isPure: true}, true
		case f.isHandler && expr.ID == "environment":
			return code{js: "null", t: environmentType, isPure: true}, true
		case f.event[expr.ID].js != "":
			return f.event[expr.ID], true
		case f.isHandler:
			return c.unsupported(expr, "the argument %s of a listener is not available in k6", expr.ID), true
		}
	}
	return code{}, false
}

// selfName converts the first parameter of a method. It returns false for other variables.
func (c *converter) selfName(expr *python.Name) (code, bool) {
	for f := c.f; f != nil; f = f.outer {
		if f.self == expr.ID && f.isClassMethod {
			return code{js: "this", t: "class:" + f.of.Name, isPure: true}, true
		}
		if f.self == expr.ID {
			return code{js: "this", t: "self", isPure: true}, true
		}
		if _, isParam := f.params[expr.ID]; isParam || f.locals[expr.ID] {
			break
		}
	}
	return code{}, false
}

// functionName converts a function that is used as a value.
func (c *converter) functionName(expr *python.Name, def *python.Def) code {
	if python.TakesKeywords(def.Params) {
		return c.unsupported(expr, "%s has parameters after *args, so it is supported only in direct calls", expr.ID)
	}
	// The function may be called with any values.
	for i := range def.Params {
		join(c.params, fmt.Sprintf("%s.%d", expr.ID, i), anyType)
	}
	if c.knownAsync[expr.ID] {
		c.types[asyncValues] = anyType
	}
	return code{js: jsName(expr.ID), t: "function", isPure: true}
}

// builtinName converts a built-in name that is used as a value.
func (c *converter) builtinName(expr *python.Name) code {
	helper := map[string]string{"str": "pyStr", "int": "pyInt", "float": "pyFloat", "bool": "pyTruthy", "len": "pyLen"}[expr.ID]
	switch {
	case helper != "":
		return code{js: helper, t: "function", isPure: true}
	case expr.ID == "__name__" && c.inLogger:
		return code{js: "'logger'", t: strType, isPure: true}
	case expr.ID == "__name__" && c.inMessage:
		return code{js: conversion.Quote(c.moduleName(expr.File)), t: strType, isPure: true}
	case expr.ID == "__name__":
		return c.unsupported(expr, "__name__ is only supported in if __name__ == \"__main__\", and in messages for the log")
	case !slices.Contains(simplify.BuiltinNames, expr.ID) && !strings.HasPrefix(expr.ID, "__"):
		return c.unsupported(expr, "%s is not defined: define or import it", expr.ID)
	}
	return c.unsupported(expr, "%s is not supported", expr.ID)
}

// moduleName returns the value of __name__ in a file.
func (c *converter) moduleName(file string) string {
	if file == "" {
		return c.own
	}
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(file, ".py"), "/__init__"), "/", ".")
}
