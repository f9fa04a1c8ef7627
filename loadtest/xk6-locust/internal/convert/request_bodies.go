package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// fastHeaders wraps the options of a request that may have a body of JSON, text, or bytes. FastHttpUser may add headers
// to such a request.
func (c *converter) fastHeaders(r *request) {
	isFast, isSlow := c.clients()
	data, json := r.values["data"], r.values["json"]
	isText := data != nil && r.values["files"] == nil && !slices.Contains([]string{dictType, noneType}, c.expr(data).t)
	isJSON := json != nil && c.expr(json).t != noneType
	if !isFast || !isText && !isJSON && r.values[""] == nil {
		return
	}
	if isSlow {
		c.fail(r.call.Pos, "HttpUser and FastHttpUser send different headers with this body: use only one of these classes")
	}
	kind := "text/plain; charset=utf-8"
	if data != nil && isBytes(c.expr(data).t) {
		kind = "application/octet-stream"
	}
	r.options = []string{"...pyFastOptions(" + r.client.operand() + ", { " + strings.Join(r.options, ", ") + " }, " + conversion.Quote(kind) + ")"}
}

// form returns the function that encodes the argument `data` in the same way as the user's client. HttpUser and
// FastHttpUser encode it differently.
func (c *converter) form(call *python.Call) string {
	isFast, isSlow := c.clients()
	if isFast && isSlow {
		c.fail(call.Pos, "HttpUser and FastHttpUser encode forms differently: use one of them, or strings as values")
	}
	if isFast {
		return "pyFastForm"
	}
	return "pyForm"
}

// isPlainForm returns whether an expression is a literal dict, and all of its values are strings or integers that have
// the same text in JavaScript and Python.
func isPlainForm(expr python.Expr) bool {
	dict, ok := expr.(*python.Dict)
	if !ok || len(dict.Keys) == 0 {
		return false
	}
	for i, value := range dict.Values {
		_, isFormat := value.(*python.JoinedStr)
		if dict.Keys[i] == nil || !isFormat && !python.IsLiteral(value, python.String, python.Int) {
			return false
		}
	}
	return true
}

// readsJSON returns whether the file parses JSON. JavaScript may round the integers in it.
func (c *converter) readsJSON() bool {
	return python.Contains(c.body, func(node python.Node) bool {
		call, ok := node.(*python.Call)
		if !ok {
			return false
		}
		method, isMethod := call.Func.(*python.Attribute)
		return isMethod && slices.Contains([]string{"json", "load", "loads", "rest"}, method.Name) || strings.HasPrefix(c.qualified(call.Func), "json.load")
	})
}

// isExact returns whether a value certainly contains no integer that JavaScript has rounded.
func (c *converter) isExact(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Constant, *python.JoinedStr:
		return true
	case *python.Sequence:
		return !slices.ContainsFunc(expr.Items, func(item python.Expr) bool { return !c.isExact(item) })
	case *python.Dict:
		return !slices.ContainsFunc(expr.Values, func(value python.Expr) bool { return !c.isExact(value) })
	case *python.Starred:
		return false
	}
	return slices.Contains([]string{strType, intType, boolType, floatType, realType, noneType}, c.expr(expr).t)
}
