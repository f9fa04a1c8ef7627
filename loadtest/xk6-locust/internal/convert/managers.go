package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

const contextManager = "contextlib.contextmanager"

// isManager returns whether a function has the decorator @contextmanager. The converted function gets the with block as
// its first argument, and calls the block where the Python function yields.
func (c *converter) isManager(def *python.Def) bool {
	return len(def.Decorators) == 1 && c.qualified(def.Decorators[0]) == contextManager
}

// managerParam adds a parameter to those of a context manager: the function that runs the `with` block.
func (c *converter) managerParam(def *python.Def, params string) string {
	if !c.isManager(def) {
		return params
	}
	c.f.isAsync = true
	if returnsValue(def.Body) {
		c.fail(def.Pos, "a context manager cannot return a value")
	}
	return strings.TrimSuffix("pyBlock: any, "+params, ", ")
}

// yield converts the yield of a context manager to a call to pyBlock, which runs the block of the with statement.
func (c *converter) yield(expr *python.Yield) code {
	c.f.isAsync = true
	key := "yield." + c.f.name
	if expr.X == nil {
		join(c.types, key, noneType)
		return code{js: "await pyBlock()", t: noneType, isOpen: true}
	}
	value := c.value(expr.X)
	join(c.types, key, value.t)
	if value.t == "rest" {
		return code{js: "await pyBlock(" + value.js + ", " + value.js + "Js)", t: noneType, isOpen: true}
	}
	return code{js: "await pyBlock(" + value.js + ")", t: noneType, isOpen: true}
}

// yields returns whether the statements yield the variable with this name.
func yields(body []python.Stmt, name string) bool {
	return python.Contains(body, func(node python.Node) bool {
		yield, ok := node.(*python.Yield)
		return ok && python.IsName(yield.X, name)
	})
}

// classOf returns the class whose method is being converted, or nil.
func (c *converter) classOf() *class {
	for f := c.f; f != nil; f = f.outer {
		if f.of != nil {
			return f.of
		}
	}
	return nil
}

// managed converts a with block of a context manager that the locustfile defines. It returns false for all other
// blocks.
func (c *converter) managed(call *python.Call, item python.WithItem, body []python.Stmt) bool {
	var name, js string
	var def *python.Def
	first := 0
	switch callee := call.Func.(type) {
	case *python.Name:
		if def = c.functions[callee.ID]; def == nil || c.isLocal(callee.ID) {
			return false
		}
		name, js = callee.ID, jsName(callee.ID)
	case *python.Attribute:
		if !c.managers[callee.Name] || c.qualified(callee) != "" {
			return false
		}
		if callee.Name == "rest" && !python.IsSuper(callee.X) && c.expr(callee.X).t == "user" {
			c.fail(call.Pos, "%s is not supported, because some user classes define their own rest()", c.source(call))
			return true
		}
		if js = c.managerMethod(callee); js == "" {
			return false
		}
		name, def, first = callee.Name, c.findMethod(callee.Name), 1
	default:
		return false
	}
	if def == nil || !c.isManager(def) || len(def.Params) < first {
		return false
	}
	c.f.isAsync = true
	var args string
	if params := def.Params[first:]; isBound(call, params) {
		js, args = "("+js+" as any)", "..."+c.boundArgs(call, name, first, params)
	} else {
		args = strings.Join(c.ownArgs(call, name, first, params), ", ")
	}
	t := c.known["yield."+name]
	if t == "" {
		t = anyType
	}
	c.blockFunction(item.Target, t, body, func(params string) {
		if t == responseType || t == streamType {
			params += ": any"
		}
		c.line("await %s(async (%s) => {", js, params)
	}, strings.TrimSuffix("}, "+args, ", ")+")")
	return true
}

// managerMethod returns an expression for a method that is a context manager, or "" if its object does not have it.
func (c *converter) managerMethod(callee *python.Attribute) string {
	k := c.classOf()
	if python.IsSuper(callee.X) && k != nil {
		if !k.parent.has(callee.Name) {
			return ""
		}
		return "super." + c.member(callee.Name)
	}
	object := c.expr(callee.X)
	if object.t == "self" && !k.has(callee.Name) {
		return ""
	}
	return object.operand() + "." + c.member(callee.Name)
}

// entered converts a with block for a new object of a class with the methods __enter__ and __exit__. It returns false
// for other blocks.
func (c *converter) entered(stmt *python.With, call *python.Call, item python.WithItem, body []python.Stmt) bool {
	name, _ := call.Func.(*python.Name)
	if name == nil || c.classes[name.ID] == nil || c.isLocal(name.ID) {
		return false
	}
	k := c.classes[name.ID]
	enter, exit := k.inherited("__enter__"), k.inherited("__exit__")
	if enter == nil || exit == nil {
		return false
	}
	if c.f.id == "" {
		c.fail(stmt.Pos, "with %s is only supported in functions", c.source(item.Context))
		return true
	}
	c.checkExit(exit)
	object := c.value(call)
	temp := c.temp()
	c.line("%s = %s", temp, object.js)
	run := func(method *python.Def) code {
		return c.ownCall(&python.Call{Pos: stmt.Pos, Func: call.Func}, temp+"."+method.Name, method.Name, 1, nil)
	}
	result := run(enter)
	if last, ok := enter.Body[len(enter.Body)-1].(*python.Return); ok && python.IsName(last.Value, enter.Params[0].Name) {
		result.t = object.t
	}
	if item.Target == nil {
		c.expressionLine(result)
	} else {
		c.store(item.Target, result)
	}
	c.line("try {")
	c.indented(body)
	c.line("} finally {")
	c.depth++
	c.expressionLine(run(exit))
	c.depth--
	c.line("}")
	return true
}

// checkExit reports a method __exit__ that depends on the exception of the block, or that suppresses it.
func (c *converter) checkExit(exit *python.Def) {
	isPlain := true
	for _, param := range exit.Params[1:] {
		isPlain = isPlain && python.Loads(exit.Body, param.Name) == 0
	}
	python.Walk(exit.Body, func(node python.Node) bool {
		if returned, ok := node.(*python.Return); ok && returned.Value != nil {
			isPlain = isPlain && python.IsLiteral(returned.Value, python.False, python.None)
		}
		return isPlain
	})
	if !isPlain {
		c.fail(exit.Pos, "__exit__ must not use its arguments, and must not return a value other than False")
	}
}

// isPassedOn returns whether statements only pass a **kwargs parameter on to requests.
func isPassedOn(body []python.Stmt, name string) bool {
	count := 0
	python.Walk(body, func(node python.Node) bool {
		if call, ok := node.(*python.Call); ok && slices.Contains(simplify.RequestMethods, python.CalledName(call)) {
			for _, keyword := range call.Keywords {
				if variable, isName := keyword.Value.(*python.Name); isName && keyword.Name == "" && variable.ID == name {
					count++
				}
			}
		}
		return true
	})
	return count > 0 && count == python.Loads(body, name)
}

// checkForwarded reports a keyword argument that cannot be passed on: bytes as data with FastHttpUser or, if the
// function passes its **kwargs on to requests, an argument that requests do not support.
func (c *converter) checkForwarded(call *python.Call, keyword python.Keyword, params []python.Param) {
	isPassedOn := slices.ContainsFunc(params, func(param python.Param) bool { return c.passedOn[param.Pos] })
	isParam := slices.ContainsFunc(params, func(param python.Param) bool { return param.Name == keyword.Name })
	isOption := optionNames[keyword.Name] != "" || keyword.Name == "verify" || keyword.Name == "context"
	if isPassedOn && !isParam && !isOption && !c.parameters[keyword.Name] {
		c.fail(call.Pos, "the argument %s of a request is not supported", python.ShownName(keyword.Name))
	}
	if isFast, _ := c.clients(); isFast && keyword.Name == "data" && c.value(keyword.Value).t == bytesType {
		c.fail(call.Pos, "bytes are not supported here, because FastHttpUser sends them with a different header than strings")
	}
}

// forwarded converts the arguments of a call to a function with **kwargs. The arguments for **kwargs become a dict,
// which is the last argument. names contains the names of the other parameters.
func (c *converter) forwarded(call *python.Call, name string, first int, params []python.Param, names []string) []string {
	known := *call
	known.Keywords = nil
	dict := &python.Dict{Pos: call.Pos}
	for _, keyword := range call.Keywords {
		switch {
		case slices.Contains(names, keyword.Name):
			known.Keywords = append(known.Keywords, keyword)
			continue
		case keyword.Name == "" && python.HasRestParam(params):
			var named []string
			for _, each := range names {
				named = append(named, conversion.Quote(each))
			}
			others := &python.Name{Pos: call.Pos}
			c.stored[others] = code{js: "pyWithout(" + c.value(keyword.Value).js + ", [" + strings.Join(named, ", ") + "])", t: dictType}
			dict.Keys = append(dict.Keys, nil)
			dict.Values = append(dict.Values, others)
			continue
		case keyword.Name == "":
			dict.Keys = append(dict.Keys, nil)
		default:
			c.checkForwarded(call, keyword, params)
			dict.Keys = append(dict.Keys, &python.Constant{Pos: call.Pos, Kind: python.String, Text: keyword.Name})
		}
		dict.Values = append(dict.Values, keyword.Value)
	}
	plain := slices.DeleteFunc(slices.Clone(params), func(param python.Param) bool { return param.Kind == "**" })
	args := c.ownArgs(&known, name, first, plain)
	if star := len(plain) - 1; python.HasRestParam(plain) {
		if slices.ContainsFunc(call.Args[:min(star, len(call.Args))], isStarred) {
			c.fail(call.Pos, "a list with * that sets named parameters is not supported in %s", c.source(call))
		}
		for len(args) < star {
			args = append(args, "undefined")
		}
		args = append(args[:star], "pyTuple(["+strings.Join(args[star:], ", ")+"])")
	}
	if len(dict.Keys) == 0 {
		return args
	}
	for len(args) < len(plain) {
		args = append(args, "undefined")
	}
	return append(args, c.dict(dict).js)
}
