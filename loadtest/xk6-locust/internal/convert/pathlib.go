package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// isPathObject returns whether an expression is an object of pathlib.
func (c *converter) isPathObject(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Name:
		value := c.pathValue(expr.ID)
		if value == nil || !c.resolve(expr.ID) {
			return false
		}
		defer delete(c.resolving, expr.ID)
		return c.isPathObject(value)
	case *python.Attribute:
		return expr.Name == "parent"
	case *python.Binary:
		return expr.Op == "/"
	case *python.Call:
		attribute, isMethod := expr.Func.(*python.Attribute)
		return strings.HasPrefix(c.qualified(expr.Func), "pathlib.Path") || isMethod && c.qualified(expr.Func) == "" && slices.Contains([]string{"resolve", "absolute", "joinpath"}, attribute.Name)
	}
	return false
}

// joinedPath converts an operation whose result is a path. It returns false for all other operations.
func (c *converter) joinedPath(expr python.Expr) (code, bool) {
	switch expr := expr.(type) {
	case *python.Binary:
		if expr.Op != "/" && expr.Op != "+" {
			return code{}, false
		}
	case *python.JoinedStr:
	case *python.Attribute:
		if expr.Name != "parent" {
			return code{}, false
		}
	default:
		return code{}, false
	}
	if !c.isPathLike(expr) {
		return code{}, false
	}
	return c.pathCode(expr)
}

// pathMethod converts the methods of pathlib that read a file, or check whether it exists. It returns false for all
// other methods, and for paths that are not known before the run.
func (c *converter) pathMethod(call *python.Call, callee *python.Attribute) (code, bool) {
	if !slices.Contains([]string{"read_text", "read_bytes", "exists", "is_file"}, callee.Name) || !c.isPathObject(callee.X) {
		return code{}, false
	}
	if choices, _ := c.placesOf(callee.X); len(choices) == 0 {
		return code{}, false
	}
	builtin := &python.Call{Pos: call.Pos, Func: &python.Name{Pos: call.Pos, ID: "open"}, Args: []python.Expr{callee.X}}
	switch callee.Name {
	case "exists", "is_file":
		return c.exists(builtin), true
	case "read_bytes":
		builtin.Args = append(builtin.Args, &python.Constant{Pos: call.Pos, Kind: python.String, Text: "rb"})
	default:
		args, _ := python.Bind(call, "encoding")
		if args["encoding"] != nil {
			builtin.Keywords = []python.Keyword{{Name: "encoding", Value: args["encoding"]}}
		}
	}
	opened := c.openFile(builtin)
	t := map[bool]string{true: binaryType, false: strType}[callee.Name == "read_bytes"]
	return code{js: opened.operand() + ".read()", t: t}, true
}
