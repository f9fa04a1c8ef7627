package convert

import (
	"fmt"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// streamLoop converts a loop over the lines or parts of a streamed response. It returns false for all other loops.
func (c *converter) streamLoop(stmt *python.For, call *python.Call) bool {
	callee, ok := call.Func.(*python.Attribute)
	if !ok || callee.Name != "iter_lines" && callee.Name != "iter_content" {
		return false
	}
	if client := c.expr(callee.X); client.t == "client" && callee.Name == "iter_lines" {
		c.clientLines(stmt, call, client)
		return true
	}
	response, isName := callee.X.(*python.Name)
	if !isName {
		return false
	}
	object := c.expr(callee.X)
	if object.t != streamType {
		return false
	}
	if isFast, _ := c.clients(); isFast {
		c.fail(stmt.Pos, "%s is not supported for FastHttpUser, which has no such method or returns text: use HttpUser", c.source(call))
	}
	target, isName := stmt.Target.(*python.Name)
	if !isName || python.Stored(stmt.Body)[response.ID] > 0 {
		c.fail(stmt.Pos, "this loop over %s is not supported", c.source(call))
		return true
	}
	read, itemType := "readLine()", bytesType
	if callee.Name == "iter_content" {
		// As in Python's `requests` library, the default size is 1.
		read, itemType = "read(1)", binaryType
	}
	for i, argument := range values(call) {
		isSize := i == 0 && len(call.Keywords) == 0 || i >= len(call.Args) && call.Keywords[i-len(call.Args)].Name == "chunk_size"
		switch {
		case !isSize:
			c.fail(stmt.Pos, "%s is supported only with the argument chunk_size", c.source(call))
		case itemType == binaryType:
			size := c.value(argument)
			read = "read(" + size.js + ")"
			if size.t == noneType {
				read = "read()"
			}
		}
	}
	c.readingLoop(stmt, target, itemType, object.operand()+"."+read)
	return true
}

// readingLoop emits a loop that calls an asynchronous function until it returns null.
func (c *converter) readingLoop(stmt *python.For, target *python.Name, itemType, read string) {
	c.f.isAsync = true
	c.setType(target.ID, itemType)
	item, first := jsName(target.ID), ""
	switch {
	case c.ownsTarget(stmt):
		c.f.declared[target.ID] = true
	case c.f.id == "":
		c.fail(stmt.Pos, "this loop over %s is not supported", c.source(stmt.Iter))
	default:
		first, item = item+" = "+item+"_", item+"_"
	}
	c.line("for (let %s: any = await %s; %s !== null; %s = await %s) {", item, read, item, item, read)
	if first != "" {
		c.depth++
		c.line("%s", first)
		c.depth--
	}
	c.loop(stmt.Body)
}

// clientLines converts a loop over FastHttpUser's client.iter_lines(url, method).
func (c *converter) clientLines(stmt *python.For, call *python.Call, client code) {
	target, isName := stmt.Target.(*python.Name)
	args, ok := python.Bind(call, "url", "method")
	if _, isSlow := c.clients(); !ok || !isName || isSlow || args["catch_response"] != nil {
		c.fail(stmt.Pos, "this loop over %s is not supported", c.source(call))
		return
	}
	method := "get"
	if text, isText := args["method"].(*python.Constant); isText {
		method = strings.ToLower(text.Text)
	} else if args["method"] != nil {
		c.fail(stmt.Pos, "the method of %s must be a string literal", c.source(call))
	}
	get := &python.Attribute{Pos: call.Pos, X: call.Func, Name: method}
	sent := &python.Call{Pos: call.Pos, Func: get, Keywords: []python.Keyword{
		{Name: "url", Value: args["url"]}, {Name: "stream", Value: &python.Constant{Pos: call.Pos, Kind: python.True}},
	}}
	for _, keyword := range call.Keywords {
		if keyword.Name != "url" && keyword.Name != "method" {
			sent.Keywords = append(sent.Keywords, keyword)
		}
	}
	if args["url"] == nil {
		c.fail(stmt.Pos, "the request has no URL")
		return
	}
	c.count++
	lines := fmt.Sprintf("lines%d", c.count)
	c.line("const %s = new PyLines(%s)", lines, c.clientCall(sent, get, client).js)
	c.readingLoop(stmt, target, strType, lines+".next()")
}
