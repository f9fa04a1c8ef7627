package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

func (c *converter) with(stmt *python.With) {
	item := stmt.Items[0]
	call, _ := item.Context.(*python.Call)
	if call != nil {
		if request := c.namedRequest(call); request != nil {
			call = request
		}
	}
	if opened := c.openedBy(call); opened != nil {
		c.fileBlock(stmt, opened)
		return
	}
	body := stmt.Body
	if len(stmt.Items) > 1 {
		body = []python.Stmt{&python.With{Pos: stmt.Pos, Items: stmt.Items[1:], Body: stmt.Body}}
	}
	isConverted := false
	if call != nil {
		isConverted = c.managed(call, item, body) || c.entered(stmt, call, item, body) || c.pooled(stmt, call, item, body) ||
			c.suppressed(stmt, call, body) || c.requestBlock(stmt, call, body)
	} else if item.Target == nil && c.expr(item.Context).t == lockType {
		c.lockBlock(stmt, body)
		isConverted = true
	}
	if !isConverted {
		c.fail(stmt.Pos, "with %s is not supported", c.source(item.Context))
	}
}

// openedBy returns the call that creates the file of a with block, or nil for other blocks.
func (c *converter) openedBy(call *python.Call) *python.Call {
	if call == nil || c.qualified(call.Func) == "io.BytesIO" {
		return call
	}
	return c.openCall(call)
}

// fileBlock converts a with block of a file.
func (c *converter) fileBlock(stmt *python.With, opened *python.Call) {
	item := stmt.Items[0]
	switch {
	case c.omitFileBlock(stmt):
	case item.Target == nil:
		c.fail(stmt.Pos, "with open() needs `as NAME`")
	case len(stmt.Items) > 1:
		c.fail(stmt.Pos, "open() must be the only context manager in its with statement")
	default:
		assign := &python.Assign{Pos: stmt.Pos, Targets: []python.Expr{item.Target}, Value: opened}
		c.blockOf(append([]python.Stmt{assign}, stmt.Body...))
	}
}

// lockBlock converts a with block of a lock. The block needs no lock if it does not wait, because other users run only
// while this one waits.
func (c *converter) lockBlock(stmt *python.With, body []python.Stmt) {
	wasAsync := c.f.isAsync
	c.f.isAsync = false
	c.block(body)
	if c.f.isAsync {
		c.fail(stmt.Pos, "a lock is not supported around code that makes requests or waits")
	}
	c.f.isAsync = wasAsync
}

// suppressed converts a with block of contextlib.suppress(). It returns false for other blocks.
func (c *converter) suppressed(stmt *python.With, call *python.Call, body []python.Stmt) bool {
	if c.qualified(call.Func) != "contextlib.suppress" || len(call.Keywords) > 0 || stmt.Items[0].Target != nil {
		return false
	}
	types := &python.Sequence{Pos: stmt.Pos, Kind: tupleType, Items: call.Args}
	c.try(&python.Try{Pos: stmt.Pos, Body: body, Handlers: []python.Handler{{Pos: stmt.Pos, Type: types}}})
	return true
}

// requestBlock converts a with block of a request, or of rename_request(). It returns false for other blocks.
func (c *converter) requestBlock(stmt *python.With, call *python.Call, body []python.Stmt) bool {
	method, ok := call.Func.(*python.Attribute)
	if !ok {
		return false
	}
	isRest := method.Name == "rest" && (python.IsSuper(method.X) || c.isUserObject(method.X))
	var object code
	if python.IsSuper(method.X) {
		object = code{js: "this", t: "self"}
	} else {
		object = c.expr(method.X)
	}
	isClient := object.t == "client"
	isRename := isClient && method.Name == "rename_request" && len(call.Args) == 1
	if !isRest && !isRename && (!isClient || !slices.Contains(simplify.RequestMethods, method.Name)) {
		return false
	}
	c.f.isAsync = true
	if isRename {
		c.withExits(body, func() {
			c.line("await %s.renameRequest(%s, async () => {", object.js, c.expr(call.Args[0]).js)
			c.indented(body)
			c.line("})")
		})
		return true
	}
	request, target := c.request(object, method.Name, call, isRest), stmt.Items[0].Target
	if !isRest && !request.catches {
		c.fail(stmt.Pos, "a with block needs catch_response=True: without it, Locust raises an error after the request")
	}
	if isRest {
		c.blockFunction(target, "rest", body, func(params string) {
			c.line("await pyRest(%s.client, %s, %s, { %s }, async (%s) => {", object.js, request.method, request.url,
				strings.Join(request.options, ", "), params)
		}, "})")
		return true
	}
	c.blockFunction(target, request.t, body, func(params string) {
		if !strings.HasPrefix(object.js, "this.") {
			// The client may have the type any. TypeScript then cannot infer the type of the parameter.
			params += ": any"
		}
		c.line("await %s.%s(%s{ %scatchResponse: async (%s) => {", object.js, request.function, request.leading, request.before(), params)
	}, "} })")
	return true
}

// isUserObject returns whether an expression is a user, or `self` in a method.
func (c *converter) isUserObject(expr python.Expr) bool {
	t := c.expr(expr).t
	return t == "self" || t == "user"
}

// blockFunction converts a with block to a function whose parameter is the value of the context manager. open emits the
// line that begins this function, and end is the code that ends it.
func (c *converter) blockFunction(target python.Expr, t string, body []python.Stmt, open func(params string), end string) {
	name, isOutside := "value", false
	isResponse := t == "rest" || t == responseType || t == streamType
	if isResponse {
		name = "response"
	}
	if target != nil {
		variable, ok := target.(*python.Name)
		if !ok {
			c.fail(target.Position(), "the target of a with statement must be a variable")
			return
		}
		name = variable.ID
		if isOutside = c.isUsedAround(body, name); isOutside {
			c.setType(name, t)
		} else {
			defer c.declareInBlock(name, t)()
		}
		if isOutside && t == streamType {
			c.fail(target.Position(), "a response with stream=True can be used only in its with block, because the block ends the stream")
		}
	}
	usesBody := usesJS(body, name) > 0 || yields(body, name)
	isOnlyBody := t == "rest" && python.Loads(body, name) == usesJS(body, name) && !yields(body, name)
	isUnused := !isOutside && (target == nil || python.Loads(body, name) == 0 || isOnlyBody)
	param := jsName(name)
	switch {
	case isOutside:
		param += "_"
	case isUnused:
		param = "_" + param
	}
	switch {
	case t == "rest":
		// In k6, responses have no field `js`, so the function gets the parsed body as a second parameter.
		param += ": any, " + map[bool]string{true: "", false: "_"}[usesBody] + jsName(name) + "Js: any"
	case isResponse:
	case isUnused:
		param = ""
	default:
		param += ": any"
	}
	c.withExits(body, func() {
		open(param)
		c.depth++
		if isOutside {
			c.line("%s = %s", jsName(name), jsName(name)+"_")
		}
		c.block(body)
		c.depth--
		c.line("%s", end)
	})
}

// isUsedAround returns whether the variable of a with block is a parameter of the function, or is also used outside of
// the with blocks that set it.
func (c *converter) isUsedAround(body []python.Stmt, name string) bool {
	if _, isParam := c.f.params[name]; isParam {
		return true
	}
	isOnlyHere := python.Loads(c.f.body, name) == python.Loads(body, name) && python.Stored(c.f.body)[name] == 1
	return !isOnlyHere && python.Loads(c.f.body, name) != 0 && c.usedOutside(name)
}

// declareInBlock declares the variable of a with block. It returns a function that ends the scope of the variable,
// because several blocks may have variables with this name.
func (c *converter) declareInBlock(name, t string) func() {
	c.f.declared[name] = true
	key := c.variable(name)
	old, had := c.scoped[key]
	c.scoped[key] = t
	return func() {
		delete(c.scoped, key)
		if had {
			c.scoped[key] = old
		}
	}
}

// usedOutside returns whether the variable of a with statement is used outside of the with blocks that set it.
func (c *converter) usedOutside(name string) bool {
	inside := 0
	python.Walk(c.f.body, func(node python.Node) bool {
		if with, ok := node.(*python.With); ok {
			for _, item := range with.Items {
				if variable, ok := item.Target.(*python.Name); ok && variable.ID == name {
					inside += python.Loads(with.Body, name)
					return false
				}
			}
		}
		return true
	})
	return inside != python.Loads(c.f.body, name)
}

// usesJS returns how many times the statements use `js`, the parsed body of a response from rest().
func usesJS(body []python.Stmt, name string) int {
	count := 0
	python.Walk(body, func(node python.Node) bool {
		if attribute, ok := node.(*python.Attribute); ok && attribute.Name == "js" {
			if variable, ok := attribute.X.(*python.Name); ok && variable.ID == name {
				count++
			}
		}
		return true
	})
	return count
}

// withExits calls emit, which converts a block to a function. If the block contains return, break, or continue, code
// after the function repeats the statement, so that it acts on the code around the block.
func (c *converter) withExits(body []python.Stmt, emit func()) {
	words := exitsOf(body)
	outerExits, outerLoops, outerResult := c.f.exits, c.f.loops, c.f.result
	if len(words) > 0 {
		c.count++
		c.f.exits = fmt.Sprintf("exit%d", c.count)
		c.line("let %s = ''", c.f.exits)
	}
	if outerExits == "" && returnsValue(body) {
		c.count++
		c.f.result = fmt.Sprintf("result%d", c.count)
		c.line("let %s: any = null", c.f.result)
	}
	c.f.loops = 0
	exits, result := c.f.exits, c.f.result
	emit()
	c.f.exits, c.f.loops, c.f.result = outerExits, outerLoops, outerResult
	for _, word := range words {
		c.line("if (pyEq(%s, '%s')) {", exits, word)
		c.depth++
		switch {
		case word == "return" && outerExits == "" && result != "":
			c.line("return %s", result)
		case word == "return":
			c.returns(&python.Return{})
		default:
			c.simple(&python.Simple{Word: word})
		}
		c.depth--
		c.line("}")
	}
}

// exitsOf returns which of the words return, break, and continue leave a block, in alphabetical order.
func exitsOf(body []python.Stmt) []string {
	words := map[string]bool{}
	var find func(body []python.Stmt, inLoop bool)
	find = func(body []python.Stmt, inLoop bool) {
		python.Walk(body, func(node python.Node) bool {
			switch node := node.(type) {
			case *python.Return:
				words["return"] = true
			case *python.Simple:
				if node.Word != "pass" && !inLoop {
					words[node.Word] = true
				}
			case *python.For:
				find(node.Body, true)
				return false
			case *python.While:
				find(node.Body, true)
				return false
			case *python.Def, *python.Lambda:
				return false
			}
			return true
		})
	}
	find(body, false)
	return slices.Sorted(maps.Keys(words))
}
