package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// hasOwnConstructor returns whether a class, or a class that it extends, defines __init__.
func hasOwnConstructor(k *class) bool { return k.inherited("__init__") != nil }

// baseOfException returns the name of the built-in class that an exception class of the locustfile extends.
func baseOfException(k *class) string {
	for k.parent != nil {
		k = k.parent
	}
	base, _ := k.Bases[0].(*python.Name)
	return base.ID
}

// exceptionConstructor emits a constructor for an exception class that neither defines nor inherits __init__. A
// subclass passes its name to this constructor.
func (c *converter) exceptionConstructor(k *class) {
	if hasOwnConstructor(k) {
		return
	}
	c.line("constructor(message: any = '', type = '%s') {", k.js)
	super := "message, type"
	if k.parent == nil {
		base := baseOfException(k)
		super = "type, message"
		if base == "KeyError" {
			super = "type, pyKeyText(message)"
		}
		if base != "Exception" {
			super += ", '" + base + "'"
		}
	}
	c.line("  super(%s)", super)
	c.line("}")
}

// ownExceptionConstructor converts the constructor of an exception. The text of the exception is the argument of
// super().__init__(). Without this call, the arguments of the constructor are the text, as in Python.
func (c *converter) ownExceptionConstructor(k *class, def *python.Def) {
	var rest []python.Stmt
	var super *python.Call
	for _, stmt := range def.Body {
		if call := python.ConstructorCall(stmt); call != nil && isSuperCall(call) {
			super = call
			continue
		}
		rest = append(rest, stmt)
	}
	if super == nil {
		// The text of the exception contains the parameters, so the body must count as using them.
		for _, param := range def.Params[1:] {
			c.f.body = append(slices.Clone(c.f.body), &python.ExprStmt{Pos: param.Pos, X: &python.Name{Pos: param.Pos, ID: param.Name}})
		}
	}
	c.line("constructor(%s) {", c.paramList(def.Params[1:], k.Name, 0))
	c.depth++
	c.line("super(%s)", c.superOfException(k, def, super))
	c.functionBody(rest)
	c.depth--
	c.line("}")
	if c.f.isAsync {
		c.fail(def.Pos, "__init__ cannot make requests or wait")
	}
}

// superOfException returns the arguments for the constructor of the base class of an exception.
func (c *converter) superOfException(k *class, def *python.Def, super *python.Call) string {
	if super != nil && python.Loads(super.Args, def.Params[0].Name)+python.Loads(super.Keywords, def.Params[0].Name) > 0 {
		c.fail(super.Pos, "the arguments of super().__init__() in an exception cannot use %s", def.Params[0].Name)
	}
	if k.parent != nil {
		switch {
		case super == nil:
			c.fail(def.Pos, "the constructor of an exception must call super().__init__() if its base class is in the file")
			return ""
		case hasOwnConstructor(k.parent):
			return strings.Join(c.ownArgs(super, c.creator(k.parent), 0, c.initOf(k.parent)), ", ")
		}
	}
	texts := []python.Expr{}
	for _, param := range def.Params[1:] {
		texts = append(texts, &python.Name{Pos: param.Pos, ID: param.Name})
	}
	if super != nil {
		texts = super.Args
		if len(super.Keywords) > 0 {
			c.fail(super.Pos, "super().__init__() of an exception supports only positional arguments")
		}
	}
	message := "''"
	switch {
	case len(texts) == 1 && baseOfException(k) == "KeyError":
		message = "pyRepr(" + c.value(texts[0]).js + ")"
	case len(texts) == 1:
		message = c.value(texts[0]).js
	case len(texts) > 1:
		message = "pyRepr(" + c.value(&python.Sequence{Pos: def.Pos, Kind: tupleType, Items: texts}).js + ")"
	}
	if k.parent != nil {
		return message + ", new.target.name"
	}
	return "new.target.name, " + message + map[bool]string{true: ", '" + baseOfException(k) + "'"}[baseOfException(k) != "Exception"]
}
