package simplify

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// The kinds of classes whose fields are the parameters of their constructor.
const (
	DataClass  = "dataclass"
	NamedTuple = "tuple"
)

// markers contains base classes and decorators without an effect.
var markers = []string{
	"abc.ABC", "abc.abstractmethod", "typing.Generic", "typing.Protocol", "typing.final", "typing.override", "typing_extensions.override",
	"enum.unique", "collections.abc.Iterator", "typing.Iterator",
}

// recordClasses turns dataclasses, named tuples, and typed dicts into the classes and dicts that Python makes of them.
type recordClasses struct {
	imports Imports
	fail    Reporter
	// kinds contains the kinds of dataclasses and named tuples. fields contains the parameters of their constructors.
	kinds  map[string]string
	fields map[string][]python.Param
	// typed contains the typed dicts.
	typed map[string]bool
}

// withConstructors returns the statements with the classes that recordClasses makes, but without base classes and
// decorators that have no effect. kinds contains the kinds of the dataclasses and named tuples.
func withConstructors(body []python.Stmt, fail Reporter) (changed []python.Stmt, kinds map[string]string) {
	d := &recordClasses{imports: importsOf(body), fail: fail, kinds: map[string]string{}, fields: map[string][]python.Param{}, typed: map[string]bool{}}
	for _, stmt := range body {
		if assign, ok := stmt.(*python.Assign); ok {
			if class := namedTupleOf(d.imports, assign); class != nil {
				d.kinds[class.Name], stmt = NamedTuple, class
			}
		}
		if class, ok := stmt.(*python.Class); ok {
			d.class(class)
			if d.typed[class.Name] {
				continue
			}
		}
		changed = append(changed, stmt)
	}
	python.Walk(changed, func(node python.Node) bool {
		if call, ok := node.(*python.Call); ok {
			if name, ok := call.Func.(*python.Name); ok && d.typed[name.ID] {
				call.Func = &python.Name{Pos: name.Pos, ID: "dict"}
			}
		}
		return true
	})
	return changed, d.kinds
}

// class records the kind of a class, and adds the constructor of a dataclass or a named tuple.
func (d *recordClasses) class(class *python.Class) {
	d.removeMarkers(class)
	parent := ""
	for i, base := range class.Bases {
		switch name, _ := base.(*python.Name); {
		case d.imports.Qualified(base) == "typing.TypedDict" || name != nil && d.typed[name.ID]:
			d.typed[class.Name] = true
		case d.imports.Qualified(base) == "typing.NamedTuple":
			d.kinds[class.Name] = NamedTuple
			class.Bases = slices.Delete(class.Bases, i, i+1)
		case name != nil && d.fields[name.ID] != nil:
			parent = name.ID
		}
	}
	if d.typed[class.Name] {
		return
	}
	class.Decorators = slices.DeleteFunc(class.Decorators, func(decorator python.Expr) bool {
		isData := d.imports.Qualified(python.Callee(decorator)) == "dataclasses.dataclass"
		if isData {
			d.kinds[class.Name] = DataClass
		}
		return isData
	})
	if d.kinds[class.Name] != "" {
		d.initialize(class, d.fields[parent])
	}
}

// removeMarkers removes the base classes and decorators without an effect.
func (d *recordClasses) removeMarkers(class *python.Class) {
	isMarker := func(expr python.Expr) bool {
		if subscript, ok := expr.(*python.Subscript); ok {
			expr = subscript.X
		}
		return slices.Contains(markers, d.imports.Qualified(expr))
	}
	class.Bases = slices.DeleteFunc(slices.Clone(class.Bases), isMarker)
	class.Decorators = slices.DeleteFunc(slices.Clone(class.Decorators), isMarker)
	for _, stmt := range class.Body {
		if def, ok := stmt.(*python.Def); ok {
			def.Decorators = slices.DeleteFunc(slices.Clone(def.Decorators), isMarker)
		}
	}
}

// namedTupleOf converts `X = namedtuple("X", "a b")` to a class. It returns nil for other assignments.
func namedTupleOf(imported Imports, assign *python.Assign) *python.Class {
	call, ok := assign.Value.(*python.Call)
	if !ok || imported.Qualified(call.Func) != "collections.namedtuple" || len(call.Args) != 2 || len(call.Keywords) > 0 || len(assign.Targets) != 1 {
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
			text, ok := python.TextOf(item)
			if !ok {
				return nil
			}
			list = append(list, text)
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

// initialize adds the constructor of a dataclass or a named tuple. params contains the parameters of its base class.
func (d *recordClasses) initialize(class *python.Class, params []python.Param) {
	params = slices.Clone(params)
	var rest []python.Stmt
	for _, stmt := range class.Body {
		assign, ok := stmt.(*python.Assign)
		if !ok || assign.Annotation == nil || isClassVariable(assign.Annotation) {
			rest = append(rest, stmt)
			continue
		}
		for _, name := range python.Names(assign.Targets[0]) {
			param := d.param(assign, name)
			at := slices.IndexFunc(params, func(other python.Param) bool { return other.Name == name })
			if at >= 0 {
				params[at] = param
			} else {
				params = append(params, param)
			}
		}
	}
	if methodIn(class, "__init__") != nil {
		d.fail(class.Pos, "a dataclass with a constructor of its own is not supported")
	}
	d.fields[class.Name] = params
	class.Body = append([]python.Stmt{constructorOf(class, params)}, rest...)
}

// param returns the parameter of the constructor for a field.
func (d *recordClasses) param(field *python.Assign, name string) python.Param {
	param := python.Param{Pos: field.Pos, Name: name, Default: field.Value}
	call, ok := field.Value.(*python.Call)
	if !ok || d.imports.Qualified(call.Func) != "dataclasses.field" {
		return param
	}
	param.Default = nil
	for _, keyword := range call.Keywords {
		switch keyword.Name {
		case "default":
			param.Default = keyword.Value
		case "default_factory":
			param.Default, param.IsFactory = &python.Call{Pos: field.Pos, Func: keyword.Value}, true
			if lambda, ok := keyword.Value.(*python.Lambda); ok {
				param.Default = lambda.Body
			}
		case "repr", "compare", "hash", "kw_only", "metadata":
		default:
			d.fail(field.Pos, "the argument %s of field() is not supported", python.ShownName(keyword.Name))
		}
	}
	return param
}

// constructorOf returns a constructor that assigns the parameters to fields, and calls __post_init__ if the class has
// it.
func constructorOf(class *python.Class, params []python.Param) *python.Def {
	pos := class.Pos
	self := func(field string) *python.Attribute {
		return &python.Attribute{Pos: pos, X: &python.Name{Pos: pos, ID: "self"}, Name: field}
	}
	def := &python.Def{Pos: pos, Name: "__init__", Params: append([]python.Param{{Pos: pos, Name: "self"}}, params...)}
	for _, param := range params {
		def.Body = append(def.Body, &python.Assign{Pos: pos, Targets: []python.Expr{self(param.Name)}, Value: &python.Name{Pos: pos, ID: param.Name}})
	}
	if methodIn(class, PostInit) != nil {
		def.Body = append(def.Body, &python.ExprStmt{Pos: pos, X: &python.Call{Pos: pos, Func: self(PostInit)}})
	}
	return def
}

// PostInit is the method that the constructor of a dataclass calls.
const PostInit = "__post_init__"

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
