package convert

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

//go:embed prelude.ts
var preludeSource string

var (
	declaration = regexp.MustCompile(`(?m)^(?:async )?(?:function|class|const) ([pP]y\w+)`)
	word        = regexp.MustCompile(`\b[pP]y[A-Z]\w*`)
)

// prelude returns the declarations in prelude.ts that the code needs, directly or through other declarations.
func prelude(code string) string {
	blocks := map[string]string{}
	var order []string
	for block := range strings.SplitSeq(preludeSource, "\n\n") {
		if found := declaration.FindStringSubmatch(block); found != nil {
			blocks[found[1]] = strings.TrimSpace(block)
			order = append(order, found[1])
		}
	}
	needed := map[string]bool{}
	var visit func(code string)
	visit = func(code string) {
		for _, name := range word.FindAllString(code, -1) {
			if block, ok := blocks[name]; ok && !needed[name] {
				needed[name] = true
				visit(block)
			}
		}
	}
	visit(code)
	var out []string
	for _, name := range order {
		if needed[name] {
			out = append(out, blocks[name])
		}
	}
	return strings.Join(out, "\n\n")
}

// reserved contains names that TypeScript does not allow, or that the converter itself writes to scripts.
var reserved = strings.Fields(`arguments await break case catch class const continue debugger default delete do else enum eval export
	extends false finally for function if implements import in instanceof interface let locust new null options package private
	protected public return setup static super switch teardown this throw true try typeof undefined var void while with yield console
	Array Boolean Date Error Infinity JSON Map Math NaN Number Object Promise Proxy RegExp Set String Symbol SyntaxError task open caught run http encoding crypto setupData __ENV`)

// generated matches the names of variables and functions that the converter itself writes to scripts.
var generated = regexp.MustCompile(`^(?:(?:file|temp|exit|done|lines)\d+|[pP]y[A-Z]\w*)$`)

// jsName returns a valid name for a variable in TypeScript.
func jsName(name string) string {
	if slices.Contains(reserved, name) || generated.MatchString(name) {
		return name + "_"
	}
	return name
}

// checkNames reports names that would be the same in TypeScript.
func checkNames(body []python.Stmt, fail func(pos python.Pos, format string, args ...any)) {
	all := identifiers(body)
	for name := range variables(body) {
		if js := jsName(name); js != name && all[js] {
			fail(positionOf(body, js), "%s is the name that %s gets in the script: rename it", js, name)
		}
	}
}

// variables returns the names of all variables, parameters, and functions.
func variables(body []python.Stmt) map[string]bool {
	found := map[string]bool{}
	add := func(params []python.Param) {
		for _, param := range params {
			found[param.Name] = true
		}
	}
	walk(body, func(node python.Node) bool {
		for _, target := range targets(node) {
			for _, name := range names(target) {
				found[name] = true
			}
		}
		switch node := node.(type) {
		case *python.Def:
			found[node.Name] = true
			add(node.Params)
		case *python.Lambda:
			add(node.Params)
		case *python.Walrus:
			found[node.Name] = true
		case *python.Try:
			for _, handler := range node.Handlers {
				found[handler.Name] = true
			}
		case *python.Comprehension:
			for _, clause := range node.Clauses {
				for _, name := range names(clause.Target) {
					found[name] = true
				}
			}
		}
		return true
	})
	return found
}
