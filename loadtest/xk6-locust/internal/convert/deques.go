package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// dequeCall converts a call to a method of a deque.
func (c *converter) dequeCall(call *python.Call, callee *python.Attribute, x code, args []string) code {
	method, t, isChange := "", noneType, true
	switch callee.Name {
	case "append":
		method = "push"
	case "appendleft":
		method = "unshift"
	case "extend":
		return c.changedDeque(callee, code{js: x.operand() + ".push(..." + iterable(c.value(call.Args[0])) + ")", t: noneType})
	case "pop", "popleft":
		if len(args) == 0 {
			return c.changedDeque(callee, code{js: "pyPop(" + x.js + map[string]string{"pop": "", "popleft": ", 0"}[callee.Name] + ")", t: anyType})
		}
	case "clear":
		if len(args) == 0 {
			return c.changedDeque(callee, code{js: x.operand() + ".splice(0)", t: noneType})
		}
	case "remove":
		return c.changedDeque(callee, code{js: "pyRemove(" + x.js + ", " + args[0] + ")", t: noneType})
	case "reverse":
		method = "reverse"
	case "rotate":
		method = "rotate"
	case "count":
		method, t, isChange = "count", intType, false
	}
	if method == "" || len(args) > 1 || len(args) == 0 && !slices.Contains([]string{"reverse", "rotate"}, method) {
		return c.unsupported(call, "%s of a deque is not supported", c.source(call))
	}
	result := code{js: x.operand() + "." + method + "(" + strings.Join(args, ", ") + ")", t: t}
	if isChange {
		return c.changedDeque(callee, result)
	}
	return result
}

// changedDeque records that a method changes a deque, and returns the result of the method.
func (c *converter) changedDeque(callee *python.Attribute, result code) code {
	c.recordMutation(callee.X)
	return result
}
