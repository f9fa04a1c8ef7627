package convert

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// The types of files, iterators, and bytes. An endless iterator cannot become a list.
const (
	fileType     = "file"
	iteratorType = "iterator"
	// uploadType is the type of a file that was opened in binary mode, and of a file in memory.
	uploadType = "upload"
	// binaryType is the type of bytes that may not be UTF-8 text, such as the content of a binary file.
	binaryType  = "binary"
	endlessType = "endless"
)

// queueType is the type of queue.Queue.
const queueType = "queue"

// queueCall converts a call to a method of a queue.
func (c *converter) queueCall(call *python.Call, callee *python.Attribute, x code) code {
	c.recordMutation(callee.X)
	args, isPlain := python.Bind(call, map[string][]string{"put": {"item"}, "put_nowait": {"item"}, "get": {"block"}}[callee.Name]...)
	switch {
	case !isPlain:
	case (callee.Name == "put" || callee.Name == "put_nowait") && len(args) == 1 && args["item"] != nil:
		value := c.value(args["item"])
		c.checkFloat(args["item"], value)
		return code{js: x.operand() + ".put(" + value.js + ")", t: noneType}
	case callee.Name == "get" && len(args) == 1 && args["block"] != nil && c.value(args["block"]).js == "false", callee.Name == "get_nowait" && len(args) == 0:
		return code{js: x.operand() + ".take()", t: anyType}
	case callee.Name == "get" && len(args) == 0 && c.f.id == "":
		return code{js: x.operand() + ".take()", t: anyType}
	case callee.Name == "get" && len(args) == 0:
		// If the queue is empty, the user waits until another user puts an item into it.
		pause := c.sleep(&python.Call{Pos: call.Pos, Func: call.Func, Args: []python.Expr{&python.Constant{Pos: call.Pos, Kind: python.Float, Text: "0.01"}}})
		return code{js: "await pyTake(" + x.js + ", () => " + strings.TrimPrefix(pause.js, "await ") + ")", t: anyType, isOpen: true}
	case callee.Name == "empty" && len(args) == 0:
		return code{js: "(" + x.operand() + ".items.length === 0)", t: boolType}
	case callee.Name == "qsize" && len(args) == 0:
		return code{js: x.operand() + ".items.length", t: intType}
	case callee.Name == "task_done" && len(args) == 0:
		return code{js: "null", t: noneType, isPure: true}
	}
	return c.unsupported(call, "%s is not supported with these arguments", c.source(call))
}

func isIterator(t string) bool { return t == fileType || t == iteratorType || t == endlessType }

// iterators contains functions that return iterators.
var iterators = []string{"csv.reader", "csv.DictReader", "itertools.cycle"}

// usesIterators returns whether the file creates an iterator.
func (c *converter) usesIterators() bool {
	return python.Contains(c.body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def:
			return c.isGenerator(node) || node.Name == nextMethod
		case *python.Comprehension:
			return node.Kind == "generator" && !c.direct[node]
		case *python.Call:
			return slices.Contains(iterators, c.qualified(node.Func)) || python.IsName(node.Func, "iter") || python.IsName(node.Func, "open")
		}
		return false
	})
}

// findDirect finds the generator expressions that are arguments of built-in functions and methods, except for
// next() and iter().
func (c *converter) findDirect(body []python.Stmt) {
	python.Walk(body, func(node python.Node) bool {
		call, ok := node.(*python.Call)
		if !ok {
			return true
		}
		if name, ok := call.Func.(*python.Name); ok && (c.functions[name.ID] != nil || c.classes[name.ID] != nil || slices.Contains([]string{"next", "iter"}, name.ID)) {
			return true
		}
		if method, ok := call.Func.(*python.Attribute); ok && c.methods[method.Name] > 0 {
			return true
		}
		name, _ := call.Func.(*python.Name)
		isLazy := name != nil && slices.Contains([]string{"enumerate", "zip", "map", "filter"}, name.ID) || strings.HasPrefix(c.qualified(call.Func), "itertools.")
		for _, arg := range call.Args {
			if generator, ok := arg.(*python.Comprehension); ok && generator.Kind == "generator" {
				c.direct[generator] = true
				c.lazy[generator] = isLazy
			}
		}
		return true
	})
}

// loopable converts the value that a loop iterates over.
func (c *converter) loopable(value code) string {
	switch value.t {
	case listType, tupleType, "range", fileType, iteratorType:
		return value.js
	case endlessType, anyType:
		if c.hasIterators {
			return "pyEach(" + value.js + ")"
		}
	}
	return iterable(value)
}

// openFile converts open(). k6 opens files only in init code.
func (c *converter) openFile(call *python.Call) code {
	mode, encoding, newline := "r", "utf-8", ""
	isRaw := false
	args, ok := python.Bind(call, "file", "mode")
	if !ok {
		return c.unsupported(call, "open() has too many arguments: name them")
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if name == "file" {
			continue
		}
		text, ok := args[name].(*python.Constant)
		if !ok || text.Kind != python.String && text.Kind != python.None {
			return c.unsupported(call, "the arguments of open() must be literals")
		}
		switch name {
		case "mode":
			mode = text.Text
		case "encoding":
			if text.Kind == python.String {
				encoding = strings.ToLower(strings.ReplaceAll(text.Text, "_", "-"))
			}
		case "newline":
			newline, isRaw = text.Text, text.Kind == python.String
		default:
			return c.unsupported(call, "the argument %s of open() is not supported", python.ShownName(name))
		}
	}
	switch {
	case args["file"] == nil:
		return c.unsupported(call, "open() needs a path")
	case mode != "r" && mode != "rt" && mode != "rb":
		return c.unsupported(call, "the mode %q of open() is not supported, because k6 cannot write files: print the values instead", mode)
	case !slices.Contains([]string{"utf-8", "utf8", "ascii", "utf-8-sig"}, encoding):
		return c.unsupported(call, "the encoding %s is not supported", encoding)
	case newline != "":
		return c.unsupported(call, "newline must be an empty string")
	}
	choices, variable := c.placesOf(args["file"])
	if len(choices) == 0 {
		return c.unsupported(call, "the path of a file must be known before the run: use literals, os.path.join(), and __file__")
	}
	content := c.contents(call, choices, variable, mode == "rb")
	name := conversion.Quote(path.Base(cmp.Or(choices[0].place.file, choices[0].place.variable)))
	if variable != "" {
		name = "String(" + jsName(variable) + ").replace(/.*\\//, '')"
	}
	if slices.ContainsFunc(choices, func(each choice) bool { return c.known["file "+opened(each.place)] != "" || each.place.file == "" }) {
		text := conversion.Quote(cmp.Or(choices[0].place.file, choices[0].place.variable))
		if variable != "" {
			text = jsName(variable)
		}
		content = "pyExisting(" + content + ", " + text + ")"
	}
	return c.opened(content, name, mode, encoding, isRaw)
}

// file returns the index in c.files of a file that the script opens, and adds the file if it is not in the list.
func (c *converter) file(call *python.Call, at place, isBinary bool) int {
	file := scriptPath(at.file)
	where := map[bool]string{true: ", but Python looks for it in the current folder", false: ""}[at.isCurrent]
	switch {
	case at.variable != "" && at.file == "":
		c.note(call.Pos, "the path in %s is relative to the script%s", at.variable, where)
	case at.variable != "":
		c.note(call.Pos, "the path in %s is relative to the script%s. Its default is %s", at.variable, where, strings.TrimPrefix(file, "./"))
	case !path.IsAbs(file):
		c.note(call.Pos, "%s must be in the folder of the script%s", strings.TrimPrefix(file, "./"), where)
	}
	text := opened(at)
	key := text
	if isBinary {
		text += ", 'b'"
	}
	index := slices.Index(c.files, text)
	if index < 0 {
		index = len(c.files)
		c.files = append(c.files, text)
	}
	// If only an environment variable contains the path, the variable may be unset.
	c.optional[text] = c.known["file "+key] != "" || at.file == ""
	return index
}

// opened replaces a call that opens a file with an object that reads the file. content and name are expressions for the
// file's content and name.
func (c *converter) opened(content, name, mode, encoding string, isRaw bool) code {
	if mode == "rb" {
		return code{js: "new PyUpload(" + content + ", " + name + ")", t: uploadType}
	}
	options := ", " + name
	if encoding == "utf-8-sig" || isRaw {
		options += fmt.Sprintf(", %t, %t", encoding == "utf-8-sig", isRaw)
	}
	return code{js: "new PyFile(" + content + options + ")", t: fileType}
}

// iteratorCall converts calls to functions that create iterators.
func (c *converter) iteratorCall(call *python.Call, full string) code {
	switch full {
	case "itertools.cycle":
		if args := c.positional(call, "iterable"); len(args) == 1 {
			return code{js: "new PyCycle(" + args[0] + ")", t: endlessType}
		}
	case "csv.reader", "csv.DictReader":
		source, names, delimiter, quoted := "", "null", "','", `'"'`
		for i, arg := range call.Args {
			switch {
			case i == 0:
				source = c.value(arg).js
			case i == 1 && full == "csv.DictReader":
				names = c.value(arg).js
			default:
				return c.unsupported(call, "%s has too many arguments", c.source(call))
			}
		}
		for _, keyword := range call.Keywords {
			text, isText := keyword.Value.(*python.Constant)
			isLetter := isText && text.Kind == python.String && len(text.Text) == 1
			switch {
			case keyword.Name == "delimiter" && isLetter:
				delimiter = conversion.Quote(text.Text)
			case keyword.Name == "quotechar" && isLetter:
				quoted = conversion.Quote(text.Text)
			case keyword.Name == "fieldnames" && full == "csv.DictReader":
				names = c.value(keyword.Value).js
			default:
				return c.unsupported(call, "the argument %s of %s is not supported", python.ShownName(keyword.Name), c.source(call))
			}
		}
		if source == "" {
			return c.unsupported(call, "%s needs a file", c.source(call))
		}
		reader := fmt.Sprintf("new PyReader(%s, %s, %s)", source, delimiter, quoted)
		if full == "csv.reader" {
			return code{js: reader, t: iteratorType}
		}
		return code{js: "new PyDictReader(" + reader + ", " + names + ")", t: iteratorType}
	}
	return c.unsupported(call, "these arguments of %s are not supported", c.source(call))
}

// fileCall converts a call to a method of a file.
func (c *converter) fileCall(call *python.Call, callee *python.Attribute, x code) code {
	c.recordMutation(callee.X)
	args := c.args(call)
	switch callee.Name {
	case "read", "readline", "readlines", "close":
		if len(args) == 0 && len(call.Keywords) == 0 {
			t := map[string]string{"read": strType, "readline": strType, "readlines": listType, "close": noneType}[callee.Name]
			return code{js: x.operand() + "." + callee.Name + "()", t: t}
		}
	case "seek":
		if slices.Equal(args, []string{"0"}) || slices.Equal(args, []string{"0", "0"}) {
			return code{js: x.operand() + ".rewind()", t: noneType}
		}
	}
	return c.unsupported(call, "%s is not supported with these arguments", c.source(call))
}

// uploadCall converts a method call on a file that was opened in binary mode.
func (c *converter) uploadCall(call *python.Call, name string, x code) code {
	if (name == "read" || name == "close" || name == "getvalue") && hasNone(call) {
		t := map[string]string{"read": binaryType, "getvalue": binaryType, "close": noneType}[name]
		return code{js: x.operand() + "." + name + "()", t: t}
	}
	if name == "seek" && slices.Equal(c.args(call), []string{"0"}) {
		return code{js: x.operand() + ".rewind()", t: noneType}
	}
	return c.unsupported(call, "%s is not supported for a binary file", c.source(call))
}

// memoryFile converts io.BytesIO(…) and io.StringIO(…), which are only supported as files of a request.
func (c *converter) memoryFile(call *python.Call, full string) code {
	content := "''"
	if len(call.Args) == 1 {
		value := c.value(call.Args[0])
		isText := full == "io.StringIO"
		if value.t != anyType && isText != (value.t == strType) && (isText || !isBytes(value.t)) {
			return c.unsupported(call, "%s() needs %s", full, map[bool]string{true: "text", false: "bytes"}[isText])
		}
		content = value.js
	}
	if len(call.Args) > 1 || len(call.Keywords) > 0 {
		return c.unsupported(call, "%s() has too many arguments", full)
	}
	return code{js: "new PyUpload(pyBytes(" + content + "))", t: uploadType}
}

func (c *converter) next(call *python.Call) code {
	if len(call.Args) == 0 || len(call.Args) > 2 || len(call.Keywords) > 0 {
		return c.unsupported(call, "next() needs one or two arguments")
	}
	if lines, ok := call.Args[0].(*python.Call); ok && python.CalledName(lines) == "iter_lines" && hasNone(lines) && python.UsesOf(c.f.body, "iter_lines") == 1 {
		method, isMethod := lines.Func.(*python.Attribute)
		isFast, _ := c.clients()
		if isMethod && !isFast && c.expr(method.X).t == streamType {
			c.f.isAsync = true
			args := []string{"await " + c.expr(method.X).operand() + ".readLine()"}
			for _, otherwise := range call.Args[1:] {
				args = append(args, c.value(otherwise).js)
			}
			return code{js: "pyNextLine(" + strings.Join(args, ", ") + ")", t: map[bool]string{true: bytesType, false: anyType}[len(args) == 1]}
		}
	}
	c.recordMutation(call.Args[0])
	return code{js: "pyNext(" + strings.Join(c.args(call), ", ") + ")", t: anyType}
}

// openCall returns a call to open() for a call that opens a file, such as io.open(path) or path.open(). It returns nil
// for other calls.
func (c *converter) openCall(call *python.Call) *python.Call {
	switch callee := call.Func.(type) {
	case *python.Name:
		if callee.ID == "open" && !c.isLocal(callee.ID) && !c.globals[callee.ID] && c.functions[callee.ID] == nil {
			return call
		}
	case *python.Attribute:
		if callee.Name == "open" && c.isPathObject(callee.X) || c.qualified(callee) == "io.open" || c.qualified(callee) == "codecs.open" {
			copied := *call
			copied.Func = &python.Name{Pos: call.Pos, ID: "open"}
			if c.qualified(callee) == "" {
				copied.Args = append([]python.Expr{callee.X}, call.Args...)
			}
			return &copied
		}
	}
	return nil
}

// blockOf converts the statements of a with block. At module level, they declare variables of the module.
func (c *converter) blockOf(body []python.Stmt) {
	if c.f.id != "" {
		c.block(body)
		return
	}
	for _, stmt := range body {
		c.moduleStatement(stmt)
	}
}
