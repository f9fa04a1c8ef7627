package convert

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) expr(expr python.Expr) code {
	if variable, ok := c.stored[expr]; ok {
		return variable
	}
	if path, ok := c.joinedPath(expr); ok {
		return path
	}
	switch expr := expr.(type) {
	case *python.Constant:
		return c.constant(expr)
	case *python.Name:
		return c.name(expr)
	case *python.JoinedStr:
		return c.joined(expr)
	case *python.Unary:
		return c.unary(expr)
	case *python.Binary:
		return c.binary(expr)
	case *python.BoolOp:
		return c.boolOp(expr)
	case *python.Compare:
		return c.compare(expr)
	case *python.Call:
		return c.call(expr)
	case *python.Attribute:
		return c.attribute(expr)
	case *python.Subscript:
		return c.subscript(expr)
	case *python.Sequence:
		return c.sequence(expr)
	case *python.Dict:
		return c.dict(expr)
	case *python.Comprehension:
		return c.comprehension(expr)
	case *python.Lambda:
		return c.lambda(expr)
	case *python.IfExp:
		condition, then, otherwise := c.condition(expr.Condition), c.expr(expr.Then), c.expr(expr.Else)
		t := anyType
		if then.t == otherwise.t {
			t = then.t
		} else {
			then, otherwise = c.kept(expr.Then), c.kept(expr.Else)
		}
		return code{js: condition + " ? " + then.operand() + " : " + otherwise.operand(), t: t, isOpen: true}
	case *python.Walrus:
		value := c.expr(expr.Value)
		c.setType(expr.Name, value.t)
		if c.f.id == "" {
			return c.unsupported(expr, ":= is only supported in functions")
		}
		return code{js: "(" + jsName(expr.Name) + " = " + value.js + ")", t: value.t}
	case *python.Starred:
		return c.unsupported(expr, "* is only supported in lists and in calls to print")
	case *python.Yield:
		if c.f.isManager {
			return c.yield(expr)
		}
		return c.unsupported(expr, "coroutines and generators are not supported")
	case *python.Await:
		return c.unsupported(expr, "coroutines and generators are not supported")
	case *python.Slice:
		return c.unsupported(expr, "slices are only supported as an index")
	}
	return c.unsupported(expr, "this expression is not supported")
}

func (c *converter) constant(expr *python.Constant) code {
	switch expr.Kind {
	case python.String:
		return code{js: quote(expr.Text), t: strType, isPure: true}
	case python.Bytes:
		if isASCII(expr.Text) {
			return code{js: quote(expr.Text), t: bytesType, isPure: true}
		}
		var values []string
		for _, letter := range expr.Text {
			values = append(values, strconv.Itoa(int(letter)))
		}
		return code{js: "new Uint8Array([" + strings.Join(values, ", ") + "]).buffer", t: binaryType}
	case python.None:
		return code{js: "null", t: noneType, isPure: true}
	case python.True, python.False:
		return code{js: strings.ToLower(expr.Kind), t: boolType, isPure: true}
	case python.Float:
		value, err := strconv.ParseFloat(expr.Text, 64)
		if err != nil {
			return c.unsupported(expr, "the number %s is not supported", expr.Text)
		}
		return code{js: strconv.FormatFloat(value, 'g', -1, 64), t: floatType, isPure: true}
	case python.Int:
		value, err := strconv.ParseUint(expr.Text, 0, 64)
		if err != nil || value > maxInteger {
			return c.unsupported(expr, "the integer %s is larger than 2^53, the limit of JavaScript", expr.Text)
		}
		return code{js: strconv.FormatUint(value, 10), t: intType, isPure: true}
	}
	return c.unsupported(expr, "%s is not supported", expr.Kind)
}

func (c *converter) name(expr *python.Name) code {
	if c.paths[expr.ID] != nil && !c.isLocal(expr.ID) {
		if path, ok := c.pathCode(expr); ok {
			return path
		}
	}
	if c.isLocalPath(expr.ID) {
		path, ok := c.pathCode(expr)
		if _, variable := c.placesOf(expr); !ok && c.inMessage {
			path = code{js: jsName(variable), t: pathType, isPure: true}
		} else if !ok {
			return c.unsupported(expr, "the path %s is only supported in calls to open()", expr.ID)
		}
		return path
	}
	if c.isLocal(expr.ID) || c.globals[expr.ID] {
		for f := c.f; f != nil; f = f.outer {
			_, isParam := f.params[expr.ID]
			if !isParam && f.locals[expr.ID] {
				break
			}
			switch {
			case isParam && f.hasEnvironment && (!f.isHandler || expr.ID == "environment"):
				return code{js: "environment", t: environmentType, isPure: true}
			case isParam && f.isHandler && expr.ID == "environment":
				return code{js: "null", t: environmentType, isPure: true}
			case isParam && f.event[expr.ID].js != "":
				return f.event[expr.ID]
			case isParam && f.isHandler:
				return c.unsupported(expr, "the argument %s of a listener is not available in k6", expr.ID)
			}
		}
		for f := c.f; f != nil; f = f.outer {
			if f.self == expr.ID && f.isClassMethod {
				return code{js: "this", t: "class:" + f.of.Name, isPure: true}
			}
			if f.self == expr.ID {
				return code{js: "this", t: "self", isPure: true}
			}
			if _, isParam := f.params[expr.ID]; isParam || f.locals[expr.ID] {
				break
			}
		}
		key := c.variable(expr.ID)
		t := c.known[key]
		if c.isParam(expr.ID) {
			t = c.knownParams[key]
		}
		if t == "" {
			t = anyType
		}
		if scoped, ok := c.scoped[key]; ok {
			t = scoped
		}
		if t == loggerType {
			return code{js: "console", t: t, isPure: true}
		}
		if (expr.ID == "client" || expr.ID == "session") && c.isParam(expr.ID) && t == anyType {
			t = "client"
		}
		return code{js: jsName(expr.ID), t: t, isPure: true}
	}
	if k := c.classes[expr.ID]; k != nil && k.isEnum() {
		return code{js: k.js, t: enumType + expr.ID, isPure: true}
	}
	if c.classes[expr.ID] != nil {
		return code{js: c.classes[expr.ID].js, t: "class:" + expr.ID, isPure: true}
	}
	if def := c.functions[expr.ID]; def != nil {
		if takesKeywords(def.Params) {
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
	if full := c.modules[expr.ID]; full != "" {
		return c.libraryValue(expr.Pos, full)
	}
	switch expr.ID {
	case "str", "int", "float", "bool", "len":
		name := map[string]string{"str": "pyStr", "int": "pyInt", "float": "pyFloat", "bool": "pyTruthy", "len": "pyLen"}[expr.ID]
		return code{js: name, t: "function", isPure: true}
	case "__name__":
		if c.inLogger {
			return code{js: "'logger'", t: strType, isPure: true}
		}
		if c.inMessage {
			return code{js: quote(c.moduleName(expr.File)), t: strType, isPure: true}
		}
		return c.unsupported(expr, "__name__ is only supported in if __name__ == \"__main__\", and in messages for the log")
	}
	if !slices.Contains(builtinNames, expr.ID) && !strings.HasPrefix(expr.ID, "__") {
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

// value converts an expression that is used as a value. It reports expressions that have no value in the script, such
// as a module or the path of a file.
func (c *converter) value(expr python.Expr) code {
	e := c.expr(expr)
	if e.t == pathType && !c.pathArgs[expr] && !c.inMessage {
		return c.unsupported(expr, "the path %s is only supported in calls to open()", c.source(expr))
	}
	if e.t == attributesType {
		return c.unsupported(expr, "%s is only supported with the name of an attribute, because k6 does not keep their order", c.source(expr))
	}
	if full, ok := strings.CutPrefix(e.t, "module:"); ok {
		return c.unsupported(expr, "%s is not available in k6", full)
	}
	if e.t == optionsType {
		return c.unsupported(expr, "%s is only supported with the name of an option", c.source(expr))
	}
	return e.asValue()
}

func (c *converter) sequence(expr *python.Sequence) code {
	var items []string
	isPure := true
	for _, item := range expr.Items {
		if starred, ok := item.(*python.Starred); ok {
			items = append(items, "..."+iterable(c.value(starred.X)))
			isPure = false
			continue
		}
		value := c.kept(item)
		if expr.Kind == setType {
			value = c.value(item)
			c.checkFloat(item, value)
		}
		isPure = isPure && value.isPure
		items = append(items, value.js)
	}
	if expr.Kind == "set" {
		return code{js: "new PySet([" + strings.Join(items, ", ") + "])", t: setType, isPure: isPure}
	}
	js := "[" + strings.Join(items, ", ") + "]"
	if expr.Kind == tupleType {
		js = c.tuple(expr, js)
	}
	return code{js: js, t: expr.Kind, isPure: isPure}
}

var integerKey = regexp.MustCompile(`^(0|[1-9]\d*)$`)

// keepsOrder returns whether all keys of a dict look like integers, and JavaScript keeps their order. It does so if the
// keys ascend, and the file neither merges nor updates dicts.
func (c *converter) keepsOrder(dict *python.Dict) bool {
	last := int64(-1)
	for _, key := range dict.Keys {
		constant, ok := key.(*python.Constant)
		if !ok || constant.Kind != python.String || !integerKey.MatchString(constant.Text) {
			return false
		}
		number, err := strconv.ParseInt(constant.Text, 10, 32)
		if err != nil || number <= last {
			return false
		}
		last = number
	}
	isMerged := false
	walk(c.body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Dict:
			isMerged = isMerged || slices.Contains(node.Keys, nil)
		case *python.Binary:
			isMerged = isMerged || node.Op == "|"
		case *python.AugAssign:
			isMerged = isMerged || node.Op == "|"
		case *python.Attribute:
			isMerged = isMerged || node.Name == "update" || node.Name == "setdefault"
		case *python.Call:
			isMerged = isMerged || slices.ContainsFunc(node.Keywords, func(keyword python.Keyword) bool { return keyword.Name == "" })
		}
		return !isMerged
	})
	return !isMerged
}

func (c *converter) dict(expr *python.Dict) code {
	if c.needsMap(expr) || c.hasMaps() && slices.Contains(expr.Keys, nil) {
		return c.newMap(expr)
	}
	var items []string
	isPure := true
	last := map[string]int{}
	for i, key := range expr.Keys {
		value := c.kept(expr.Values[i])
		isPure = isPure && value.isPure
		if key == nil {
			items = append(items, "..."+value.operand())
			clear(last)
			continue
		}
		constant, ok := key.(*python.Constant)
		switch {
		case ok && constant.Kind == python.String && (integerKey.MatchString(constant.Text) && !c.keepsOrder(expr) || constant.Text == "__proto__"):
			c.fail(key.Position(), "the key %q is not supported, because JavaScript does not keep its order", constant.Text)
		case ok && constant.Kind == python.String:
			name := quote(constant.Text)
			if regexp.MustCompile(`^[A-Za-z_]\w*$`).MatchString(constant.Text) {
				name = constant.Text
			}
			if at, isRepeated := last[name]; isRepeated && isPure {
				// As in Python, the last value takes the place of the first.
				items[at] = name + ": " + value.js
				continue
			}
			last[name] = len(items)
			items = append(items, name+": "+value.js)
		case ok:
			c.fail(key.Position(), "keys of dicts must be strings, because JavaScript turns all keys into strings")
		default:
			items = append(items, "[pyKey("+c.value(key).js+")]: "+value.js)
		}
	}
	if len(items) == 0 {
		return code{js: "{}", t: dictType, isPure: true}
	}
	return code{js: "{ " + strings.Join(items, ", ") + " }", t: dictType, isPure: isPure}
}

func (c *converter) comprehension(expr *python.Comprehension) code { return c.loops(expr, "") }

// loops converts a comprehension. If the quantifier is "any" or "all", it converts a call to this built-in function with
// the comprehension as the argument. The loops of such a call stop as soon as the result is known.
func (c *converter) loops(expr *python.Comprehension, quantifier string) code {
	body := []python.Stmt{&python.ExprStmt{Pos: expr.Pos, X: expr}}
	f := &function{id: c.id("comprehension", expr.Pos), of: c.f.of, self: c.f.self, body: body, declared: map[string]bool{}}
	for _, clause := range expr.Clauses {
		c.recordUnpacking(clause.Target, clause.Iter)
	}
	first := c.value(expr.Clauses[0].Iter)
	c.push(f)
	var head strings.Builder
	for i, clause := range expr.Clauses {
		iter := first
		if i > 0 {
			iter = c.value(clause.Iter)
		}
		for _, name := range names(clause.Target) {
			f.locals[name] = true
			t := itemOf(iter)
			if _, isName := clause.Target.(*python.Name); !isName {
				t = anyType
			}
			c.setType(name, t)
		}
		target, keyword := c.destructured(clause.Target), "const "
		for _, name := range names(clause.Target) {
			if isCaptured(expr, name) {
				keyword = ""
				head.WriteString("let " + jsName(name) + ": any; ")
			}
		}
		if name, isName := clause.Target.(*python.Name); isName && loads(expr, name.ID) == 0 {
			target = "_" + target
		}
		head.WriteString("for (" + keyword + target + " of " + c.loopable(iter) + ") ")
		for _, condition := range clause.Ifs {
			head.WriteString("if (" + c.condition(condition) + ") ")
		}
	}
	loops := head.String()
	var element code
	switch {
	case quantifier != "":
	case expr.Kind == setType:
		element = c.value(expr.Element)
		c.checkFloat(expr.Element, element)
	default:
		element = c.kept(expr.Element)
	}
	result, t := "const pyItems: any[] = []; "+loops+"pyItems.push("+element.js+"); return pyItems", listType
	switch {
	case quantifier == "any":
		result, t = loops+"if ("+c.condition(expr.Element)+") return true; return false", boolType
	case quantifier == "all":
		result, t = loops+"if (!("+c.condition(expr.Element)+")) return false; return true", boolType
	case expr.Kind == dictType:
		result, t = c.dictComprehension(expr, loops, element, c.kept(expr.Value)), dictType
	case expr.Kind == setType:
		result, t = "const pyItems = new PySet(); "+loops+"pyItems.add("+element.js+"); return pyItems", setType
	}
	c.pop()
	if f.temps > 0 {
		return c.unsupported(expr, "`and` and `or` with a call in a comprehension are not supported")
	}
	js := "(() => { " + result + " })()"
	if f.isAsync && c.lazy[expr] {
		return c.unsupported(expr, "a generator cannot make requests or wait")
	}
	if f.isAsync {
		c.f.isAsync = true
		js = "(await (async () => { " + result + " })())"
	}
	if expr.Kind == "generator" && quantifier == "" && !c.direct[expr] {
		if f.isAsync {
			return c.unsupported(expr, "a generator cannot make requests or wait")
		}
		return code{js: "new PyListIterator(" + js + ")", t: iteratorType}
	}
	return code{js: js, t: t}
}

func (c *converter) lambda(expr *python.Lambda) code {
	f := &function{id: c.id("lambda", expr.Pos), of: c.f.of, self: c.f.self, body: c.f.body, declared: map[string]bool{}}
	c.push(f)
	var params, outerParams, defaults []string
	for _, param := range expr.Params {
		text := jsName(param.Name) + ": any"
		if param.Kind != "" {
			c.fail(param.Pos, "a lambda may only have plain parameters")
		}
		if param.Default != nil {
			// Python computes a default value when it creates the function, so an outer function gets the value as an
			// argument.
			c.pop()
			defaults = append(defaults, c.kept(param.Default).js)
			c.push(f)
			outerParams = append(outerParams, "pyDefault"+strconv.Itoa(len(outerParams)+1))
			text += " = " + outerParams[len(outerParams)-1]
		}
		f.params[param.Name] = f.id + "." + param.Name
		params = append(params, text)
	}
	body := c.kept(expr.Body)
	c.pop()
	async := ""
	if f.isAsync {
		async = "async "
		c.asyncLambdas[expr] = true
		c.types[asyncValues] = anyType
	}
	text := body.js
	if strings.HasPrefix(text, "{") {
		text = "(" + text + ")"
	}
	if f.temps > 0 {
		text = "{ let " + strings.Join(f.temporaries(), ", ") + "; return " + body.js + " }"
	}
	js := async + "(" + strings.Join(params, ", ") + ") => " + text
	if len(outerParams) > 0 {
		js = "((" + strings.Join(outerParams, ": any, ") + ": any) => " + js + ")(" + strings.Join(defaults, ", ") + ")"
	}
	return code{js: js, t: "function", isPure: true, isOpen: true}
}

func (c *converter) subscript(expr *python.Subscript) code {
	if c.qualified(expr.X) == "os.environ" {
		return code{js: "pyEnv(" + c.value(expr.Index).js + ")", t: strType}
	}
	x := c.expr(expr.X)
	if _, isText := expr.Index.(*python.Constant); x.t == attributesType && isText {
		return code{js: "pyAt(" + x.js + ", " + c.value(expr.Index).js + ")", t: anyType}
	}
	x = c.value(expr.X)
	if isBytes(x.t) {
		return c.bytesSlice(expr, x)
	}
	if slice, ok := expr.Index.(*python.Slice); ok {
		bound := func(e python.Expr) string {
			if e == nil {
				return "null"
			}
			return c.value(e).js
		}
		if slice.Step != nil {
			return code{js: "pyStep(" + x.js + ", " + bound(slice.Low) + ", " + bound(slice.High) + ", " + bound(slice.Step) + ")", t: x.t}
		}
		return code{js: "pySlice(" + x.js + ", " + bound(slice.Low) + ", " + bound(slice.High) + ")", t: x.t}
	}
	index := c.value(expr.Index)
	if x.t == dictType || x.t == anyType {
		c.recordReadKey(expr.X, index)
	}
	if name, ok := strings.CutPrefix(x.t, enumType); ok {
		return code{js: "pyAt({ ..." + x.js + " }, " + index.js + ")", t: memberType + name}
	}
	t := anyType
	if x.t == strType {
		t = strType
	}
	if x.t == "match" {
		return code{js: x.operand() + ".group(" + index.js + ")", t: anyType}
	}
	if x.t == "cookies" {
		return code{js: "pyAt(" + x.js + ".all(), " + index.js + ")", t: strType}
	}
	return code{js: "pyAt(" + x.js + ", " + index.js + ")", t: t}
}

func (c *converter) isAny(t string, types ...string) bool {
	return t == anyType || slices.Contains(types, t)
}
