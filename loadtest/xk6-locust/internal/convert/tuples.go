package convert

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// convertsText matches calls that convert values of any type to text, or test whether they are tuples.
var convertsText = regexp.MustCompile(`\bpy(?:Str|Repr|Query|Urlencode|FastForm|Options|IsTuple)\b`)

// comparing matches calls to the helpers that compare values, directly or through other helpers. A tuple never equals a
// list.
var comparing = sync.OnceValue(func() *regexp.Regexp {
	found := []string{"pyEq"}
	for i := 0; i < len(found); i++ {
		for _, name := range preludeNames {
			uses := word.FindAllString(comment.ReplaceAllString(preludeBlocks[name], ""), -1)
			if !slices.Contains(found, name) && slices.Contains(uses, found[i]) {
				found = append(found, name)
			}
		}
	}
	return regexp.MustCompile(`\b(?:` + strings.Join(found, "|") + `)\b`)
})

// marksKey is a key in converter.types. It is set if the script compares values or converts them to text, so that
// tuples need a mark.
const marksKey = "tuples"

// tuple converts a tuple. It marks the array as a tuple only if the script keeps the array, and may compare it or
// convert it to text.
func (c *converter) tuple(expr python.Expr, array string) string {
	if c.known[marksKey] == "" || c.unpacked[expr] {
		return array
	}
	return "pyTuple(" + array + ")"
}

// recordUnpacking records that a loop only reads the items of a tuple, or of each tuple in a list.
func (c *converter) recordUnpacking(target, iter python.Expr) {
	if _, isTuple := iter.(*python.Sequence); isTuple {
		c.unpacked[iter] = true
	}
	if _, isSequence := target.(*python.Sequence); !isSequence {
		return
	}
	c.unpacked[iter] = true
	for {
		call, ok := iter.(*python.Call)
		if !ok || len(call.Args) == 0 {
			return
		}
		function, ok := call.Func.(*python.Name)
		if !ok || !slices.Contains([]string{"sorted", "reversed", "list"}, function.ID) {
			return
		}
		iter = call.Args[0]
		c.unpacked[iter] = true
	}
}

// markRest marks the parameter `*args` of a function as a tuple, unless the function only passes its values on.
func (c *converter) markRest(def *python.Def) {
	for _, param := range def.Params {
		if c.known[marksKey] == "" || param.Kind != "*" || param.Name == "" {
			continue
		}
		passed := 0
		python.Walk(def.Body, func(node python.Node) bool {
			if starred, ok := node.(*python.Starred); ok && python.Loads(starred, param.Name) > 0 {
				passed++
			}
			return true
		})
		if python.Loads(def.Body, param.Name) > passed {
			c.line("pyTuple(%s)", jsName(param.Name))
		}
	}
}
