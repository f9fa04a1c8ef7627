package convert

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// temp returns a new temporary variable of the function that is being converted.
func (c *converter) temp() string {
	c.f.temps++
	return fmt.Sprintf("temp%d", c.f.temps)
}

// temporaries returns the declarations of the temporary variables of a function.
func (f *function) temporaries() []string {
	var all []string
	for i := range f.temps {
		all = append(all, fmt.Sprintf("temp%d: any", i+1))
	}
	return all
}

// functionBody converts the body of a function. Before the statements, it declares the variables that have no
// declaration of their own.
func (c *converter) functionBody(body []python.Stmt) {
	text := c.capture(func() { c.block(body) })
	var hoisted []string
	params := c.f.params
	for _, name := range slices.Sorted(maps.Keys(python.Stored(body))) {
		_, isParam := params[name]
		if !isParam && !c.f.globals[name] && !c.f.declared[name] && c.loadsAnywhere(name) && mentions(text, jsName(name)) {
			hoisted = append(hoisted, jsName(name)+": any")
		}
	}
	c.declareTemporaries(text, hoisted)
	c.out.WriteString(text)
}

// declareTemporaries declares the given variables of the current scope, and those of its temporary variables that the
// text uses.
func (c *converter) declareTemporaries(text string, hoisted []string) {
	for _, temp := range c.f.temporaries() {
		// Some temporary variables are not in the text, because an expression may be converted several times.
		if name, _, _ := strings.Cut(temp, ":"); mentions(text, name) {
			hoisted = append(hoisted, temp)
		}
	}
	if len(hoisted) > 0 {
		c.line("let %s", strings.Join(hoisted, ", "))
	}
}

// mentions returns whether code contains a name.
func mentions(code, name string) bool {
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(code)
}

func (c *converter) loadsAnywhere(name string) bool {
	return python.Loads(c.f.body, name) > 0 || isWalrus(c.f.body, name)
}

func isWalrus(body []python.Stmt, name string) bool {
	return python.Contains(body, func(node python.Node) bool {
		walrus, ok := node.(*python.Walrus)
		return ok && walrus.Name == name
	})
}

func (c *converter) block(body []python.Stmt) {
	for i, stmt := range body {
		if python.IsDocstring(stmt) || python.IsDots(stmt) {
			continue
		}
		if assign, ok := stmt.(*python.Assign); ok && (c.localPath(assign) || c.declare(assign, body[i+1:])) {
			continue
		}
		c.statement(stmt)
	}
}

func (c *converter) statement(stmt python.Stmt) {
	switch stmt := stmt.(type) {
	case *python.ExprStmt:
		c.expressionStatement(stmt)
	case *python.Assign:
		c.assign(stmt)
	case *python.AugAssign:
		c.augmented(stmt)
	case *python.Return:
		c.returns(stmt)
	case *python.Raise:
		c.raise(stmt)
	case *python.Simple:
		c.simple(stmt)
	case *python.If:
		c.ifElse(stmt)
	case *python.While:
		c.orElse(stmt.Else, func() {
			c.line("while (%s) {", c.condition(stmt.Condition))
			c.loop(stmt.Body)
		})
	case *python.For:
		c.orElse(stmt.Else, func() { c.forLoop(stmt) })
	case *python.With:
		c.with(stmt)
	case *python.Try:
		c.try(stmt)
	case *python.Def:
		c.innerFunction(stmt)
	case *python.Import, *python.Scope:
	case *python.Del:
		c.del(stmt)
	case *python.Assert:
		c.assert(stmt)
	default:
		c.fail(stmt.Position(), "this statement is not supported")
	}
}

func (c *converter) innerFunction(def *python.Def) {
	switch {
	case len(def.Decorators) > 0:
		c.fail(def.Pos, "decorators of inner functions are not supported")
	case python.Loads(c.f.body, def.Name) == 0:
		// The function is unused, and converted only to report its problems.
		c.capture(func() { c.emitFunction(def) })
	default:
		c.emitFunction(def)
		c.f.declared[def.Name] = true
	}
}

func (c *converter) del(stmt *python.Del) {
	for _, target := range stmt.Targets {
		switch target := target.(type) {
		case *python.Name:
			// The rest of the code cannot use the variable, because this would be an error in Python.
		case *python.Subscript:
			object, key := c.expr(target.X), c.expr(target.Index).js
			if object.t == "cookies" {
				c.line("%s.delete(%s)", object.js, key)
				continue
			}
			c.line("pyDelete(%s, %s)", object.js, key)
			c.recordMutation(target.X)
		default:
			c.fail(stmt.Pos, "del is only supported for items: del %s", c.source(target))
		}
	}
}

func (c *converter) assert(stmt *python.Assert) {
	arguments := c.condition(stmt.Condition)
	if stmt.Message != nil {
		arguments += ", " + c.expr(stmt.Message).js
	}
	c.line("pyAssert(%s)", arguments)
}

func (c *converter) expressionStatement(stmt *python.ExprStmt) {
	if yield, ok := stmt.X.(*python.Yield); ok && c.f.isGenerator {
		switch {
		case yield.X == nil:
			c.line("yield null")
		case yield.IsFrom:
			c.line("yield* %s", c.loopable(c.value(yield.X)))
		default:
			value := c.value(yield.X)
			c.checkFloat(yield.X, value)
			c.line("yield %s", value.js)
		}
		return
	}
	if call, ok := stmt.X.(*python.Call); ok {
		name, _ := call.Func.(*python.Name)
		qualified := c.qualified(call.Func)
		if name != nil && name.ID == "run_single_user" || qualified == "locust.run_single_user" {
			c.note(stmt.Pos, "run_single_user was left out")
			return
		}
		isExit := qualified == "sys.exit" || qualified == "" && name != nil && (name.ID == "exit" || name.ID == "quit") && !c.isLocal(name.ID) && !c.globals[name.ID] && c.functions[name.ID] == nil
		if isExit && !c.isForUsers() {
			message := ""
			if len(call.Args) > 0 {
				message = c.value(call.Args[0]).js
			}
			c.line("throw new PyExit(%s)", message)
			return
		}
		if isExit {
			c.note(call.Pos, "%s ends the run. k6 then prints its reports, unlike Locust", c.source(call))
			c.line("locust.quit()")
			c.line("throw new %s()", c.use("StopUser"))
			return
		}
	}
	c.expressionLine(c.expr(stmt.X))
}

// expressionLine emits an expression whose value is not used.
func (c *converter) expressionLine(value code) {
	text := value.js
	if value.isPure {
		return
	}
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "(") || strings.HasPrefix(text, "[") {
		text = "void (" + text + ")"
	}
	if text != "" {
		c.line("%s", text)
	}
}

func (c *converter) returns(stmt *python.Return) {
	value := ""
	if stmt.Value != nil {
		sequence, ok := stmt.Value.(*python.Sequence)
		isStage := ok && sequence.Kind == tupleType && c.f.of != nil && c.f.of.base == "LoadTestShape"
		c.unpacked[stmt.Value] = isStage
		result := c.expr(stmt.Value)
		join(c.types, "return."+c.f.name, result.t)
		switch {
		case isStage && c.known[floatsKey] != "" && !slices.ContainsFunc(sequence.Items, isStarred):
			var items []string
			for i, item := range sequence.Items {
				part := c.value(item)
				// The first two items of a stage are the number of users and the spawn rate.
				if i < 2 && part.t == anyType {
					part.js = "pyNumber(" + part.js + ")"
				}
				items = append(items, part.js)
			}
			value = "[" + strings.Join(items, ", ") + "]"
		case c.f.name != "wait_time":
			value = c.kept(stmt.Value).js
		case result.t == anyType:
			value = "pyNumber(" + result.js + ")"
		default:
			value = result.js
		}
		if isStage {
			value += " as const"
		}
	}
	if c.f.exits != "" {
		if value != "" {
			c.line("%s = %s", c.f.result, value)
		}
		c.line("%s = 'return'", c.f.exits)
		c.line("return")
		return
	}
	c.line("%s", strings.TrimSpace("return "+value))
}

func isStarred(expr python.Expr) bool { _, ok := expr.(*python.Starred); return ok }

func (c *converter) simple(stmt *python.Simple) {
	if stmt.Word == "pass" {
		return
	}
	if c.f.exits != "" && c.f.loops == 0 {
		c.line("%s = '%s'", c.f.exits, stmt.Word)
		c.line("return")
		return
	}
	if c.f.loops == 0 {
		c.fail(stmt.Pos, "%s is outside of a loop", stmt.Word)
	}
	label := ""
	if len(c.f.labels) > 0 && stmt.Word == "break" {
		label = c.f.labels[len(c.f.labels)-1]
	}
	c.line("%s", strings.TrimSpace(stmt.Word+" "+label))
}

func (c *converter) ifElse(stmt *python.If) {
	c.line("if (%s) {", c.condition(stmt.Condition))
	c.indented(stmt.Body)
	for {
		if len(stmt.Else) == 0 {
			c.line("}")
			return
		}
		next, isElif := stmt.Else[0].(*python.If)
		if !isElif || len(stmt.Else) > 1 {
			c.line("} else {")
			c.indented(stmt.Else)
			c.line("}")
			return
		}
		c.line("} else if (%s) {", c.condition(next.Condition))
		c.indented(next.Body)
		stmt = next
	}
}

func (c *converter) indented(body []python.Stmt) {
	c.depth++
	c.block(body)
	c.depth--
}
