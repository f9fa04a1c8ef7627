package convert

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

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
	// variable is the environment variable that may contain another path. It is empty if there is none. If file is empty,
	// only the variable contains a path.
	variable string
}

// choice is one of the paths that an expression may have.
type choice struct {
	// value is the value of the variable on which the path depends.
	value python.Expr
	place place
}

// placesOf returns the paths that an expression may have, and the parameter or loop variable on which they depend. The
// variable is empty if there is only one path. There are no paths if the converter does not know all of them.
func (c *converter) placesOf(expr python.Expr) (choices []choice, variable string) {
	if found, ok := c.placeOf(expr); ok {
		return []choice{{place: found}}, ""
	}
	var variables []string
	c.pathVariables(expr, &variables)
	for _, name := range variables {
		values := c.valuesOf(name)
		if len(values) == 0 || len(values) > 1 && variable != "" {
			return nil, ""
		}
		if len(values) == 1 {
			c.bound[name] = values[0]
			defer delete(c.bound, name)
		} else {
			variable = name
		}
	}
	if variable == "" {
		found, ok := c.placeOf(expr)
		return map[bool][]choice{true: {{place: found}}}[ok], ""
	}
	for _, value := range c.valuesOf(variable) {
		c.bound[variable] = value
		found, ok := c.placeOf(expr)
		delete(c.bound, variable)
		if !ok {
			return nil, ""
		}
		choices = append(choices, choice{value, found})
	}
	return choices, variable
}

// pathVariables finds the parameters and loop variables in the path of a file.
func (c *converter) pathVariables(expr python.Expr, found *[]string) {
	walk(expr, func(node python.Node) bool {
		name, ok := node.(*python.Name)
		if !ok || slices.Contains(*found, name.ID) || c.paths[name.ID] != nil && !c.isLocal(name.ID) {
			return true
		}
		if value := c.onlyValue(name.ID); value != nil {
			c.pathVariables(value, found)
		} else if c.isLocal(name.ID) || c.globals[name.ID] {
			*found = append(*found, name.ID)
		}
		return true
	})
}

// valuesOf returns all values of a parameter or a loop variable, or nil if they are not known.
func (c *converter) valuesOf(name string) []python.Expr {
	if !c.isParam(name) {
		return c.loopValues(name)
	}
	f := c.f
	for f != nil && f.params[name] == "" {
		f = f.outer
	}
	if f == nil || stored(f.body)[name] > 0 && (stored(f.body)[name] > 1 || !isOpenedOnce(f.body, name)) {
		return nil
	}
	var params []python.Param
	callee, isMethod := f.name, false
	switch def := c.functions[f.name]; {
	case f.of != nil && f.name == "__init__" && f.of.base == "" && !c.isExtended(f.of):
		params, callee = c.initOf(f.of), f.of.Name
	case f.of != nil && f.of.method(f.name) != nil && c.methods[f.name] == 1:
		params, isMethod = paramsOf(f.of.method(f.name)), true
	case f.of == nil && def != nil && c.methods[f.name] == 1:
		params = def.Params
	default:
		return nil
	}
	var names []string
	for _, param := range params {
		if param.Kind != "" {
			return nil
		}
		names = append(names, param.Name)
	}
	var values []python.Expr
	calls, isKnown := 0, true
	callers := callersOf(c.body)
	walk(c.body, func(node python.Node) bool {
		call, ok := node.(*python.Call)
		if !ok {
			return true
		}
		attribute, isAttribute := call.Func.(*python.Attribute)
		if isMethod && (!isAttribute || attribute.Name != callee) || !isMethod && !isName(call.Func, callee) {
			return true
		}
		calls++
		args, fits := bind(call, names...)
		value := c.valueIn(callers[call], args[name])
		for _, param := range params {
			if param.Name == name && value == nil {
				value = param.Default
			}
		}
		isKnown = isKnown && fits && value != nil
		if !slices.ContainsFunc(values, func(other python.Expr) bool { return c.isSamePath(other, value) }) {
			values = append(values, value)
		}
		return true
	})
	uses := loads(c.body, callee)
	if isMethod {
		uses = usesOf(c.body, callee)
	}
	if !isKnown || calls == 0 || calls != uses {
		return nil
	}
	return values
}

// isOpenedOnce returns whether the statements contain `name = open(name)`.
func isOpenedOnce(body []python.Stmt, name string) bool {
	found := false
	walk(body, func(node python.Node) bool {
		if assign, ok := node.(*python.Assign); ok && len(assign.Targets) == 1 && isName(assign.Targets[0], name) {
			call, isCall := assign.Value.(*python.Call)
			found = found || isCall && isName(call.Func, "open") && len(call.Args) > 0 && isName(call.Args[0], name)
		}
		return true
	})
	return found
}

// callersOf returns the innermost function that contains each call.
func callersOf(body []python.Stmt) map[*python.Call]*python.Def {
	found := map[*python.Call]*python.Def{}
	walk(body, func(node python.Node) bool {
		if def, ok := node.(*python.Def); ok {
			// Inner functions follow.
			walk(def.Body, func(inner python.Node) bool {
				if call, ok := inner.(*python.Call); ok {
					found[call] = def
				}
				return true
			})
		}
		return true
	})
	return found
}

// valueIn returns the only value of an argument that is a variable of the calling function. It returns other arguments
// as they are, and nil for a variable whose value is not known.
func (c *converter) valueIn(def *python.Def, arg python.Expr) python.Expr {
	name, ok := arg.(*python.Name)
	if !ok || def == nil {
		return arg
	}
	isParam := slices.ContainsFunc(def.Params, func(param python.Param) bool { return param.Name == name.ID })
	count := stored(def.Body)[name.ID]
	if count == 0 && !isParam || globalNames(def.Body)[name.ID] {
		return arg
	}
	if count != 1 || isParam {
		return nil
	}
	var value python.Expr
	walk(def.Body, func(node python.Node) bool {
		if assign, ok := node.(*python.Assign); ok && len(assign.Targets) == 1 && isName(assign.Targets[0], name.ID) {
			value = assign.Value
		}
		return true
	})
	return value
}

// isSamePath returns whether two values of a parameter are the same path.
func (c *converter) isSamePath(x, y python.Expr) bool {
	one, isOne := c.placeOf(x)
	two, isTwo := c.placeOf(y)
	return isOne && isTwo && one == two
}

// loopValues returns the values of a variable that is set only by one for loop, over a literal list. It returns nil for
// other variables.
func (c *converter) loopValues(name string) []python.Expr {
	body := c.body
	if c.isLocal(name) {
		body = c.f.body
	}
	if stored(body)[name] != 1 {
		return nil
	}
	var values []python.Expr
	walk(body, func(node python.Node) bool {
		if loop, ok := node.(*python.For); ok && isName(loop.Target, name) {
			if list, ok := loop.Iter.(*python.Sequence); ok {
				values = list.Items
			}
		}
		return true
	})
	return values
}

// placeOf returns the path in an argument of open(). It returns false if the path is not known.
func (c *converter) placeOf(expr python.Expr) (place, bool) {
	switch expr := expr.(type) {
	case *python.Name:
		if value := c.pathValue(expr.ID); value != nil {
			return c.placeOf(value)
		}
	case *python.Call:
		if full := c.qualified(expr.Func); (full == "os.getenv" || full == "os.environ.get") && len(expr.Args) > 0 && len(expr.Args) <= 2 && len(expr.Keywords) == 0 {
			variable, isText := expr.Args[0].(*python.Constant)
			if !isText || variable.Kind != python.String {
				return place{}, false
			}
			if len(expr.Args) == 1 {
				return place{"", true, variable.Text}, true
			}
			file, isCurrent, ok := c.pathOf(expr.Args[1])
			return place{file, isCurrent, variable.Text}, ok
		}
	case *python.Subscript:
		if variable, ok := expr.Index.(*python.Constant); ok && variable.Kind == python.String && c.qualified(expr.X) == "os.environ" {
			return place{"", true, variable.Text}, true
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
		if value := c.pathValue(expr.ID); value != nil && !c.open[expr.ID] {
			c.open[expr.ID] = true
			defer delete(c.open, expr.ID)
			return c.pathOf(value)
		}
	case *python.Call:
		if attribute, isMethod := expr.Func.(*python.Attribute); isMethod && len(expr.Args) == 0 && (attribute.Name == "resolve" || attribute.Name == "absolute") {
			return c.pathOf(attribute.X)
		}
		if c.qualified(expr.Func) == "os.getcwd" || c.qualified(expr.Func) == "pathlib.Path.cwd" {
			return ".", true, true
		}
		if len(expr.Args) == 0 {
			return "", false, false
		}
		file, isCurrent, ok = c.pathOf(expr.Args[0])
		if attribute, isMethod := expr.Func.(*python.Attribute); isMethod && attribute.Name == "joinpath" && c.qualified(expr.Func) == "" {
			folder, isCurrent, ok := c.pathOf(attribute.X)
			return path.Join(folder, file), isCurrent, ok && len(expr.Args) == 1 && !path.IsAbs(file)
		}
		if isName(expr.Func, "str") {
			return file, isCurrent, ok && len(expr.Args) == 1
		}
		switch c.qualified(expr.Func) {
		case "os.path.abspath", "os.path.realpath", "os.path.normpath", "pathlib.Path":
			return file, isCurrent, ok && len(expr.Args) == 1
		case "os.path.dirname":
			return path.Dir(file), isCurrent, ok && len(expr.Args) == 1
		case "os.path.join":
			for _, arg := range expr.Args[1:] {
				text, _, isText := c.pathOf(arg)
				if !isText || path.IsAbs(text) {
					return "", false, false
				}
				file = path.Join(file, text)
			}
			return file, isCurrent, ok
		}
	}
	return "", false, false
}

// onlyValue returns the value of a variable of the function or the module if the variable gets only one value, and this
// value is a constant, a call, an operation, an f-string, an attribute, or an item. Otherwise, it returns nil.
func (c *converter) onlyValue(name string) python.Expr {
	body := c.body
	if c.isLocal(name) {
		if body = c.f.body; c.isParam(name) {
			return nil
		}
	}
	var value python.Expr
	count := 0
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Def, *python.Class:
			if !globalNames([]python.Stmt{stmt})[name] {
				continue
			}
		case *python.Assign:
			if target, isName := stmt.Targets[0].(*python.Name); isName && target.ID == name && len(stmt.Targets) == 1 {
				value = stmt.Value
			}
		}
		count += stored([]python.Stmt{stmt})[name]
	}
	if count != 1 {
		return nil
	}
	switch value := value.(type) {
	case *python.Constant, *python.Call, *python.Binary, *python.JoinedStr, *python.Attribute, *python.Subscript:
		return value
	}
	return nil
}

// isPathLike returns whether an expression is a path, and not some other text: it contains __file__, or calls a
// function for paths.
func (c *converter) isPathLike(expr python.Expr) bool {
	found := false
	walk(expr, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Name:
			found = found || node.ID == "__file__" || c.paths[node.ID] != nil && !c.isLocal(node.ID)
		case *python.Call:
			full := c.qualified(node.Func)
			found = found || strings.HasPrefix(full, "os.path.") || strings.HasPrefix(full, "pathlib.") || full == "os.getcwd"
		}
		return !found
	})
	return found
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

// keyOf returns the value that a variable in a path has in the script, as a key of an object.
func (c *converter) keyOf(value python.Expr) string {
	if text, ok := value.(*python.Constant); ok {
		return quote(text.Text)
	}
	file, _, _ := c.pathOf(value)
	return quote(file)
}

// pathCode converts an expression to the path that a script uses. It returns false if the expression is not a path.
func (c *converter) pathCode(expr python.Expr) (code, bool) {
	file, _, ok := c.pathOf(expr)
	return code{js: quote(file), t: pathType, isPure: true}, ok
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
		return "__ENV[" + quote(at.variable) + "] as string"
	}
	file := quote(scriptPath(at.file))
	if at.variable != "" {
		return "__ENV[" + quote(at.variable) + "] ?? " + file
	}
	return file
}

// pathVariable records a module-level variable whose value is a path, so that open() can use it. It returns false for
// other variables.
func (c *converter) pathVariable(assign *python.Assign) bool {
	name, ok := assign.Targets[0].(*python.Name)
	if !ok || !c.isPathLike(assign.Value) || len(assign.Targets) > 1 || stored(c.body)[name.ID] > 1 {
		return false
	}
	if _, ok := c.placeOf(assign.Value); !ok {
		return false
	}
	c.paths[name.ID] = assign.Value
	return true
}
