package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// The kinds of classes whose fields are the parameters of their constructor.
const (
	dataClass  = "dataclass"
	namedTuple = "tuple"
)

// markers contains base classes and decorators without an effect.
var markers = []string{
	"abc.ABC", "abc.abstractmethod", "typing.Generic", "typing.Protocol", "typing.final", "typing.override", "typing_extensions.override",
	"enum.unique", "collections.abc.Iterator", "typing.Iterator",
}

// withConstructors replaces dataclasses, named tuples, and typed dicts with the classes and dicts that Python makes of
// them, and removes base classes and decorators without an effect. kinds contains the kinds of the dataclasses and named
// tuples.
func withConstructors(body []python.Stmt, fail func(pos python.Pos, format string, args ...any)) (changed []python.Stmt, kinds map[string]string) {
	c := withImports(body)
	kinds = map[string]string{}
	fields := map[string][]python.Param{}
	typed := map[string]bool{}
	for _, stmt := range body {
		if assign, ok := stmt.(*python.Assign); ok {
			if class := c.namedTupleOf(assign); class != nil {
				kinds[class.Name], stmt = namedTuple, class
			}
		}
		class, ok := stmt.(*python.Class)
		if !ok {
			changed = append(changed, stmt)
			continue
		}
		isMarker := func(expr python.Expr) bool {
			if subscript, ok := expr.(*python.Subscript); ok {
				expr = subscript.X
			}
			return slices.Contains(markers, c.qualified(expr))
		}
		class.Bases = slices.DeleteFunc(slices.Clone(class.Bases), isMarker)
		class.Decorators = slices.DeleteFunc(slices.Clone(class.Decorators), isMarker)
		for _, inner := range class.Body {
			if def, ok := inner.(*python.Def); ok {
				def.Decorators = slices.DeleteFunc(slices.Clone(def.Decorators), isMarker)
			}
		}
		parent := ""
		for i, base := range class.Bases {
			switch name, _ := base.(*python.Name); {
			case c.qualified(base) == "typing.TypedDict" || name != nil && typed[name.ID]:
				typed[class.Name] = true
			case c.qualified(base) == "typing.NamedTuple":
				kinds[class.Name] = namedTuple
				class.Bases = slices.Delete(class.Bases, i, i+1)
			case name != nil && fields[name.ID] != nil:
				parent = name.ID
			}
		}
		if typed[class.Name] {
			continue
		}
		class.Decorators = slices.DeleteFunc(class.Decorators, func(decorator python.Expr) bool {
			isData := c.qualified(c.callee(decorator)) == "dataclasses.dataclass"
			if isData {
				kinds[class.Name] = dataClass
			}
			return isData
		})
		if kinds[class.Name] != "" {
			fields[class.Name] = c.initialized(class, fields[parent], fail)
		}
		changed = append(changed, class)
	}
	walk(changed, func(node python.Node) bool {
		if call, ok := node.(*python.Call); ok {
			if name, ok := call.Func.(*python.Name); ok && typed[name.ID] {
				call.Func = &python.Name{Pos: name.Pos, ID: "dict"}
			}
		}
		return true
	})
	return changed, kinds
}

// namedTupleOf converts `X = namedtuple("X", "a b")` to a class. It returns nil for other assignments.
func (c *converter) namedTupleOf(assign *python.Assign) *python.Class {
	call, ok := assign.Value.(*python.Call)
	if !ok || c.qualified(call.Func) != "collections.namedtuple" || len(call.Args) != 2 || len(call.Keywords) > 0 || len(assign.Targets) != 1 {
		return nil
	}
	name, isName := assign.Targets[0].(*python.Name)
	title, isTitle := call.Args[0].(*python.Constant)
	if !isName || !isTitle || title.Text != name.ID {
		return nil
	}
	var list []string
	switch names := call.Args[1].(type) {
	case *python.Constant:
		list = strings.Fields(strings.ReplaceAll(names.Text, ",", " "))
	case *python.Sequence:
		for _, item := range names.Items {
			text, ok := item.(*python.Constant)
			if !ok || text.Kind != python.String {
				return nil
			}
			list = append(list, text.Text)
		}
	default:
		return nil
	}
	class := &python.Class{Pos: assign.Pos, Name: name.ID}
	for _, field := range list {
		class.Body = append(class.Body, &python.Assign{Pos: assign.Pos, Targets: []python.Expr{&python.Name{Pos: assign.Pos, ID: field}}, Annotation: call.Func})
	}
	return class
}

// initialized adds the constructor of a dataclass or a named tuple, and returns its parameters without self. params
// contains the parameters of its base class.
func (c *converter) initialized(class *python.Class, params []python.Param, fail func(pos python.Pos, format string, args ...any)) []python.Param {
	params = slices.Clone(params)
	var rest []python.Stmt
	hasInit := false
	for _, stmt := range class.Body {
		if def, ok := stmt.(*python.Def); ok {
			hasInit = hasInit || def.Name == "__init__"
		}
		assign, ok := stmt.(*python.Assign)
		if !ok || assign.Annotation == nil || isClassVariable(assign.Annotation) {
			rest = append(rest, stmt)
			continue
		}
		for _, name := range names(assign.Targets[0]) {
			param := python.Param{Pos: assign.Pos, Name: name, Default: assign.Value}
			if call, ok := assign.Value.(*python.Call); ok && c.qualified(call.Func) == "dataclasses.field" {
				param.Default = nil
				for _, keyword := range call.Keywords {
					switch keyword.Name {
					case "default":
						param.Default = keyword.Value
					case "default_factory":
						param.Default, param.IsFactory = &python.Call{Pos: assign.Pos, Func: keyword.Value}, true
						if lambda, ok := keyword.Value.(*python.Lambda); ok {
							param.Default = lambda.Body
						}
					case "repr", "compare", "hash", "kw_only", "metadata":
					default:
						fail(assign.Pos, "the argument %s of field() is not supported", shownName(keyword.Name))
					}
				}
			}
			at := slices.IndexFunc(params, func(other python.Param) bool { return other.Name == name })
			if at >= 0 {
				params[at] = param
			} else {
				params = append(params, param)
			}
		}
	}
	if hasInit {
		fail(class.Pos, "a dataclass with a constructor of its own is not supported")
	}
	def := &python.Def{Pos: class.Pos, Name: "__init__", Params: []python.Param{{Pos: class.Pos, Name: "self"}}}
	for _, param := range params {
		def.Params = append(def.Params, param)
		self := &python.Name{Pos: class.Pos, ID: "self"}
		def.Body = append(def.Body, &python.Assign{Pos: class.Pos, Targets: []python.Expr{&python.Attribute{Pos: class.Pos, X: self, Name: param.Name}},
			Value: &python.Name{Pos: class.Pos, ID: param.Name}})
	}
	if slices.ContainsFunc(rest, func(stmt python.Stmt) bool { def, ok := stmt.(*python.Def); return ok && def.Name == postInit }) {
		method := &python.Attribute{Pos: class.Pos, X: &python.Name{Pos: class.Pos, ID: "self"}, Name: postInit}
		def.Body = append(def.Body, &python.ExprStmt{Pos: class.Pos, X: &python.Call{Pos: class.Pos, Func: method}})
	}
	class.Body = append([]python.Stmt{def}, rest...)
	return params
}

const postInit = "__post_init__"

func isClassVariable(annotation python.Expr) bool {
	if subscript, ok := annotation.(*python.Subscript); ok {
		annotation = subscript.X
	}
	switch annotation := annotation.(type) {
	case *python.Name:
		return annotation.ID == "ClassVar"
	case *python.Attribute:
		return annotation.Name == "ClassVar"
	}
	return false
}

// replaced converts dataclasses.replace() or the method _replace() of a named tuple.
func (c *converter) replaced(call *python.Call, object python.Expr) code {
	for _, k := range c.classes {
		if k.method(postInit) != nil {
			return c.unsupported(call, "%s is not supported in a file with %s", c.source(call), postInit)
		}
	}
	var fields []string
	for _, keyword := range call.Keywords {
		fields = append(fields, c.member(keyword.Name)+": "+c.kept(keyword.Value).js)
	}
	x := c.value(object)
	return code{js: "pyReplaced(" + x.js + ", { " + strings.Join(fields, ", ") + " })", t: x.t}
}
