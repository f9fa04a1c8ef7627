package convert

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// pathType is the type of the path of a file. In scripts, a relative path is relative to the folder of the script. In
// Python, it is relative to the current folder.
const pathType = "path"

// place is the path of a file, relative to the folder of the locustfile unless it is absolute.
type place struct {
	file string
	// isCurrent is set if Python looks for the file in the current folder.
	isCurrent bool
	// variable is the environment variable that may contain another path. It is empty if there is none. If file is
	// empty, only the variable contains a path.
	variable string
}

// choice is one of the paths that an expression may have.
type choice struct {
	// value is the value of the variable on which the path depends.
	value python.Expr
	place place
}

// placeOf returns the path in an argument of open(). It returns false if the path is not known.
func (c *converter) placeOf(expr python.Expr) (place, bool) {
	switch expr := expr.(type) {
	case *python.Name:
		if value := c.pathValue(expr.ID); value != nil && c.resolve(expr.ID) {
			defer delete(c.resolving, expr.ID)
			return c.placeOf(value)
		}
	case *python.Call:
		if full := c.qualified(expr.Func); (full == "os.getenv" || full == "os.environ.get") && len(expr.Args) > 0 && len(expr.Args) <= 2 && len(expr.Keywords) == 0 {
			variable, isText := python.TextOf(expr.Args[0])
			if !isText {
				return place{}, false
			}
			if len(expr.Args) == 1 {
				return place{"", true, variable}, true
			}
			file, isCurrent, ok := c.pathOf(expr.Args[1])
			return place{file, isCurrent, variable}, ok
		}
	case *python.Subscript:
		if variable, ok := python.TextOf(expr.Index); ok && c.qualified(expr.X) == "os.environ" {
			return place{"", true, variable}, true
		}
	}
	file, isCurrent, ok := c.pathOf(expr)
	return place{file, isCurrent, ""}, ok
}

// pathValue returns the expression that a variable in a path stands for, or nil.
func (c *converter) pathValue(name string) python.Expr {
	if value := c.bound[name]; value != nil {
		return value
	}
	if value := c.paths[name]; value != nil && !c.isLocal(name) {
		return value
	}
	return c.onlyValue(name)
}

// pathOf returns the path in an argument of open(), relative to the folder of the locustfile unless it is absolute.
// isCurrent is set if Python looks for the file in the current folder.
func (c *converter) pathOf(expr python.Expr) (file string, isCurrent, ok bool) {
	switch expr := expr.(type) {
	case *python.Constant:
		return expr.Text, !path.IsAbs(expr.Text), expr.Kind == python.String && expr.Text != ""
	case *python.Binary:
		folder, isCurrent, isPath := c.pathOf(expr.X)
		text, _, isText := c.pathOf(expr.Y)
		switch {
		case expr.Op == "/" && c.isPathObject(expr.X):
			return path.Join(folder, text), isCurrent, isPath && isText && !path.IsAbs(text)
		case expr.Op == "+" && !c.isPathObject(expr.X):
			return folder + text, isCurrent, isPath && isText
		}
	case *python.JoinedStr:
		return c.formattedPath(expr)
	case *python.Attribute:
		// This is, for example, Path(__file__).parent.
		if expr.Name == "parent" {
			file, isCurrent, ok := c.pathOf(expr.X)
			return path.Dir(file), isCurrent, ok
		}
	case *python.Name:
		if expr.ID == "__file__" {
			return cmp.Or(expr.File, "locustfile.py"), false, true
		}
		if value := c.pathValue(expr.ID); value != nil && c.resolve(expr.ID) {
			defer delete(c.resolving, expr.ID)
			return c.pathOf(value)
		}
	case *python.Call:
		return c.pathOfCall(expr)
	}
	return "", false, false
}

// formattedPath is pathOf for an f-string.
func (c *converter) formattedPath(expr *python.JoinedStr) (file string, isCurrent, ok bool) {
	var joined strings.Builder
	for i, part := range expr.Parts {
		if value, isField := part.(*python.Formatted); isField && value.Spec == nil && value.Conversion == "" {
			part = value.Value
		}
		text, inCurrent, isText := c.pathOf(part)
		if !isText {
			return "", false, false
		}
		if i == 0 {
			isCurrent = inCurrent
		}
		joined.WriteString(text)
	}
	return joined.String(), isCurrent, joined.Len() > 0
}

// pathOfCall is pathOf for a call to a function of os or pathlib.
func (c *converter) pathOfCall(call *python.Call) (file string, isCurrent, ok bool) {
	full := c.qualified(call.Func)
	method, isMethod := call.Func.(*python.Attribute)
	switch {
	case isMethod && len(call.Args) == 0 && (method.Name == "resolve" || method.Name == "absolute"):
		return c.pathOf(method.X)
	case full == "os.getcwd" || full == "pathlib.Path.cwd":
		return ".", true, true
	case len(call.Args) == 0:
		return "", false, false
	}
	file, isCurrent, ok = c.pathOf(call.Args[0])
	isOnly := len(call.Args) == 1
	switch {
	case isMethod && method.Name == "joinpath" && full == "":
		folder, isCurrent, ok := c.pathOf(method.X)
		return path.Join(folder, file), isCurrent, ok && isOnly && !path.IsAbs(file)
	case python.IsName(call.Func, "str"), slices.Contains([]string{"os.path.abspath", "os.path.realpath", "os.path.normpath", "pathlib.Path"}, full):
		return file, isCurrent, ok && isOnly
	case full == "os.path.dirname":
		return path.Dir(file), isCurrent, ok && isOnly
	case full == "os.path.join":
		for _, arg := range call.Args[1:] {
			text, _, isText := c.pathOf(arg)
			if !isText || path.IsAbs(text) {
				return "", false, false
			}
			file = path.Join(file, text)
		}
		return file, isCurrent, ok
	}
	return "", false, false
}

// isPathLike returns whether an expression is a path, and not some other text: it contains __file__, or calls a
// function for paths.
func (c *converter) isPathLike(expr python.Expr) bool {
	return python.Contains(expr, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Name:
			return node.ID == "__file__" || c.paths[node.ID] != nil && !c.isLocal(node.ID)
		case *python.Call:
			full := c.qualified(node.Func)
			return strings.HasPrefix(full, "os.path.") || strings.HasPrefix(full, "pathlib.") || full == "os.getcwd"
		}
		return false
	})
}

// localPath returns whether an assignment sets a variable of a function to a path. The calls that use the variable get
// the path itself.
func (c *converter) localPath(assign *python.Assign) bool {
	if len(assign.Targets) != 1 || assign.Value == nil || c.f.id == "" {
		return false
	}
	name, ok := assign.Targets[0].(*python.Name)
	if !ok || !c.isLocalPath(name.ID) {
		return false
	}
	c.f.declared[name.ID] = true
	return true
}

// isLocalPath returns whether the only value of a variable of a function is a path.
func (c *converter) isLocalPath(name string) bool {
	if !c.isLocal(name) {
		return false
	}
	value := c.onlyValue(name)
	if value == nil || !c.isPathLike(value) {
		return false
	}
	choices, _ := c.placesOf(value)
	return len(choices) > 0
}

// exists converts os.path.exists() and similar functions. k6 looks for the file in init code.
func (c *converter) exists(call *python.Call) code {
	if len(call.Args) != 1 || len(call.Keywords) > 0 {
		return c.unsupported(call, "%s needs one path", c.source(call))
	}
	choices, variable := c.placesOf(call.Args[0])
	if len(choices) == 0 {
		return c.unsupported(call, "the path in %s must be known before the run: use literals, os.path.join(), and __file__", c.source(call))
	}
	for _, each := range choices {
		c.recordOptionalFile(each.place)
	}
	return code{js: c.contents(call, choices, variable, false) + " !== null", t: boolType, isOpen: true}
}

// contents returns an expression for the content of a file. If there are several choices for the path of the file, the
// value of the variable selects one of them.
func (c *converter) contents(call *python.Call, choices []choice, variable string, isBinary bool) string {
	if variable == "" {
		return "file" + strconv.Itoa(c.file(call, choices[0].place, isBinary)+1)
	}
	var items []string
	for _, each := range choices {
		item := c.keyOf(each.value) + ": file" + strconv.Itoa(c.file(call, each.place, isBinary)+1)
		if !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	return "pyContent({ " + strings.Join(items, ", ") + " }, " + jsName(variable) + ")"
}

// keyOf converts a value of a variable in a path to a key of an object in the script.
func (c *converter) keyOf(value python.Expr) string {
	if text, ok := value.(*python.Constant); ok {
		return conversion.Quote(text.Text)
	}
	file, _, _ := c.pathOf(value)
	return conversion.Quote(file)
}

// pathCode converts an expression to the path that a script uses. It returns false if the expression is not a path.
func (c *converter) pathCode(expr python.Expr) (code, bool) {
	file, _, ok := c.pathOf(expr)
	return code{js: conversion.Quote(file), t: pathType, isPure: true}, ok
}

// scriptPath converts a path to the argument that the script passes to open().
func scriptPath(file string) string {
	if path.IsAbs(file) {
		return file
	}
	return "./" + path.Clean(file)
}

// recordOptionalFile records that the script has to handle a missing file.
func (c *converter) recordOptionalFile(at place) { c.types["file "+opened(at)] = anyType }

// opened returns the argument that the script passes to open() for a place.
func opened(at place) string {
	if at.file == "" {
		return "__ENV[" + conversion.Quote(at.variable) + "] as string"
	}
	file := conversion.Quote(scriptPath(at.file))
	if at.variable != "" {
		return "__ENV[" + conversion.Quote(at.variable) + "] ?? " + file
	}
	return file
}

// pathVariable records a module-level variable whose value is a path, so that open() can use it. It returns false for
// other variables.
func (c *converter) pathVariable(assign *python.Assign) bool {
	name, ok := assign.Targets[0].(*python.Name)
	if !ok || !c.isPathLike(assign.Value) || len(assign.Targets) > 1 || python.Stored(c.body)[name.ID] > 1 {
		return false
	}
	if _, ok := c.placeOf(assign.Value); !ok {
		return false
	}
	c.paths[name.ID] = assign.Value
	return true
}
