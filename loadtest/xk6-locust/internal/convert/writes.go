package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// modeOf returns the mode of a call to open(), or "" if the mode is omitted or not a literal.
func modeOf(opened *python.Call) string {
	args, _ := python.Bind(opened, "file", "mode")
	if mode, ok := args["mode"].(*python.Constant); ok {
		return mode.Text
	}
	return ""
}

// onlyWritesFile returns whether a with block only writes a file.
func (c *converter) onlyWritesFile(stmt *python.With) bool {
	call, ok := stmt.Items[0].Context.(*python.Call)
	if !ok {
		return false
	}
	opened := c.openCall(call)
	target, ok := stmt.Items[0].Target.(*python.Name)
	if !ok || opened == nil || len(stmt.Items) > 1 || !strings.ContainsAny(modeOf(opened), "wax") {
		return false
	}
	files := []string{target.ID}
	return c.onlyWrites(stmt.Body, &files)
}

// omitFileBlock leaves out a with block that only writes a file, because k6 cannot write files. It returns false for
// other blocks.
func (c *converter) omitFileBlock(stmt *python.With) bool {
	if !c.onlyWritesFile(stmt) {
		return false
	}
	c.note(stmt.Pos, "the block that writes a file was left out, because k6 cannot write files: to keep the values, print them")
	return true
}

// onlyWrites returns whether statements have no effect except on files, or on objects that write to them.
func (c *converter) onlyWrites(body []python.Stmt, files *[]string) bool {
	return !slices.ContainsFunc(body, func(stmt python.Stmt) bool {
		switch stmt := stmt.(type) {
		case *python.ExprStmt:
			call, ok := stmt.X.(*python.Call)
			return !ok || !c.isWrite(call, *files)
		case *python.Assign:
			target, isName := stmt.Targets[0].(*python.Name)
			call, isCall := stmt.Value.(*python.Call)
			if !isName || !isCall || len(stmt.Targets) > 1 || !slices.Contains([]string{"csv.writer", "csv.DictWriter"}, c.qualified(call.Func)) || len(call.Args) == 0 {
				return true
			}
			*files = append(*files, target.ID)
			return !slices.Contains(*files, python.Root(call.Args[0])) || !c.hasNoEffect(stmt.Value)
		case *python.If:
			return !c.hasNoEffect(stmt.Condition) || !c.onlyWrites(stmt.Body, files) || !c.onlyWrites(stmt.Else, files)
		case *python.For:
			return !c.hasNoEffect(stmt.Iter) || len(stmt.Else) > 0 || !c.onlyWrites(stmt.Body, files)
		case *python.Simple:
			return stmt.Word != "pass"
		}
		return true
	})
}

// isWrite returns whether a call only prints, or writes to one of the files.
func (c *converter) isWrite(call *python.Call, files []string) bool {
	if slices.ContainsFunc(values(call), func(arg python.Expr) bool { return !c.hasNoEffect(arg) }) {
		return false
	}
	if full := c.qualified(call.Func); full == "json.dump" || full == "yaml.dump" || full == "pickle.dump" {
		return len(call.Args) >= 2 && slices.Contains(files, python.Root(call.Args[1]))
	}
	switch callee := call.Func.(type) {
	case *python.Name:
		return callee.ID == "print"
	case *python.Attribute:
		return python.IsName(callee.X, python.Root(callee.X)) && slices.Contains(files, python.Root(callee.X))
	}
	return false
}

// hasNoEffect returns whether the evaluation of an expression certainly makes no requests, and changes nothing that
// affects the load.
func (c *converter) hasNoEffect(expr python.Expr) bool {
	isFree := true
	python.Walk(expr, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Walrus, *python.Await, *python.Yield:
			isFree = false
		case *python.Call:
			full := c.qualified(node.Func)
			name, isName := node.Func.(*python.Name)
			method, isMethod := node.Func.(*python.Attribute)
			switch {
			case full != "":
				isFree = isFree && (isHarmlessName(full) || slices.Contains(containers, full) || full == "csv.writer" || full == "csv.DictWriter")
			case isName:
				isFree = isFree && slices.Contains(harmlessFunctions, name.ID) && c.functions[name.ID] == nil && !c.isLocal(name.ID)
			case isMethod:
				isFree = isFree && slices.Contains(harmlessMethods, method.Name) && !slices.Contains(mutators, method.Name) && c.methods[method.Name] == 0 && c.expr(method.X).t != "client"
			default:
				isFree = false
			}
		}
		return isFree
	})
	return isFree
}
