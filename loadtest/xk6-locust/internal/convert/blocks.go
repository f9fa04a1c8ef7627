package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) with(stmt *python.With) {
	item := stmt.Items[0]
	call, _ := item.Context.(*python.Call)
	if call != nil {
		if request := c.namedRequest(call); request != nil {
			call = request
		}
	}
	opened := call
	if call != nil && c.qualified(call.Func) != "io.BytesIO" {
		opened = c.openCall(call)
	}
	if opened != nil {
		if c.omitFileBlock(stmt) {
			return
		}
		if item.Target == nil {
			c.fail(stmt.Pos, "with open() needs `as NAME`")
			return
		}
		if len(stmt.Items) > 1 {
			c.fail(stmt.Pos, "open() must be the only context manager in its with statement")
			return
		}
		assign := &python.Assign{Pos: stmt.Pos, Targets: []python.Expr{item.Target}, Value: opened}
		c.blockOf(append([]python.Stmt{assign}, stmt.Body...))
		return
	}
	body := stmt.Body
	if len(stmt.Items) > 1 {
		body = []python.Stmt{&python.With{Pos: stmt.Pos, Items: stmt.Items[1:], Body: stmt.Body}}
	}
	ok := call != nil
	if !ok && item.Target == nil && c.expr(item.Context).t == lockType {
		// The block needs no lock if it does not wait, because other users run only while this one waits.
		wasAsync := c.f.isAsync
		c.f.isAsync = false
		c.block(body)
		if c.f.isAsync {
			c.fail(stmt.Pos, "a lock is not supported around code that makes requests or waits")
		}
		c.f.isAsync = wasAsync
		return
	}
	if !ok {
		c.fail(stmt.Pos, "with %s is not supported", c.source(item.Context))
		return
	}
	if c.managed(call, item, body) || c.entered(stmt, call, item, body) || c.pooled(stmt, call, item, body) {
		return
	}
	if c.qualified(call.Func) == "contextlib.suppress" && len(call.Keywords) == 0 && item.Target == nil {
		types := &python.Sequence{Pos: stmt.Pos, Kind: tupleType, Items: call.Args}
		c.try(&python.Try{Pos: stmt.Pos, Body: body, Handlers: []python.Handler{{Pos: stmt.Pos, Type: types}}})
		return
	}
	method, _ := call.Func.(*python.Attribute)
	if method == nil {
		c.fail(stmt.Pos, "with %s is not supported", c.source(item.Context))
		return
	}
	isRest := method.Name == "rest" && (isSuper(method.X) || c.isUserObject(method.X))
	var object code
	if isSuper(method.X) {
		object = code{js: "this", t: "self"}
	} else {
		object = c.expr(method.X)
	}
	switch {
	case object.t == "client" && method.Name == "rename_request" && len(call.Args) == 1:
		c.f.isAsync = true
		c.withExits(body, func() {
			c.line("await %s.renameRequest(%s, async () => {", object.js, c.expr(call.Args[0]).js)
			c.indented(body)
			c.line("})")
		})
		return
	case object.t != "client" && !isRest:
		c.fail(stmt.Pos, "with %s is not supported", c.source(item.Context))
		return
	}
	c.f.isAsync = true
	request := c.request(object, method.Name, call, isRest)
	if !isRest && !request.catches {
		c.fail(stmt.Pos, "a with block needs catch_response=True: without it, Locust raises an error after the request")
	}
	if isRest {
		c.blockFunction(item.Target, "rest", body, func(params string) {
			c.line("await pyRest(%s.client, %s, %s, { %s }, async (%s) => {", object.js, request.method, request.url,
				strings.Join(request.options, ", "), params)
		}, "})")
		return
	}
	c.blockFunction(item.Target, request.t, body, func(params string) {
		if !strings.HasPrefix(object.js, "this.") {
			// The client has the type any, so the type of the parameter cannot be inferred.
			params += ": any"
		}
		c.line("await %s.%s(%s{ %scatchResponse: async (%s) => {", object.js, request.function, request.leading, request.before(), params)
	}, "} })")
}

// isUserObject returns whether an expression is a user, or `self` in a method.
func (c *converter) isUserObject(expr python.Expr) bool {
	t := c.expr(expr).t
	return t == "self" || t == "user"
}

// blockFunction converts a with block to a function whose parameter is the value of the context manager. open emits the
// line that begins this function, and end is the code that ends it.
func (c *converter) blockFunction(target python.Expr, t string, body []python.Stmt, open func(params string), end string) {
	name, outside := "value", false
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
		outside = loads(c.f.body, name) != loads(body, name) || stored(c.f.body)[name] != 1
		_, isParam := c.f.params[name]
		outside = outside && loads(c.f.body, name) != 0 && c.usedOutside(name) || isParam
		if outside && t == streamType {
			c.fail(target.Position(), "a response with stream=True can be used only in its with block, because the block ends the stream")
		}
		if outside {
			c.setType(name, t)
		} else {
			// Several blocks may have variables with this name.
			c.f.declared[name] = true
			key := c.variable(name)
			old, had := c.scoped[key]
			c.scoped[key] = t
			defer func() {
				delete(c.scoped, key)
				if had {
					c.scoped[key] = old
				}
			}()
		}
	}
	param := jsName(name)
	if outside {
		param += "_"
	}
	isUnused := !outside && (target == nil || loads(body, name) == 0 || t == "rest" && loads(body, name) == usesJS(body, name) && !yields(body, name))
	if isUnused {
		param = "_" + param
	}
	switch {
	case t == "rest":
		// A response in k6 has no `response.js`, so the parsed body is a second parameter.
		param += ": any, " + map[bool]string{true: "", false: "_"}[usesJS(body, name) > 0 || yields(body, name)] + jsName(name) + "Js: any"
	case !isResponse:
		param += ": any"
	}
	if !isResponse && isUnused {
		param = ""
	}
	c.withExits(body, func() {
		open(param)
		c.depth++
		if outside {
			c.line("%s = %s", jsName(name), jsName(name)+"_")
		}
		c.block(body)
		c.depth--
		c.line("%s", end)
	})
}

// usedOutside returns whether the variable of a with statement is used outside of the with blocks that set it.
func (c *converter) usedOutside(name string) bool {
	inside := 0
	walk(c.f.body, func(node python.Node) bool {
		if with, ok := node.(*python.With); ok {
			for _, item := range with.Items {
				if variable, ok := item.Target.(*python.Name); ok && variable.ID == name {
					inside += loads(with.Body, name)
					return false
				}
			}
		}
		return true
	})
	return inside != loads(c.f.body, name)
}

// usesJS returns how many times the statements use `js`, the parsed body of a response from rest().
func usesJS(body []python.Stmt, name string) int {
	count := 0
	walk(body, func(node python.Node) bool {
		if attribute, ok := node.(*python.Attribute); ok && attribute.Name == "js" {
			if variable, ok := attribute.X.(*python.Name); ok && variable.ID == name {
				count++
			}
		}
		return true
	})
	return count
}

// withExits lets emit convert a block to a function. If the block contains return, break, or continue, code after the
// function repeats the statement, so that it acts on the code around the block.
func (c *converter) withExits(body []python.Stmt, emit func()) {
	words := map[string]bool{}
	var find func(body []python.Stmt, inLoop bool)
	find = func(body []python.Stmt, inLoop bool) {
		walk(body, func(node python.Node) bool {
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
	outerExits, outerLoops := c.f.exits, c.f.loops
	if len(words) > 0 {
		c.count++
		c.f.exits = fmt.Sprintf("exit%d", c.count)
		c.line("let %s = ''", c.f.exits)
	}
	outerResult := c.f.result
	if outerExits == "" && returnsValue(body) {
		c.count++
		c.f.result = fmt.Sprintf("result%d", c.count)
		c.line("let %s: any = null", c.f.result)
	}
	c.f.loops = 0
	exits := c.f.exits
	emit()
	result := c.f.result
	c.f.exits, c.f.loops, c.f.result = outerExits, outerLoops, outerResult
	for _, keyword := range slices.Sorted(maps.Keys(words)) {
		c.line("if (pyEq(%s, '%s')) {", exits, keyword)
		c.depth++
		switch {
		case keyword == "return" && outerExits == "" && result != "":
			c.line("return %s", result)
		case keyword == "return":
			c.returns(&python.Return{})
		default:
			c.simple(&python.Simple{Word: keyword})
		}
		c.depth--
		c.line("}")
	}
}
