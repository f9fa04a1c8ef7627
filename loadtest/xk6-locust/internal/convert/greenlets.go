package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const (
	// greenletType is the type of the results of gevent.spawn().
	greenletType = "greenlet"
	// poolType is the type of the pools and groups of gevent.
	poolType = "pool"
	// greenletsKey is a key in converter.types. It is set if the file starts greenlets, so that values of unknown type
	// may be greenlets.
	greenletsKey = "greenlets"
)

// greenlet converts gevent.spawn(), whose function runs alongside the current task.
func (c *converter) greenlet(call *python.Call) code {
	if len(call.Args) == 0 {
		return c.unsupported(call, "%s needs a function", c.source(call))
	}
	if c.classOf() == nil && !c.isForUsers() {
		return c.unsupported(call, "%s is only supported in users, and in listeners of events.init with a function of the file and environment", c.source(call))
	}
	c.types[greenletsKey] = anyType
	return code{js: "new PyGreenlet(" + c.withArguments(call, nil).js + ")", t: greenletType}
}

// poolCall converts a call to a method of a pool.
func (c *converter) poolCall(call *python.Call, name string, x code) code {
	c.types[greenletsKey] = anyType
	pool := x.operand()
	switch {
	case (name == "spawn" || name == "submit") && len(call.Args) > 0:
		c.f.isAsync = true
		return code{js: "await " + pool + ".spawn(" + c.withArguments(call, nil).js + ")", t: greenletType, isOpen: true}
	case name == "join" || name == "shutdown":
		c.f.isAsync = true
		return code{js: "await " + pool + ".join(" + strings.Join(c.positional(call, map[string][]string{"join": {"timeout", "raise_error"}}[name]...), ", ") + ")", t: noneType, isOpen: true}
	case name == "map" && len(call.Args) == 2 && len(call.Keywords) == 0:
		c.f.isAsync = true
		return code{js: "await " + pool + ".map(" + strings.Join(c.keptArgs(call), ", ") + ")", t: listType, isOpen: true}
	case name == "add" && python.HasOne(call):
		return code{js: pool + ".add(" + c.value(call.Args[0]).js + ")", t: noneType}
	}
	return c.unsupported(call, "%s is not supported: use spawn(), submit(), map(), add(), and join()", c.source(call))
}

// pooled converts a with block of a ThreadPoolExecutor. At the end of the block, the script waits for all functions.
// pooled returns false for other blocks.
func (c *converter) pooled(stmt *python.With, call *python.Call, item python.WithItem, body []python.Stmt) bool {
	if c.qualified(call.Func) != "concurrent.futures.ThreadPoolExecutor" {
		return false
	}
	name, ok := item.Target.(*python.Name)
	if !ok {
		c.fail(stmt.Pos, "with %s needs `as NAME`", c.source(call))
		return true
	}
	wait := &python.ExprStmt{Pos: stmt.Pos, X: &python.Call{Pos: stmt.Pos, Func: &python.Attribute{Pos: stmt.Pos, X: name, Name: "join"}}}
	c.assign(&python.Assign{Pos: stmt.Pos, Targets: []python.Expr{name}, Value: call})
	c.try(&python.Try{Pos: stmt.Pos, Body: body, Finally: []python.Stmt{wait}})
	return true
}

// greenletCall converts a call to a method of a greenlet. It returns false for other methods, and for arguments that it
// does not support.
func (c *converter) greenletCall(call *python.Call, name string, x code) (code, bool) {
	greenlet := x.operand()
	if x.t == anyType {
		greenlet = "pyGreenletOf(" + x.js + ")"
	}
	switch {
	case name == "join":
		c.f.isAsync = true
		return code{js: "await " + greenlet + ".join(" + strings.Join(c.positional(call, "timeout"), ", ") + ")", t: noneType, isOpen: true}, true
	case len(call.Args)+len(call.Keywords) > 0:
		return code{}, false
	case name == "get" || name == "result":
		c.f.isAsync = true
		return code{js: "await " + greenlet + ".get()", t: anyType, isOpen: true}, true
	case name == "ready":
		return code{js: greenlet + ".isReady", t: boolType}, true
	case name == "successful":
		return code{js: greenlet + ".isSuccessful()", t: boolType}, true
	}
	return code{}, false
}

// isGreenlet returns whether a value counts as a greenlet. A value of unknown type counts if the file starts greenlets,
// defines no method with this name, and the call is to a method of greenlets without arguments.
func (c *converter) isGreenlet(x code, call *python.Call, name string) bool {
	isOwn := slices.Contains([]string{"join", "get", "result", "ready", "successful"}, name) && len(call.Args) == 0
	return x.t == greenletType || x.t == anyType && isOwn && c.known[greenletsKey] != "" && c.findMethod(name) == nil
}

// greenletField converts the result or the exception of a greenlet. It returns false for other fields.
func (c *converter) greenletField(expr *python.Attribute, x code) (code, bool) {
	isGreenlet := x.t == greenletType || x.t == anyType && c.known[greenletsKey] != "" && !c.isOwnField(expr.Name)
	if !isGreenlet || expr.Name != "value" && expr.Name != "exception" {
		return code{}, false
	}
	return code{js: "pyGreenletOf(" + x.js + ")." + expr.Name, t: anyType, isPure: x.isPure}, true
}
